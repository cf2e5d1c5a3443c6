//! A package as its receiver copies it in.

use airlock::exchange::arrival::Files;
use airlock::exchange::cert_package::draft::Draft;
use airlock::exchange::signature::SigningKey;
use airlock::refusal::Refused;

/// What becomes of `draft`, all of it in memory.
pub(crate) fn packed(draft: Draft<'_>, key: &dyn SigningKey) -> Result<Files, Refused> {
    let mut payload = Vec::new();
    let cover = draft.written(key, |piece| {
        payload.extend_from_slice(piece);
        Ok(())
    })?;
    let (statement, signature) = (cover.statement().text().into_bytes(), cover.signature().as_bytes().to_vec());
    Ok(Files { set: cover.set().clone(), payload, statement, signature })
}
