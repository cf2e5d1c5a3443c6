use super::settings::{Direction, all, changes, warnings};
use super::*;
use crate::cluster::role::Domain;

const EXAMPLE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/policy/example.toml"));
const ARCHIVE: &str = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";

fn changed(from: &str, to: &str) -> Result<Policy, PolicyError> {
    assert!(EXAMPLE.contains(from), "{from}");
    Policy::parse(EXAMPLE.replacen(from, to, 1).as_bytes())
}

fn refused(from: &str, to: &str) -> &'static str {
    changed(from, to).unwrap_err().reason().code
}

fn example() -> Policy {
    Policy::parse(EXAMPLE.as_bytes()).unwrap()
}

#[test]
fn the_example_says_what_it_says() {
    let policy = example();
    assert_eq!(policy.name().to_string(), format!("POL-2026-01 {}", Digest::of(EXAMPLE.as_bytes())));
    assert_eq!(policy.mode("prod-1"), Mode::Leaves);
    let leaf = Profile::Role(Role::Apiserver);
    assert!(policy.allows_key(leaf, KeyType::Rsa(2048)) && !policy.allows_key(leaf, KeyType::Rsa(2049)));
    assert!(!policy.allows_key(Profile::Role(Role::IntermediateEtcd), KeyType::Rsa(2048)));
    assert!(!policy.allows_key(Profile::Root(Domain::Etcd), KeyType::Rsa(2048)));
    assert!(!policy.allows_reuse(Role::KubeletServer));
    let days = |role, privileged| policy.longest_validity_s(Profile::Role(role), privileged) / DAY;
    assert_eq!(days(Role::Apiserver, false), 398);
    assert_eq!(days(Role::EtcdHealthcheckClient, true), 366);
    assert_eq!(days(Role::SuperAdmin, true), 92);
    assert_eq!(days(Role::IntermediateEtcd, true), 1095);
    assert_eq!(policy.longest_validity_s(Profile::Root(Domain::Etcd), true) / DAY, 3653);
    assert_eq!(policy.crl_lifetime_s(), 90 * DAY);
    assert_eq!(policy.unattested(), Unattested::Deny);
    assert!(policy.allows_channel(Channel::Typed) && !policy.allows_channel(Channel::Scripted));
    assert!(policy.allows_officer_key(OfficerKey::Token) && policy.archive().is_empty());
}

#[test]
fn clusters_and_profiles_may_differ() {
    let policy = changed("# clusters", "clusters").unwrap();
    assert_eq!((policy.mode("edge-3"), policy.mode("prod-1")), (Mode::Intermediates, Mode::Leaves));
    let policy = changed("[keys.profiles]", "[keys.profiles]\nadmin = [\"P-256\"]").unwrap();
    let admin = Profile::Role(Role::Admin);
    assert!(policy.allows_key(admin, KeyType::P256) && !policy.allows_key(admin, KeyType::P384));
    assert!(policy.allows_key(Profile::Role(Role::Scheduler), KeyType::P384));
    assert!(changed("reuse = []", "reuse = [\"kubelet-server\"]").unwrap().allows_reuse(Role::KubeletServer));
    assert_eq!(changed("recipients = []", &format!("recipients = [\"{ARCHIVE}\"]")).unwrap().archive().len(), 1);
}

#[test]
fn what_is_not_of_the_form_has_its_code() {
    assert_eq!(refused("airlock.policy/1", "airlock.policy/2"), "POLICY_FORMAT");
    assert_eq!(refused("profile_version = 1", "profile_version = 2"), "POLICY_PROFILE_VERSION");
    assert_eq!(refused("# clusters = { edge-3", "clusters = { Edge"), "POLICY_CLUSTER");
    for (from, to) in [
        ("[crl]", "[crl]\nskip = true"),
        ("[clock]", "rules = false\n[clock]"),
        ("id = \"POL-2026-01\"", ""),
        ("leaf = 398", "leaf = 398\nleaf = 399"),
        ("POL-2026-01", ""),
        ("POL-2026-01", "POL 1"),
        ("leaf = 398", "leaf = \"398\""),
        ("leaf = 398", "leaf = -1"),
        ("leaf = 398", "leaf = 398.5"),
        ("super-admin", "superadmin"),
        ("\"deny\"", "\"off\""),
        ("\"P-521\"", "\"P-224\""),
        ("\"RSA-2048\"", "\"RSA-1024\""),
        ("\"leaves\"", "\"anything\""),
        ("\"software\"", "\"paper\""),
        ("recipients = []", "recipients = [\"age1x\"]"),
        ("[crl]\nnext_update_days = 90", ""),
    ] {
        assert_eq!(refused(from, to), "POLICY_FORM", "{to}");
    }
    assert_eq!(Policy::parse(&vec![b'#'; MAX_BYTES + 1]).unwrap_err(), PolicyError::Size(MAX_BYTES + 1));
    assert!(matches!(Policy::parse(b"id = \"\xff\""), Err(PolicyError::Form(_))));
}

#[test]
fn every_value_has_its_range() {
    for (from, to) in [
        ("leaf = 398", "leaf = 0"),
        ("leaf = 398", "leaf = 826"),
        ("privileged = 366", "privileged = 826"),
        ("intermediate = 1095", "intermediate = 1827"),
        ("root = 3653", "root = 9132"),
        ("cross = 1095", "cross = 3651"),
        ("super-admin = 92", "super-admin = 826"),
        ("super-admin = 92", "super-admin = 0"),
        ("next_update_days = 90", "next_update_days = 0"),
        ("next_update_days = 90", "next_update_days = 401"),
    ] {
        assert_eq!(refused(from, to), "POLICY_RANGE", "{to}");
    }
    for (from, to) in [("leaf = 398", "leaf = 825"), ("cross = 1095", "cross = 3650"), ("= 90", "= 400")] {
        assert!(changed(from, to).is_ok(), "{to}");
    }
}

#[test]
fn lists_hold_what_belongs_there_once() {
    for (from, to) in [
        ("intermediate = [\"P-256\", \"P-384\"]", "intermediate = []"),
        ("intermediate = [\"P-256\", \"P-384\"]", "intermediate = [\"P-256\", \"P-256\"]"),
        ("root = [\"P-256\"", "root = [\"RSA-2048\""),
        ("root = [\"P-256\"", "root = [\"P-521\""),
        ("[keys.profiles]", "[keys.profiles]\nintermediate-etcd = [\"P-521\"]"),
        ("[keys.profiles]", "[keys.profiles]\nadmin = []"),
        ("reuse = []", "reuse = [\"admin\"]"),
        ("reuse = []", "reuse = [\"intermediate-etcd\"]"),
        ("reuse = []", "reuse = [\"scheduler\", \"scheduler\"]"),
        ("channels = [\"typed\"]", "channels = [\"phone\"]"),
        ("channels = [\"typed\"]", "channels = [\"typed\", \"fax\"]"),
        ("keys = [\"software\", \"token\"]", "keys = []"),
        ("recipients = []", &format!("recipients = [\"{ARCHIVE}\", \"{ARCHIVE}\"]")),
    ] {
        assert_eq!(refused(from, to), "POLICY_LIST", "{to}");
    }
}

fn lines(old: &Policy, new: &Policy) -> Vec<String> {
    let marked = |change: super::settings::Change| match change.direction {
        Direction::Wider => format!("+ {}", change.text),
        Direction::Narrower => format!("- {}", change.text),
    };
    changes(old, new).into_iter().map(marked).collect()
}

#[test]
fn a_difference_is_told_in_plain_words() {
    let old = example();
    assert_eq!(lines(&old, &old), [""; 0]);
    let longer = changed("super-admin = 92", "super-admin = 397").unwrap();
    assert_eq!(lines(&old, &longer), ["+ longest validity of super-admin: 92 days before, 397 now"]);
    assert_eq!(lines(&longer, &old), ["- longest validity of super-admin: 397 days before, 92 now"]);
    let keys = changed("intermediate = [\"P-256\", \"P-384\"]", "intermediate = [\"P-256\", \"P-521\"]").unwrap();
    let expected = ["kubernetes", "etcd", "front-proxy"];
    let wider = expected.map(|domain| format!("+ keys of intermediate-{domain}: now also P-521"));
    let narrower = expected.map(|domain| format!("- keys of intermediate-{domain}: no longer P-384"));
    assert_eq!(lines(&old, &keys), [wider, narrower].concat());
    let online = changed("# clusters", "clusters").unwrap();
    assert_eq!(lines(&old, &online), ["+ asked for by edge-3: now also intermediates"]);
    assert_eq!(lines(&online, &old), ["- asked for by edge-3: no longer intermediates"]);
    let warn = changed("\"deny\"", "\"warn\"").unwrap();
    assert_eq!(lines(&old, &warn), ["+ verified without: now also an attested clock"]);
}

/// Whatever the file says can be seen in a difference, but its id and its comments.
#[test]
fn no_change_of_substance_is_silent() {
    for (from, to) in [
        ("mode = \"leaves\"", "mode = \"intermediates\""),
        ("\"P-521\", \"Ed25519\"]", "\"P-521\"]"),
        ("leaf = 398", "leaf = 397"),
        ("privileged = 366", "privileged = 365"),
        ("root = 3653", "root = 3652"),
        ("cross = 1095", "cross = 1094"),
        ("reuse = []", "reuse = [\"scheduler\"]"),
        ("next_update_days = 90", "next_update_days = 91"),
        ("[\"typed\"]", "[\"typed\", \"phone\"]"),
        ("[\"software\", \"token\"]", "[\"token\"]"),
        ("recipients = []", &format!("recipients = [\"{ARCHIVE}\"]")),
    ] {
        assert!(!changes(&example(), &changed(from, to).unwrap()).is_empty(), "{to}");
    }
}

#[test]
fn a_policy_is_told_in_plain_words() {
    let told: Vec<_> = all(&example()).iter().map(ToString::to_string).collect();
    assert!(told.contains(&"asked for by a cluster that is not named: leaves".to_owned()), "{told:#?}");
    assert!(told.contains(&"longest validity of super-admin: 92 days".to_owned()));
    assert!(told.contains(&"profiles whose key may be certified again, each ticked: none".to_owned()));
    assert_eq!(warnings(&example()).len(), 2);
    let scripted = changed("[\"typed\"]", "[\"typed\", \"scripted\"]").unwrap();
    assert!(warnings(&scripted)[0].contains("tests only"));
}
