//! Options of a request that changes which roots a cluster trusts.

use clap::Args;

use crate::cli::domain::domain;
use crate::cluster::role::Domain;
use crate::exchange::csr_bundle::manifest::{TrustChange, TrustOp};

/// A change of trust, which stands alone in its bundle: each officer types all rows of its sheet.
#[derive(Debug, Args)]
pub(super) struct TrustOptions {
    /// Ask for the next root of this domain, to be trusted beside the one in use; may be repeated
    #[arg(long = "introduce-root", value_name = "DOMAIN", value_parser = domain, conflicts_with_all = CERTIFICATES)]
    introduced: Vec<Domain>,
    /// Ask to go over to the next root of this domain: from then on it issues, and the old one retires; may be repeated
    #[arg(long = "retire-root", value_name = "DOMAIN", value_parser = domain, conflicts_with_all = CERTIFICATES)]
    retired: Vec<Domain>,
}

/// What chooses certificates.
const CERTIFICATES: [&str; 9] =
    ["roles", "only", "dropped", "added", "foreign", "key_type", "reuse_keys", "add_names", "validity_days"];

impl TrustOptions {
    /// What is asked for, in the order in which it is told.
    pub(super) fn changes(&self) -> Vec<TrustOp> {
        let of = |op: TrustChange| move |domain: &Domain| TrustOp { domain: *domain, op };
        let introduced = self.introduced.iter().map(of(TrustChange::IntroduceRoot));
        introduced.chain(self.retired.iter().map(of(TrustChange::RetireRoot))).collect()
    }
}
