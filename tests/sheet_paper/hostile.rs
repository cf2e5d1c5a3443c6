//! Texts that others wrote.

use airlock::pki::name::Name;
use airlock::report::sheet::facts::Contents;
use airlock::report::sheet::{Encoding, Language, Sheet};
use proptest::prelude::*;

use crate::facts::{self, BUNDLE, PACKAGE, statement};
use crate::keeps_to_the_paper;

/// A bundle, a package and an enrolment in which `text` stands wherever a text of others may stand.
pub(crate) fn sheets(text: &str) -> Vec<Sheet> {
    let mut print = facts::print();
    (print.host, print.version, print.medium) = (text.to_owned(), text.to_owned(), Some(text.to_owned()));
    let mut bundle = facts::bundle();
    if let Ok(name) = Name::from_pairs(&[("O", "system:masters"), ("CN", text)]) {
        bundle.requests[41].subject = name.clone();
        bundle.roots[0].subject = name;
    }
    let other = facts::other_bundle();
    let mut package = facts::long_package();
    (package.denials[0].note, package.denials[0].codes) = (text.to_owned(), vec![text.to_owned()]);
    (package.token, package.policy.0, package.approval.rule) = (text.to_owned(), text.to_owned(), text.to_owned());
    package.key_events[0].what = text.to_owned();
    let mut enrolment = facts::enrolment_of_ca();
    enrolment.contacts = vec![(text.to_owned(), text.to_owned())];
    enrolment.log.0 = text.to_owned();
    enrolment.cluster = Some((text.to_owned(), airlock::wire::digest::Digest::of(b"")));
    enrolment.roster.as_mut().unwrap().persons[0].name = text.to_owned();
    let (_, of_ca, _) = facts::sheets().pop().unwrap();
    vec![
        Sheet::new(statement(BUNDLE), Contents::Bundle(bundle.into()), print.clone()).unwrap(),
        Sheet::new(facts::changed(|lines| lines.items = 3), Contents::Bundle(other.into()), print.clone()).unwrap(),
        Sheet::new(statement(PACKAGE), Contents::Package(package.into()), print.clone()).unwrap(),
        Sheet::new(of_ca, Contents::Enrolment(enrolment.into()), print).unwrap(),
    ]
}

#[test]
fn nothing_that_moves_or_hides_text_is_printed() {
    for text in ["\x1b[2J\x0c\n", "a\u{202e}b\u{200b}", "根证书", "\r\u{85}\u{2028}", "", &"x".repeat(4096)] {
        for sheet in sheets(text) {
            keeps_to_the_paper(&sheet);
            assert!(sheet.encode(Encoding::Ascii).is_ascii(), "{text:?}");
        }
    }
}

/// A name of 10 000 characters takes no more paper than one of ten.
#[test]
fn a_text_of_others_does_not_decide_how_long_a_sheet_is() {
    let pages = |text: &str| sheets(text).iter().map(|sheet| sheet.pages(Language::Bilingual).len()).sum::<usize>();
    let short = pages("CN=worker1");
    let long = ["x".repeat(10_000), "\u{301}".repeat(10_000), "\u{202e}\u{2066}".repeat(5_000), "\x1b".repeat(10_000)];
    for text in long {
        // A value takes four lines, a reason a third of a page.
        assert!(pages(&text) <= short + 4, "{} pages instead of {short}", pages(&text));
        sheets(&text).iter().for_each(keeps_to_the_paper);
    }
}

#[test]
fn the_longest_parties_are_printed_whole() {
    let long = format!("cluster:{}", "a".repeat(63));
    let statement = facts::changed(|lines| lines.from = long.parse().unwrap());
    let sheet = Sheet::new(statement, Contents::Bundle(facts::bundle().into()), facts::print()).unwrap();
    keeps_to_the_paper(&sheet);
    assert!(sheet.text(Language::Bilingual).replace("\n                   ", "").contains(&long));
}

#[test]
fn a_denial_without_words_is_still_printed() {
    let mut package = facts::package();
    package.denials[0].note.clear();
    let sheet = Sheet::new(statement(PACKAGE), Contents::Package(package.into()), facts::print()).unwrap();
    assert!(sheet.text(Language::English).contains("\n 0009  S3\n"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_text_keeps_to_the_paper(text in "\\PC{0,120}|[ -~]{0,300}") {
        for sheet in sheets(&text) {
            keeps_to_the_paper(&sheet);
            prop_assert!(sheet.encode(Encoding::Ascii).is_ascii());
        }
    }
}
