//! Requests with hostile names, extensions, keys and encodings, of the closed list in `fixtures/csr`.

use std::fs;
use std::path::{Path, PathBuf};

use airlock::cluster::role::Role;
use airlock::exchange::draw::Sharing;
use airlock::offline::receive::receive;
use airlock::pki::csr::Csr;

use crate::offline::host;
use crate::rig::with_token;
use crate::scene::{Scene, asks};

/// The requests, each with the code of its refusal, or `accepted`.
pub(crate) fn requests() -> Vec<(PathBuf, String)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/csr");
    let mut paths: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "csr"));
    paths.sort();
    let expected = |path: &PathBuf| {
        let text = fs::read_to_string(path).unwrap();
        text.lines().find_map(|line| line.strip_prefix("expect: ")).unwrap().to_owned()
    };
    paths.iter().map(|path| (path.clone(), expected(path))).collect()
}

/// What could move a cursor, hide text or turn its direction.
fn is_dangerous(c: char) -> bool {
    c.is_control() && c != '\n'
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
}

#[test]
fn whatever_a_request_says_is_denied_by_its_rule_and_shown_without_danger() {
    with_token(whatever_a_request_says_is_denied_by_its_rule_and_shown_without_danger, |rig| {
        let (scene, mut room) = Scene::new(rig);
        let readable = |(path, expected): (PathBuf, String)| {
            let is_hostile = expected == "accepted" && !path.to_str().unwrap().contains("kubeadm");
            is_hostile.then(|| Csr::parse_foreign(&fs::read_to_string(path).unwrap()).unwrap())
        };
        let hostile: Vec<_> = requests().into_iter().filter_map(readable).collect();
        let wishes: Vec<_> = hostile.iter().map(|_| asks(Role::Scheduler, "cp1")).collect();
        let (medium, statement) = scene.bundle(&room, 1, &wishes, |draft| {
            for (wanted, csr) in draft.requests.iter_mut().zip(hostile.clone()) {
                wanted.csr = Box::leak(Box::new(csr));
            }
        });
        receive(&mut room, &medium).unwrap();
        for id in ["chen", "li"] {
            scene.types(&mut room, &statement, id, Sharing::Halves);
        }
        drop(room);
        let (host, trace) = (host(rig), statement.lines().trace.to_string());
        let ran = host.runs("offline verify --strict", std::slice::from_ref(&trace));
        assert_eq!(ran.status, 4, "{}", ran.said);
        for line in ["verify", "review"] {
            let ran = host.runs(&format!("offline {line}"), std::slice::from_ref(&trace));
            assert!(!ran.said.chars().any(is_dangerous), "{line}: {:?}", ran.said);
            let json = host.runs(&format!("-o json offline {line}"), std::slice::from_ref(&trace)).ok();
            let start = json.said.find('{').unwrap();
            let mut told = serde_json::Deserializer::from_str(&json.said[start..]).into_iter::<serde_json::Value>();
            let told = told.next().unwrap().unwrap();
            let requests = told["requests"].as_array().unwrap();
            assert_eq!(requests.len(), hostile.len());
            for request in requests {
                assert_eq!(request["verdict"], "deny", "{request}");
                assert!(!request["reasons"].as_array().unwrap().is_empty(), "{request}");
            }
        }
        assert!(!host.log().chars().any(is_dangerous));
    });
}
