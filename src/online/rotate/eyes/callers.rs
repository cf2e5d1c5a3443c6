//! The certificates that are shown to servers: canaries of both roots, and the identities by which this node reads and
//! writes. They are this node's own; nothing is made for a probe.

use zeroize::Zeroizing;

use super::dial::Kind;
use super::holdings::{self, Holding};
use super::own::Own;
use super::staged;
use crate::cluster::role::{Domain, Role};
use crate::devices::probe::Caller;
use crate::online::rotate::ground::Ground;
use crate::pki::certificate::Certificate;
use crate::wire::digest::Digest;
use crate::wire::time::Timestamp;

/// Who dials as whom; `None` where this node has no such certificate.
#[derive(Debug, Clone, Default)]
pub struct Callers {
    /// Clients of etcd of the old and of the new root.
    pub etcd: Pair,
    /// Clients of the API of the old and of the new root, with few rights.
    pub kubernetes: Pair,
    /// The administrator, by the live file.
    pub admin: Option<Caller>,
}

/// A caller of each root.
#[derive(Debug, Clone, Default)]
pub struct Pair {
    /// Of the old one.
    pub old: Option<Caller>,
    /// The digest of its certificate, by which audit logs name it.
    pub old_print: Option<Digest>,
    /// Of the new one, with nothing behind it that leads to the old one: whoever takes it trusts the new root.
    pub new: Option<Caller>,
    /// The same with the cross-certificate behind it, where leaves come with one: whoever trusts either root takes it.
    pub bridged: Option<Caller>,
    /// Whether there is one of the old root, and its time is over: that somebody refuses it says nothing of the root.
    pub old_has_ended: bool,
}

/// Those with the fewest rights first.
const ETCD: [Role; 2] = [Role::EtcdHealthcheckClient, Role::ApiserverEtcdClient];
const KUBERNETES: [Role; 3] = [Role::Scheduler, Role::ControllerManager, Role::KubeletClient];

impl Callers {
    /// Those of this node.
    pub fn of(ground: &Ground, own: &Own, now: Timestamp) -> Self {
        let is_there = own.tree().is_some_and(|tree| tree.file(Role::Admin.certificate_path()).is_some());
        let admin = holdings::of(ground, own, Role::Admin).into_iter().next().filter(|_| is_there);
        Self {
            etcd: Pair::of(ground, own, &ETCD, now),
            kubernetes: Pair::of(ground, own, &KUBERNETES, now),
            admin: admin.as_ref().and_then(caller),
        }
    }
}

impl Callers {
    /// The clients of the two roots for such a server.
    pub const fn pair(&self, kind: Kind) -> &Pair {
        match kind {
            Kind::Etcd | Kind::EtcdPeer => &self.etcd,
            Kind::Apiserver | Kind::Kubelet => &self.kubernetes,
        }
    }
}

impl Pair {
    fn of(ground: &Ground, own: &Own, roles: &[Role], now: Timestamp) -> Self {
        let held: Vec<_> = roles.iter().flat_map(|role| holdings::of(ground, own, *role)).collect();
        let of_root = |is_new: bool| held.iter().filter(move |one| one.leaf.is_new() == is_new);
        let domain = roles.first().map_or(Domain::Kubernetes, |role| role.domain());
        let cross = staged::cross(ground, own, domain, now).ok().flatten();
        let old = of_root(false).filter(|one| is_in_time(one, now)).find_map(|one| Some((caller(one)?, print(one))));
        let (old, old_print) = old.map_or((None, None), |(caller, print)| (Some(caller), print));
        let bare = of_root(true).filter(|one| is_in_time(one, now)).find_map(|one| bare(own, domain, one));
        let bridged = bare.as_ref().zip(cross).and_then(|((chain, key), cross)| {
            Caller::holding(&Zeroizing::new(format!("{}{}", chain.as_str(), cross.to_pem())), key).ok()
        });
        let new = bare.and_then(|(chain, key)| Caller::holding(&chain, &key).ok());
        Self { old_has_ended: old.is_none() && of_root(false).next().is_some(), old, old_print, new, bridged }
    }

    /// Whether neither is there: then nothing can be asked, and nothing follows.
    pub fn is_empty(&self) -> bool {
        self.old.is_none() && self.new.is_none()
    }

    /// Both, the new one first: after the drop it alone is taken. Where leaves come with a bridge, by it: a server that trusts
    /// the old root alone would complain of the other.
    pub fn each(&self) -> impl Iterator<Item = &Caller> {
        self.bridged.as_ref().or(self.new.as_ref()).into_iter().chain(&self.old)
    }
}

/// A certificate of the new root and what leads to that, and its key; what leads to the old one is left away.
fn bare(own: &Own, domain: Domain, held: &Holding) -> Option<(Zeroizing<String>, Zeroizing<String>)> {
    let chain = Certificate::parse_foreign_all(&held.chain).ok()?;
    let old: Vec<_> = own.issuers.old.iter().filter(|(of, _)| *of == domain).map(|(_, ca)| ca).collect();
    let by_old = |one: &Certificate| {
        old.iter().any(|ca| one.issuer() == ca.subject() && one.verify_signed_by(ca.public_key()).is_ok())
    };
    let chain: String = chain.iter().filter(|one| !by_old(one)).map(Certificate::to_pem).collect();
    Some((Zeroizing::new(chain), held.key.clone()))
}

fn print(held: &Holding) -> Option<Digest> {
    Certificate::parse_foreign_all(&held.chain).ok()?.first().map(Certificate::fingerprint)
}

fn is_in_time(held: &Holding, now: Timestamp) -> bool {
    let leaf = Certificate::parse_foreign_all(&held.chain).ok().and_then(|chain| chain.into_iter().next());
    leaf.is_some_and(|leaf| leaf.validity().contains(now))
}

fn caller(held: &Holding) -> Option<Caller> {
    Caller::holding(&held.chain, &held.key).ok()
}
