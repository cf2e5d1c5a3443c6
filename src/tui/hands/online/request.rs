//! A request: made exactly as it was reviewed, and on its way.

use std::path::Path;
use std::sync::Mutex;

use super::{Drafted, nodes};
use crate::audit::entry::Actor;
use crate::desk::tray::Tray;
use crate::exchange::people::person::PersonRole;
use crate::exchange::trace::Trace;
use crate::online::request::{Terms, export, place, sheet};
use crate::online::room::Room;
use crate::refusal::Refused;
use crate::tui::effect::Credentials;
use crate::tui::field::Secret;
use crate::tui::hands::fault::EffectError;
use crate::tui::hands::seat::identify;
use crate::tui::hands::{Teller, host, transfer};
use crate::tui::told::Told;

/// Makes the keys and the bundle, and writes the keys beside the live ones. The draft is spent when this begins, which
/// the gauge tells; a passphrase that was mistyped leaves it.
pub(super) fn order(
    room: &mut Room,
    draft: &mut Option<Drafted>,
    who: Credentials,
    host: Secret,
    tell: &mut Teller<'_>,
) -> Result<Trace, Refused> {
    let ca = room.asked_ca()?;
    let (desk, people) = room.desk_and_people();
    let present = identify(desk, people, &[PersonRole::Requester], who)?;
    room.must_be_known_to_ca(&present)?;
    let keys = room.unlock(&host.into_passphrase())?;
    let (config, recipient, nodes) = (room.config().clone(), room.public()?.recipient.clone(), nodes(room));
    let (draft, wish) = draft.take().ok_or(EffectError::NoDraft)?;
    let terms = Terms {
        config: &config,
        roots: &nodes,
        ca: &ca,
        operators: std::slice::from_ref(&present),
        keys: &keys,
        recipient: &recipient,
        life_days: wish.life_days,
        void: wish.void,
    };
    let of = draft.review().requests.len();
    tell.gauge(0, of);
    let tell = Mutex::new(tell);
    let progress = |done: usize| {
        if let Ok(mut tell) = tell.lock() {
            tell.gauge(done, of);
        }
    };
    let order = draft.order(room.desk_mut(), &terms, &progress)?;
    let placed = place(room.desk_mut(), order)?;
    room.sign_head(&keys)?;
    Ok(placed.trace)
}

/// The bundle leaves, and its sheet is printed.
pub(super) fn leave(room: &mut Room, trace: &Trace, medium: &Path, tray: Tray) -> Result<Told, Refused> {
    let actor = Actor::system();
    let contents = sheet::contents(room, trace)?;
    let sent = export(room.desk_mut(), &actor, trace, medium)?;
    let wish = transfer::wish(room.desk().label_of(medium));
    room.desk_mut().print(&actor, &sent.statement, &contents, &wish, tray)?;
    host::outgoing(room.desk_mut(), trace, Some(sent.entry)).map(host::told)
}
