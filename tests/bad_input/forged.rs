//! Packages by somebody who holds the statement key of the CA, which lies in its token.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use airlock::devices::store::Directory;
use airlock::exchange::seal::identity::Identity;
use airlock::exchange::seal::recipient::Recipient;
use airlock::exchange::seal::{Sealed, seal};
use airlock::exchange::signature::{self, Namespace};
use airlock::exchange::statement::Statement;
use airlock::exchange::trace::Trace;
use airlock::offline::machine::Machine;
use airlock::online::keys::KeyStore;
use airlock::wire::digest::Digest;
use secrecy::SecretString;

use crate::host::{Host, file, forged, option};
use crate::offline::paper;
use crate::online::{IMPORT, Pair};
use crate::world::pin;

/// A copy of `medium` in which `change` changes the statement, signed again in the token.
fn restated(pair: &Pair, medium: &Path, namespace: Namespace, change: impl Fn(String) -> String) -> PathBuf {
    forged(medium, "forged", |at| {
        let text = change(fs::read_to_string(file(at, ".txt")).unwrap());
        let mut room = pair.room();
        let token = room.login(pin()).unwrap();
        let signer = room.signer(Machine::Statement, &token).unwrap();
        let signature = signature::sign(&signer, namespace, text.as_bytes()).unwrap();
        room.logout(token).unwrap();
        fs::write(file(at, ".txt.sig"), signature).unwrap();
        fs::write(file(at, ".txt"), text).unwrap();
    })
}

/// The line of this name in a statement.
pub(crate) fn line<'a>(text: &'a str, name: &str) -> &'a str {
    text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{text}"))
}

/// What a genuine signer could send to the wrong place, too late, or for something else.
pub(crate) fn are_refused(pair: &Pair, back: &Path) {
    let refuses = |medium: PathBuf, status, code| {
        pair.online.refuses(status, code, "online receive", &option("--media", &medium));
        fs::remove_dir_all(medium).unwrap();
    };
    let other_cluster = |text: String| text.replace("cluster:prod-1", "cluster:prod-2");
    refuses(restated(pair, back, Namespace::Statement, other_cluster), 3, "ARRIVAL_TO");
    refuses(restated(pair, back, Namespace::CertPackage, |text| text), 3, "SIGNATURE_NAMESPACE");
    let late = |text: String| text.replace(line(&text, "expires:"), "expires: 2026-01-01T00:00:00Z");
    refuses(restated(pair, back, Namespace::Statement, late), 10, "ARRIVAL_EXPIRED");

    // For a request that this cluster never made.
    let text = fs::read_to_string(file(back, ".txt")).unwrap();
    let own: Trace = line(&text, "trace:")[7..].trim().parse().unwrap();
    let now = pair.room().desk().now().unwrap();
    let other = Trace::new(now, [9; 5]);
    let unasked = restated(pair, back, Namespace::Statement, |text| text.replace(own.as_str(), other.as_str()));
    for entry in fs::read_dir(&unasked).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap().replace(own.as_str(), other.as_str());
        fs::rename(entry.path(), unasked.join(name)).unwrap();
    }
    refuses(unasked, 10, "ARRIVAL_UNASKED");
}

/// The package encrypted to one recipient more than it lists, and to another one alone: on copies of the host it is found
/// when it is opened.
pub(crate) fn to_other_keys_is_found(pair: &Pair, trace: &str, back: &Path) {
    let identity = identity(&pair.online);
    let (own, third) = (identity.recipient(), Identity::generate().recipient());
    let sealed = fs::read(file(back, ".age")).unwrap();
    let plain = Sealed::parse(&sealed).unwrap().open(&identity).unwrap();
    for (name, recipients, code) in
        [("third", vec![own, third.clone()], "SEAL_LISTED"), ("another", vec![third], "SEAL_NOT_FOR_US")]
    {
        resealed(pair, trace, back, (name, &recipients, code), (&sealed, &plain));
    }
}

/// What opens the packages of this host.
fn identity(host: &Host) -> Identity {
    let keys = KeyStore::within(&Directory::open(&host.state()).unwrap()).unwrap();
    keys.unlock_identity(&SecretString::from(IMPORT)).unwrap()
}

/// The package `sealed`, which is `plain` within, for these recipients is refused so.
fn resealed(
    pair: &Pair,
    trace: &str,
    back: &Path,
    (name, recipients, code): (&str, &[Recipient], &str),
    (sealed, plain): (&[u8], &[u8]),
) {
    let host = pair.online.copy(name);
    let mut again = seal(recipients, Vec::new()).unwrap();
    again.write_all(plain).unwrap();
    let again = again.finish().unwrap();
    let (before, after) = (Digest::of(sealed).to_string(), Digest::of(&again).to_string());
    let medium = restated(pair, back, Namespace::Statement, |text| text.replace(&before, &after));
    fs::write(file(&medium, ".age"), again).unwrap();
    host.runs("online receive", &option("--media", &medium)).ok();
    let statement = Statement::parse(&fs::read(file(&medium, ".txt")).unwrap()).unwrap();
    let sheet = paper(&pair.dir, &statement);
    host.typed_by("zhang-wei", &sheet, &format!("online confirm {trace}")).ok();
    let secret = host.secret("import-secret", IMPORT);
    let ran = host.runs("online verify", &[trace.to_owned(), "--import-passphrase-file".to_owned(), secret]);
    assert!(ran.status == 3 && ran.said.contains("W01") && ran.said.contains(code), "{}", ran.said);
    assert!(host.last().contains(&format!(r#""denied":"{code}"#)), "{}", host.last());
    host.refuses(10, "STAGE_", "online stage", &[trace.to_owned()]);
    fs::remove_dir_all(medium).unwrap();
}
