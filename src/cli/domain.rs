//! A world of trust, as it is written on a command line.

use crate::cluster::role::Domain;

/// Reads its name.
pub(in crate::cli) fn domain(text: &str) -> Result<Domain, String> {
    let known = Domain::ALL.into_iter().find(|domain| domain.to_string() == text);
    known.ok_or_else(|| "not kubernetes, etcd or front-proxy".to_owned())
}
