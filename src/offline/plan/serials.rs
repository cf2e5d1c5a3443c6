//! Serial numbers: bytes of the token mixed with bytes of the host, so that one broken generator is none.

use crate::offline::room::Room;
use crate::pki::serial::Serial;
use crate::refusal::Refused;

/// Serial numbers drawn in one call of the token, and in one of the host.
const AT_ONCE: usize = 1024;
const OCTETS: usize = 20;

/// Draws `count` serial numbers. Nobody logs in for that.
///
/// # Errors
/// What the token and the generator of the host say.
pub fn draw(room: &mut Room, count: usize) -> Result<Vec<Serial>, Refused> {
    let mut serials = Vec::with_capacity(count);
    if count == 0 {
        return Ok(serials);
    }
    let token = room.token()?;
    while serials.len() < count {
        let wanted = AT_ONCE.min(count - serials.len());
        let bytes = token.random(u16::try_from(wanted * OCTETS).unwrap_or(u16::MAX))?;
        let of_host = room.desk_mut().random::<{ AT_ONCE * OCTETS }>()?;
        let pairs = bytes.as_chunks::<OCTETS>().0.iter().zip(of_host.as_chunks::<OCTETS>().0);
        serials.extend(pairs.map(|(of_token, of_host)| Serial::from_entropy(*of_token, *of_host)));
    }
    Ok(serials)
}
