//! The state and the identity of a node. What its config pins is written down with it.

use crate::audit::detail::node::NodeMade;
use crate::audit::entry::{Actor, Side};
use crate::audit::event::Event;
use crate::config::online::OnlineConfig;
use crate::desk::host::{Desk, DeskError, Senses};
use crate::exchange::seal::recipient::Recipient;
use crate::online::init::is_made;
use crate::online::keys::KeyStore;
use crate::online::room::RoomError;
use crate::refusal::Refused;

/// A node that was made.
#[derive(Debug)]
pub struct Made {
    /// Whom packages for it are encrypted to: the admin writes it into his config.
    pub recipient: Recipient,
    /// The log entry that says so.
    pub entry: u64,
}

/// Makes the node of `config`. A set-up that was killed before it stood in the log never counted, and is begun again.
///
/// # Errors
/// [`RoomError::NoNode`]; [`DeskError::Made`] where the node works already; what makes keys and what the disk says.
pub fn init(config: &OnlineConfig, senses: Senses) -> Result<Made, Refused> {
    let node = config.node().ok_or(RoomError::NoNode)?;
    let mut desk = match is_made(config)? {
        true => Desk::open_unborn(config.state(), Side::Online, senses)?,
        false => Desk::make(config.state(), Side::Online, node.party(), senses)?,
    };
    if !desk.entries().is_empty() || desk.party() != node.party() {
        return Err(DeskError::Made(desk.party().to_string()).into());
    }
    let recipient = KeyStore::within(desk.state())?.make_node()?;
    let made = NodeMade {
        cluster: config.cluster().to_string(),
        key: node.cluster_key().fingerprint(),
        recipient: recipient.to_string(),
        uid: config.record().fields().uid.clone(),
    };
    let entry = desk.note(&Actor::system(), None, Event::NodeMade(made))?;
    Ok(Made { recipient, entry })
}
