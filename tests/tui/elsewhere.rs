//! A decision that is signed where the key of a person is: the text goes out, the signature comes back.

use airlock::audit::entry::Side;
use airlock::desk::unfinished::Stage;
use airlock::tui::effect::{Decision, Effect};
use airlock::tui::keys::Key;
use airlock::tui::told::{Told, Written};

use crate::drawn::Drawn;
use crate::facts;
use crate::screens::{at, quorum, review};

fn fields(drawn: &mut Drawn, texts: &[&str]) {
    for text in texts {
        drawn.typed(text).key(Key::Enter);
    }
}

fn written() -> Told {
    Told::Written(Box::new(Written {
        person: "li".to_owned(),
        file: "/media/out/li-approves.txt".to_owned(),
        namespace: "approval@airlock.v1",
    }))
}

#[test]
fn what_an_officer_ticked_and_counted_stands_in_the_text_that_he_takes_away() {
    let mut drawn = review(42);
    // He ticks the first of the three that must be.
    drawn.key(Key::Enter).told(Told::Detail(facts::lines(&["-"]))).typed(" ").key(Key::Esc).typed("n");
    assert!(drawn.shows("Not all are ticked"), "{}", drawn.last());
    drawn.typed("n").told(facts::ballot(true)).typed("a").typed("li").key(Key::Function(4));
    assert!(drawn.shows("New file for text") && !drawn.shows("Passphrase"), "{}", drawn.last());
    fields(&mut drawn, &["", "318"]);
    drawn.typed("3").key(Key::Enter);
    fields(&mut drawn, &["/media/out/li-approves.txt"]);
    assert!(drawn.asked.is_empty() && drawn.shows("[TYPO] This is not a sheet number."), "{}", drawn.last());
    drawn.typed("s-000318/1").key(Key::Enter).key(Key::Enter);
    drawn.key(Key::Enter);
    let Effect::WriteVote { id, vote, file, .. } = drawn.one() else { panic!("nothing is written: {}", drawn.last()) };
    assert_eq!((id.as_str(), file.to_str()), ("li", Some("/media/out/li-approves.txt")));
    let Decision::Yes { sheet, privileged, ticked } = vote else { panic!("a no") };
    assert_eq!((sheet.as_str(), privileged.as_str(), ticked.len()), ("S-000318/1", "3", 1));
    drawn.told(written());
    insta::assert_snapshot!("F50_written", drawn.snapshot());
    // The next person ticks for himself.
    drawn.key(Key::Enter).typed("a").key(Key::Function(4));
    assert!(drawn.shows("ticked by you  -"), "{}", drawn.last());
}

#[test]
fn a_refused_text_keeps_what_was_typed_and_ticked() {
    let mut drawn = quorum(true);
    drawn.typed("a").typed("zhao").key(Key::Function(4));
    fields(&mut drawn, &["", "-", "-", "/media/out/zhao.txt"]);
    assert!(matches!(drawn.one(), Effect::WriteVote { vote: Decision::Yes { sheet, .. }, .. } if sheet == "-"));
    drawn.told(Told::Refused(facts::notice())).key(Key::Enter);
    assert!(drawn.shows("/media/out/zhao.txt"), "{}", drawn.last());
    drawn.key(Key::Enter);
    assert!(matches!(drawn.one(), Effect::WriteVote { .. }));
}

#[test]
fn a_no_is_taken_away_with_its_reason_alone() {
    let mut drawn = quorum(true);
    drawn.typed("r").key(Key::Function(4));
    fields(&mut drawn, &["li", "not announced to us", "/media/out/no.txt"]);
    let Effect::WriteVote { vote: Decision::No(reason), .. } = drawn.one() else { panic!("{}", drawn.last()) };
    assert_eq!(reason, "not announced to us");
}

#[test]
fn a_signature_is_brought_back_by_its_file() {
    let mut drawn = quorum(true);
    drawn.typed("s");
    assert!(drawn.shows("You bring a signature"), "{}", drawn.last());
    insta::assert_snapshot!("F50_signature", drawn.snapshot());
    fields(&mut drawn, &["li", "/media/in/li.txt.sig"]);
    let Effect::BringVote { id, signature, .. } = drawn.one() else { panic!("{}", drawn.last()) };
    assert_eq!((id.as_str(), signature.to_str()), ("li", Some("/media/in/li.txt.sig")));
    drawn.told(facts::ballot(false));
    assert!(drawn.shows("enough people have approved"), "{}", drawn.last());
    // Without a plan there is nothing that it could be about.
    let mut none = at(Side::Offline, Stage::Verified);
    none.told(Told::Reviewed(Vec::new(), Vec::new())).typed("n").told(Told::Ballot(None)).typed("s");
    assert!(none.shows("P freeze") && !none.shows("You bring"), "{}", none.last());
}

#[test]
fn letting_a_transfer_out_is_signed_elsewhere_too() {
    let mut drawn = at(Side::Offline, Stage::Quarantined);
    drawn.told(facts::locked(None)).typed("s");
    assert!(drawn.asked.is_empty() && !drawn.shows("You bring"), "nothing is before people");
    drawn.told(facts::locked(Some(facts::deciding()))).typed("a").key(Key::Function(4));
    fields(&mut drawn, &["li", "/media/out/li.txt"]);
    let Effect::WriteRelease { id, no: None, file, .. } = drawn.one() else { panic!("{}", drawn.last()) };
    assert_eq!((id.as_str(), file.to_str()), ("li", Some("/media/out/li.txt")));
    drawn.told(written());
    assert!(drawn.shows("-n approval@airlock.v1") && drawn.shows("[F21]"), "{}", drawn.last());
    drawn.key(Key::Enter).typed("r").key(Key::Function(4));
    fields(&mut drawn, &["li", "the wrong sheet", "/media/out/no.txt"]);
    assert!(matches!(drawn.one(), Effect::WriteRelease { no: Some(why), .. } if why == "the wrong sheet"));
    drawn.told(written()).key(Key::Enter).typed("s");
    fields(&mut drawn, &["li", "/media/in/li.sig"]);
    assert!(matches!(drawn.one(), Effect::BringRelease { .. }));
    drawn.told(Told::Locked(None));
    assert!(drawn.shows("is out of quarantine"), "{}", drawn.last());
}
