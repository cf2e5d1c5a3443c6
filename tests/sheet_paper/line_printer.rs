//! Sheets on a line printer: what reaches it, and what it does when it cannot print.

use std::fs::{self, File, OpenOptions};
use std::io::Read as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use airlock::devices::printer::{Printer, PrinterName};
use airlock::refusal::Refusal as _;
use airlock::report::sheet::{Encoding, Language, Sheet, escp};
use proptest::prelude::*;

use crate::facts::{self, print};
use crate::hostile;

const LONG: Duration = Duration::from_secs(30);
const SHORT: Duration = Duration::from_millis(300);
const BEGIN: &[u8] = b"\x1b@\x1bx1\x1b2\x1bC\x42";
const LARGE: &[u8] = b"\r\n\x1bw1\x1bW1";
const ORDINARY: &[u8] = b"\x1bW0\x1bw0";

fn sheets(large: bool) -> Vec<Sheet> {
    let print = airlock::report::sheet::print::Print { large, ..print() };
    let all = facts::sheets().into_iter();
    all.map(|(_, statement, contents)| Sheet::new(statement, contents, print.clone()).unwrap()).collect()
}

/// The job without the commands that it may hold; nothing else in it may be one.
fn without_commands(job: &[u8]) -> Vec<u8> {
    let mut rest = job.strip_suffix(b"\x1b@").expect("reset at the end");
    let mut plain = Vec::new();
    while let Some(first) = rest.first() {
        let command = [BEGIN, LARGE, ORDINARY, b"\r\n", b"\x0c"].into_iter().find(|command| rest.starts_with(command));
        match command {
            Some(command) => {
                rest = &rest[command.len()..];
                plain.push(if command == b"\x0c" { b'\x0c' } else { b'\n' });
            }
            None => {
                assert!(*first >= b' ' && !(0x7f..0xa1).contains(first), "{first:#x} reaches the printer");
                plain.push(*first);
                rest = &rest[1..];
            }
        }
    }
    plain
}

#[test]
fn every_line_and_nothing_else_reaches_the_printer() {
    for encoding in [Encoding::Gb18030, Encoding::Ascii] {
        let job = escp::job(&sheets(true), encoding).unwrap();
        let words = |text: &[u8]| -> Vec<Vec<u8>> {
            let words = text.split(|byte| matches!(byte, b' ' | b'\n' | 0x0c)).filter(|word| !word.is_empty());
            words.map(<[u8]>::to_vec).collect()
        };
        let pages = |sheet: &Sheet| sheet.pages(encoding.language()).len();
        let expected: Vec<_> = sheets(true).iter().flat_map(|sheet| words(&sheet.encode(encoding))).collect();
        assert_eq!(words(&without_commands(&job)), expected);
        let ejected = job.iter().filter(|byte| **byte == 0x0c).count();
        assert_eq!(ejected, sheets(true).iter().map(pages).sum::<usize>(), "a form feed a page");
    }
}

#[test]
fn a_printer_is_never_sent_utf_8() {
    let refused = escp::job(&sheets(false), Encoding::Utf8).unwrap_err();
    assert_eq!(refused.reason().code, "SHEET_PRINTER_ENCODING");
    assert!(escp::job(&sheets(false), Encoding::Ascii).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn no_text_of_others_becomes_a_command(text in "[\\x00-\\x1f\\x7f-\\x9f]{0,40}|\\PC{0,80}|(\x1b[@wWxCJ2]){0,9}") {
        for encoding in [Encoding::Gb18030, Encoding::Ascii] {
            without_commands(&escp::job(&hostile::sheets(&text), encoding).unwrap());
        }
    }
}

fn fifo(dir: &Path) -> PathBuf {
    let path = dir.join("lp0");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    path
}

fn device(path: &Path) -> PrinterName {
    PrinterName::Device(path.to_owned())
}

fn code(result: Result<(), airlock::devices::printer::PrinterError>) -> &'static str {
    result.map_or_else(|error| error.reason().code, |()| "")
}

/// As a printer with a person before it: it takes its time and everything.
#[test]
fn a_device_gets_the_whole_job() {
    let dir = tempfile::tempdir().unwrap();
    let path = fifo(dir.path());
    let reading = path.clone();
    let reader = thread::spawn(move || {
        let mut slow = File::open(reading).unwrap();
        let (mut job, mut part) = (Vec::<u8>::new(), [0_u8; 4096]);
        while let Ok(read @ 1..) = slow.read(&mut part) {
            job.extend(&part[..read]);
            thread::sleep(Duration::from_millis(2));
        }
        job
    });
    // The reader is there once it can be opened.
    let printer = (0..200).find_map(|_| {
        thread::sleep(Duration::from_millis(10));
        Printer::open(&device(&path)).ok()
    });
    let job = escp::job(&sheets(true), Encoding::Gb18030).unwrap().repeat(3);
    assert!(job.len() > 65_536, "more than a pipe holds: {}", job.len());
    assert_eq!(code(printer.unwrap().print(&job, LONG)), "");
    assert!(reader.join().unwrap() == job);
}

#[test]
fn what_is_no_printer_or_not_there_is_told_before_anything_is_printed() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "kept").unwrap();
    let opened = |path: &Path| code(Printer::open(&device(path)).map(drop));
    assert_eq!(opened(&file), "PRINTER_NOT_ONE");
    assert_eq!(opened(dir.path()), "PRINTER_NOT_ONE");
    assert_eq!(opened(&dir.path().join("none")), "PRINTER_ABSENT");
    assert_eq!(opened(&fifo(dir.path())), "PRINTER_ABSENT", "nobody reads");
    assert_eq!(opened(Path::new("/dev/full")), "");
    assert_eq!(fs::read(&file).unwrap(), b"kept");
}

#[test]
fn a_printer_out_of_paper_or_stuck_or_switched_off_is_told() {
    let full = Printer::open(&device(Path::new("/dev/full"))).unwrap();
    assert_eq!(code(full.print(b"job", LONG)), "PRINTER_PAPER");

    let dir = tempfile::tempdir().unwrap();
    let path = fifo(dir.path());
    // 2048 is O_NONBLOCK: it opens although nobody writes yet.
    let reader = OpenOptions::new().read(true).custom_flags(2048).open(&path).unwrap();
    let job = vec![b'x'; 1 << 20];
    let begun = Instant::now();
    let stuck = Printer::open(&device(&path)).unwrap().print(&job, SHORT);
    assert_eq!(code(stuck), "PRINTER_STUCK");
    assert!((SHORT..LONG).contains(&begun.elapsed()), "{:?}", begun.elapsed());

    let off = Printer::open(&device(&path)).unwrap();
    drop(reader);
    assert_eq!(code(off.print(&job, LONG)), "PRINTER_FAILED");
}

/// The judge of the columns: a printer of 80 columns prints each line on one.
#[test]
fn a_line_of_gb18030_is_as_wide_as_its_bytes() {
    for sheet in sheets(false) {
        for line in sheet.pages(Language::Bilingual).into_iter().flat_map(|page| page.lines) {
            assert!(encoding_width(&line) <= 80, "{line}");
        }
    }
}

fn encoding_width(line: &str) -> usize {
    line.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}
