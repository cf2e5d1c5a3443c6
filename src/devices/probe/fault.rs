//! Why there is no answer: what the network, the TLS of the other side, or its HTTP said.

use std::fmt;
use std::io::{self, ErrorKind};

use rustls::{AlertDescription, Error as TlsError};
use thiserror::Error;

use super::endpoint::Endpoint;
use crate::pki::path::PathError;
use crate::refusal::{Class, Reason, Refusal};
use crate::wire::text;

/// What the other side said when it ended the handshake or the connection (RFC 8446, section 6.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alert {
    /// Our certificate leads to no root that it has loaded: `unknown_ca`.
    UnknownCa,
    /// Our certificate is not good: `bad_certificate`. Older Go servers say this where newer ones say `unknown_ca`.
    BadCertificate,
    /// A signature does not verify: `decrypt_error`. Some servers say this where ours was issued by another key of a CA that
    /// they know by name, as a new root that bears the name of the old one.
    DecryptError,
    /// Ours is out of its validity: `certificate_expired`.
    CertificateExpired,
    /// It wants a certificate and got none: `certificate_required`.
    CertificateRequired,
    /// Its own fault, as a key and a certificate that do not belong together: `internal_error`.
    InternalError,
    /// No parameters in common: `handshake_failure`, `protocol_version`.
    NothingInCommon,
    /// Any other, by its number.
    Other(u8),
}

impl Alert {
    /// Whether the other side looked at our certificate and did not take it, or missed one.
    pub const fn is_about_our_certificate(self) -> bool {
        !matches!(self, Self::InternalError | Self::NothingInCommon | Self::Other(_))
    }

    fn of(description: AlertDescription) -> Self {
        match description {
            AlertDescription::UnknownCA => Self::UnknownCa,
            AlertDescription::BadCertificate | AlertDescription::CertificateUnknown => Self::BadCertificate,
            AlertDescription::DecryptError => Self::DecryptError,
            AlertDescription::CertificateExpired => Self::CertificateExpired,
            AlertDescription::CertificateRequired => Self::CertificateRequired,
            AlertDescription::InternalError => Self::InternalError,
            AlertDescription::HandshakeFailure | AlertDescription::ProtocolVersion => Self::NothingInCommon,
            other => Self::Other(other.into()),
        }
    }
}

impl fmt::Display for Alert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownCa => f.write_str("unknown_ca"),
            Self::BadCertificate => f.write_str("bad_certificate"),
            Self::DecryptError => f.write_str("decrypt_error"),
            Self::CertificateExpired => f.write_str("certificate_expired"),
            Self::CertificateRequired => f.write_str("certificate_required"),
            Self::InternalError => f.write_str("internal_error"),
            Self::NothingInCommon => f.write_str("handshake_failure"),
            Self::Other(number) => write!(f, "alert {number}"),
        }
    }
}

/// Why a probe has no answer.
#[derive(Debug, Error)]
pub enum ProbeError {
    /// Nothing listens there.
    #[error("{0} refuses connections")]
    Refused(Endpoint),
    /// There is no way to it.
    #[error("{0} cannot be reached: {1}")]
    Unreachable(Endpoint, String),
    /// No answer in the time that was given.
    #[error("{0} did not answer in time")]
    TimedOut(Endpoint),
    /// The other side ended the connection and did not say why.
    #[error("{0} closed the connection without a word")]
    Closed(Endpoint),
    /// The other side ended it with a TLS alert.
    #[error("{0} ended the connection with {1}")]
    Alert(Endpoint, Alert),
    /// Not TLS, or not TLS as it should be.
    #[error("{0} does not speak TLS as it should: {1}")]
    Tls(Endpoint, String),
    /// It shows a certificate that leads to none of the given roots.
    #[error("{0} shows a certificate that is not trusted here")]
    Untrusted(Endpoint, #[source] Box<PathError>),
    /// Its certificate names neither the address nor the name by which it was dialled.
    #[error("{0} shows a certificate for other names")]
    OtherName(Endpoint),
    /// Its certificate cannot be read.
    #[error("{0} shows a certificate that cannot be read: {1}")]
    Unreadable(Endpoint, String),
    /// Not HTTP/1.1, or an answer longer than 16 MiB.
    #[error("{0} gives no answer that can be read: {1}")]
    Http(Endpoint, String),
    /// An apiserver answers, but did not do what was asked.
    #[error("{0} did not read or write the canary: {1}")]
    Api(Endpoint, String),
    /// An answer, but not the one of a member of etcd.
    #[error("{0} does not answer as etcd does: {1}")]
    Etcd(Endpoint, String),
}

impl ProbeError {
    /// What `error`, met while talking to `endpoint`, means.
    pub(super) fn of(endpoint: &Endpoint, error: &io::Error) -> Self {
        let here = endpoint.clone();
        if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>()) {
            return Self::of_tls(endpoint, tls);
        }
        match error.kind() {
            ErrorKind::ConnectionRefused => Self::Refused(here),
            ErrorKind::TimedOut | ErrorKind::WouldBlock => Self::TimedOut(here),
            ErrorKind::UnexpectedEof
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe => Self::Closed(here),
            _ => Self::Unreachable(here, text::clip(&error.to_string(), 120)),
        }
    }

    fn of_tls(endpoint: &Endpoint, error: &TlsError) -> Self {
        match error {
            TlsError::AlertReceived(description) => Self::Alert(endpoint.clone(), Alert::of(*description)),
            other => Self::Tls(endpoint.clone(), text::clip(&other.to_string(), 120)),
        }
    }
}

impl Refusal for ProbeError {
    fn reason(&self) -> Reason {
        let held = |code, hint| Reason::new(Class::Held, code, hint);
        match self {
            Self::Refused(_) => held("PROBE_REFUSED", "see whether the component runs, and on which port"),
            Self::Unreachable(..) => held("PROBE_UNREACHABLE", "see to the network between this host and the node"),
            Self::TimedOut(_) => held("PROBE_TIMEOUT", "see whether the component hangs or the network drops packets"),
            Self::Closed(_) => held("PROBE_CLOSED", "read the log of the component: it says there why"),
            Self::Alert(_, Alert::InternalError) => {
                held("PROBE_INTERNAL", "see whether its key and its certificate belong together")
            }
            Self::Alert(..) => held("PROBE_ALERT", "compare what it has loaded with what lies on its disk"),
            Self::Tls(..) => held("PROBE_TLS", "see which program answers on that port"),
            Self::Untrusted(..) => held("PROBE_UNTRUSTED", "find out who answers there before anything else is sent"),
            Self::OtherName(_) => {
                held("PROBE_OTHER_NAME", "have it issued with every address and name it is dialled by")
            }
            Self::Unreadable(..) => held("PROBE_UNREADABLE", "look at the certificate with openssl"),
            Self::Http(..) => held("PROBE_HTTP", "see which program answers on that port"),
            Self::Api(..) => {
                held("PROBE_API", "give credentials that may get, create and patch ConfigMaps; see its log")
            }
            Self::Etcd(..) => held("PROBE_ETCD", "see which program answers on that port, and its log"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint() -> Endpoint {
        "10.0.0.1:2379".parse().unwrap()
    }

    #[test]
    fn alerts_are_told_apart() {
        for (description, alert, code) in [
            (AlertDescription::UnknownCA, Alert::UnknownCa, "PROBE_ALERT"),
            (AlertDescription::BadCertificate, Alert::BadCertificate, "PROBE_ALERT"),
            (AlertDescription::DecryptError, Alert::DecryptError, "PROBE_ALERT"),
            (AlertDescription::CertificateRequired, Alert::CertificateRequired, "PROBE_ALERT"),
            (AlertDescription::InternalError, Alert::InternalError, "PROBE_INTERNAL"),
            (AlertDescription::UnrecognisedName, Alert::Other(112), "PROBE_ALERT"),
        ] {
            let error = io::Error::other(TlsError::AlertReceived(description));
            let told = ProbeError::of(&endpoint(), &error);
            assert!(matches!(told, ProbeError::Alert(_, found) if found == alert), "{told}");
            assert_eq!(told.reason().code, code);
        }
        let about = [Alert::UnknownCa, Alert::BadCertificate, Alert::DecryptError, Alert::CertificateRequired];
        assert!(about.iter().all(|alert| alert.is_about_our_certificate()));
        let not = [Alert::InternalError, Alert::NothingInCommon, Alert::Other(112)];
        assert!(!not.iter().any(|alert| alert.is_about_our_certificate()));
    }

    #[test]
    fn the_networks_word_is_kept() {
        for (kind, code) in [
            (ErrorKind::ConnectionRefused, "PROBE_REFUSED"),
            (ErrorKind::WouldBlock, "PROBE_TIMEOUT"),
            (ErrorKind::TimedOut, "PROBE_TIMEOUT"),
            (ErrorKind::UnexpectedEof, "PROBE_CLOSED"),
            (ErrorKind::ConnectionReset, "PROBE_CLOSED"),
            (ErrorKind::HostUnreachable, "PROBE_UNREACHABLE"),
        ] {
            assert_eq!(ProbeError::of(&endpoint(), &kind.into()).reason().code, code);
        }
    }
}
