//! Nothing that is decided on or done next is cut at 80 columns, in either language.

use std::fs;
use std::path::{Path, PathBuf};

use airlock::audit::entry::Side;
use airlock::desk::tray::place::Output;
use airlock::desk::unfinished::Stage;
use airlock::tui::keys::Key;
use airlock::tui::palette::Palette;
use airlock::tui::told::{Deciding, Told, Voter};
use unicode_width::UnicodeWidthStr as _;

use crate::drawn::{Drawn, text};
use crate::facts;
use crate::screens::at;

/// As long as a name may be.
const NAME: &str = "prod-beijing-daxing-payments-and-settlement-production-cluster1";

/// The body of both languages, in which a line that goes on below is one.
fn bodies(mut drawn: Drawn) -> Vec<String> {
    let body = |drawn: &Drawn| {
        let all = text(&drawn.buffer(80, 24, Palette::Plain));
        assert!(all.lines().all(|row| !row.trim_end().ends_with("...")), "{all}");
        all.lines().skip(3).map(str::trim).collect::<Vec<_>>().join(" ")
    };
    let english = body(&drawn);
    drawn.key(Key::Function(2));
    vec![english, body(&drawn)]
}

fn people() -> Vec<String> {
    (1..=7).map(|at| format!("officer-of-the-day-{at}")).collect()
}

#[test]
fn f50_says_all_of_what_is_approved() {
    let mut drawn = at(Side::Offline, Stage::Planned);
    let Told::Ballot(Some(mut ballot)) = facts::ballot(true) else { unreachable!() };
    (ballot.cluster, ballot.orders, ballot.rule) = (NAME.to_owned(), 20_000, "privileged 2-of-9".to_owned());
    ballot.people = people()
        .into_iter()
        .map(|id| Voter { id, role: "officer", credential: "ssh-ed25519", rows: 8, decided: None })
        .collect();
    drawn.told(Told::Ballot(Some(ballot)));
    for body in bodies(drawn) {
        for part in [NAME, "20000", "2026-07-22T02:55:00Z", "2025-07-23T03:14:00Z", "QUORUM_OFFICERS"] {
            assert!(body.contains(part), "{part}: {body}");
        }
        assert!(body.contains("have another officer approve") || body.contains("请其他安全员批准"), "{body}");
    }
}

#[test]
fn f21_names_everybody_who_has_decided_and_its_steps() {
    let mut drawn = at(Side::Offline, Stage::Quarantined);
    let rule = "administration 7 of 9".to_owned();
    drawn.told(facts::locked(Some(Deciding { rule, officers: people(), auditors: vec!["zhao".to_owned()] })));
    for body in bodies(drawn) {
        assert!(people().iter().all(|person| body.contains(person.as_str())), "{body}");
        assert!(body.contains("zhao") && body.contains("1047"), "{body}");
        assert!(body.contains("Compare the trace number.") || body.contains("请核对追溯号。"), "{body}");
    }
}

#[test]
fn what_is_let_out_is_told_to_the_end() {
    let mut drawn = at(Side::Offline, Stage::Quarantined);
    drawn.told(Told::Locked(None));
    for body in bodies(drawn) {
        assert!(body.contains("Its rows are to be typed again.") || body.contains("须重新按纸录入各行。"), "{body}");
    }
}

#[test]
fn a_sender_of_a_long_name_is_named_whole() {
    let from = format!("cluster:{NAME}");
    let mut arrived = crate::screens::home(Side::Offline, &[]);
    let Told::Arrived(mut facts) = facts::arrived() else { unreachable!() };
    facts.from = from.clone();
    arrived.typed("2/mnt/sdb1").key(Key::Enter).told(Told::Arrived(facts));
    let mut checked = at(Side::Offline, Stage::Received);
    let Told::Checked(mut facts) = facts::checked() else { unreachable!() };
    facts.from = from.clone();
    checked.told(facts::paper(Side::Offline)).told(Told::RowsDone { complete: true }).typed("n");
    checked.told(Told::Checked(facts));
    for body in [arrived, checked].into_iter().flat_map(bodies) {
        assert!(body.contains(&from), "{body}");
    }
}

#[test]
fn a_host_of_a_long_name_hides_no_step_and_no_code() {
    let mut drawn = Drawn::begin();
    let Told::Look(mut host) = facts::host(Side::Offline, &[Stage::Verified]) else { unreachable!() };
    host.name = NAME.to_owned();
    drawn.told(Told::Look(host));
    assert!(drawn.shows(NAME), "{}", drawn.last());
    drawn.typed("a").told(Told::Reviewed(facts::requests(42), Vec::new())).key(Key::Enter);
    assert!(drawn.shows("prod-beij") && drawn.shows("4 CSR detail   request 00003") && drawn.shows("[F41]"));
    #[cfg(feature = "online")]
    {
        let mut drawn = Drawn::begin();
        let Told::Look(mut host) = facts::host(Side::Online, &[Stage::Rotating]) else { unreachable!() };
        host.name = NAME.to_owned();
        drawn.told(Told::Look(host)).typed("a");
        assert!(drawn.shows("> [5 Rotate]") && drawn.shows("[I50]"), "{}", drawn.last());
    }
}

#[test]
fn the_place_of_a_sheet_is_named_whole() {
    let place = format!("/root/{}/{}/return.txt", "sheets-of-the-ceremony".repeat(3), NAME);
    for output in [place.clone(), format!("lp:{}", "queue-of-the-second-floor".repeat(3))] {
        let mut drawn = at(Side::Offline, Stage::Sealed);
        drawn.told(facts::outgoing(Some("cert-package"), Some(1056))).typed("n");
        let Told::Outgoing(mut outgoing) = facts::outgoing(Some("cert-package"), None) else { unreachable!() };
        outgoing.printed_to = Some(Output::typed(Path::new(&output)).unwrap());
        drawn.told(Told::Outgoing(outgoing));
        for body in bodies(drawn) {
            // A name that is longer than a line goes on in the next.
            let body = body.replace(' ', "");
            assert!(body.contains(output.trim_start_matches("lp:")), "{output}: {body}");
        }
    }
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => sources(&path, found),
            false => found.push(path),
        }
    }
}

/// The two texts of each `say(` in `source`, as they are said.
fn said(source: &str) -> Vec<String> {
    let mut all = Vec::new();
    for call in source.split(".say(").skip(1) {
        let mut rest = call;
        for _ in 0..2 {
            let Some((between, after)) = rest.split_once('"') else { break };
            if !between.trim_matches([',', ' ', '\n']).is_empty() {
                break;
            }
            let end = after.match_indices('"').find(|(at, _)| !after[..*at].ends_with('\\')).unwrap().0;
            all.push(after[..end].replace("\\\\", "\\"));
            rest = &after[end + 1..];
        }
    }
    all
}

#[test]
fn every_line_that_a_screen_says_fits() {
    let mut found = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tui/screen"), &mut found);
    let mut count = 0;
    for path in found {
        let source = fs::read_to_string(&path).unwrap();
        for text in said(&source) {
            count += 1;
            // What begins with a blank is a row; a blank is put before anything else. S20 breaks its own into lines.
            let room = if text.starts_with(' ') { 80 } else { 79 };
            let is_broken = text.starts_with("A certificate, a request, a revocation list");
            assert!(is_broken || text.replace("{}", "").width() <= room, "{}: {text}", path.display());
        }
    }
    assert!(count > 600, "{count}");
}
