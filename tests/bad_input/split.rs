//! A package is cut for a node that stages for itself: on I41 by its hands, and by the command.

use std::fs;
use std::path::Path;
use std::process::Command;

use airlock::online::split::Wish;
use airlock::tui::effect::Effect;
use airlock::tui::field::Secret;
use airlock::tui::keys::Key;
use airlock::tui::language::Language;
use airlock::tui::told::{SplitFacts, Told};

use crate::host::{Host, option};
use crate::online::HOST;

fn secret(text: &str) -> Secret {
    let mut secret = Secret::default();
    text.chars().for_each(|c| assert!(secret.take(Key::Char(c))));
    secret
}

fn facts(told: Told) -> SplitFacts {
    let Told::Splitting(facts) = told else { panic!("{told:?}") };
    *facts
}

fn code(told: &Told) -> &'static str {
    let Told::Refused(notice) = told else { panic!("{told:?}") };
    notice.code
}

/// Makes the identity of a node; its recipient.
fn identity(file: &Path) -> String {
    let made = Command::new("age-keygen").arg("-o").arg(file).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let text = fs::read_to_string(file).unwrap();
    text.lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap().to_owned()
}

/// `online` has accepted the package of `trace`, in which cp1 has one certificate.
pub(crate) fn is_cut(online: &Host, trace: &str) {
    let plain = online.copy("splits-nothing");
    let plan = |host: &Host| host.does(Effect::PlanSplit(trace.parse().unwrap(), Box::default()));
    assert_eq!(code(&plan(&plain)), "SPLIT_NO_RECIPIENT");
    assert!(plain.last().contains(r#""verb":"split""#), "{}", plain.last());
    plain.refuses(2, "SPLIT_NO_RECIPIENT", &format!("online split {trace} --dry-run"), &[]);
    let Told::Read(page) = plain.does(Effect::SetUp) else { panic!("no page") };
    assert!(!page.of(Language::English).concat().contains("nothing was cut for it"));

    let key = online.path("cp1.identity");
    let host = online.copy_with("splits", &format!("[recipients]\ncp1 = '{}'\n", identity(&key)));
    let page = |wanted: &str| {
        let Told::Read(page) = host.does(Effect::SetUp) else { panic!("no page") };
        let told = page.of(Language::English).join(" ");
        assert!(told.contains("Nodes that stage for themselves") && told.contains(wanted), "{told}");
        assert!(page.of(Language::Chinese).join(" ").contains("自行暂存的节点"));
    };
    page("nothing was cut for it yet");
    let seen = facts(plan(&host));
    assert_eq!((seen.nodes, seen.certificates, seen.keys, seen.done), (1, 1, 1, None));
    assert!(seen.lines.of(Language::Chinese).concat().contains("私钥"), "{:?}", seen.lines);
    by_hand(&host, trace, &key, &seen);
    page("1 certificate, 1 private key");
    by_command(&host, trace, &key);
}

fn by_hand(host: &Host, trace: &str, key: &Path, seen: &SplitFacts) {
    let out = host.path("by-hand");
    fs::create_dir(&out).unwrap();
    let split = |passphrase: &str, keys: usize| {
        let (trace, wish, to) = (trace.parse().unwrap(), Box::new(Wish::default()), out.clone());
        host.does(Effect::Split { trace, wish, keys, host: secret(passphrase), to })
    };
    let before = host.log();
    assert_eq!(code(&split("another secret", seen.keys)), "PRIVATE_KEY_PASSPHRASE");
    // More keys lie there than when somebody looked.
    assert_eq!(facts(split(HOST, seen.keys - 1)), *seen);
    assert!(fs::read_dir(&out).unwrap().next().is_none(), "something was written");
    assert!(!host.log()[before.len()..].contains(r#""event":"SPLIT""#));

    let done = facts(split(HOST, seen.keys));
    assert_eq!(done.done.map(|(files, _)| files), Some(1));
    assert_eq!(done.lines, seen.lines);
    assert!(host.last().contains(r#""event":"SPLIT_WRITTEN""#), "{}", host.last());
    let told = host.runs("resume", &[]).ok().said.split_whitespace().collect::<Vec<_>>().join(" ");
    let done = format!("done here: 1 node package written, last to {}", out.display());
    assert!(told.contains(&done), "{told}");
    assert!(!told.contains("split, not written"), "{told}");
    opens(&out, trace, key);
}

/// What the screen did, the command does: the file is another each time, and the node reads either.
fn by_command(host: &Host, trace: &str, key: &Path) {
    let out = host.path("by-command");
    fs::create_dir(&out).unwrap();
    let to = option("--to", &out).to_vec();
    let line = format!("online split {trace}");
    let wrong = host.secret("wrong-secret", "another secret");
    host.refuses(
        8,
        "PRIVATE_KEY_PASSPHRASE",
        &line,
        &[&to[..], &["--host-passphrase-file".to_owned(), wrong]].concat(),
    );
    let right = host.secret("host-secret", HOST);
    let cut = host.runs(&line, &[&to[..], &["--host-passphrase-file".to_owned(), right]].concat()).ok();
    // The keys that `request` made are still here.
    assert!(cut.said.contains("remove its etc/kubernetes.next and var/lib/kubelet/pki.next"), "{}", cut.said);
    opens(&out, trace, key);
}

/// age and unzip find one certificate and its key.
fn opens(out: &Path, trace: &str, key: &Path) {
    let zip = out.join("opened.zip");
    let sealed = out.join(format!("{trace}.node-cp1.age"));
    let opened = Command::new("age").arg("-d").arg("-i").arg(key).arg("-o").arg(&zip).arg(sealed).status();
    assert!(opened.unwrap().success());
    let listed = Command::new("unzip").arg("-Z1").arg(&zip).output().unwrap();
    let names = String::from_utf8(listed.stdout).unwrap();
    assert_eq!(names.lines().filter(|name| name.starts_with("keys/")).count(), 1, "{names}");
}
