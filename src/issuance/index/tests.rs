use super::*;
use crate::audit::detail::{self, Sealed};
use crate::issuance::specimen::history::{
    UID, closed, crl, digest, entries, intent, order, repeat, signed, signed_over, successor,
};
use crate::wire::json::MAX_INTEGER;

fn fold(events: Vec<Event>) -> Result<Index, IndexError> {
    Index::fold(&entries(events))
}

fn name(serial: &str) -> CertificateName {
    CertificateName { issuer: digest("root"), serial: serial.parse().unwrap() }
}

#[test]
fn what_was_announced_counts_as_used() {
    let index = fold(vec![closed("p", "s", 7), intent("p", vec![order(1, "11"), order(2, "12")])]).unwrap();
    let issued = index.issued(&name("11")).unwrap();
    assert_eq!((issued.cluster.as_deref(), issued.spki_sha256), (Some(UID), digest("11")));
    assert!(index.knows_key(&digest("12")) && !index.knows_key(&digest("13")));
    assert!(index.issued(&name("13")).is_none());
    let number = |value| Number::new(value, 9).unwrap();
    assert!(index.is_consumed(&digest("s"), number(2)) && !index.is_consumed(&digest("s"), number(3)));
    assert!(!index.is_consumed(&digest("t"), number(2)));
}

#[test]
fn a_certificate_is_replaced_when_its_successor_is_signed() {
    let mut events = vec![closed("p", "s", 1), intent("p", vec![successor(1, "11", "01")])];
    assert!(!fold(events.clone()).unwrap().is_replaced(&name("01")));
    events.push(signed("p", 1));
    let index = fold(events).unwrap();
    assert!(index.is_replaced(&name("01")) && !index.is_replaced(&name("11")));
}

#[test]
fn crls_number_upwards_and_what_is_revoked_stays_revoked() {
    let events = vec![closed("p", "s", 1), intent("p", vec![crl(20, &["11", "12"])])];
    let index = fold(events.clone()).unwrap();
    assert_eq!((index.crl_number(&digest("root")), index.crl_number(&digest("etcd"))), (20, 0));
    assert!(index.is_revoked(&name("12")) && !index.is_revoked(&name("13")));
    assert_eq!(index.revoked(&digest("root"))[0].reason, RevocationReason::Superseded);
    for (number, accepted) in [(19, false), (20, false), (21, true)] {
        let next = vec![closed("q", "t", 2), intent("q", vec![crl(number, &["13"])])];
        let index = fold([events.clone(), next].concat());
        assert_eq!(index.as_ref().map(|index| index.revoked(&digest("root")).len()).ok(), accepted.then_some(3));
        assert!(accepted || index.unwrap_err() == IndexError::CrlNumber(3));
    }
}

#[test]
fn r21_sequence_numbers_follow_within_a_step() {
    let index = fold(vec![closed("p", "s", 7), closed("q", "t", 5)]).unwrap();
    for (seq, admitted) in [(0, false), (7, false), (8, true), (1007, true), (1008, false), (u64::MAX, false)] {
        assert_eq!(index.admits_bundle(UID, seq).is_ok(), admitted, "{seq}");
    }
    assert_eq!(index.admits_bundle("other", 8), Ok(()));
    let sealed = Sealed { file: digest("f"), package_seq: 3, plan: digest("p"), statement: digest("s") };
    let accepted = detail::PackageAccepted {
        container: digest("container"),
        crls: Vec::new(),
        log: detail::Head { root: digest("r"), size: 1 },
        package_seq: MAX_INTEGER,
        plan: digest("p"),
        statement: digest("s"),
    };
    let index = fold(vec![Event::Sealed(sealed)]).unwrap();
    assert_eq!((index.package_seq(), index.admits_package(3).is_err(), index.admits_package(4)), (3, true, Ok(())));
    let index = fold(vec![Event::PackageAccepted(accepted)]).unwrap();
    assert!(index.admits_package(MAX_INTEGER + 1).is_err());
}

#[test]
fn a_log_that_makes_no_sense_is_refused() {
    let begun = |event| vec![closed("p", "s", 1), event];
    let announced = |event| vec![closed("p", "s", 1), intent("p", vec![order(1, "11")]), event];
    for (events, error) in [
        (vec![intent("p", vec![order(1, "11")])], IndexError::UnknownPlan(0)),
        (begun(signed("p", 1)), IndexError::NotAnnounced(1)),
        (begun(repeat("p", vec![order(1, "11")])), IndexError::NotAnnounced(1)),
        (announced(signed_over("p", 1, digest("else"))), IndexError::NotAnnounced(2)),
        (announced(signed("q", 1)), IndexError::NotAnnounced(2)),
        (announced(intent("p", vec![order(2, "11")])), IndexError::SerialTwice(2)),
        (announced(intent("p", vec![order(1, "12")])), IndexError::SerialTwice(2)),
        (begun(intent("p", vec![order(1, "xx")])), IndexError::Form(1)),
        (begun(intent("p", vec![successor(1, "11", "xx")])), IndexError::Form(1)),
    ] {
        assert_eq!(fold(events).unwrap_err(), error);
    }
}

#[test]
fn r25_a_repetition_is_no_second_use() {
    let orders = || vec![order(1, "11")];
    let events = vec![closed("p", "s", 1), intent("p", orders()), repeat("p", orders()), signed("p", 1)];
    assert!(fold(events).unwrap().issued(&name("11")).is_some());
}
