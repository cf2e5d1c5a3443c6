use proptest::prelude::*;

use super::*;

const FULL: &str = "pkcs11:token=CA-ROOT;manufacturer=Ex%20ample;model=M1;serial=0123456789;object=kubernetes-ca-2025;\
    id=%7f%02;type=private?module-path=/usr/lib/libCryptoki2_64.so&pin-source=/etc/airlock/pin";

fn refused(uri: &str) -> KeyUriError {
    uri.parse::<KeyUri>().unwrap_err()
}

#[test]
fn a_uri_says_where_the_key_lives() {
    let key: KeyUri = FULL.parse().unwrap();
    assert_eq!(key.token(), Some("CA-ROOT"));
    assert_eq!(key.manufacturer(), Some("Ex ample"));
    assert_eq!(key.model(), Some("M1"));
    assert_eq!(key.serial(), Some("0123456789"));
    assert_eq!(key.object(), Some("kubernetes-ca-2025"));
    assert_eq!(key.id(), Some(&[0x7f, 0x02][..]));
    assert_eq!(key.object_type(), Some(ObjectType::Private));
    assert_eq!(key.module_path(), Some("/usr/lib/libCryptoki2_64.so"));
    assert_eq!(key.pin_source(), Some("/etc/airlock/pin"));
    assert_eq!(key.to_string(), FULL);
    assert_eq!(key.of_object().to_string(), FULL.split('?').next().unwrap());
}

#[test]
fn order_and_needless_encoding_do_not_matter() {
    let key: KeyUri =
        "pkcs11:object=a;type=cert;token=%54&x;id=A%0A?pin-source=file:/p&module-path=/m%2Fn".parse().unwrap();
    assert_eq!(key.to_string(), "pkcs11:token=T%26x;object=a;id=%41%0a;type=cert?module-path=/m/n&pin-source=/p");
    let with_host: KeyUri = "pkcs11:token=t?pin-source=file:///p".parse().unwrap();
    assert_eq!(with_host.pin_source(), Some("/p"));
}

#[test]
fn only_pkcs11_uris_that_name_something_are_read() {
    for uri in ["", "pkcs11:", "pkcs11:?module-path=/m", "PKCS11:token=t", " pkcs11:token=t", "token=t", "pkcs11"] {
        assert_eq!(refused(uri), KeyUriError::Scheme, "{uri}");
    }
    let long = format!("pkcs11:object={}", "a".repeat(MAX_LENGTH));
    assert_eq!(refused(&long), KeyUriError::Length(long.len()));
    let colons = |count| format!("pkcs11:token=t?module-path=/{}", ":".repeat(count));
    assert_eq!(refused(&colons(700)), KeyUriError::Length(28 + 3 * 700));
    assert!(colons(600).parse::<KeyUri>().is_ok());
}

#[test]
fn unknown_vendor_and_misplaced_attributes_are_refused() {
    for name in ["objekt", "Token", "slot-id", "library-version", "x-vendor", "module-path", ""] {
        assert_eq!(refused(&format!("pkcs11:{name}=1")), KeyUriError::Attribute(name.to_owned()), "{name}");
    }
    for name in ["module-name", "x-vendor", "token", ""] {
        assert_eq!(refused(&format!("pkcs11:token=t?{name}=1")), KeyUriError::Attribute(name.to_owned()), "{name}");
    }
    assert_eq!(refused("pkcs11:token"), KeyUriError::Attribute("token".to_owned()));
    assert_eq!(refused("pkcs11:token=t;"), KeyUriError::Attribute(String::new()));
    assert_eq!(refused("pkcs11:token=t?"), KeyUriError::Attribute(String::new()));
    assert_eq!(refused("pkcs11:a\u{202e}=1"), KeyUriError::Attribute("a\\u{202e}".to_owned()));
}

#[test]
fn no_attribute_stands_twice() {
    assert_eq!(refused("pkcs11:token=t;token=t"), KeyUriError::Repeated("token"));
    assert_eq!(refused("pkcs11:id=%01;id=%02"), KeyUriError::Repeated("id"));
    assert_eq!(refused("pkcs11:token=t?module-path=/m&module-path=/m"), KeyUriError::Repeated("module-path"));
}

#[test]
fn values_are_encoded_exactly() {
    let values = ["", "%", "%4", "%zz", "%4g", "a b", "a/b", "a\"b", "ä", "%ff", "%00", "%0a", "t%20", "a#b", "a|b"];
    for value in values {
        assert_eq!(refused(&format!("pkcs11:token={value}")), KeyUriError::Value("token"), "{value}");
    }
    assert_eq!("pkcs11:token=%c3%a4".parse::<KeyUri>().unwrap().token(), Some("ä"));
    for (name, longest) in [("token", 32), ("manufacturer", 32), ("model", 16), ("serial", 16), ("object", 255)] {
        let fits = format!("pkcs11:{name}={}", "a".repeat(longest));
        assert!(fits.parse::<KeyUri>().is_ok());
        assert!(matches!(refused(&format!("{fits}a")), KeyUriError::Value(_)));
    }
    for value in ["secret-key", "data", "Private", ""] {
        assert_eq!(refused(&format!("pkcs11:type={value}")), KeyUriError::Value("type"), "{value}");
    }
}

#[test]
fn pins_and_programs_are_refused() {
    assert_eq!(refused("pkcs11:token=t?pin-value=1234"), KeyUriError::PinValue);
    assert_eq!(refused("pkcs11:token=t;pin-value=1234"), KeyUriError::PinValue);
    assert_eq!(refused("pkcs11:token=t?pin-value:1234"), KeyUriError::PinValue);
    assert_eq!(refused("pkcs11:token=t?pin:1234"), KeyUriError::Attribute("pin".to_owned()));
    assert!(!refused("pkcs11:token=t?pin-value=1234").to_string().contains("1234"));
    assert_eq!(refused("pkcs11:token=t?pin-source=|/bin/cat%20pin"), KeyUriError::PinProgram);
    assert_eq!(refused("pkcs11:token=t?pin-source=pin"), KeyUriError::Path("pin-source"));
    assert_eq!(refused("pkcs11:token=t?pin-source=file:pin"), KeyUriError::Path("pin-source"));
    assert_eq!(refused("pkcs11:token=t?pin-source=file://host/pin"), KeyUriError::Path("pin-source"));
    assert_eq!(refused("pkcs11:token=t?module-path=lib.so"), KeyUriError::Path("module-path"));
    assert_eq!(refused("pkcs11:token=t?module-path="), KeyUriError::Value("module-path"));
}

proptest! {
    #[test]
    fn what_is_printed_is_read_back(
        token in "[^\\p{Cc}]{0,7}[^\\p{Cc} ]", object in "[^\\p{Cc}]{0,60}[^\\p{Cc} ]",
        id in proptest::collection::vec(0_u8.., 1..40), path in "/[^\\p{Cc}]{0,40}",
    ) {
        let key = KeyUri {
            token: Some(token),
            object: Some(object),
            id: Some(id),
            module_path: Some(path.clone()),
            pin_source: Some(path),
            object_type: Some(ObjectType::Public),
            ..KeyUri::default()
        };
        prop_assert_eq!(key.to_string().parse(), Ok(key));
    }

    #[test]
    fn any_text_is_read_or_refused(uri in "(pkcs11:)?[a-z=;?&%0-9/|.-]{0,60}") {
        if let Ok(key) = uri.parse::<KeyUri>() {
            prop_assert_eq!(key.to_string().parse(), Ok(key));
        }
    }
}
