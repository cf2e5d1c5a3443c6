//! What a plan delivers: the certificates that were signed under it, and the roots, lists and cross-certificates it lists.

use std::collections::HashMap;

use crate::audit::checkpoint::Vouched;
use crate::cluster::role::Domain;
use crate::exchange::cert_package::draft::{Answer, Certified};
use crate::exchange::csr_bundle::Asked;
use crate::exchange::csr_bundle::number::Number;
use crate::exchange::roots::RootStatus;
use crate::exchange::statement::party::Party;
use crate::issuance::order::progress::Issued;
use crate::issuance::plan::Plan;
use crate::issuance::plan::fields::{Carried, CarriedKind, Denial};
use crate::issuance::plan::order::{Kind, Order};
use crate::offline::holdings::Holding;
use crate::offline::plan::PlanStepError;
use crate::offline::room::Room;
use crate::offline::seal::SealStepError;
use crate::offline::sign::authorities;
use crate::offline::sign::issued::{Delivered, delivered};
use crate::pki::certificate::Certificate;
use crate::pki::crl::Crl;
use crate::refusal::Refused;
use crate::wire::digest::Digest;

/// Everything of X.509 that leaves.
#[derive(Debug, Default)]
pub struct Delivery {
    /// The DER of what answers requests, by their numbers.
    certificates: HashMap<Number, Vec<u8>>,
    /// The CAs that issued them, each once.
    pub chain: Vec<Certificate>,
    /// The roots that the plan lists.
    pub roots: Vec<(Domain, RootStatus, Certificate)>,
    /// One list a domain, each with the digest of its issuer's key.
    pub crls: Vec<(Domain, Digest, Crl)>,
    /// Cross-certificates.
    pub crosses: Vec<(Domain, Certificate)>,
}

impl Delivery {
    /// Puts together what `plan` delivers, all of which is signed; see [`delivered`] for what is vouched for.
    ///
    /// # Errors
    /// [`ProgressError`](crate::issuance::order::progress::ProgressError); [`SealStepError::Lacks`].
    pub fn of(room: &Room, plan: &Plan, vouched: Vouched) -> Result<Self, Refused> {
        let mut delivery = Self::default();
        let made = delivered(plan, room.desk().entries(), &authorities(room, plan), vouched)?;
        for (order, made) in plan.fields().orders.iter().zip(made) {
            delivery.signed(order, made);
        }
        let cluster: Party =
            format!("cluster:{}", plan.fields().cluster.name).parse().map_err(|_| PlanStepError::Unkept)?;
        if let Some(holding) = room.holding(&cluster) {
            delivery.held(plan, holding)?;
        }
        Ok(delivery)
    }

    fn signed(&mut self, order: &Order, made: Delivered) {
        match (made, order.request) {
            (Delivered::Answer(der), Some(request)) => drop(self.certificates.insert(request, der)),
            (Delivered::Own(Issued::Certificate(certificate)), _) if order.kind == Kind::Cross => {
                self.crosses.push((order.domain, *certificate));
            }
            (Delivered::Own(Issued::Crl(list)), _) => self.list(order.domain, order.issuer_spki_sha256, *list),
            (Delivered::Answer(_) | Delivered::Own(Issued::Certificate(_)), _) => {}
        }
    }

    /// A package has room for one list a domain.
    fn list(&mut self, domain: Domain, issuer: Digest, list: Crl) {
        if !self.crls.iter().any(|(of, ..)| *of == domain) {
            self.crls.push((domain, issuer, list));
        }
    }

    fn held(&mut self, plan: &Plan, holding: &Holding) -> Result<(), SealStepError> {
        for name in &plan.fields().roots {
            let root = holding.roots().iter().find(|root| root.certificate.fingerprint() == name.sha256);
            let root = root.ok_or(SealStepError::Lacks(name.sha256))?;
            self.roots.push((name.domain, name.status, root.certificate.clone()));
        }
        for carried in &plan.fields().carried {
            self.carried(carried, holding).ok_or(SealStepError::Lacks(carried.sha256))?;
        }
        let of_requests = plan.fields().orders.iter().filter(|order| order.request.is_some());
        for root in holding.roots() {
            let key = root.certificate.public_key().spki_sha256();
            if of_requests.clone().any(|order| order.issuer_spki_sha256 == key) {
                self.chain.push(root.certificate.clone());
            }
        }
        Ok(())
    }

    fn carried(&mut self, carried: &Carried, holding: &Holding) -> Option<()> {
        match carried.kind {
            CarriedKind::Crl => {
                let (_, list) = holding.crls().iter().find(|(_, list)| Digest::of(list.der()) == carried.sha256)?;
                let key_id = list.tbs().fields().issuer_key_id.as_slice();
                let is_issuer = |root: &Certificate| root.extensions().subject_key_id() == Some(key_id);
                let issuer = holding.roots().iter().find(|root| is_issuer(&root.certificate))?;
                self.list(carried.domain, issuer.certificate.public_key().spki_sha256(), list.clone());
            }
            CarriedKind::Cross => {
                let (_, cross) = holding.crosses().iter().find(|(_, cross)| cross.fingerprint() == carried.sha256)?;
                self.crosses.push((carried.domain, cross.clone()));
            }
        }
        Some(())
    }

    /// The certificate of an order that answers a request, and what the order says of it.
    fn certified<'a>(&'a self, order: &'a Order) -> Option<Certified<'a>> {
        Some(Certified {
            der: self.certificates.get(&order.request?)?,
            not_after: order.not_after?,
            not_before: order.not_before?,
            serial: order.serial.as_ref()?,
            spki_sha256: order.spki_sha256?,
        })
    }

    /// What became of each request, in their order.
    pub fn answers<'a>(&'a self, plan: &'a Plan, asked: &Asked) -> Vec<Answer<'a>> {
        let fields = plan.fields();
        let issued: HashMap<Number, Certified<'a>> =
            fields.orders.iter().filter_map(|order| Some((order.request?, self.certified(order)?))).collect();
        let denied: HashMap<Number, &Denial> =
            fields.denials.iter().filter_map(|one| Some((one.request?, one))).collect();
        let answer = |id: Number, profile| match (issued.get(&id), denied.get(&id)) {
            (Some(certificate), _) => Answer::Issued { certificate: certificate.clone(), profile },
            (None, Some(denial)) => Answer::Denied {
                codes: denial.codes.iter().map(ToString::to_string).collect(),
                note: Some(denial.note.clone()),
            },
            // No plan leaves a request without an answer; were there one, the package would be refused.
            (None, None) => Answer::Denied { codes: Vec::new(), note: None },
        };
        asked.manifest().requests.iter().map(|request| answer(request.id, request.profile)).collect()
    }
}
