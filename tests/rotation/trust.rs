//! Who accepts whom and who reloads what, against the stand-in.

use std::time::Duration;

use airlock::devices::probe::canary::{Acceptance, acceptance};
use airlock::devices::probe::etcd::Member;
use airlock::devices::probe::http::{Ask, Standing};
use airlock::devices::probe::reload::{Held, Reload};
use airlock::devices::probe::served::served;
use airlock::devices::probe::{Alert, Caller, Connection, Endpoint};
use airlock::refusal::Refusal as _;
use airlock::wire::time::Timestamp;

use crate::etcd::{TIME, wait};
use crate::pki::Root;
use crate::stand_in::{APISERVER, Callers, Manner, StandIn, put, trust};

struct Scene {
    _base: tempfile::TempDir,
    server: StandIn,
    old: Root,
    new: Root,
}

fn scene(manner: Manner) -> Scene {
    let base = tempfile::tempdir().unwrap();
    let (old, new) = (Root::new("kubernetes"), Root::new("kubernetes"));
    put(base.path(), &old.server("kube-apiserver"));
    trust(base.path(), &old.pem);
    let server = StandIn::start(base.path(), manner);
    Scene { _base: base, server, old, new }
}

#[test]
fn not_known_and_not_allowed_are_told_apart() {
    let scene = scene(APISERVER);
    let shown = |caller: &Caller| acceptance(&scene.server.endpoint, caller, "/api", TIME).unwrap();
    let (old, new) = (scene.old.client("rotation-canary").caller(), scene.new.client("rotation-canary").caller());
    assert_eq!(shown(&old), Acceptance::Accepted(Standing::Forbidden));
    assert_eq!(shown(&new), Acceptance::NotKnown);
    assert_eq!(shown(&Caller::nobody().unwrap()), Acceptance::NotKnown);
    assert_eq!(shown(&scene.old.client_of("admin", "masters").caller()), Acceptance::Accepted(Standing::Allowed));
    scene.server.trust(&format!("{}{}", scene.old.pem, scene.new.pem));
    assert!(shown(&old).is_accepted() && shown(&new).is_accepted());
    scene.server.trust(&scene.new.pem);
    assert_eq!(shown(&old), Acceptance::NotKnown);
}

#[test]
fn a_client_ca_that_is_read_at_the_start_alone_is_seen_as_such() {
    let scene = scene(Manner { client_ca_hot: false, ..APISERVER });
    let new = scene.new.client("rotation-canary").caller();
    scene.server.trust(&format!("{}{}", scene.old.pem, scene.new.pem));
    assert_eq!(acceptance(&scene.server.endpoint, &new, "/api", TIME).unwrap(), Acceptance::NotKnown);
}

#[test]
fn a_server_that_ends_the_handshake_says_why() {
    for old_tls in [false, true] {
        let scene = scene(Manner { callers: Callers::Strict, old_tls, ..APISERVER });
        let shown = |caller: &Caller| acceptance(&scene.server.endpoint, caller, "/health", TIME).unwrap();
        assert!(shown(&scene.old.client("c").caller()).is_accepted());
        let refused = shown(&scene.new.client("c").caller());
        // The new root bears the name of the old one, so that this server looks no further than a signature.
        assert_eq!(refused, Acceptance::Refused(Alert::DecryptError));
        let refused = shown(&Root::new("other").client("c").caller());
        assert!(matches!(refused, Acceptance::Refused(Alert::UnknownCa | Alert::BadCertificate)), "{refused:?}");
        let refused = shown(&Caller::nobody().unwrap());
        let expected = matches!(refused, Acceptance::Refused(Alert::CertificateRequired));
        assert!(expected || old_tls, "{refused:?}");
        assert!(!refused.is_accepted());
        // It has shown its own certificate all the same.
        let seen = served(&scene.server.endpoint, &Caller::nobody().unwrap(), TIME).unwrap();
        assert_eq!(seen.leaf().unwrap().subject().common_name(), Some("kube-apiserver"));
    }
}

#[test]
fn a_server_that_asks_for_nothing_accepts_nobody() {
    let scene = scene(Manner { callers: Callers::Unasked, ..APISERVER });
    let caller = scene.old.client("c").caller();
    assert_eq!(acceptance(&scene.server.endpoint, &caller, "/", TIME).unwrap(), Acceptance::NotAsked);
}

#[test]
fn hot_stale_and_cut_are_told_apart() {
    let scene = scene(APISERVER);
    let (endpoint, caller) = (&scene.server.endpoint, scene.old.client("c").caller());
    let next = scene.new.server("kube-apiserver");
    let mut held = Held::open(endpoint, &caller, "/", None, TIME).unwrap();
    let before = held.before();
    assert_eq!(held.look(&next.fingerprint(), TIME).unwrap(), Reload::Stale(before));
    scene.server.put(&next);
    assert_eq!(held.wait(&next.fingerprint(), Duration::from_secs(5), TIME).unwrap(), Reload::Hot);
    // One whose process has ended, as far as the caller knows it.
    let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
    let process = airlock::devices::process::Process::of(child.id()).unwrap();
    let mut held = Held::open(endpoint, &caller, "/", Some(process), TIME).unwrap();
    assert_eq!(held.look(&next.fingerprint(), TIME).unwrap(), Reload::Hot);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(held.look(&next.fingerprint(), TIME).unwrap(), Reload::Restarted);
}

#[test]
fn a_component_that_does_not_reload_stays_stale() {
    let scene = scene(Manner { pair_hot: false, ..APISERVER });
    let caller = scene.old.client("c").caller();
    let mut held = Held::open(&scene.server.endpoint, &caller, "/", None, TIME).unwrap();
    let next = scene.new.server("kube-apiserver");
    scene.server.put(&next);
    let found = held.wait(&next.fingerprint(), Duration::from_millis(500), TIME).unwrap();
    assert_eq!(found, Reload::Stale(held.before()));
}

/// What a kubelet was seen to do: the same port, two leaves.
#[test]
fn with_sni_and_without_are_two_probes() {
    let scene = scene(Manner { only_sni_is_hot: true, ..APISERVER });
    let caller = Caller::nobody().unwrap();
    let plain = &scene.server.endpoint;
    let named = plain.by_name("localhost").unwrap();
    let seen = |endpoint| served(endpoint, &caller, TIME).unwrap().fingerprint();
    assert_eq!(seen(plain), seen(&named));
    let next = scene.new.server("w1");
    scene.server.put(&next);
    assert_eq!(seen(&named), next.fingerprint());
    assert_ne!(seen(plain), next.fingerprint());
}

#[test]
fn trust_is_judged_by_root_and_by_name() {
    let scene = scene(APISERVER);
    let now: Timestamp = "2027-01-01T00:00:00Z".parse().unwrap();
    let caller = Caller::nobody().unwrap();
    let judged = |name: Option<&str>, root: &Root| {
        let plain = scene.server.endpoint.clone();
        let endpoint = name.map_or(plain.clone(), |name| plain.by_name(name).unwrap());
        let seen = served(&endpoint, &caller, TIME).unwrap();
        seen.trusted_under(&[root.certificate()], now).map_err(|error| error.reason().code)
    };
    assert_eq!(judged(None, &scene.old), Ok(()));
    assert_eq!(judged(Some("LOCALHOST"), &scene.old), Ok(()));
    assert_eq!(judged(Some("elsewhere"), &scene.old), Err("PROBE_OTHER_NAME"));
    assert_eq!(judged(None, &scene.new), Err("PROBE_UNTRUSTED"));
}

#[test]
fn one_connection_carries_many_requests() {
    let scene = scene(APISERVER);
    let mut open = Connection::open(&scene.server.endpoint, &scene.old.client("c").caller(), TIME).unwrap();
    for ask in [Ask::Get("/a?b=c"), Ask::Patch("/b", r#"{"data":{"at":"1"}}"#), Ask::Post("/c", "{}"), Ask::Get("/d")] {
        let answer = open.ask(ask, TIME).unwrap();
        assert_eq!((answer.status(), answer.body()), (403, br#"{"kind":"Status"}"#.as_slice()));
    }
    assert!(open.was_asked());
    assert_eq!(scene.server.handshakes.load(std::sync::atomic::Ordering::SeqCst), 1);
}

#[test]
fn a_mark_is_written_and_read_back() {
    let scene = scene(APISERVER);
    let open = |caller: &Caller| Connection::open(&scene.server.endpoint, caller, TIME).unwrap();
    let admin = scene.old.client_of("admin", "masters").caller();
    let mut connection = open(&admin);
    for mark in ["made", "changed"] {
        connection.read_and_write("test", mark, TIME).unwrap();
    }
    let refused = open(&scene.old.client("c").caller()).read_and_write("test", "x", TIME).unwrap_err();
    assert_eq!(refused.reason().code, "PROBE_API");
    assert!(refused.to_string().contains("403"), "{refused}");
}

/// Openssl, as a server that answers each line backwards.
#[test]
fn what_is_neither_http_nor_etcd_is_told_apart() {
    let scene = scene(APISERVER);
    let caller = scene.old.client("c").caller();
    let mut member = Member::connect(&scene.server.endpoint, &caller, TIME).unwrap();
    assert_eq!(member.status(TIME).unwrap_err().reason().code, "PROBE_ETCD");
    assert_eq!(member.health(TIME).unwrap_err().reason().code, "PROBE_ETCD");
    let base = tempfile::tempdir().unwrap();
    put(base.path(), &scene.old.server("s"));
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut openssl = std::process::Command::new("openssl")
        .args(["s_server", "-rev", "-quiet", "-accept", &port.to_string(), "-cert", "server.crt", "-key", "server.key"])
        .current_dir(base.path())
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let endpoint: Endpoint = format!("127.0.0.1:{port}").parse().unwrap();
    assert!(wait(Duration::from_secs(10), || served(&endpoint, &caller, TIME).is_ok()));
    let mut open = Connection::open(&endpoint, &caller, TIME).unwrap();
    let told = open.ask(Ask::Get("/"), TIME).unwrap_err().reason().code;
    openssl.kill().unwrap();
    openssl.wait().unwrap();
    assert_eq!(told, "PROBE_HTTP");
}
