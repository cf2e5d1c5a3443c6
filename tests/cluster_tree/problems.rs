//! The same cluster with one thing wrong at a time: each problem has its code, and brings no other with it.

use airlock::cluster::kubeconfig::Kubeconfig;
use airlock::cluster::scan::{Holds, KeyState};
use airlock::cluster::tree::NodeTree;

use proptest::prelude::*;
use proptest::sample::Index;

use crate::openssl::{issue, openssl};
use crate::{copy, file, root, scan, scan_at, trees};

const PKI: &str = "etc/kubernetes/pki";
const NOW: &str = "2026-12-02T00:00:00Z";

/// The fixture with the files of `node` changed: a text replaces or adds, `None` removes.
fn changed(node: &str, changes: &[(&str, Option<&str>)]) -> Vec<NodeTree> {
    let mut trees = trees();
    let tree = trees.iter_mut().find(|tree| tree.node() == node).unwrap();
    *tree = copy(tree, node, |path| {
        let touched = changes.iter().any(|(changed, _)| *changed == path);
        (!touched).then(|| tree.file(path).unwrap().mode)
    });
    for (path, text) in changes {
        if let Some(text) = text {
            tree.insert(path, file(text, 0o600));
        }
    }
    trees
}

/// Every problem but the CA keys on the nodes, which are there from the beginning: node, file name, code.
fn problems(trees: &[NodeTree], now: &str) -> Vec<String> {
    let report = scan_at(trees, now);
    let told = report.problems().filter(|(_, _, problem)| problem.code() != "CA_KEY_PRESENT");
    let name = |path: Option<&str>| path.map_or("", |path| path.rsplit('/').next().unwrap()).to_owned();
    told.map(|(node, path, problem)| format!("{node} {} {}", name(path), problem.code())).collect()
}

/// As [`problems`], whatever the time: what openssl makes is valid from the moment it is made.
fn timeless(trees: &[NodeTree]) -> Vec<String> {
    let of_time = ["EXPIRED", "EXPIRING", "NOT_YET_VALID"];
    problems(trees, NOW).into_iter().filter(|problem| !of_time.iter().any(|code| problem.ends_with(code))).collect()
}

fn text(node: &str, path: &str) -> String {
    std::fs::read_to_string(root(node).join(path)).unwrap()
}

#[test]
fn time() {
    let code = |code: &str, all: &[String]| all.iter().filter(|problem| problem.ends_with(code)).count();
    let at = |now: &str| problems(&trees(), now);
    // The leaves of kubeadm end at 06:37:07 and later on 22 November 2027.
    assert_eq!(at("2027-10-23T06:37:06Z"), [""; 0]);
    assert_eq!(code("EXPIRING", &at("2027-11-22T06:37:00Z")), 38);
    let first = scan(&trees()).leaves().map(|leaf| leaf.says.as_ref().unwrap().not_after).min().unwrap();
    assert_eq!(code("EXPIRED", &at(&first.to_string())), 0);
    assert!(code("EXPIRED", &at(&first.plus(1).to_string())) > 0);
    assert_eq!(code("EXPIRED", &at("2028-01-01T00:00:00Z")), 38);
    assert_eq!(code("EXPIRED", &at("2037-01-01T00:00:00Z")), 38 + 10);
    assert_eq!(code("NOT_YET_VALID", &at("2026-11-22T06:30:00Z")), 38 + 10);
}

#[test]
fn keys() {
    let (certificate, key) = (format!("{PKI}/apiserver.crt"), format!("{PKI}/apiserver.key"));
    let locked = openssl("pkey -aes128 -passout pass:x", &text("cp1", &key)).unwrap();
    for (name, change, code) in [
        (&key, None, "KEY_MISSING"),
        (&key, Some("rubbish"), "KEY_UNREADABLE"),
        (&key, Some(locked.as_str()), "KEY_UNREADABLE"),
        (&key, Some(text("cp2", &key).as_str()), "KEY_MISMATCH"),
        (&certificate, None, "UNREADABLE"),
        (&certificate, Some("rubbish"), "UNREADABLE"),
        (&certificate, Some("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), "UNREADABLE"),
    ] {
        assert_eq!(problems(&changed("cp1", &[(name, change)]), NOW), [format!("cp1 apiserver.crt {code}")]);
    }
    let sa = format!("{PKI}/sa.key");
    let other = changed("cp1", &[(&sa, Some(&text("cp1", &key)))]);
    assert_eq!(problems(&other, NOW), ["cp1 sa.key KEY_MISMATCH"]);
}

#[test]
fn issuers() {
    let ca = format!("{PKI}/etcd/ca.crt");
    let made = text("cp1", &format!("{PKI}/front-proxy-ca.crt"));
    let mut expected: Vec<_> = ["apiserver-etcd-client", "server", "peer", "healthcheck-client"]
        .map(|name| format!("cp2 {name}.crt WRONG_ISSUER"))
        .into();
    expected.extend(["CA_DIFFERS", "KEY_MISMATCH"].map(|code| format!("cp2 ca.crt {code}")));
    assert_eq!(problems(&changed("cp2", &[(&ca, Some(&made))]), NOW), expected);
    let w1 = format!("{PKI}/ca.crt");
    assert_eq!(problems(&changed("w1", &[(&w1, None)]), NOW), [""; 0]);
    let alone: Vec<_> = changed("w1", &[(&w1, None)]).into_iter().filter(|tree| tree.node() == "w1").collect();
    assert_eq!(problems(&alone, NOW), ["w1 kubelet.conf CA_MISSING", "w1 kubelet.crt CA_MISSING"]);
}

#[test]
fn a_ca_of_the_same_name_with_another_key() {
    let path = format!("{PKI}/front-proxy-ca.crt");
    let (_, other_key) = issue(&format!("-subj /CN=x -newkey {P256}"));
    let key = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(key.path(), other_key).unwrap();
    let sign_again = format!("x509 -days 365 -signkey {}", key.path().display());
    let namesake = openssl(&sign_again, &text("cp1", &path)).unwrap();
    let found = timeless(&changed("cp1", &[(&path, Some(&namesake))]));
    let client = "cp1 front-proxy-client.crt WRONG_ISSUER";
    // The first node is the one the others are compared with.
    let others = ["cp2", "cp3"].map(|node| format!("{node} front-proxy-ca.crt CA_DIFFERS"));
    assert_eq!(found, [client, "cp1 front-proxy-ca.crt KEY_MISMATCH", &others[0], &others[1]]);
}

#[test]
fn several_cas_in_one_file() {
    let path = format!("{PKI}/ca.crt");
    let both = text("cp1", &path) + &text("cp1", &format!("{PKI}/front-proxy-ca.crt"));
    let found = problems(&changed("cp3", &[(&path, Some(&both))]), NOW);
    let configs = ["admin", "super-admin", "controller-manager", "scheduler", "kubelet"];
    let mut expected: Vec<_> = configs.map(|name| format!("cp3 {name}.conf TRUST_DIFFERS")).into();
    expected.extend(["SEVERAL_CAS", "CA_DIFFERS"].map(|code| format!("cp3 ca.crt {code}")));
    assert_eq!(found, expected);
    let leaf = text("cp1", &format!("{PKI}/apiserver.crt"));
    assert!(problems(&changed("w1", &[(&path, Some(&leaf))]), NOW).contains(&"w1 ca.crt NOT_CA".to_owned()));
}

#[test]
fn places() {
    let [one, other] = ["apiserver-etcd-client", "etcd/healthcheck-client"].map(|name| format!("{PKI}/{name}"));
    let swapped: Vec<(String, String)> = [".crt", ".key"]
        .iter()
        .flat_map(|end| {
            [
                (format!("{one}{end}"), text("cp1", &format!("{other}{end}"))),
                (format!("{other}{end}"), text("cp1", &format!("{one}{end}"))),
            ]
        })
        .collect();
    let swapped: Vec<_> = swapped.iter().map(|(path, text)| (path.as_str(), Some(text.as_str()))).collect();
    assert_eq!(
        problems(&changed("cp1", &swapped), NOW),
        ["cp1 apiserver-etcd-client.crt SUBJECT", "cp1 healthcheck-client.crt SUBJECT"]
    );
    let admin = text("cp1", "etc/kubernetes/admin.conf");
    let in_place_of = changed("cp1", &[("etc/kubernetes/scheduler.conf", Some(&admin))]);
    assert_eq!(problems(&in_place_of, NOW), ["cp1 scheduler.conf SUBJECT"]);
    let on_worker = changed("w1", &[("etc/kubernetes/admin.conf", Some(&admin))]);
    assert_eq!(problems(&on_worker, NOW), ["w1 admin.conf MISPLACED"]);
    let renamed: Vec<_> =
        trees().iter().map(|tree| copy(tree, &tree.node().replace("w1", "w9"), |_| Some(0o600))).collect();
    assert_eq!(problems(&renamed, NOW), ["w9  NODE_UNKNOWN", "w9 kubelet.conf SUBJECT", "w9 kubelet.crt SUBJECT"]);
}

/// A kubelet serving pair signed by the cluster's CA.
fn kubelet_pair(names: &str, usage: &str, newkey: &str) -> (String, String) {
    let ca = root("cp1").join(PKI);
    let options = format!(
        "-subj /O=system:nodes/CN=system:node:w1 -newkey {newkey} -CA {0}/ca.crt -CAkey {0}/ca.key \
         -addext subjectAltName={names} -addext extendedKeyUsage={usage} -addext basicConstraints=critical,CA:FALSE",
        ca.display()
    );
    issue(&options)
}

fn with_kubelet_pair((certificate, key): &(String, String)) -> Vec<NodeTree> {
    let paths = ["var/lib/kubelet/pki/kubelet.crt", "var/lib/kubelet/pki/kubelet.key"];
    changed("w1", &[(paths[0], Some(certificate)), (paths[1], Some(key))])
}

const P256: &str = "ec -pkeyopt ec_paramgen_curve:P-256";

#[test]
fn names_and_usages() {
    for (names, usage, expected) in [
        ("DNS:w1,IP:10.66.0.21", "serverAuth", &[][..]),
        ("DNS:w1,IP:10.66.0.21,IP:10.0.0.99", "serverAuth", &["SAN_OUTSIDE"]),
        ("DNS:w1,IP:10.66.0.21,DNS:kubernetes", "serverAuth", &["SAN_OUTSIDE"]),
        ("DNS:w1", "serverAuth", &["SAN_MISSING"]),
        ("DNS:w1,IP:10.66.0.21,DNS:*.w1", "serverAuth", &["SAN_KIND"]),
        ("DNS:w1,IP:10.66.0.21,URI:spiffe://x", "serverAuth", &["SAN_KIND"]),
        ("DNS:w1,IP:10.66.0.21", "serverAuth,clientAuth", &["USAGES"]),
        ("DNS:w1,IP:10.66.0.21", "clientAuth", &["USAGES"]),
    ] {
        let expected: Vec<_> = expected.iter().map(|code| format!("w1 kubelet.crt {code}")).collect();
        assert_eq!(timeless(&with_kubelet_pair(&kubelet_pair(names, usage, P256))), expected, "{names} {usage}");
    }
}

#[test]
fn weak_keys_and_weak_signatures() {
    let names = "DNS:w1,IP:10.66.0.21";
    let short = kubelet_pair(names, "serverAuth", "rsa:1024");
    let found = timeless(&with_kubelet_pair(&short));
    assert_eq!(found, ["w1 kubelet.crt WEAK_KEY", "w1 kubelet.crt KEY_UNREADABLE"]);
    let sha1 = kubelet_pair(names, "serverAuth", &format!("{P256} -sha1"));
    assert_eq!(timeless(&with_kubelet_pair(&sha1)), ["w1 kubelet.crt WEAK_ALGORITHM"]);
    let curve = kubelet_pair(names, "serverAuth", "ec -pkeyopt ec_paramgen_curve:secp256k1");
    let found = timeless(&with_kubelet_pair(&curve));
    assert_eq!(found, ["w1 kubelet.crt UNREADABLE", "w1 kubelet.crt KEY_UNREADABLE"]);
}

#[test]
fn a_kubelet_that_signed_for_itself() {
    let alone = issue(&format!("-subj /CN=w1@1763793435 -newkey {P256} -addext subjectAltName=DNS:w1"));
    assert_eq!(timeless(&with_kubelet_pair(&alone)), ["w1 kubelet.crt SELF_SIGNED"]);
    let base = tempfile::tempdir().unwrap();
    let (ca, ca_key) =
        issue(&format!("-subj /CN=w1-ca@1763793435 -newkey {P256} -addext keyUsage=critical,keyCertSign"));
    let at = |name: &str| base.path().join(name).display().to_string();
    std::fs::write(at("ca"), &ca).unwrap();
    std::fs::write(at("key"), &ca_key).unwrap();
    let signed = format!("-subj /CN=w1@1763793435 -newkey {P256} -addext basicConstraints=critical,CA:FALSE");
    let (leaf, key) = issue(&format!("{signed} -CA {} -CAkey {}", at("ca"), at("key")));
    assert_eq!(timeless(&with_kubelet_pair(&(leaf.clone() + &ca, key.clone()))), ["w1 kubelet.crt SELF_SIGNED"]);
    let without_ca = timeless(&with_kubelet_pair(&(leaf, key)));
    assert!(without_ca.contains(&"w1 kubelet.crt WRONG_ISSUER".to_owned()), "{without_ca:?}");
}

/// A kubelet serving certificate below an intermediate, that intermediate, and the leaf's key.
fn below_intermediate(constraints: &str) -> (String, String, String) {
    let base = tempfile::tempdir().unwrap();
    let at = |name: &str| base.path().join(name).display().to_string();
    let (ca, ca_key) = issue(&format!(
        "-subj /CN=kubernetes-intermediate -newkey {P256} -CA {0}/ca.crt -CAkey {0}/ca.key \
         -addext basicConstraints=critical,{constraints}",
        root("cp1").join(PKI).display()
    ));
    std::fs::write(at("ca"), &ca).unwrap();
    std::fs::write(at("key"), &ca_key).unwrap();
    let (leaf, key) = issue(&format!(
        "-subj /O=system:nodes/CN=system:node:w1 -newkey {P256} -CA {} -CAkey {} \
         -addext subjectAltName=DNS:w1,IP:10.66.0.21 -addext extendedKeyUsage=serverAuth \
         -addext basicConstraints=critical,CA:FALSE",
        at("ca"),
        at("key")
    ));
    (leaf, ca, key)
}

#[test]
fn a_chain_through_an_intermediate_in_the_file() {
    let (leaf, ca, key) = below_intermediate("CA:TRUE,pathlen:0");
    assert_eq!(timeless(&with_kubelet_pair(&(leaf.clone() + &ca, key.clone()))), [""; 0]);
    assert_eq!(timeless(&with_kubelet_pair(&(leaf, key))), ["w1 kubelet.crt WRONG_ISSUER"]);
    let (leaf, no_ca, key) = below_intermediate("CA:FALSE");
    assert_eq!(timeless(&with_kubelet_pair(&(leaf + &no_ca, key))), ["w1 kubelet.crt WRONG_ISSUER"]);
}

/// kubelet.conf as the kubelet rewrites it after its first start.
fn by_path() -> String {
    let old = text("w1", "etc/kubernetes/kubelet.conf");
    let current = "/var/lib/kubelet/pki/kubelet-client-current.pem";
    let line = |line: &str| match line.trim_start().split_once(':') {
        Some(("client-certificate-data", _)) => format!("    client-certificate: {current}\n"),
        Some(("client-key-data", _)) => format!("    client-key: {current}\n"),
        _ => format!("{line}\n"),
    };
    old.lines().map(line).collect()
}

#[test]
fn a_kubelet_that_renews_itself() {
    let current = "var/lib/kubelet/pki/kubelet-client-current.pem";
    let (leaf, key) = {
        use airlock::cluster::kubeconfig::Material::Embedded;
        let config = Kubeconfig::parse(&text("w1", "etc/kubernetes/kubelet.conf")).unwrap();
        let (Some(Embedded(leaf)), Some(Embedded(key))) = (config.certificate(), config.key()) else { panic!() };
        ((**leaf).clone(), (**key).clone())
    };
    let combined = leaf + &key;
    let trees = changed("w1", &[("etc/kubernetes/kubelet.conf", Some(&by_path())), (current, Some(&combined))]);
    assert_eq!(problems(&trees, NOW), [""; 0]);
    let report = scan(&trees);
    let kubelet: Vec<_> = report.leaves().filter(|leaf| leaf.node == "w1").collect();
    assert_eq!(kubelet.len(), 2);
    assert_eq!((kubelet[0].by_path.as_deref(), kubelet[0].key), (Some(current), KeyState::Matches));

    let trees = changed("w1", &[(current, Some(&combined))]);
    assert_eq!(problems(&trees, NOW), ["w1 kubelet.conf SHADOWED"]);
    assert_eq!(scan(&trees).leaves().filter(|leaf| leaf.node == "w1").count(), 3);

    let gone = changed("w1", &[("etc/kubernetes/kubelet.conf", Some(&by_path()))]);
    assert_eq!(problems(&gone, NOW), ["w1 kubelet.conf UNREADABLE", "w1 kubelet.conf KEY_MISSING"]);
}

#[test]
fn what_belongs_to_no_role_is_listed_and_not_judged() {
    let leaf = text("cp1", &format!("{PKI}/apiserver.crt"));
    let key = text("cp1", &format!("{PKI}/apiserver.key"));
    let [backup, backup_key, lone] =
        ["old/apiserver.crt", "old/apiserver.key", "stray.key"].map(|n| format!("{PKI}/{n}"));
    let admin = text("cp1", "etc/kubernetes/admin.conf");
    let trees = changed(
        "cp1",
        &[
            (&backup, Some(&leaf)),
            (&backup_key, Some(&key)),
            (&lone, Some(&key)),
            ("etc/kubernetes/somebody.conf", Some(&admin)),
            ("etc/kubernetes/unrelated.conf", Some("[Service]\n")),
        ],
    );
    assert_eq!(problems(&trees, NOW), [""; 0]);
    let report = scan(&trees);
    let others: Vec<_> = report.found.iter().filter(|found| found.holds == Holds::Other).collect();
    let told: Vec<_> = others.iter().map(|found| (found.path.as_str(), found.key)).collect();
    assert_eq!(
        told,
        [
            (backup.as_str(), KeyState::Matches),
            (lone.as_str(), KeyState::Alone),
            ("etc/kubernetes/somebody.conf", KeyState::Matches)
        ]
    );
    assert_eq!(report.leaves().count(), 38);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// A damaged file is a finding about that file: the scan neither stops nor loses the others.
    #[test]
    fn damage(file in any::<Index>(), at in any::<Index>(), byte: u8, cut: bool) {
        let trees = trees();
        let paths: Vec<_> = trees[0].paths().collect();
        let path = paths[file.index(paths.len())];
        let mut bytes = text("cp1", path).into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if cut {
            bytes.truncate(at);
        }
        let damaged = changed("cp1", &[(path, Some(&String::from_utf8_lossy(&bytes)))]);
        let report = scan(&damaged);
        prop_assert_eq!(report.leaves().count(), 38);
        let elsewhere = report.leaves().filter(|leaf| leaf.node != "cp1");
        prop_assert!(elsewhere.into_iter().all(|leaf| leaf.key == KeyState::Matches && leaf.says.is_some()));
    }
}
