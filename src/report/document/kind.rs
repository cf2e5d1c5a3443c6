//! Which command a report is of.

use serde::{Serialize, Serializer};

/// Writes the enum of kinds and their names.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident $verb:literal)+) => {
        /// The kinds of reports.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum ReportKind {
            $($(#[$doc])* $kind,)+
        }

        impl ReportKind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$kind),+];

            /// The name in JSON, `VerifyReport`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => concat!(stringify!($kind), "Report"),)+
                }
            }

            /// The command, `verify`.
            pub const fn verb(self) -> &'static str {
                match self {
                    $(Self::$kind => $verb,)+
                }
            }
        }
    };
}

kinds! {
    /// A host was set up.
    Init "init"
    /// The certificates of a cluster.
    Scan "scan"
    /// A CSR bundle was made.
    Request "request"
    /// A transfer was copied in.
    Receive "receive"
    /// Rows were typed.
    Confirm "confirm"
    /// A transfer was opened and checked.
    Verify "verify"
    /// What becomes of each request.
    Review "review"
    /// The bytes to be signed were frozen.
    Plan "plan"
    /// A person decided.
    Approve "approve"
    /// The HSM signed.
    Sign "sign"
    /// A package was made.
    Seal "seal"
    /// A package was cut into one for each node.
    Split "split"
    /// A node that stages for itself.
    Node "node"
    /// Certificates were written beside the live ones.
    Stage "stage"
    /// What a monitoring system is told.
    Metrics "metrics"
    /// Everything that is known of an exchange.
    Chronicle "report"
    /// The way from an old root to a new one.
    Rotation "rotation"
    /// Issuers, roots and cross-certificates.
    Ca "ca"
    /// A revocation list was made.
    Crl "crl"
    /// A peer's keys.
    Enrol "enrol"
    /// The clock was compared or set.
    Clock "clock"
    /// People and their keys.
    Officer "officer"
    /// A sheet.
    Sheet "sheet"
    /// What a file holds.
    Inspect "inspect"
    /// Removable media.
    Media "media"
    /// The log.
    Audit "audit"
    /// The policy.
    Policy "policy"
    /// What is locked away.
    Quarantine "quarantine"
    /// This host.
    Host "host"
    /// What is unfinished.
    Status "status"
    /// A refusal.
    Error "error"
}

impl Serialize for ReportKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
