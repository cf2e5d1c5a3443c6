//! What the files of this node say before a rotation begins, and what those of all nodes say together.

use std::collections::BTreeMap;

use super::own::Own;
use crate::cluster::kubeconfig::{Kubeconfig, Material};
use crate::cluster::layout::BOOTSTRAP_KUBECONFIG;
use crate::cluster::role::{Domain, Files, Role};
use crate::cluster::scan::Problem;
use crate::online::rotate::ground::Ground;
use crate::pki::certificate::Certificate;
use crate::rotation::account::Account;
use crate::rotation::check::Check;
use crate::rotation::facts::Told;
use crate::wire::text::{self, fill};

/// What each node is asked by itself.
pub const EACH: [Check; 4] = [Check::ChainsOnDisk, Check::NotExpiring, Check::SingleCa, Check::SignerKnown];

/// What this node says.
pub fn of(ground: &Ground, own: &Own) -> BTreeMap<Check, Told> {
    let mut all = BTreeMap::from([
        (Check::ChainsOnDisk, none(own, |one| matches!(one, Problem::WrongIssuer(_) | Problem::CaMissing))),
        (Check::NotExpiring, none(own, |one| matches!(one, Problem::Expired(_) | Problem::Expiring(_)))),
        (Check::SingleCa, single(own)),
    ]);
    if ground.plan.fleet().member(ground.site.place).is_some_and(|member| member.control_plane) {
        let holds = own.facts.signer.is_some();
        let evidence = if holds { "known" } else { "its process and the file that it names do not tell" };
        all.insert(Check::SignerKnown, Told { holds, evidence: evidence.to_owned() });
    }
    all
}

/// What all nodes say to `check`: nothing while one of those that are asked is silent.
pub fn together(ground: &Ground, others: &BTreeMap<usize, Account>, mine: &Account, check: Check) -> Option<Told> {
    let members = ground.plan.fleet().members().iter().zip(0..);
    let asked = members.filter(|(member, _)| check != Check::SignerKnown || member.control_plane);
    let said: Option<Vec<_>> = asked
        .map(|(member, place)| {
            let account = if place == ground.site.place { Some(mine) } else { others.get(&place) };
            account.and_then(|account| account.ready.get(&check)).map(|told| (member.name.as_str(), told))
        })
        .collect();
    let said = said?;
    Some(match said.iter().find(|(_, told)| !told.holds) {
        None => Told { holds: true, evidence: format!("{} of {}", said.len(), said.len()) },
        Some((name, told)) => {
            Told { holds: false, evidence: format!("{}: {}", text::clip(name, 64), text::clip(&told.evidence, 200)) }
        }
    })
}

/// That no finding of the scan is such a problem.
fn none(own: &Own, is_meant: impl Fn(&Problem) -> bool) -> Told {
    match own.report.problems().find(|(_, _, problem)| is_meant(problem)) {
        None => Told { holds: true, evidence: fill("{} certificate{s}", [&own.report.leaves().count()]) },
        Some((_, path, problem)) => {
            let path = path.unwrap_or_default();
            Told { holds: false, evidence: text::clip(&format!("{path}: {problem}"), 200) }
        }
    }
}

/// That each place holds one CA beside those that come: any other would be dropped with the old one.
fn single(own: &Own) -> Told {
    let Some(tree) = own.tree() else { return Told { holds: false, evidence: "no file is seen".to_owned() } };
    let text = |path: &str| tree.file(path).and_then(|file| file.text().ok());
    let files = Domain::ALL.map(|domain| (domain.ca_certificate(), domain)).into_iter();
    let files = files.filter_map(|(path, domain)| Some((path, domain, text(path)?.to_owned())));
    let configs = kubeconfigs().filter_map(|path| {
        let config = Kubeconfig::parse(text(path)?).ok()?;
        let Some(Material::Embedded(pem)) = config.ca() else { return None };
        Some((path, Domain::Kubernetes, pem.to_string()))
    });
    let mut looked = 0;
    for (path, domain, pem) in files.chain(configs) {
        let held = Certificate::parse_foreign_all(&pem).unwrap_or_default();
        let others = held.iter().filter(|one| !own.issuers.new.contains(&(domain, (*one).clone()))).count();
        if others > 1 {
            let evidence = format!("{path} holds {others} CAs beside those that come");
            return Told { holds: false, evidence };
        }
        looked += 1;
    }
    Told { holds: true, evidence: fill("{} place{s}", [&looked]) }
}

fn kubeconfigs() -> impl Iterator<Item = &'static str> {
    let of_roles = Role::ALL.iter().filter_map(|role| match role.identity().files {
        Files::Kubeconfig(path) => Some(path),
        Files::Pair { .. } => None,
    });
    std::iter::once(BOOTSTRAP_KUBECONFIG).chain(of_roles)
}
