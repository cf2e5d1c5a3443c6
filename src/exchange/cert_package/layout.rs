//! The files of a package: a closed list of names.

use std::fmt;
use std::str::FromStr;

use crate::cluster::role::Domain;
use crate::exchange::container::{LARGE_ENTRY, Layout, SMALL_ENTRY};
use crate::exchange::csr_bundle::number::Number;
use crate::exchange::people::person::PersonId;
use crate::exchange::roots::RootStatus;
use crate::exchange::signature::Namespace;

/// Which files a package may hold.
#[derive(Debug)]
pub struct PackageLayout;

/// One file of a package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum File {
    /// The text that a person signed.
    Approval(PersonId),
    /// His signature.
    ApprovalSignature(PersonId),
    /// The signed head of the CA's log.
    Checkpoint,
    /// That the log of that head begins with the one seen before.
    Consistency,
    /// The entries of this trace.
    Entries,
    /// That the entry at this index is in the log of that head.
    Inclusion(u64),
    /// The certificate that answers a request.
    Certificate(Number),
    /// The issuers of the certificates.
    Chain,
    /// The CRL of a domain.
    Crl(Domain),
    /// A cross-certificate of a domain, from 1.
    Cross(Domain, u32),
    /// The plan that people approved.
    Plan,
    /// What was signed for an order of the plan.
    Tbs(Number),
    /// The statement that is answered.
    Request,
    /// The signature on it.
    RequestSignature,
    /// A root.
    Root(Domain, RootStatus),
    /// A roster newer than the enrolled one.
    Roster(u64),
    /// The text by which a person approved that roster.
    RosterApproval(u64, PersonId),
    /// His signature.
    RosterSignature(u64, PersonId),
}

impl Layout for PackageLayout {
    fn namespace(&self) -> Namespace {
        Namespace::CertPackage
    }

    fn cap(&self, name: &str) -> Option<usize> {
        match File::named(name)? {
            File::Plan | File::Entries => Some(LARGE_ENTRY),
            _ => Some(SMALL_ENTRY),
        }
    }
}

impl fmt::Display for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Approval(person) => write!(f, "approvals/{person}.txt"),
            Self::ApprovalSignature(person) => write!(f, "approvals/{person}.txt.sig"),
            Self::Checkpoint => f.write_str("audit/checkpoint"),
            Self::Consistency => f.write_str("audit/consistency.txt"),
            Self::Entries => f.write_str("audit/entries.jsonl"),
            Self::Inclusion(index) => write!(f, "audit/inclusion/{index}.tlog-proof"),
            Self::Certificate(number) => write!(f, "certs/{number}.pem"),
            Self::Chain => f.write_str("chain/all.pem"),
            Self::Crl(domain) => write!(f, "crl/{domain}.pem"),
            Self::Cross(domain, number) => write!(f, "cross/{domain}-{number}.pem"),
            Self::Plan => f.write_str("plan/PLAN.json"),
            Self::Tbs(number) => write!(f, "plan/tbs/{number}.der"),
            Self::Request => f.write_str("request/statement.txt"),
            Self::RequestSignature => f.write_str("request/statement.txt.sig"),
            Self::Root(domain, status) => write!(f, "roots/{domain}-{status}.pem"),
            Self::Roster(epoch) => write!(f, "roster/{epoch}/roster.json"),
            Self::RosterApproval(epoch, person) => write!(f, "roster/{epoch}/{person}.txt"),
            Self::RosterSignature(epoch, person) => write!(f, "roster/{epoch}/{person}.txt.sig"),
        }
    }
}

impl File {
    /// The file of exactly this name.
    pub fn named(name: &str) -> Option<Self> {
        let (folder, rest) = name.split_once('/')?;
        let file = match folder {
            "approvals" => person(rest, Self::Approval, Self::ApprovalSignature),
            "audit" => audit(rest),
            "certs" => value(rest, ".pem").map(Self::Certificate),
            "chain" => Some(Self::Chain),
            "crl" => domain(rest.strip_suffix(".pem")?).map(Self::Crl),
            "cross" => {
                let (of, number) = rest.strip_suffix(".pem")?.rsplit_once('-')?;
                Some(Self::Cross(domain(of)?, number.parse().ok().filter(|number| *number > 0)?))
            }
            "plan" => match rest.strip_prefix("tbs/") {
                Some(rest) => value(rest, ".der").map(Self::Tbs),
                None => Some(Self::Plan),
            },
            "request" => Some(if rest.ends_with(".sig") { Self::RequestSignature } else { Self::Request }),
            "roots" => {
                let (of, status) = rest.strip_suffix(".pem")?.rsplit_once('-')?;
                Some(Self::Root(domain(of)?, status.parse().ok()?))
            }
            "roster" => {
                let (epoch, rest) = rest.split_once('/')?;
                let epoch = epoch.parse().ok()?;
                let signed = person(rest, |id| Self::RosterApproval(epoch, id), |id| Self::RosterSignature(epoch, id));
                if rest == "roster.json" { Some(Self::Roster(epoch)) } else { signed }
            }
            _ => None,
        };
        // Printing it again leaves one spelling of each number, and of the names that were not compared above.
        file.filter(|file| file.to_string() == name)
    }
}

fn audit(rest: &str) -> Option<File> {
    match rest {
        "checkpoint" => Some(File::Checkpoint),
        "consistency.txt" => Some(File::Consistency),
        "entries.jsonl" => Some(File::Entries),
        _ => value(rest.strip_prefix("inclusion/")?, ".tlog-proof").map(File::Inclusion),
    }
}

fn value<T: FromStr>(name: &str, suffix: &str) -> Option<T> {
    name.strip_suffix(suffix)?.parse().ok()
}

fn domain(name: &str) -> Option<Domain> {
    Domain::ALL.into_iter().find(|domain| domain.to_string() == name)
}

fn person(name: &str, text: impl Fn(PersonId) -> File, signature: impl Fn(PersonId) -> File) -> Option<File> {
    match value(name, ".txt") {
        Some(id) => Some(text(id)),
        None => value(name, ".txt.sig").map(signature),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back() {
        for name in [
            "approvals/li.txt",
            "approvals/li.txt.sig",
            "audit/checkpoint",
            "audit/consistency.txt",
            "audit/entries.jsonl",
            "audit/inclusion/1048.tlog-proof",
            "certs/0031.pem",
            "chain/all.pem",
            "crl/front-proxy.pem",
            "cross/kubernetes-2.pem",
            "plan/PLAN.json",
            "plan/tbs/00031.der",
            "request/statement.txt",
            "request/statement.txt.sig",
            "roots/front-proxy-next.pem",
            "roster/2/roster.json",
            "roster/2/li.txt",
            "roster/2/li.txt.sig",
        ] {
            assert_eq!(File::named(name).unwrap().to_string(), name);
            assert!(PackageLayout.cap(name).is_some());
        }
    }

    #[test]
    fn r31_no_other_name_is_one() {
        for name in [
            "",
            "plan",
            "plan/plan.json",
            "plan/PLAN.json/x",
            "plan/tbs/31.der",
            "certs/a.",
            "certs/con",
            "certs/0000.pem",
            "certs/0001.pem.pem",
            "certs/0001.PEM",
            "approvals/Li.txt",
            "approvals/../li.txt",
            "approvals/li.sig",
            "audit/inclusion/01.tlog-proof",
            "audit/inclusion/+1.tlog-proof",
            "chain/ALL.pem",
            "chain/other.pem",
            "crl/apiserver.pem",
            "cross/kubernetes-0.pem",
            "cross/kubernetes-01.pem",
            "cross/kubernetes.pem",
            "request/statement.sig",
            "roots/kubernetes-old.pem",
            "roots/next.pem",
            "roster/02/roster.json",
            "roster/2/ROSTER.json",
            "roster/2/li",
            "requests/0001.csr.pem",
        ] {
            assert_eq!(File::named(name), None, "{name}");
        }
    }
}
