//! How a private key must be kept: in the token, never to leave it, to sign and for nothing else.

use cryptoki::object::AttributeType;

use super::object::Object;

/// Modules whose CKA_LOCAL says false for keys they generated themselves, by the maker they name.
const DENY_LOCAL: &[&str] = &["Mozilla"];

/// Attributes that must be as given here; one that is absent is not.
const REQUIRED: &[(AttributeType, bool, &str)] = &[
    (AttributeType::Token, true, "it is not stored in the token"),
    (AttributeType::Private, true, "it can be used without login"),
    (AttributeType::Sensitive, true, "it is not sensitive"),
    (AttributeType::AlwaysSensitive, true, "it has not always been sensitive"),
    (AttributeType::Extractable, false, "it is extractable"),
    (AttributeType::NeverExtractable, true, "it has been extractable"),
    (AttributeType::Sign, true, "it does not sign"),
];

/// Attributes that must not be true; a module may leave them out where the key type knows no such use. What RSA decrypts
/// it also signs, so decrypting is no lesser use.
const FORBIDDEN: &[(AttributeType, &str)] = &[
    (AttributeType::Decrypt, "it decrypts"),
    (AttributeType::Unwrap, "it unwraps keys"),
    (AttributeType::Derive, "it derives keys"),
];

/// The first thing that is wrong with how `private` is kept in a module made by `maker`.
pub(super) fn fault(private: &Object, maker: &str) -> Option<&'static str> {
    let required = REQUIRED.iter().find(|(flag, wanted, _)| private.flag(*flag) != Some(*wanted));
    let forbidden = || FORBIDDEN.iter().find(|(flag, _)| private.flag(*flag) == Some(true));
    let imported = || {
        let told = !DENY_LOCAL.iter().any(|known| maker.starts_with(known));
        (told && private.flag(AttributeType::Local) != Some(true)).then_some("it was not made in the token")
    };
    required.map(|(.., fault)| *fault).or_else(|| forbidden().map(|(_, fault)| *fault)).or_else(imported)
}

#[cfg(test)]
mod tests {
    use cryptoki::object::Attribute;

    use super::*;

    /// As a private key of ours is, with `changed` in place of what it says of the same.
    fn key(changed: Option<Attribute>) -> Object {
        let ours = [
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::AlwaysSensitive(true),
            Attribute::Extractable(false),
            Attribute::NeverExtractable(true),
            Attribute::Sign(true),
            Attribute::Decrypt(false),
            Attribute::Unwrap(false),
            Attribute::Derive(false),
            Attribute::Local(true),
        ];
        let kept = |attribute: &Attribute| {
            changed.as_ref().is_none_or(|changed| changed.attribute_type() != attribute.attribute_type())
        };
        Object::from_attributes(ours.into_iter().filter(kept).chain(changed.clone()).collect())
    }

    #[test]
    fn each_attribute_counts() {
        assert_eq!(fault(&key(None), "SoftHSM"), None);
        for changed in [
            Attribute::Token(false),
            Attribute::Private(false),
            Attribute::Sensitive(false),
            Attribute::AlwaysSensitive(false),
            Attribute::Extractable(true),
            Attribute::NeverExtractable(false),
            Attribute::Sign(false),
            Attribute::Decrypt(true),
            Attribute::Unwrap(true),
            Attribute::Derive(true),
            Attribute::Local(false),
        ] {
            assert!(fault(&key(Some(changed.clone())), "SoftHSM").is_some(), "{changed:?}");
        }
    }

    #[test]
    fn what_a_module_does_not_say_is_not_so() {
        assert_eq!(fault(&Object::from_attributes(Vec::new()), "SoftHSM"), Some("it is not stored in the token"));
    }

    #[test]
    fn a_module_that_denies_what_it_made_is_not_asked() {
        let denied = key(Some(Attribute::Local(false)));
        assert_eq!(fault(&denied, "Mozilla Foundation"), None);
        assert_eq!(fault(&denied, "SoftHSM"), Some("it was not made in the token"));
    }
}
