use super::*;
use crate::pki::exact::{element, tag};

fn one(kind: u8, value: &[u8]) -> Result<Name, NameError> {
    let oid = element(tag::OBJECT_IDENTIFIER, &[COMMON_NAME.as_bytes()]);
    let pair = element(tag::SEQUENCE, &[&oid, &element(kind, &[value])]);
    Name::from_der(&element(tag::SEQUENCE, &[&element(tag::SET, &[&pair])]))
}

#[test]
fn a_name_is_shown_in_reading_order() {
    let name = Name::from_pairs(&[("O", "system:nodes"), ("O", "b"), ("CN", "system:node:w1")]).unwrap();
    assert_eq!(name.safe(), "O=system:nodes, O=b, CN=system:node:w1");
    assert_eq!(name.common_name(), Some("system:node:w1"));
    assert_eq!(name.organizations(), ["system:nodes", "b"]);
    assert_eq!(name.oddities(), []);
}

#[test]
fn multi_valued_rdns_stay_together() {
    let name = Name::from_rdns(&[&[("O", "b"), ("O", "a")], &[("CN", "x")]]).unwrap();
    assert_eq!(name.safe(), "O=a+O=b, CN=x");
    assert_eq!(name.rdns().len(), 2);
}

#[test]
fn no_value_looks_like_two() {
    let name = Name::from_pairs(&[("CN", "a, O=system:masters"), ("CN", " b+c\\ ")]).unwrap();
    assert_eq!(name.safe(), r"CN=a\, O=system:masters, CN=\x20b\+c\\\x20");
    assert_eq!(name.common_name(), None);
    assert_eq!(name.oddities(), [Oddity::OuterBlank]);
}

#[test]
fn every_string_kind_says_what_it_holds() {
    for (kind, value, text, odd) in [
        (0x0c, "根w1".as_bytes(), "根w1", vec![Oddity::NotAscii]),
        (0x13, b"w1 '()+,-./:=?", "w1 '()+,-./:=?", vec![]),
        (0x16, b"a@b*_", "a@b*_", vec![Oddity::StringKind]),
        (0x12, b"12 3", "12 3", vec![Oddity::StringKind]),
        (0x14, b"M\xfcller", "Müller", vec![Oddity::StringKind, Oddity::NotAscii]),
        (0x1a, b"v~", "v~", vec![Oddity::StringKind]),
        (0x1e, b"\0w\x68\x39", "w根", vec![Oddity::StringKind, Oddity::NotAscii]),
    ] {
        let name = one(kind, value).unwrap();
        assert_eq!(name.common_name(), Some(text));
        assert_eq!(name.oddities(), odd, "{text}");
    }
}

#[test]
fn characters_that_a_kind_does_not_have_are_refused() {
    let not_characters = Err(NameError::Characters("CN".to_owned()));
    for (kind, value) in [
        (0x0c, &b"a\xff"[..]),
        (0x13, b"a@b"),
        (0x13, b"a*"),
        (0x13, b"a_b"),
        (0x13, b"a\xc3\xbc"),
        (0x16, b"a\x80"),
        (0x12, b"1a"),
        (0x1a, b"a\x1b"),
        (0x1e, b"\0"),
        (0x1e, b"\xd8\x00\xdc\x00"),
        (0x04, b"octets"),
        (0x02, b"\x01"),
    ] {
        assert_eq!(one(kind, value), not_characters, "{kind:x} {value:?}");
    }
}

#[test]
fn nul_and_nothing_are_refused() {
    for (kind, value) in [(0x0c, &b"a\0b"[..]), (0x16, b"a\0"), (0x14, b"\0"), (0x1e, b"\0a\0\0")] {
        assert_eq!(one(kind, value), Err(NameError::Nul("CN".to_owned())));
    }
    assert_eq!(one(0x0c, b""), Err(NameError::EmptyValue("CN".to_owned())));
    assert_eq!(Name::from_der(&[0x30, 2, 0x31, 0]), Err(NameError::EmptyRdn));
    assert!(Name::from_der(&[0x30, 0]).unwrap().is_empty());
}

#[test]
fn other_encodings_of_a_name_are_refused() {
    let good = Name::from_rdns(&[&[("O", "a"), ("O", "b")]]).unwrap();
    let mut unsorted = good.der().to_vec();
    let (first, second) = unsorted[4..].split_at_mut((good.der().len() - 4) / 2);
    first.swap_with_slice(second);
    let oid_padded = {
        let oid = element(tag::OBJECT_IDENTIFIER, &[&[0x55, 4, 0x80, 3]]);
        let pair = element(tag::SEQUENCE, &[&oid, &element(0x13, &[b"a"])]);
        element(tag::SEQUENCE, &[&element(tag::SET, &[&pair])])
    };
    let long_form = [&[0x30, 0x81, good.der()[1]], &good.der()[2..]].concat();
    let indefinite = [&[0x30, 0x80], &good.der()[2..], &[0, 0]].concat();
    let trailing = [good.der(), &[0]].concat();
    for bad in [unsorted, oid_padded, long_form, indefinite, trailing, Vec::new(), element(0x31, &[])] {
        assert_eq!(Name::from_der(&bad), Err(NameError::Encoding), "{bad:02x?}");
    }
}

#[test]
fn hostile_text_is_visible_and_flagged() {
    let name = Name::from_pairs(&[("CN", "w1\u{202e}\x1b[2J\n\u{200b}")]).unwrap();
    assert_eq!(name.safe(), r"CN=w1\u{202e}\x1b[2J\x0a\u{200b}");
    assert_eq!(name.oddities(), [Oddity::Control, Oddity::NotAscii]);
    let long = Name::from_pairs(&[("CN", &"x".repeat(10_000)), ("1.3.6.1.4.1.1", "y")]).unwrap();
    assert_eq!(long.oddities(), [Oddity::Length, Oddity::Type]);
    assert!(long.safe().ends_with("x, 1.3.6.1.4.1.1=y"));
}

#[test]
fn names_are_written_in_the_kind_their_characters_need() {
    let kinds =
        |pairs: &[(&str, &str)]| Name::from_pairs(pairs).unwrap().attributes().map(Attribute::kind).collect::<Vec<_>>();
    assert_eq!(
        kinds(&[("CN", "system:node:w1"), ("CN", "a_b"), ("CN", "根"), ("DC", "com"), ("EMAIL", "a@b")]),
        [StringKind::Printable, StringKind::Utf8, StringKind::Utf8, StringKind::Ia5, StringKind::Ia5]
    );
    assert_eq!(Name::from_pairs(&[("COMMON", "x")]), Err(NameError::Type("COMMON".to_owned())));
    assert_eq!(Name::from_pairs(&[("CN", "")]), Err(NameError::EmptyValue("CN".to_owned())));
    assert_eq!(Name::from_pairs(&[("DC", "根")]), Err(NameError::Characters("DC".to_owned())));
}

proptest::proptest! {
    #[test]
    fn what_is_written_is_read_back(values in proptest::collection::vec("[^\\x00]{1,20}", 1..5)) {
        let pairs: Vec<_> = values.iter().map(|value| ("O", value.as_str())).collect();
        let name = Name::from_pairs(&pairs).unwrap();
        proptest::prop_assert_eq!(name.organizations(), values.iter().map(String::as_str).collect::<Vec<_>>());
        proptest::prop_assert!(name.safe().bytes().all(|byte| (b' '..=b'~').contains(&byte)));
        proptest::prop_assert_eq!(&Name::from_der(name.der()).unwrap(), &name);
    }

    #[test]
    fn safe_forms_differ_where_texts_do(a in "[ ,+=\\\\ab\"]{1,6}", b in "[ ,+=\\\\ab\"]{1,6}", c in "[ ,+=\\\\ab\"]{1,6}") {
        let joined = Name::from_pairs(&[("O", &format!("{a}, O={b}")), ("O", &c)]).unwrap();
        let apart = Name::from_pairs(&[("O", &a), ("O", &b), ("O", &c)]).unwrap();
        proptest::prop_assert_ne!(joined.safe(), apart.safe());
    }

    #[test]
    fn any_bytes_are_read_or_refused(der in proptest::collection::vec(0_u8.., 0..64)) {
        if let Ok(name) = Name::from_der(&der) {
            proptest::prop_assert_eq!(name.der(), der);
        }
    }
}
