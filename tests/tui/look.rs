//! Every screen as it is drawn.

use std::time::{Duration, Instant};

use airlock::audit::entry::Side;
use airlock::desk::unfinished::Stage;
use airlock::exchange::code::rows::{Row, Rows};
use airlock::report::requests::{RuleReason, Verdict};
use airlock::report::sheet::print::printed_as;
use airlock::tui::effect::{Decision, Effect};
use airlock::tui::keys::Key;
use airlock::tui::language::Both;
use airlock::tui::palette::Palette;
use airlock::tui::reading::Lines;
use airlock::tui::told::{PaperFacts, Told};

use crate::drawn::{Drawn, text};
use crate::facts;
use crate::screens::{at, eight, home, login, quorum, review, sign_in, typing};

/// One snapshot a screen: both languages, two sizes, with and without colour.
fn seen(name: &str, mut drawn: Drawn) {
    insta::assert_snapshot!(name, drawn.snapshot());
}

#[test]
fn home_tells_what_the_host_is() {
    seen("S00_offline", home(Side::Offline, &[Stage::Typed, Stage::Quarantined]));
    seen("S00_online", home(Side::Online, &[]));
    seen("S00_staged", home(Side::Online, &[Stage::Staged, Stage::Rotating, Stage::Split, Stage::Delivered]));
    let done = home(Side::Online, &[Stage::Delivered]);
    assert!(done.shows("No unfinished work") && done.shows("done here: 3 node packages in"), "{}", done.last());
    seen("S00_back", home(Side::Online, &[Stage::Returning, Stage::Returned]));
    let mut refused = Drawn::begin();
    refused.told(Told::Refused(facts::notice()));
    seen("S00_refused", refused);
    for (side, name) in [(Side::Offline, "S00_second_offline"), (Side::Online, "S00_second_online")] {
        let mut second = Drawn::begin();
        second.told(facts::second(side));
        seen(name, second);
    }
    let mut enrolments = Drawn::begin();
    enrolments.told(facts::second_enrolment());
    assert!(enrolments.shows("second enrolment: do not go on") && !enrolments.shows("call the CA first"));
    seen("S00_second_enrolment", enrolments);
    let mut help = home(Side::Offline, &[]);
    help.key(Key::Char('?'));
    seen("S00_help", help);
}

#[test]
fn who_sits_down_to_a_second_statement_is_told_of_it() {
    for (side, name) in [(Side::Offline, "F20_second"), (Side::Online, "I20_second")] {
        let seats = |is_second| {
            let mut drawn = at(side, Stage::Received);
            let Told::Paper(paper) = facts::paper(side) else { unreachable!() };
            drawn.told(Told::Paper(PaperFacts { is_second, ..paper }));
            drawn
        };
        assert!(!seats(false).shows("[STOP]"));
        assert!(seats(true).shows("[STOP] another statement of this trace was received before"));
        seen(name, seats(true));
    }
    let mut enrolment = at(Side::Online, Stage::Received);
    let Told::Paper(paper) = facts::paper(Side::Online) else { unreachable!() };
    enrolment.told(Told::Paper(PaperFacts { is_second: true, kind: "enrolment", ..paper }));
    assert!(enrolment.shows("[STOP] two different enrolments of this trace were received") && !enrolment.shows("seal"));
    seen("I20_second_enrolment", enrolment);
}

#[test]
fn two_officers_compare_the_clock() {
    let mut clock = home(Side::Offline, &[]);
    clock.typed("k");
    for id in ["chen", "li"] {
        sign_in(&mut clock, id);
        clock.key(Key::Enter).typed("2025-07-22T03:05Z").key(Key::Enter);
    }
    let Effect::Attest(both) = clock.one() else { panic!("nothing is attested") };
    assert_eq!(
        both.map(|(who, read)| format!("{} {read}", who.id)),
        ["chen 2025-07-22T03:05Z", "li 2025-07-22T03:05Z"]
    );
    clock.told(Told::Attested(1043));
    seen("S10", clock);
    let mut online = home(Side::Online, &[]);
    online.typed("k");
    assert!(online.shows("[S00]"), "{}", online.last());
}

#[test]
fn the_log() {
    let mut drawn = home(Side::Offline, &[]);
    drawn.typed("4").told(facts::journal()).key(Key::Down);
    seen("A10", drawn);
    let mut opened = home(Side::Offline, &[]);
    opened.typed("4").told(facts::journal()).key(Key::Enter);
    seen("A10_entry", opened);
    // Where the pane below the table has no room for all of an entry, it says where the rest is.
    let Told::Journal(mut long) = facts::journal() else { unreachable!() };
    long.entries.last_mut().unwrap().clock.boot = "5c0f".repeat(120);
    let mut cut = home(Side::Offline, &[]);
    cut.typed("4").told(Told::Journal(long));
    assert!(cut.shows("more lines of it: Enter opens all, a value a line"), "{}", cut.last());
    seen("A10_long", cut);
    let mut printed = home(Side::Offline, &[]);
    printed.typed("4").told(facts::printed()).key(Key::Enter);
    assert!(printed.shows("S-000318   REPRINT 1 (print 2 of this sheet)"), "{}", printed.last());
    printed.key(Key::Function(2));
    assert!(printed.shows("S-000318   重印1（本单第2次打印）") && !printed.shows("REPRINT"), "{}", printed.last());
    printed.key(Key::Esc).key(Key::Down).key(Key::Enter);
    assert!(printed.shows("S-000318   首次打印"), "{}", printed.last());
    let mut filtered = filtered_log();
    assert!(filtered.shows("AUTHENTICATED") && !filtered.shows("RECEIVED"), "{}", filtered.last());
    let mut refused = filtered_log();
    refused.key(Key::Enter);
    seen("A10_refused", refused);
    filtered.typed("v").key(Key::Enter);
    assert!(matches!(filtered.one(), Effect::VerifyLog(None)));
    filtered.told(facts::log_checked(Some(Some(3))));
    assert!(filtered.shows("[ OK ] chain of 4 entries; signed head is good") && !filtered.shows("[WARN]"));
    filtered.told(facts::log_checked(None));
    assert!(filtered.shows("[ OK ] chain of 4 entries; no head was signed yet") && !filtered.shows("[WARN]"));
    // Who signed the head nobody looked: that is nothing in order.
    filtered.told(facts::log_checked(Some(None)));
    assert!(filtered.shows("[WARN] signed head NOT checked"), "{}", filtered.last());
    seen("A10_verified", filtered);
    let mut copied = home(Side::Offline, &[]);
    copied.typed("4").told(facts::journal()).typed("x/mnt/audit").key(Key::Enter);
    let Effect::ExportLog(directory) = copied.one() else { panic!("nothing is copied") };
    assert_eq!(directory.to_str(), Some("/mnt/audit"));
    copied.told(Told::Refused(facts::notice())).key(Key::Enter).key(Key::Esc).typed("c");
    assert!(matches!(copied.one(), Effect::Checkpoint));
    copied.told(Told::Read(facts::lines(&["airlock.log/ca/root-ca-01"])));
    assert!(copied.shows("airlock.log/ca/root-ca-01"), "{}", copied.last());
}

/// A10 with what chen did.
fn filtered_log() -> Drawn {
    let mut drawn = home(Side::Offline, &[]);
    drawn.typed("4").told(facts::journal()).typed("/chen").key(Key::Enter);
    drawn
}

#[test]
fn a_transfer_comes_in() {
    let mut waiting = home(Side::Offline, &[]);
    waiting.typed("2").typed("/mnt/sdb1");
    seen("F10_waiting", waiting);
    for (name, side, item) in [("F10", Side::Offline, "2"), ("I10", Side::Online, "3")] {
        let mut drawn = home(side, &[]);
        drawn.typed(item).typed("/mnt/sdb1").key(Key::Enter).told(facts::arrived_second());
        // Who is told to stop does not go on by the key that means yes everywhere else.
        drawn.key(Key::Enter);
        assert_eq!(drawn.shows("[F10]"), side == Side::Offline, "{}", drawn.last());
        let mut drawn = home(side, &[]);
        drawn.typed(item).typed("/mnt/sdb1").key(Key::Enter).told(facts::arrived_second());
        seen(name, drawn);
    }
}

/// An officer of a CA and an admin of a cluster do different things about the same refusal, on every kind of terminal.
#[test]
fn a_transfer_that_is_refused_is_for_each_side_to_deal_with() {
    let offline = ["At this CA host: stop. Take no other copy", "本CA主机：停止。不换副本"];
    let online = ["At this import host: keep stick and sheet", "本导入主机：介质与核对单留交审计员"];
    for (name, side, item, own, other) in
        [("F10_refused", Side::Offline, "2", offline, online), ("I10_refused", Side::Online, "3", online, offline)]
    {
        let mut drawn = home(side, &[]);
        drawn.typed(item).typed("/mnt/sdb1").key(Key::Enter).told(Told::Refused(facts::forged()));
        for (own, other) in own.iter().zip(other) {
            let told: Vec<String> = drawn.app().linear().body.into_iter().map(|row| row.text).collect();
            for all in [drawn.last().to_owned(), told.join("\n")] {
                assert!(all.contains(own) && all.contains("ARRIVAL_DIGEST") && !all.contains(other), "{all}");
            }
            drawn.key(Key::Function(2));
        }
        seen(name, drawn);
    }
    // Elsewhere, and of what its code says all of, nothing is added.
    let mut reviewing = review(42);
    reviewing.told(Told::Refused(facts::forged()));
    let mut receiving = home(Side::Offline, &[]);
    receiving.typed("2").typed("/mnt/sdb1").key(Key::Enter).told(Told::Refused(facts::notice()));
    for drawn in [reviewing, receiving] {
        assert!(drawn.shows(", exit ") && !drawn.shows("At this CA host"), "{}", drawn.last());
    }
}

#[test]
fn rows_are_typed() {
    let mut form = at(Side::Offline, Stage::Received);
    form.told(facts::paper(Side::Offline));
    sign_in(&mut form, "chen");
    seen("F20_person", form);
    seen("F20", typing(Side::Offline, eight()));
    seen("I20", typing(Side::Online, Rows::ALL));
    let mut stopped = typing(Side::Offline, eight());
    stopped.told(Told::Mismatch(Row::ALL[7], 1047));
    seen("F21", stopped);
    let mut tired = typing(Side::Offline, eight());
    tired.told(Told::Tired(Row::ALL[7]));
    assert!(tired.shows("then type it to the end today") && tired.shows("a second one locks the intake"));
    let mut there = at(Side::Online, Stage::Quarantined);
    assert!(there.asked.is_empty() && there.shows("Nothing lets it out here"), "{}", there.last());
    there.typed("ca?");
    assert!(there.shows("seal TRACE --again") && there.shows("airlock quarantine list"), "{}", there.last());
    let mut locked = at(Side::Offline, Stage::Quarantined);
    assert!(matches!(locked.one(), Effect::Locked(_)));
    locked.told(facts::locked(None)).typed("c").typed("0000").key(Key::Enter);
    assert!(locked.asked.is_empty(), "clearing is not put before people by a wrong tail");
    assert!(locked.shows("[TYPO] Not the last four of the trace. Nothing was done"), "{}", locked.last());
    locked.typed(&as_printed());
    assert!(!locked.shows("[TYPO]"), "{}", locked.last());
    locked.key(Key::Enter);
    assert!(matches!(locked.one(), Effect::Clear(_)));
    locked.told(facts::locked(Some(facts::deciding()))).typed("a");
    sign_in(&mut locked, "li");
    seen("F21_let_out", locked);
    let mut rejecting = at(Side::Offline, Stage::Quarantined);
    rejecting.told(facts::locked(Some(facts::deciding()))).typed("r");
    sign_in(&mut rejecting, "li");
    rejecting.key(Key::Enter).typed("the sheet is another").key(Key::Enter);
    let Effect::Release { no, .. } = rejecting.one() else { panic!("nothing is rejected") };
    assert_eq!(no.as_deref(), Some("the sheet is another"));
    rejecting.told(Told::Locked(None));
    assert!(rejecting.shows("is out of quarantine"));
}

#[test]
fn checks_are_told() {
    for (name, told) in [("F30", facts::checked()), ("F30_failed", facts::failed())] {
        let mut drawn = at(Side::Offline, Stage::Received);
        drawn.told(facts::paper(Side::Offline)).told(Told::RowsDone { complete: true }).typed("n").told(told);
        seen(name, drawn);
    }
    let mut locked = at(Side::Online, Stage::Verified);
    locked.typed("a passphrase");
    seen("I30_locked", locked);
    let mut passed = at(Side::Online, Stage::Verified);
    passed.typed("a passphrase").key(Key::Enter).told(facts::accepted());
    seen("I30", passed);
    let mut why = at(Side::Offline, Stage::Received);
    why.told(facts::paper(Side::Offline)).told(Told::RowsDone { complete: true }).typed("n").told(facts::checked());
    for _ in 0..7 {
        why.key(Key::Down);
    }
    why.key(Key::Enter);
    seen("F30_check", why);
    let mut read = at(Side::Online, Stage::Verified);
    read.typed("a passphrase").key(Key::Enter).told(facts::accepted()).key(Key::End).key(Key::Enter);
    seen("I30_check", read);
    let mut saved = at(Side::Online, Stage::Verified);
    saved.typed("a passphrase").key(Key::Enter).told(facts::accepted()).typed("s/root/report.txt").key(Key::Enter);
    let Effect::Save { lines, .. } = saved.one() else { panic!("nothing is saved") };
    assert!(lines.iter().any(|line| line.starts_with("[WARN] W09")));
    saved.told(Told::Read(facts::lines(&["/root/report.txt"])));
    assert!(saved.shows("[ OK ] /root/report.txt"), "{}", saved.last());
}

#[test]
fn requests_are_reviewed() {
    let mut drawn = review(42);
    drawn.key(Key::End).key(Key::Up);
    seen("F40", drawn);
    let mut denied = review(42);
    while !denied.shows(">  00009") {
        denied.key(Key::Down);
    }
    seen("F40_denied", denied);
    let mut denying = review(42);
    denying.typed("d");
    seen("F40_deny", denying);
    let mut unexplained = review(42);
    unexplained.typed("d");
    assert!(unexplained.shows("NOT_EXPLAINED  Nobody can say why it is asked for"), "{}", unexplained.last());
    sign_in(&mut unexplained, "chen");
    unexplained.key(Key::Enter).typed("NOT_EXPLAINED").key(Key::Enter);
    assert!(matches!(unexplained.one(), Effect::Deny { code, .. } if code == "NOT_EXPLAINED"));
    let mut requests = facts::requests(1);
    requests[0].verdict = Some(Verdict::Deny);
    requests[0].reasons = vec![RuleReason::new("NOT_EXPLAINED", "denied by an officer in review")];
    unexplained.told(Told::Reviewed(requests, Vec::new()));
    assert!(unexplained.shows(" ?\n") && unexplained.shows("NOT_EXPLAINED: Nobody can say"), "{}", unexplained.last());
    assert!(unexplained.shows(" 1 request: 0 allow  1 deny"), "{}", unexplained.last());
    let mut detail = review(42);
    detail.key(Key::Enter).told(Told::Detail(facts::lines(&[])));
    // From one request to the next, and to its denial.
    detail.key(Key::Right);
    assert!(matches!(detail.one(), Effect::Detail { request, .. } if request != facts::number(3)));
    detail.told(Told::Detail(facts::lines(&[]))).key(Key::Left);
    let long: Vec<String> = (1..40).map(|at| format!("Line {at}    CN=a\\x1b")).collect();
    detail.told(Told::Detail(Lines::both(long, vec!["结论   [DENY]".to_owned(), "  S3  名称超出集群记录".to_owned()])));
    assert!(detail.shows("line 1-17 of 39"), "{}", detail.last());
    seen("F41", detail);
    let mut denying = review(42);
    denying.key(Key::Enter).told(Told::Detail(facts::lines(&[]))).typed("d");
    assert!(denying.shows("for good, under your name"), "{}", denying.last());
    let mut unopened = review(42);
    unopened.key(Key::Home).key(Key::Char(' '));
    assert!(
        unopened.shows("Open it with Enter first, then tick.") && unopened.shows("ticked 0"),
        "{}",
        unopened.last()
    );
    unopened.key(Key::Enter).told(Told::Detail(facts::lines(&[]))).key(Key::Esc).key(Key::Char(' '));
    assert!(!unopened.shows("Open it with Enter") && unopened.shows("ticked 1"), "{}", unopened.last());
}

#[test]
fn people_decide_and_the_token_signs() {
    let mut none = at(Side::Offline, Stage::Planned);
    none.told(Told::Ballot(None));
    seen("F50_no_plan", none);
    seen("F50", quorum(true));
    let mut approving = quorum(true);
    approving.typed("a");
    seen("F50_approve", approving);
    for (wrong, mut typing) in ["p", "e"].into_iter().zip([at(Side::Offline, Stage::Planned), quorum(true)]) {
        if wrong == "p" {
            typing.told(Told::Ballot(None));
        }
        typing.typed(wrong).typed("0000").key(Key::Enter);
        assert!(typing.asked.is_empty() && typing.shows("[TYPO] Not the last four"), "{}", typing.last());
        typing.typed(&as_printed()).key(Key::Enter);
        assert!(matches!(typing.one(), Effect::EndPlan(_) | Effect::ClosePlan(_)));
    }
    let mut named = quorum(true);
    named.typed("a");
    sign_in(&mut named, "chen");
    named.key(Key::Enter).typed("318").key(Key::Enter).typed("12").key(Key::Enter);
    assert!(named.asked.is_empty() && named.shows("[TYPO] This is not a sheet number."), "{}", named.last());
    named.typed("s-000318/1").key(Key::Enter).key(Key::Enter);
    assert!(matches!(
        named.one(),
        Effect::Vote { vote: Decision::Yes { sheet, .. }, .. } if sheet == "S-000318/1"
    ));
    let mut given_up = quorum(true);
    given_up.typed("g");
    sign_in(&mut given_up, "li");
    given_up.key(Key::Enter);
    assert!(matches!(given_up.one(), Effect::GiveUp { .. }));
    let mut read = quorum(true);
    read.typed("v");
    seen("F50_plan", read);
    let mut pin = login();
    pin.typed("123456");
    seen("F60", pin);
    let mut signing = login();
    signing.typed("123456").key(Key::Enter).told(Told::Gauge { done: 29, of: 41 });
    signing
        .told(Told::Noted(Both::new("03:19:02  HSM session open", "03:19:02  已登录密码机")))
        .told(Told::Noted(Both::new("03:19:03  29 of 41 signed", "03:19:03  已签 29/41")));
    assert!(signing.shows("Working: 29 of 41") && signing.shows("03:19:03  29 of 41 signed"));
    seen("F61", signing);
}

/// The last four of the trace with the dash that the paper shows, in lower case.
fn as_printed() -> String {
    let trace = facts::trace().to_string().to_lowercase();
    trace[trace.len() - 5..].to_owned()
}

#[test]
fn the_package_leaves() {
    let mut sealing = at(Side::Offline, Stage::Sealed);
    sealing.told(facts::outgoing(None, None));
    seen("F70_to_seal", sealing);
    let mut left = at(Side::Offline, Stage::Sealed);
    left.told(facts::outgoing(Some("cert-package"), Some(1056)));
    seen("F70", left);
    let mut sheet = at(Side::Offline, Stage::Sealed);
    sheet
        .told(facts::outgoing(Some("cert-package"), Some(1056)))
        .typed("n")
        .told(facts::outgoing(Some("cert-package"), None));
    let mut file = at(Side::Offline, Stage::Sealed);
    file.told(facts::outgoing(Some("cert-package"), Some(1056))).typed("n").told(facts::in_file());
    let place = format!("/root/sheets/return-{}-of-the-ceremony-in-july.txt", facts::trace());
    assert!(file.shows("Last written to a file, to be printed:") && file.shows(&place), "{}", file.last());
    assert!(!file.shows("Last sent to the printer"), "{}", file.last());
    seen("F80_file", file);
    // Where another place is typed, the field is in sight.
    let mut typing = at(Side::Offline, Stage::Sealed);
    typing.told(facts::outgoing(Some("cert-package"), Some(1056))).typed("n").told(facts::in_file()).typed("w/root/b");
    assert!(typing.shows("> New file or printer  /root/b_"), "{}", typing.last());
    sheet.typed("f");
    assert!(sheet.shows("[F80]") && sheet.shows("Not all four are ticked."), "{}", sheet.last());
    sheet.key(Key::Up);
    // A reprint has one name, here and on the paper.
    let (english, chinese) = printed_as(2);
    assert!(english.starts_with("REPRINT 1 (") && sheet.shows(&english), "{}", sheet.last());
    sheet.key(Key::Function(2));
    assert!(sheet.shows(&chinese), "{}", sheet.last());
    sheet.key(Key::Function(2));
    seen("F80", sheet);
}

#[test]
fn a_terminal_that_is_too_small_says_so_and_keeps_the_work() {
    let drawn = typing(Side::Offline, eight());
    let before = text(&drawn.buffer(80, 24, Palette::Plain));
    let small = text(&drawn.buffer(79, 24, Palette::Plain));
    assert!(small.contains("Terminal is 79x24, need 80x24") && !small.contains("109"), "{small}");
    for (columns, rows) in [(0, 0), (1, 1), (12, 4), (80, 23), (300, 100)] {
        drawn.buffer(columns, rows, Palette::Coloured);
    }
    assert_eq!(text(&drawn.buffer(80, 24, Palette::Plain)), before);
}

#[test]
fn a_review_of_20_000_requests_is_drawn_from_a_window() {
    let mut drawn = review(20_000);
    drawn.key(Key::End);
    let began = Instant::now();
    drawn.key(Key::Up);
    // The bound is ten times what a release build has to keep, since tests are neither optimised nor alone.
    assert!(began.elapsed() < Duration::from_millis(500), "{:?}", began.elapsed());
    assert!(drawn.shows(">  19999") || drawn.shows("> 19999"), "{}", drawn.last());
}

#[test]
fn leaving_is_asked_once() {
    let mut drawn = home(Side::Offline, &[]);
    assert!(drawn.key(Key::Interrupt).asked.is_empty());
    assert!(drawn.shows("Leave airlock? Ctrl-C again leaves"));
    drawn.key(Key::Char('1'));
    assert!(!drawn.shows("Leave airlock?"));
    drawn.key(Key::Interrupt).key(Key::Interrupt);
    assert_eq!(format!("{:?}", drawn.asked), "[Left, Quit(130)]");
}

#[cfg(feature = "online")]
#[test]
fn a_request_is_made_and_leaves() {
    use crate::facts::online;

    let mut scan = home(Side::Online, &[]);
    scan.typed("1").told(online::scanned());
    seen("N10", scan);
    let mut ending = home(Side::Online, &[]);
    ending.typed("1").told(online::ending()).key(Key::Enter);
    seen("N10_ending", ending);
    let mut draft = home(Side::Online, &[]);
    draft.typed("1").told(online::scanned()).typed("n").told(online::drafted());
    seen("N20", draft);
    let mut place = home(Side::Online, &[]);
    place.typed("1").told(online::scanned()).key(Key::Enter);
    seen("N10_place", place);
    let mut dropped = home(Side::Online, &[]);
    dropped.typed("1").told(online::scanned()).typed("n").told(online::drafted()).key(Key::Down).typed("d");
    let Effect::Draft(wish) = dropped.one() else { panic!("nothing is drafted anew") };
    assert_eq!(
        wish.dropped.iter().map(|(node, role)| format!("{node}:{role}")).collect::<Vec<_>>(),
        ["cp1:apiserver-kubelet-client"]
    );
    let mut export = home(Side::Online, &[]);
    export.typed("1").told(online::scanned()).typed("n").told(online::drafted()).typed("n");
    // A privileged request that is not ticked holds everything.
    assert!(export.shows("[N20]") && export.shows("that are not ticked: 1."), "{}", export.last());
    export.typed("/client").key(Key::Enter).key(Key::Enter);
    assert!(export.shows("replaces") && export.shows("serial"), "{}", export.last());
    export.key(Key::Esc).key(Key::Esc).key(Key::Down).typed(" n");
    assert!(export.shows("[N30]"), "{}", export.last());
    sign_in(&mut export, "zhang-wei");
    insta::assert_snapshot!("N30", export.snapshot());
    // A mistyped passphrase leaves what was drafted; once keys were made it is spent.
    export.told(Told::Refused(facts::notice())).key(Key::Enter);
    assert!(export.shows("[N30]"), "{}", export.last());
    export.told(Told::Gauge { done: 0, of: 41 });
    export.told(Told::Refused(facts::notice())).key(Key::Enter);
    assert!(export.shows("[S00]"), "{}", export.last());
    let mut again = at(Side::Online, Stage::Placed);
    again.typed("/mnt/sdb1").key(Key::Enter).typed("/root/sheet.txt").key(Key::Enter);
    assert!(matches!(again.one(), Effect::Leave { .. }));
    again
        .told(facts::outgoing(Some("csr-bundle"), Some(77)))
        .typed("n")
        .told(facts::outgoing(Some("csr-bundle"), None));
    seen("N40", again);
}

#[cfg(feature = "online")]
#[test]
fn staging_asks_for_the_name_of_the_cluster() {
    use airlock::online::chronicle::Sources;

    use crate::facts::online;

    let mut stage = at(Side::Online, Stage::Accepted);
    stage.told(online::staging(None)).typed("xw1").key(Key::Enter);
    assert!(matches!(stage.one(), Effect::PlanStage(_, wish) if wish.excluded == ["w1"]));
    stage.told(online::staging(None)).typed("s").typed("prod-2").key(Key::Enter);
    assert!(stage.asked.is_empty());
    assert!(stage.shows("[TYPO] Not the name of this cluster. Nothing was written."), "{}", stage.last());
    stage.typed("prod-1").key(Key::Enter);
    assert!(matches!(stage.one(), Effect::Stage(_, wish) if wish.excluded == ["w1"]));
    stage.told(online::staging(Some(90)));
    seen("I40", stage);
    let mut watched = at(Side::Online, Stage::Accepted);
    watched.told(online::staging(None)).typed("r");
    assert!(watched.asked.is_empty(), "nothing is staged yet");
    watched.typed("s").typed("prod-1").key(Key::Enter).told(online::staging(Some(90))).typed("r");
    assert!(matches!(watched.one(), Effect::Course(..)));
    watched.told(online::course(true)).typed("r");
    assert!(matches!(watched.one(), Effect::Course(..)), "it is looked at again");
    watched.told(online::course(true));
    watched.typed("t");
    assert!(matches!(watched.one(), Effect::Chronicle(_, sources) if *sources == Sources::default()));
    watched
        .told(Told::Read(facts::lines(&["S1 staged"])))
        .key(Key::Esc)
        .typed("m")
        .typed("/srv/a.prom")
        .key(Key::Enter);
    assert!(matches!(watched.one(), Effect::Metrics(file) if file.to_str() == Some("/srv/a.prom")));
    watched.told(Told::Read(facts::lines(&["/srv/a.prom"])));
    assert!(watched.shows("[ OK ] written to /srv/a.prom"), "{}", watched.last());
    watched.typed("r").told(online::course(true)).key(Key::Down).typed("t").told(Told::Refused(facts::notice()));
    watched.key(Key::Enter).typed("m").key(Key::Esc);
    seen("I50", watched);
    let mut back = at(Side::Online, Stage::Staged);
    assert!(matches!(back.one(), Effect::Course(..)), "whoever comes back after lunch goes on where it stands");
    back.told(online::not_begun());
    assert!(back.shows(&format!("airlock online rotate {} --dry-run", facts::trace())), "{}", back.last());
    seen("I50_not_begun", back);
    let mut more = at(Side::Online, Stage::Staged);
    more.told(online::not_begun()).typed("s");
    assert!(matches!(more.one(), Effect::PlanStage(..)) && more.shows("[I40]"), "{}", more.last());
    let mut resumed = at(Side::Online, Stage::Rotating);
    resumed.told(online::course(false));
    assert!(resumed.shows("These logs tell of no hold.") && resumed.shows("[I50]"), "{}", resumed.last());
    assert!(!resumed.shows("not begun"), "{}", resumed.last());
    assert!(resumed.typed("s").asked.is_empty(), "what a rotation uses is not staged anew from here");
}
