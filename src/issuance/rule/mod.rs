//! The rules of review, one a file: each a pure function of one request and its context.
//!
//! | code | what it forbids |
//! |---|---|
//! | [`K1`](key_type) | a key type that the policy does not allow, or a weak key |
//! | [`K2`](key_reuse) | a key that is used already |
//! | [`N1`](subject) | a subject that is not the profile's for that node |
//! | [`N2`](characters) | characters and encodings that hide something |
//! | [`S1`](name_missing) | a name that is missing |
//! | [`S2`](name_kind) | a name of another kind, a wildcard, or a name twice |
//! | [`S3`](name_outside) | a name outside the cluster record |
//! | [`U1`](usages) | usages beyond the profile |
//! | [`T1`](validity) | a validity beyond policy or issuer |
//! | [`C1`](constraints) | a CA that may not be one, or cannot be issued |
//! | [`E1`](extensions) | any other extension |
//! | [`R1`](replay) | a replay, or the replacement of what is not yours |
//! | [`P1`](privileged) | nothing: the request must be ticked |
//!
//! Of an officer alone is `NOT_EXPLAINED`: no rule can find that nobody knows why something is asked for.
//!
//! All rules run on every request and all violations are shown. [`violation`] is what they return.

pub mod characters;
pub mod constraints;
pub mod extensions;
pub mod key_reuse;
pub mod key_type;
pub mod name_kind;
pub mod name_missing;
pub mod name_outside;
pub mod privileged;
pub mod replay;
pub mod subject;
pub mod usages;
pub mod validity;
pub mod violation;
