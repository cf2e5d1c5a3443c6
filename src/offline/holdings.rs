//! The CAs of each cluster: what the log says was installed.
//!
//! Which cluster and domain a root is of stands in its subject. Of one domain the first root is current; a second one is
//! next until the cluster has the first one retired, which makes it current.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::detail::CaInstalled;
use crate::audit::entry::Entry;
use crate::audit::event::Event;
use crate::cluster::role::Domain;
use crate::devices::objects::Objects;
use crate::exchange::approval::rule::RuleName;
use crate::exchange::csr_bundle::manifest::TrustChange;
use crate::exchange::roots::{RootName, RootStatus};
use crate::exchange::statement::party::Party;
use crate::issuance::authority::{Authorities, Authority};
use crate::issuance::plan::fields::PlanFields;
use crate::issuance::profile::root_name;
use crate::offline::room::RoomError;
use crate::pki::certificate::Certificate;
use crate::pki::crl::Crl;
use crate::pki::name::Name;
use crate::refusal::Refused;
use crate::wire::json;

/// The CAs of every cluster.
#[derive(Debug, Default)]
pub struct Holdings(BTreeMap<Party, Holding>);

/// The CAs of one cluster.
#[derive(Debug, Default)]
pub struct Holding {
    roots: Vec<HeldRoot>,
    crosses: Vec<(Domain, Certificate)>,
    crls: Vec<(Domain, Crl)>,
}

/// A root of this host.
#[derive(Debug, Clone)]
pub struct HeldRoot {
    /// The world of trust it certifies.
    pub domain: Domain,
    /// Where it stands.
    pub status: RootStatus,
    /// The certificate.
    pub certificate: Certificate,
}

impl Holdings {
    /// Folds the entries of the log of this host; what they name is taken from `objects`.
    ///
    /// # Errors
    /// [`RoomError::Log`] where something was installed that belongs to no cluster; what the blobs say.
    pub fn fold(entries: &[Entry], objects: &Objects) -> Result<Self, Refused> {
        let mut all = Self::default();
        // A plan that changes trust is one by the rule of roots. The others, many and large, are not read for it.
        let (root, mut of_root) = (RuleName::Root.to_string(), BTreeSet::new());
        for entry in entries {
            match &entry.event {
                Event::CaInstalled(installed) => all.install(installed, objects)?,
                Event::PlanClosed(closed) if closed.rule == root => drop(of_root.insert(closed.plan)),
                Event::Sealed(sealed) if of_root.contains(&sealed.plan) => {
                    let fields = json::from_slice(&objects.get(&sealed.plan)?).map_err(|_| RoomError::Log)?;
                    all.sealed(&fields)?;
                }
                _ => {}
            }
        }
        Ok(all)
    }

    /// The CAs of `cluster`; none before its first ceremony.
    pub fn of(&self, cluster: &Party) -> Option<&Holding> {
        self.0.get(cluster)
    }

    /// Every cluster with its CAs.
    pub fn all(&self) -> impl Iterator<Item = (&Party, &Holding)> {
        self.0.iter()
    }

    fn install(&mut self, installed: &CaInstalled, objects: &Objects) -> Result<(), Refused> {
        for object in &installed.objects {
            let der = objects.get(object)?;
            match (Certificate::parse_der(&der), Crl::parse_der(&der)) {
                (Ok(certificate), _) => {
                    let (cluster, domain) = place(certificate.subject())?;
                    self.0.entry(cluster).or_default().certificate(domain, certificate);
                }
                (_, Ok(crl)) => {
                    let (cluster, domain) = place(&crl.tbs().fields().issuer)?;
                    self.0.entry(cluster).or_default().crl(domain, crl);
                }
                _ => return Err(RoomError::Log.into()),
            }
        }
        Ok(())
    }

    /// The package of a plan left: a root that the cluster has retired is retiring from now on, the next one current.
    ///
    /// # Errors
    /// [`RoomError::Log`] where the plan is for no cluster.
    pub fn sealed(&mut self, fields: &PlanFields) -> Result<(), RoomError> {
        let cluster = format!("cluster:{}", fields.cluster.name).parse().map_err(|_| RoomError::Log)?;
        let Some(holding) = self.0.get_mut(&cluster) else { return Ok(()) };
        let retired = fields.trust_ops.iter().filter(|op| op.op == TrustChange::RetireRoot);
        retired.for_each(|op| holding.retire(op.domain, &fields.roots));
        Ok(())
    }
}

impl Holding {
    /// The roots by domain and status.
    pub fn roots(&self) -> &[HeldRoot] {
        &self.roots
    }

    /// The root of a domain at this status.
    pub fn root(&self, domain: Domain, status: RootStatus) -> Option<&HeldRoot> {
        self.roots.iter().find(|root| root.domain == domain && root.status == status)
    }

    /// The cross-certificates, in the order in which they were made.
    pub fn crosses(&self) -> &[(Domain, Certificate)] {
        &self.crosses
    }

    /// The newest revocation list of each root.
    pub fn crls(&self) -> &[(Domain, Crl)] {
        &self.crls
    }

    /// Who may sign for the cluster.
    pub fn authorities(&self) -> Authorities {
        let authority = |root: &HeldRoot| Authority {
            domain: root.domain,
            status: root.status,
            tbs: root.certificate.tbs().clone(),
        };
        Authorities::new(self.roots.iter().map(authority).collect())
    }

    fn certificate(&mut self, domain: Domain, certificate: Certificate) {
        if !certificate.is_self_signed() {
            self.crosses.push((domain, certificate));
            return;
        }
        let is_first = !self.roots.iter().any(|root| root.domain == domain);
        let status = if is_first { RootStatus::Current } else { RootStatus::Next };
        self.roots.push(HeldRoot { domain, status, certificate });
        self.sort();
    }

    fn crl(&mut self, domain: Domain, crl: Crl) {
        self.crls.retain(|(_, old)| old.tbs().fields().issuer_key_id != crl.tbs().fields().issuer_key_id);
        self.crls.push((domain, crl));
    }

    /// What the statuses are once the current root of `domain` is retired. Nothing changes unless the next one is what is
    /// `agreed` to be current then: a package that leaves once more retires nobody a second time.
    pub fn retire(&mut self, domain: Domain, agreed: &[RootName]) {
        let follows = |next: &HeldRoot| agreed.contains(&RootName { status: RootStatus::Current, ..next.name() });
        if !self.root(domain, RootStatus::Next).is_some_and(follows) {
            return;
        }
        for root in self.roots.iter_mut().filter(|root| root.domain == domain) {
            root.status = match root.status {
                RootStatus::Next => RootStatus::Current,
                RootStatus::Current | RootStatus::Retiring => RootStatus::Retiring,
            };
        }
        self.sort();
    }

    fn sort(&mut self) {
        self.roots.sort_by_key(|root| (root.domain, root.status));
    }
}

impl HeldRoot {
    /// As plans and manifests list it.
    pub fn name(&self) -> RootName {
        RootName { domain: self.domain, sha256: self.certificate.fingerprint(), status: self.status }
    }
}

/// The cluster and the domain that the name of a root says.
fn place(name: &Name) -> Result<(Party, Domain), RoomError> {
    let domain = root_name::domain(name).ok_or(RoomError::Log)?;
    let organizations = name.organizations();
    let cluster = organizations.first().and_then(|name| format!("cluster:{name}").parse().ok());
    Ok((cluster.ok_or(RoomError::Log)?, domain))
}
