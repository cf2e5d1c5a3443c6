//! Ports where no answer is to be had: each has its own word.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use airlock::devices::probe::http::Ask;
use airlock::devices::probe::served::served;
use airlock::devices::probe::{Caller, Connection, Endpoint};
use airlock::refusal::Refusal as _;

use crate::etcd::TIME;
use crate::pki::Root;
use crate::stand_in::{APISERVER, StandIn, put, trust};

const SHORT: Duration = Duration::from_millis(300);

/// A listener that answers each connection with `word` and closes it after a moment.
fn saying(word: &'static [u8], moment: Duration) -> Endpoint {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(word);
            thread::sleep(moment);
        }
    });
    Endpoint::by_address(address)
}

fn code(endpoint: &Endpoint) -> &'static str {
    served(endpoint, &Caller::nobody().unwrap(), SHORT).unwrap_err().reason().code
}

#[test]
fn each_silence_has_its_code() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_eq!(code(&Endpoint::by_address(closed)), "PROBE_REFUSED");
    assert_eq!(code(&saying(b"", Duration::ZERO)), "PROBE_CLOSED");
    assert_eq!(code(&saying(b"HTTP/1.1 400 Bad Request\r\n\r\n", SHORT)), "PROBE_TLS");
    // A fatal alert: unrecognized_name, then internal_error.
    assert_eq!(code(&saying(&[21, 3, 3, 0, 2, 2, 112], SHORT)), "PROBE_ALERT");
    assert_eq!(code(&saying(&[21, 3, 3, 0, 2, 2, 80], SHORT)), "PROBE_INTERNAL");
}

#[test]
fn a_peer_that_says_nothing_is_not_waited_for() {
    let started = Instant::now();
    assert_eq!(code(&saying(b"", Duration::from_secs(5))), "PROBE_TIMEOUT");
    // An address that nobody has: documentation of RFC 5737. Networks drop or refuse it.
    let nowhere = "192.0.2.1:1".parse().unwrap();
    assert!(["PROBE_TIMEOUT", "PROBE_UNREACHABLE", "PROBE_REFUSED"].contains(&code(&nowhere)));
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
}

#[test]
fn a_server_that_goes_away_between_two_requests_is_noticed() {
    let base = tempfile::tempdir().unwrap();
    let root = Root::new("root");
    put(base.path(), &root.server("s"));
    trust(base.path(), &root.pem);
    // The stand-in ends a connection when its request cannot be read.
    let server = StandIn::start(base.path(), APISERVER);
    let mut open = Connection::open(&server.endpoint, &root.client("c").caller(), TIME).unwrap();
    assert_eq!(open.ask(Ask::Get("/"), TIME).unwrap().status(), 403);
    std::fs::remove_file(base.path().join("ca.crt")).unwrap();
    assert_eq!(open.ask(Ask::Get("/"), TIME).unwrap_err().reason().code, "PROBE_CLOSED");
}
