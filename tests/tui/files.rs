//! What a file holds, and a print that is compared before it leaves: on any workstation, also on one that is no host.

use std::fs;
use std::path::Path;

use airlock::audit::entry::Side;
use airlock::exchange::code::rows::Row;
use airlock::exchange::code::scan::Scan;
use airlock::exchange::draw::entry::Answer;
use airlock::tui::brake::Brake;
use airlock::tui::effect::Effect;
use airlock::tui::hands::{Hands, Teller};
use airlock::tui::keys::Key;
use airlock::tui::language::Language;
use airlock::tui::told::{PrintFacts, Told};

use crate::drawn::Drawn;
use crate::facts;
use crate::screens::home;
use crate::walk::{digits, slip, statement};

fn facts_of_print() -> Told {
    Told::Print(Box::new(PrintFacts {
        trace: facts::trace(),
        kind: "csr-bundle",
        from: "cluster:prod-bj1".to_owned(),
        to: "ca:root-ca-01".to_owned(),
        items: 42,
    }))
}

/// S21 with a statement.
fn opened() -> Drawn {
    let mut drawn = home(Side::Online, &[]);
    drawn.typed("s").typed("/srv/one.txt").key(Key::Enter);
    assert!(matches!(drawn.one(), Effect::OpenPrint(file) if file == Path::new("/srv/one.txt")));
    drawn.told(facts_of_print());
    drawn
}

#[test]
fn a_file_is_shown_and_another_one() {
    let mut drawn = home(Side::Offline, &[]);
    drawn.typed("v");
    assert!(drawn.shows("[S20]"), "{}", drawn.last());
    drawn.typed("/srv/ca.crt").key(Key::Enter);
    assert!(matches!(drawn.one(), Effect::Inspect(file) if file == Path::new("/srv/ca.crt")));
    let many: Vec<String> = (0..40).map(|at| format!("Revoked  {at}")).collect();
    drawn.told(Told::Read(facts::lines(&many.iter().map(String::as_str).collect::<Vec<_>>())));
    assert!(drawn.shows("line 1-17 of 40"), "{}", drawn.last());
    drawn.key(Key::End);
    assert!(drawn.shows("Revoked  39"), "{}", drawn.last());
    drawn.typed("n");
    assert!(drawn.shows("> File") && !drawn.shows("Revoked"), "{}", drawn.last());
    drawn.typed("/srv/none").key(Key::Enter).told(Told::Refused(facts::notice())).key(Key::Enter);
    assert!(drawn.shows("/srv/none"), "what was typed is gone: {}", drawn.last());
    drawn.key(Key::Esc);
    assert!(matches!(drawn.one(), Effect::Look));
}

#[test]
fn a_workstation_that_is_no_host_does_both() {
    let mut drawn = Drawn::begin();
    drawn.told(Told::Refused(facts::notice())).key(Key::Enter).typed("v");
    assert!(drawn.shows("[S20]"), "{}", drawn.last());
    drawn.key(Key::Esc).told(Told::Refused(facts::notice())).key(Key::Enter).typed("s");
    assert!(drawn.shows("[S21]"), "{}", drawn.last());
}

#[test]
fn rows_are_typed_from_the_print_one_after_the_other() {
    let mut drawn = opened();
    insta::assert_snapshot!("S21", drawn.snapshot());
    drawn.typed("t");
    assert!(matches!(drawn.one(), Effect::PrintTyping));
    drawn.told(Told::PrintRow(Row::ALL[0], None)).typed("10985");
    assert!(drawn.asked.is_empty() && drawn.shows(">  A   109 85_"), "{}", drawn.last());
    drawn.key(Key::Backspace).typed("57");
    assert!(matches!(drawn.one(), Effect::PrintRow(typed) if typed == "109857"));
    drawn.told(Told::PrintRow(Row::ALL[0], Some(Answer::TypeAgain)));
    assert!(drawn.shows("[STOP] that is not right"), "{}", drawn.last());
    drawn.pasted();
    assert!(drawn.shows("[TYPO] paste is off"), "{}", drawn.last());
    drawn.typed("１０９８５７").told(Told::PrintRow(Row::ALL[1], Some(Answer::Right))).typed("2");
    assert!(drawn.shows("1 of 16 rows are equal"), "{}", drawn.last());
    insta::assert_snapshot!("S21_typing", drawn.snapshot());
    // A print that differs is not typed to its end.
    drawn.typed("22222").told(Told::Refused(facts::notice())).key(Key::Enter);
    assert!(drawn.shows("T  type the sixteen rows"), "{}", drawn.last());
    drawn.typed("t").told(Told::PrintRow(Row::ALL[15], Some(Answer::Right))).typed("109857").told(Told::PrintEqual);
    assert!(drawn.shows("[ OK ] all 16 rows of the print are equal"), "{}", drawn.last());
}

#[test]
fn a_scanner_types_the_code_and_a_paste_is_none() {
    let mut drawn = opened();
    drawn.typed("q").pasted();
    assert!(drawn.asked.is_empty() && drawn.shows("--scan takes it"), "{}", drawn.last());
    drawn.typed("AIRLOCK1:B:").key(Key::Enter);
    assert!(matches!(drawn.one(), Effect::PrintScan(line) if line == "AIRLOCK1:B:"));
    drawn.told(Told::PrintEqual);
    assert!(drawn.shows("the QR code of the print is equal"), "{}", drawn.last());
    drawn.typed("w");
    assert!(matches!(drawn.one(), Effect::PrintRows));
    drawn.told(Told::Read(facts::lines(&["A 109 857"])));
    assert!(drawn.shows("A 109 857"), "{}", drawn.last());
}

/// Hands on a workstation that is no host, and a file.
struct Elsewhere(Hands);

impl Elsewhere {
    fn new() -> Self {
        assert!(
            !Path::new("/etc/airlock").exists(),
            "this machine is a host of its own: no workstation without a config"
        );
        Self(Hands::new(None))
    }

    fn does(&mut self, effect: Effect) -> Told {
        let mut told = Vec::new();
        self.0.execute(effect, &Brake::default(), &mut Teller::new(&mut |one| told.push(one)));
        told.pop().unwrap()
    }

    fn refuses(&mut self, effect: Effect, code: &str) {
        let told = self.does(effect);
        assert!(matches!(&told, Told::Refused(notice) if notice.code == code), "{code} expected: {told:?}");
    }
}

/// Another row than the one that is printed.
fn wrong(row: Row) -> String {
    let code = airlock::exchange::code::Code::of(&statement());
    let mut all = (0..1_000_000_u32).map(|n| format!("{n:06}"));
    all.find(|typed| code.judge(row, typed) == airlock::exchange::code::Judgement::Wrong).unwrap()
}

#[test]
fn the_machine_compares_what_is_typed_and_scanned() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("one.txt");
    fs::write(&file, statement().text()).unwrap();
    let mut hands = Elsewhere::new();
    hands.refuses(Effect::PrintRows, "SCREEN_NO_PRINT");
    let told = hands.does(Effect::OpenPrint(file.clone()));
    assert!(matches!(&told, Told::Print(facts) if facts.to == "ca:root-ca-01" && facts.items == 42), "{told:?}");
    assert!(matches!(hands.does(Effect::PrintTyping), Told::PrintRow(row, None) if row == Row::ALL[0]));
    let told = hands.does(Effect::PrintRow(slip(Row::ALL[0])));
    assert!(matches!(told, Told::PrintRow(row, Some(Answer::Typo)) if row == Row::ALL[0]));
    for row in Row::ALL {
        let told = hands.does(Effect::PrintRow(digits(row)));
        let is_last = row == Row::ALL[15];
        assert!(if is_last { matches!(told, Told::PrintEqual) } else { matches!(told, Told::PrintRow(..)) }, "{row}");
    }
    // Wrong once may be typed again; wrong twice differs, and nothing goes on from there.
    hands.does(Effect::PrintTyping);
    let again = hands.does(Effect::PrintRow(wrong(Row::ALL[0])));
    assert!(matches!(again, Told::PrintRow(row, Some(Answer::TypeAgain)) if row == Row::ALL[0]), "{again:?}");
    hands.refuses(Effect::PrintRow(wrong(Row::ALL[0])), "SHEET_DIFFERS");
    hands.refuses(Effect::PrintRow(digits(Row::ALL[0])), "SCREEN_NO_PRINT");
    let code = Scan::of(&statement()).to_string();
    assert!(matches!(hands.does(Effect::PrintScan(code.clone())), Told::PrintEqual));
    hands.refuses(Effect::PrintScan(code[..90].to_owned()), "SCAN_FORM");
    let last = if code.ends_with('0') { "1" } else { "0" };
    hands.refuses(Effect::PrintScan(format!("{}{last}", &code[..code.len() - 1])), "SCAN_MISMATCH");
    let Told::Read(rows) = hands.does(Effect::PrintRows) else { panic!("no rows") };
    assert!(rows.of(Language::English).concat().contains(&format!("A {}", &digits(Row::ALL[0])[..3])), "{rows:?}");
}

#[test]
fn a_file_is_read_in_both_languages_and_a_statement_keeps_its_digest() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let mut hands = Elsewhere::new();
    let ca = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/cluster/kubeadm-ha/cp1/etc/kubernetes/pki/ca.crt");
    let Told::Read(lines) = hands.does(Effect::Inspect(ca.into())) else { panic!("not read") };
    let (english, chinese) = (lines.of(Language::English).join("\n"), lines.of(Language::Chinese).join("\n"));
    assert!(english.contains("CA certificate") && english.contains("Issuer"), "{english}");
    assert!(english.contains("2.5.29.19  basicConstraints"), "{english}");
    assert!(chinese.contains("CA 证书") && chinese.contains("签发者") && !chinese.contains("Issuer"), "{chinese}");
    let mut drawn = home(Side::Offline, &[]);
    drawn.typed("v").typed(ca).key(Key::Enter).told(Told::Read(lines));
    insta::assert_snapshot!("S20", drawn.snapshot());
    let Told::Read(lines) = hands.does(Effect::Inspect(file("s.txt", statement().text().as_bytes()))) else { panic!() };
    let told = lines.of(Language::English).join("\n");
    assert!(told.contains("statement of a transfer") && !told.contains(&digits(Row::ALL[0])[..3]), "{told}");
    for secret in [statement().digest().to_string(), statement().lines().file_sha256.to_string()] {
        assert!(!told.contains(&secret[..8]), "{told}");
    }
    hands.refuses(Effect::Inspect(file("none", b"anything")), "INSPECT_UNKNOWN");
    hands.refuses(Effect::Inspect(folder.path().join("missing")), "STORAGE_MISSING");
    // What has a host needs one.
    hands.refuses(Effect::SetUp, "HOST_CONFIG_NONE");
}
