//! The rules of a cross-certificate: the same CA under another root, and never more of it.

use thiserror::Error;

use crate::pki::certificate::TbsCertificate;
use crate::pki::extension::{BasicConstraints, Extensions};
use crate::refusal::{Class, Reason, Refusal};

/// Why a TBS is not a cross-certificate of a CA.
#[derive(Debug, Clone, Copy, Error, PartialEq, Eq)]
pub enum CrossError {
    /// It names another subject, compared by DER.
    #[error("the cross-certificate names another subject than the CA")]
    Subject,
    /// It binds another key, or names it by another key identifier.
    #[error("the cross-certificate binds another key than the CA's")]
    Key,
    /// Its issuer's key is its own, or is not named, so it crosses nothing. Its issuer's name may well be its own: a CA
    /// that changes its key may keep its name.
    #[error("the cross-certificate does not name another key as its issuer's")]
    SelfSigned,
    /// One of the two is not a CA.
    #[error("a cross-certificate is between CAs")]
    NotCa,
    /// It allows more CAs below.
    #[error("the cross-certificate allows a longer path than the CA")]
    PathLength,
    /// It allows more usages, or leaves their limit out.
    #[error("the cross-certificate allows more usages than the CA")]
    Usages,
    /// It changes the name constraints, or leaves them out.
    #[error("the cross-certificate does not repeat the name constraints of the CA")]
    NameConstraints,
    /// It is valid when the CA is not.
    #[error("the cross-certificate is valid when the CA is not")]
    Validity,
}

impl Refusal for CrossError {
    fn reason(&self) -> Reason {
        let verification =
            |code| Reason::new(Class::Verification, code, "make the plan of the cross-certificate again");
        match self {
            Self::Subject => verification("CROSS_SUBJECT"),
            Self::Key => verification("CROSS_KEY"),
            Self::SelfSigned => verification("CROSS_SELF_SIGNED"),
            Self::NotCa => verification("CROSS_NOT_CA"),
            Self::PathLength => verification("CROSS_PATH_LENGTH"),
            Self::Usages => verification("CROSS_USAGES"),
            Self::NameConstraints => verification("CROSS_NAME_CONSTRAINTS"),
            Self::Validity => verification("CROSS_VALIDITY"),
        }
    }
}

/// Whether `cross` certifies the CA that `existing` certifies, and gives it the same or less: the same subject byte for
/// byte, the same key, no longer path, no more usages, the same name constraints where there are any, and no validity
/// beyond the existing one.
///
/// # Errors
/// Any [`CrossError`].
pub fn cross_certifies(cross: &TbsCertificate, existing: &TbsCertificate) -> Result<(), CrossError> {
    let (new, old) = (cross.extensions(), existing.extensions());
    let same_key_id = new.subject_key_id().is_some() && new.subject_key_id() == old.subject_key_id();
    let authority = new.authority_key_id().and_then(|authority| authority.key_id.as_deref());
    let another_key_signs = authority.is_some() && authority != new.subject_key_id();
    let (Some(new_limits), Some(old_limits)) = (ca_limits(new), ca_limits(old)) else { return Err(CrossError::NotCa) };
    let rules = [
        (cross.subject() == existing.subject(), CrossError::Subject),
        (cross.public_key() == existing.public_key() && same_key_id, CrossError::Key),
        (another_key_signs, CrossError::SelfSigned),
        (not_longer(new_limits, old_limits), CrossError::PathLength),
        (no_more_usages(new, old), CrossError::Usages),
        (
            old.name_constraints().is_none() || new.name_constraints() == old.name_constraints(),
            CrossError::NameConstraints,
        ),
        (existing.validity().encloses(&cross.validity()), CrossError::Validity),
    ];
    match rules.into_iter().find(|(holds, _)| !holds) {
        Some((_, error)) => Err(error),
        None => Ok(()),
    }
}

fn ca_limits(extensions: &Extensions) -> Option<BasicConstraints> {
    extensions.basic_constraints().filter(|constraints| constraints.ca)
}

fn not_longer(new: BasicConstraints, old: BasicConstraints) -> bool {
    match (new.path_len, old.path_len) {
        (_, None) => true,
        (Some(new), Some(old)) => new <= old,
        (None, Some(_)) => false,
    }
}

fn no_more_usages(new: &Extensions, old: &Extensions) -> bool {
    let key_usage = match (new.key_usage(), old.key_usage()) {
        (_, None) => true,
        (Some(new), Some(old)) => old.contains(new),
        (None, Some(_)) => false,
    };
    let extended = match (new.extended_key_usage(), old.extended_key_usage()) {
        (_, None) => true,
        (Some(new), Some(old)) => new.usages().iter().all(|usage| old.usages().contains(usage)),
        (None, Some(_)) => false,
    };
    key_usage && extended
}
