//! N2: nothing in the subject hides what it says: no control characters, no other scripts, no unusual strings.

use super::violation::{Code, Violation};
use crate::issuance::request::{Context, Facts};
use crate::pki::name::Oddity;

pub(in crate::issuance) fn judge(facts: &Facts<'_>, _: &Context<'_>) -> Option<Violation> {
    let oddities = facts.csr.subject().oddities();
    if oddities.is_empty() {
        return None;
    }
    let all: Vec<_> = oddities.into_iter().map(told).collect();
    Some(Violation::denies(Code::N2, &format!("the subject has {}", all.join(", "))))
}

fn told(oddity: Oddity) -> &'static str {
    match oddity {
        Oddity::StringKind => "an outdated kind of string",
        Oddity::Control => "a control character",
        Oddity::NotAscii => "a character beyond ASCII",
        Oddity::OuterBlank => "a blank at an end",
        Oddity::Length => "a value that is too long",
        Oddity::Type => "an attribute of an unknown type",
    }
}

#[cfg(test)]
mod tests {
    use crate::issuance::specimen::World;
    use crate::issuance::specimen::wish::fixture;

    #[test]
    fn n2_nothing_hides_in_a_subject() {
        for (made, codes) in [
            (fixture!("subject-bidi"), "N1 N2 S1"),
            (fixture!("subject-control"), "N1 N2 S1"),
            (fixture!("subject-t61"), "N1 N2 S1"),
            (fixture!("subject-unknown-type"), "N1 N2 S1"),
            (fixture!("subject-10000"), "N1 N2 S1"),
            (fixture!("subject-utf8-ascii"), "N1 S1"),
            (fixture!("subject-multi-valued"), "N1 S1"),
        ] {
            assert_eq!(World::default().codes_of(&[made]), codes);
        }
    }
}
