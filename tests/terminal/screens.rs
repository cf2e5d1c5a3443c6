//! Screens on each kind of terminal.

use crate::mounts::Mounted;
use crate::seat::Begin;

const TERMS: [&str; 4] = ["xterm-256color", "linux", "vt220", "vt100"];

#[test]
fn letters_stand_in_for_function_keys_and_a_small_terminal_keeps_the_work() {
    for term in TERMS {
        let mut seat = Begin::at(term).sit();
        seat.sees("STORAGE_MISSING");
        seat.types(b" ?");
        seat.sees("Help for Home");
        seat.types(b"\x1b");
        seat.sees("V view");
        seat.resize(10, 40);
        seat.sees("Terminal is 40x10, need 80x24.");
        // What is typed meanwhile is for the screen that is not seen.
        seat.types(b"?");
        seat.resize(24, 80);
        seat.sees("Help for Home");
        seat.types(b" q");
        assert_eq!(seat.ends(), "0", "{term}");
    }
}

#[test]
fn a_serial_line_that_knows_no_size_has_80_columns() {
    let mut seat = Begin { size: (0, 0), ..Begin::at("vt220") }.sit();
    seat.sees("STORAGE_MISSING");
    seat.types(b" q");
    assert_eq!(seat.ends(), "0");
}

#[test]
fn chinese_where_it_can_be_shown_and_ascii_elsewhere() {
    const CHINESE: &[(&str, &str)] = &[("LC_ALL", "zh_CN.UTF-8")];
    for (term, variables, key, is_chinese) in [
        ("xterm-256color", CHINESE, "", true),
        ("xterm-256color", &[("LC_ALL", "C.UTF-8")][..], "~", true),
        ("xterm-256color", &[("LC_ALL", "C.UTF-8")], "\x1bOQ", true),
        ("xterm-256color", &[("LC_ALL", "C")], "~", false),
        ("linux", CHINESE, "\x1b[[B", false),
        ("vt220", CHINESE, "~", false),
    ] {
        let mut seat = Begin { variables, ..Begin::at(term) }.sit();
        seat.sees("STORAGE_MISSING");
        seat.types(b" ");
        seat.at_once(key.as_bytes());
        if is_chinese {
            seat.sees("主页");
        }
        seat.types(b"q");
        assert_eq!(seat.ends(), "0");
        assert!(is_chinese || seat.heard().is_ascii(), "{term} {variables:?}");
    }
}

#[test]
fn colours_are_what_the_terminal_and_the_person_want() {
    const NONE: &[(&str, &str)] = &[("NO_COLOR", "1")];
    for (term, variables, arguments, is_coloured) in [
        ("xterm-256color", &[][..], &[][..], true),
        ("linux", &[], &[], true),
        ("vt220", &[], &[], false),
        ("xterm-256color", NONE, &[], false),
        ("xterm-256color", NONE, &["--color", "always"], true),
        ("xterm-256color", &[], &["--color=never"], false),
    ] {
        let mut seat = Begin { variables, arguments, ..Begin::at(term) }.sit();
        seat.sees("STORAGE_MISSING");
        seat.types(b" q");
        assert_eq!(seat.ends(), "0");
        let has = seat.text().contains("\x1b[38;5;");
        assert_eq!(has, is_coloured, "{term} {variables:?} {arguments:?} {:?}", seat.text());
    }
}

#[test]
fn ctrl_l_draws_everything_again_and_ends_nothing() {
    for term in TERMS {
        let mut seat = Begin::at(term).sit();
        seat.sees("STORAGE_MISSING");
        let drawn = seat.text().matches("Home").count();
        seat.types(b"\x0c");
        seat.hears("Home", drawn + 1);
        seat.sees("STORAGE_MISSING");
        seat.types(b" q");
        assert_eq!(seat.ends(), "0", "{term}");
    }
}

#[test]
fn a_recording_whose_disk_is_full_is_told_of_and_the_work_goes_on() {
    let Some(disk) = Mounted::tmpfs("size=12k,mode=700") else { return };
    let path = disk.path().join("a.cast");
    for plain in [false, true] {
        let mut arguments = vec!["--record", path.to_str().unwrap()];
        arguments.extend(plain.then_some("--plain"));
        let mut seat = Begin { arguments: &arguments, ..Begin::at("xterm-256color") }.sit();
        if plain {
            seat.hears("[S00] Home", 1);
            for times in 1..40 {
                if seat.text().contains("SCREEN_UNRECORDED") {
                    break;
                }
                seat.answers(b"?\n");
                seat.hears("Help for Home", times);
            }
            seat.hears("SCREEN_UNRECORDED, exit 13", 1);
            seat.answers(b"quit\n");
        } else {
            seat.sees("STORAGE_MISSING");
            seat.types(b" ");
            // Each of these draws the whole screen.
            for _ in 0..100 {
                if seat.text().contains("SCREEN_UNRECORDED") {
                    break;
                }
                seat.types(b"\x0c");
            }
            seat.sees("SCREEN_UNRECORDED, exit 13");
            seat.types(b" q");
        }
        assert_eq!(seat.ends(), "0");
        let kept = std::fs::read_to_string(disk.path().join("a.cast.partial")).unwrap();
        assert!(
            !path.exists() && kept.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()),
            "{kept}"
        );
        std::fs::remove_file(disk.path().join("a.cast.partial")).unwrap();
    }
    // One that cannot begin leaves nothing, and nobody works in the belief that it did.
    std::fs::write(disk.path().join("filler"), vec![0; 12 << 10]).unwrap();
    let arguments = ["--record", path.to_str().unwrap()];
    let mut refused = Begin { arguments: &arguments, ..Begin::at("xterm-256color") }.sit();
    assert_eq!(refused.ends(), "13");
    assert!(refused.text().contains("STORAGE_FULL") && !path.exists(), "{}", refused.text());
}

#[test]
fn a_recording_holds_what_was_shown_and_is_never_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.cast");
    let arguments = ["--record", path.to_str().unwrap()];
    let mut seat = Begin { arguments: &arguments, ..Begin::at("xterm-256color") }.sit();
    seat.sees("STORAGE_MISSING");
    seat.types(b" q");
    assert_eq!(seat.ends(), "0");
    let recorded = std::fs::read_to_string(&path).unwrap();
    assert!(recorded.starts_with("{") && recorded.contains("STORAGE_MISSING"), "{recorded}");
    let mut again = Begin { arguments: &arguments, ..Begin::at("xterm-256color") }.sit();
    assert_eq!(again.ends(), "13");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), recorded);
}
