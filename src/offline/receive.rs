//! A CSR bundle comes in: copied from its medium, checked while it is closed, its rows drawn.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::audit::entry::Entry;
use crate::audit::event::Event;
use crate::desk::intake::{Acquaintance, Arrived};
use crate::exchange::arrival::Standing;
use crate::exchange::csr_bundle::CsrBundle;
use crate::exchange::statement::Statement;
use crate::exchange::statement::party::Party;
use crate::offline::case::statement_key;
use crate::offline::room::Room;
use crate::refusal::Refused;
use crate::wire::digest::Digest;

/// Copies the one bundle of `medium` in. Nothing inside it is read.
///
/// # Errors
/// As [`Desk::receive`](crate::desk::host::Desk::receive); a bundle under whose plan signatures were announced, or that
/// was answered, is spent.
pub fn receive(room: &mut Room, medium: &Path) -> Result<Arrived<CsrBundle>, Refused> {
    let clusters = room.in_force().peers().map(|(_, record)| record.party().clone());
    let keys: BTreeMap<Party, _> =
        clusters.filter_map(|party| Some((party.clone(), statement_key(room, &party)?))).collect();
    let spent = spent(room.desk().entries());
    let key_of = |party: &Party| keys.get(party).cloned();
    let standing =
        |statement: &Statement| if spent.contains(&statement.id()) { Standing::Spent } else { Standing::Welcome };
    room.desk_mut().receive(medium, &Acquaintance { key_of: &key_of, standing: &standing })
}

/// The statements that were acted on: under a plan for them something was announced or sealed.
fn spent(entries: &[Entry]) -> BTreeSet<Digest> {
    let (mut plans, mut spent) = (BTreeMap::new(), BTreeSet::new());
    for entry in entries {
        let acted = match &entry.event {
            Event::PlanClosed(closed) => {
                plans.insert(closed.plan, closed.statement);
                None
            }
            Event::SignIntent(intent) => plans.get(&intent.plan),
            Event::Sealed(sealed) => plans.get(&sealed.plan),
            _ => None,
        };
        spent.extend(acted.copied().flatten());
    }
    spent
}
