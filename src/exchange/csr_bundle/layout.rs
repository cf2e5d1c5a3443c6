//! The files of a bundle: a closed list of names.

use super::BundleError;
use super::manifest::Manifest;
use super::number::Number;
use crate::exchange::container::{Container, Layout};
use crate::exchange::signature::Namespace;
use crate::pki::{certificate, csr};

/// The cluster record.
pub const CLUSTER: &str = "context/cluster.json";

/// The largest cluster record, in bytes.
const MAX_CLUSTER: usize = crate::cluster::record::document::MAX_RECORD;

/// Which files a bundle may hold.
#[derive(Debug)]
pub struct BundleLayout;

impl Layout for BundleLayout {
    fn namespace(&self) -> Namespace {
        Namespace::CsrBundle
    }

    fn cap(&self, name: &str) -> Option<usize> {
        if name == CLUSTER {
            return Some(MAX_CLUSTER);
        }
        let request = name.strip_prefix("requests/").and_then(|rest| rest.strip_suffix(".csr.pem"));
        let replaced = name.strip_prefix("context/replaced/").and_then(|rest| rest.strip_suffix(".pem"));
        match (request, replaced) {
            (Some(number), _) => number.parse::<Number>().ok().map(|_| csr::MAX_TEXT),
            (_, Some(number)) => number.parse::<Number>().ok().map(|_| 2 * certificate::MAX_DER),
            _ => None,
        }
    }
}

/// The file of the request with this number.
pub fn request(number: Number) -> String {
    format!("requests/{number}.csr.pem")
}

/// The file of the certificate that this request replaces.
pub fn replaced(number: Number) -> String {
    format!("context/replaced/{number}.pem")
}

/// Demands that the files are exactly those that the manifest speaks of.
pub(super) fn check_files(container: &Container<'_>, manifest: &Manifest) -> Result<(), BundleError> {
    let mut expected = vec![CLUSTER.to_owned()];
    for entry in &manifest.requests {
        expected.push(request(entry.id));
        if entry.replaces.is_some() {
            expected.push(replaced(entry.id));
        }
    }
    expected.sort_unstable();
    if expected.iter().map(String::as_str).eq(container.files().iter().map(|file| file.name)) {
        return Ok(());
    }
    if let Some(missing) = expected.iter().find(|name| container.get(name).is_none()) {
        return Err(BundleError::Missing(missing.clone()));
    }
    let extra =
        container.files().iter().find(|file| expected.binary_search_by(|name| name.as_str().cmp(file.name)).is_err());
    match extra {
        Some(file) => Err(BundleError::Unlisted(file.name.to_owned())),
        None => Ok(()),
    }
}
