//! What probes say to the checks that the facts of nodes alone do not tell.

use std::collections::BTreeSet;

use super::dial::{Answer, Kind, Server};
use crate::cluster::role::Role;
use crate::devices::swap::Place;
use crate::online::rotate::ground::Ground;
use crate::pki::certificate::Certificate;
use crate::rotation::check::Check;
use crate::rotation::facts::{Facts, Told};
use crate::rotation::trust::Trust;

/// What probes said to the checks that cannot be told from the facts of nodes.
pub fn told(ground: &Ground, servers: &[Server], answers: &[Answer], facts: &mut Facts) {
    let tell = |holds, evidence: String| Told { holds, evidence };
    let members = || servers.iter().zip(answers).filter(|(server, _)| server.kind == Kind::Etcd);
    let rafts: BTreeSet<_> = members().map(|(_, answer)| answer.raft).collect();
    let why = members().find_map(|(_, answer)| answer.why.clone());
    let one = rafts.len() == 1 && rafts.iter().all(|raft| raft.is_some_and(|(_, leader)| leader.is_some()));
    let evidence =
        why.unwrap_or_else(|| if one { "one term, one leader" } else { "terms or leaders differ" }.to_owned());
    let healthy = tell(one, evidence);
    let accept = |kinds: &[Kind], wanted: fn(Trust) -> bool| {
        // A node that has no such place, as a member of etcd without a kubelet, is not asked.
        let has = |server: &Server| {
            facts.node(server.place).is_none_or(|node| !node.seen || node.disk.contains_key(&server.store()))
        };
        let asked = servers.iter().zip(answers).filter(|(server, _)| kinds.contains(&server.kind) && has(server));
        let (yes, all) = asked
            .fold((0, 0), |(yes, all), (_, answer)| (yes + usize::from(answer.trusts.is_some_and(wanted)), all + 1));
        tell(yes == all && all > 0, format!("{yes} of {all}"))
    };
    let knows_new = |trust| trust != Trust::Old;
    let all = [Kind::Etcd, Kind::EtcdPeer, Kind::Apiserver, Kind::Kubelet];
    let verdicts = [
        (Check::EtcdHealthy, healthy),
        (Check::EtcdCanary, accept(&[Kind::Etcd, Kind::EtcdPeer], knows_new)),
        (Check::HotCanary, accept(&[Kind::Apiserver, Kind::Kubelet], knows_new)),
        (Check::OldRefused, accept(&all, |trust| trust == Trust::New)),
        (Check::ServedAsStaged, served(ground, servers, answers, facts)),
    ];
    facts.told.extend(verdicts);
}

/// Whether each server shows what lies on its disk: on this node by the fingerprint, elsewhere by whose it is.
fn served(ground: &Ground, servers: &[Server], answers: &[Answer], facts: &Facts) -> Told {
    let own_file = |role: Role| {
        let place = Place::at(&ground.site.live(role.certificate_path())).ok()?;
        let bytes = place.read().ok().flatten()?;
        let chain = Certificate::parse_foreign_all(std::str::from_utf8(&bytes).ok()?).ok()?;
        chain.first().map(Certificate::fingerprint)
    };
    let mut shown = 0;
    for (server, answer) in servers.iter().zip(answers) {
        let Some(node) = facts.node(server.place) else { continue };
        let Some(file) = node.files.get(&server.role()) else { continue };
        let fits = match &answer.shows {
            None => false,
            Some((print, _)) if server.place == ground.site.place => own_file(server.role()) == Some(*print),
            Some((_, leaf)) => leaf.is_some() && leaf == file,
        };
        if !fits {
            let name = ground.plan.fleet().member(server.place).map_or("", |member| member.name.as_str());
            let evidence =
                format!("{} of {} shows another than lies there", server.role(), crate::wire::text::clip(name, 64));
            return Told { holds: false, evidence };
        }
        shown += 1;
    }
    Told { holds: shown > 0, evidence: format!("{shown} ports show what lies there") }
}
