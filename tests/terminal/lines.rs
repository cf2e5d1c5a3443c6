//! Line by line: without one escape character.

use crate::seat::{Begin, Seat};

fn at(term: Option<&str>, arguments: &[&str]) -> Seat {
    let seat = Begin { term, arguments, ..Begin::at("dumb") }.sit();
    seat.hears("[S00] Home", 1);
    seat.hears("STORAGE_MISSING, exit 13", 1);
    seat
}

#[test]
fn where_it_is_asked_for_and_where_there_is_no_other_way() {
    for (term, arguments) in [(Some("dumb"), &[][..]), (None, &[]), (Some("xterm-256color"), &["--plain"])] {
        let mut seat = at(term, arguments);
        seat.answers(b"?\n");
        seat.hears("Help for Home", 1);
        seat.answers(b"\n");
        seat.hears("[S00] Home", 2);
        seat.answers(b"no such word\n");
        seat.hears("[TYPO] no such command here", 1);
        seat.answers(b"\x04");
        seat.answers(b"quit\n");
        assert_eq!(seat.ends(), "0");
        assert!(!seat.heard().contains(&0x1b), "{:?}", seat.text());
    }
}

#[test]
fn several_lines_at_once_are_a_paste() {
    let mut seat = at(Some("dumb"), &[]);
    seat.answers(b"q\nq\nq\n");
    seat.hears("[TYPO] paste is off: several lines came at once", 1);
    seat.answers(b"q\n");
    assert_eq!(seat.ends(), "0");
}

#[test]
fn a_refusal_is_told_again_in_the_language_that_is_switched_to() {
    let mut seat = at(Some("dumb"), &[]);
    seat.answers(b"language\n");
    seat.hears("[FAIL]", 2);
    seat.hears("STORAGE_MISSING，退出码 13", 1);
    seat.answers(b"~\n");
    seat.hears("STORAGE_MISSING, exit 13", 2);
    // Whoever has gone on is told no more of it.
    seat.answers(b"down\n");
    seat.answers(b"~\n");
    seat.hears("主页", 2);
    seat.is_asked();
    assert_eq!(seat.text().matches("STORAGE_MISSING").count(), 3, "{}", seat.text());
    seat.answers(b"quit\n");
    assert_eq!(seat.ends(), "0");
}

#[test]
fn a_file_is_read_and_a_print_is_compared() {
    let ca = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/cluster/kubeadm-ha/cp1/etc/kubernetes/pki/ca.crt");
    let folder = tempfile::tempdir().unwrap();
    let statement = folder.path().join("statement.txt");
    let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/statement/good-csr-bundle"));
    std::fs::write(&statement, text.strip_prefix("expect: OK\n").unwrap()).unwrap();
    let mut seat = Begin { is_host: false, ..Begin::at("dumb") }.sit();
    seat.hears("[S00] Home", 1);
    seat.answers(b"v\n");
    seat.hears("File: ", 1);
    seat.at_once(format!("{ca}\n").as_bytes());
    seat.hears("CA certificate", 1);
    seat.answers(b"back\n");
    seat.hears("[S00] Home", 2);
    seat.answers(b"s\n");
    seat.hears("Statement, *.txt: ", 1);
    seat.at_once(format!("{}\n", statement.display()).as_bytes());
    seat.hears("T  type the sixteen rows", 1);
    seat.answers(b"t\n");
    seat.hears("row A: ", 1);
    seat.at_once(b"12345\n");
    seat.hears("[TYPO]", 1);
    seat.hears("row A: ", 2);
    seat.at_once(b"x\n");
    seat.answers(b"w\n");
    seat.hears("kind: csr-bundle", 1);
    assert!(!seat.heard().contains(&0x1b), "{:?}", seat.text());
    seat.answers(b"back\n");
    seat.answers(b"back\n");
    seat.answers(b"quit\n");
    assert_eq!(seat.ends(), "0");
}

#[test]
fn ctrl_c_asks_once() {
    let mut seat = at(Some("dumb"), &[]);
    seat.answers(b"\x03");
    seat.hears("Leave airlock?", 1);
    seat.answers(b"quit\n");
    seat.hears("Quarantined work is let out", 1);
    seat.answers(b"\x03");
    seat.hears("Leave airlock?", 2);
    seat.answers(b"\x03");
    assert_eq!(seat.ends(), "130");
}

#[test]
fn signals_give_the_echo_back() {
    for signal in ["-TERM", "-HUP"] {
        let mut seat = at(Some("dumb"), &[]);
        seat.is_asked();
        seat.signal(signal);
        assert_eq!(seat.ends(), "130");
    }
}
