//! A cluster that makes bundles, and a CA host that takes them in.

use airlock::audit::note::NoteKey;
use airlock::audit::tree::Head;
use airlock::cluster::record::Record;
use airlock::cluster::role::Role;
use airlock::exchange::arrival::{Closed, Files, Reception, Standing};
use airlock::exchange::csr_bundle::bindings::Known;
use airlock::exchange::csr_bundle::draft::{Draft, Wanted};
use airlock::exchange::csr_bundle::layout::BundleLayout;
use airlock::exchange::csr_bundle::manifest::{
    Audience, KeyOrigin, Origin, Place, ReplyTo, Revocation, RevocationReason, Tool,
};
use airlock::exchange::csr_bundle::possession::Possession;
use airlock::exchange::csr_bundle::{BundleError, CsrBundle};
use airlock::exchange::dispatch::Dispatch;
use airlock::exchange::people::roster::Roster;
use airlock::exchange::seal::recipient::Recipient;
use airlock::exchange::signature::SigningKey as _;
use airlock::exchange::signature::private_key::SoftwareKey;
use airlock::exchange::statement::party::Party;
use airlock::exchange::transfer::Payload;
use airlock::refusal::{Refusal as _, Refused};
use airlock::wire::digest::Digest;
use airlock::wire::time::Timestamp;
use serde_json::Value;

use crate::host::{Host, confirmed};
use crate::letter::{Parts, address, sent, statement};
use crate::world::{CLUSTER, certificate, csr, identity, key, record, roster, seen, time, witness};

pub(crate) const TRACE: &str = "20250722-7Q2K-9M4F-B";

/// What the cluster asks for: two leaves, one of which replaces a certificate, and a revocation.
pub(crate) fn dispatch() -> Dispatch {
    with(|_| {})
}

/// The same with a change.
pub(crate) fn with(change: impl FnOnce(&mut Draft<'_>)) -> Dispatch {
    made(change).unwrap()
}

pub(crate) fn made(change: impl FnOnce(&mut Draft<'_>)) -> Result<Dispatch, Refused> {
    let (record, old) = (record(), certificate("cp1/etc/kubernetes/pki/apiserver.crt"));
    let issuer = certificate("cp1/etc/kubernetes/pki/ca.crt").public_key().spki_sha256();
    let (apiserver, peer) = (csr("kubeadm-apiserver"), csr("kubeadm-etcd-peer"));
    let wanted = |csr, profile, path: &str| Wanted {
        csr,
        profile,
        validity_s: 31_536_000,
        replaces: None,
        place: Place { node: "cp1".to_owned(), path: path.to_owned() },
        key_origin: KeyOrigin::Node,
    };
    let mut draft = Draft {
        trace: TRACE.parse().unwrap(),
        seq: 118,
        nonce: [7; 32],
        created: time("2025-07-22T02:58:00Z"),
        expires: time("2025-07-29T03:00:00Z"),
        origin: Origin {
            host: "adm-ws-01".to_owned(),
            operators: vec!["zhang-wei".parse().unwrap()],
            party: "cluster:prod-1".parse().unwrap(),
            tool: Tool { sha256: Digest::of(b"binary"), version: "0.1.0".to_owned() },
            uid: record.fields().uid.clone(),
        },
        audience: Audience { ca: "ca:root-ca-01".parse().unwrap(), issuers: vec![issuer] },
        reply_to: ReplyTo { ca_epoch: 1, recipient: identity().recipient() },
        seen_checkpoint: Some(seen(Head { size: 1042, root: Digest::of(b"head") })),
        receipts: Vec::new(),
        voids: Vec::new(),
        cluster: &record,
        requests: vec![
            Wanted {
                replaces: Some((&old, issuer)),
                ..wanted(&apiserver, Role::Apiserver, "etc/kubernetes/pki/apiserver.crt")
            },
            wanted(&peer, Role::EtcdPeer, "etc/kubernetes/pki/etcd/peer.crt"),
        ],
        revocations: vec![Revocation {
            issuer_spki_sha256: issuer,
            reason: RevocationReason::KeyCompromise,
            serial: "4a".parse().unwrap(),
            since: time("2025-07-01T00:00:00Z"),
        }],
        trust_ops: Vec::new(),
    };
    change(&mut draft);
    draft.dispatch(&key(CLUSTER))
}

pub(crate) fn parts() -> Parts {
    Parts::of(dispatch().payload(), &BundleLayout, &key(CLUSTER))
}

pub(crate) fn key_of(party: &Party) -> Option<airlock::exchange::signature::public_key::SshPublicKey> {
    (party.to_string() == "cluster:prod-1").then(|| key(CLUSTER).public_key().clone())
}

/// What the CA has pinned of the cluster.
pub(crate) struct Enrolled {
    key: SoftwareKey,
    record: Record,
    recipient: Recipient,
    witness: NoteKey,
    roster: Roster,
}

impl Enrolled {
    pub(crate) fn new() -> Self {
        let recipient = identity().recipient();
        Self { key: key(CLUSTER), record: record(), recipient, witness: witness(), roster: roster() }
    }

    pub(crate) fn at(&self, now: Timestamp) -> Known<'_> {
        Known {
            key: self.key.public_key(),
            record: &self.record,
            recipient: &self.recipient,
            witness: &self.witness,
            ca_epoch: 1,
            roster: &self.roster,
            now,
        }
    }
}

/// Receives at `host`, as [`walk`] does.
pub(crate) fn receive(host: &Host, files: Files) -> Result<Closed<CsrBundle>, &'static str> {
    let (own, papers) = ("ca:root-ca-01".parse().unwrap(), host.papers());
    let standing = |_: &_| Standing::Welcome;
    let reception = Reception { host: &own, now: host.now, papers: &papers, key_of: &key_of, standing: &standing };
    Closed::receive(files, &reception).map_err(|error| error.reason().code)
}

pub(crate) fn open(host: &mut Host, files: Files, before: Option<&Possession>) -> Result<CsrBundle, BundleError> {
    let statement = statement(&files);
    let closed = receive(host, files).unwrap();
    let typed = match host.papers().sheet(&statement) {
        Some(sheet) => sheet.evidence().unwrap(),
        None => confirmed(host, &statement),
    };
    let enrolled = Enrolled::new();
    let known = enrolled.at(host.now);
    Ok(closed.confirm(&typed).unwrap().open(&known, before)?.settle(&typed).unwrap())
}

/// The bundle of the fixtures, received and opened at `host`, with its trace in the log.
pub(crate) fn received(host: &mut Host) -> CsrBundle {
    received_of(host, dispatch())
}

/// Another bundle of the same trace, likewise.
pub(crate) fn received_of(host: &mut Host, dispatch: Dispatch) -> CsrBundle {
    host.trace = Some(TRACE.to_owned());
    let bundle = open(host, dispatch.into_files(), None).unwrap();
    host.trace = None;
    bundle
}

/// The whole walk at a CA that has never seen anything: received, typed by two officers, opened.
pub(crate) fn walk(files: Files) -> Result<CsrBundle, BundleError> {
    open(&mut Host::ca(), files, None)
}

/// The walk of a bundle that someone with the cluster's keys changed.
pub(crate) fn forged(change: impl FnOnce(&mut Parts)) -> Result<CsrBundle, BundleError> {
    let mut parts = parts();
    change(&mut parts);
    let payload = parts.write(&BundleLayout, &key(CLUSTER));
    let address = address(dispatch().statement().lines());
    walk(sent::<CsrBundle>(address, payload, Payload::Zip, &key(CLUSTER)))
}

/// [`forged`] where only a value of the manifest is another; `null` takes it away.
pub(crate) fn forged_field(pointer: &str, value: Value) -> Result<CsrBundle, BundleError> {
    forged(|parts| set(&mut parts.manifest, pointer, value))
}

pub(crate) fn set(json: &mut Value, pointer: &str, value: Value) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match json.pointer_mut(parent).unwrap() {
        Value::Object(object) if value.is_null() => assert!(object.remove(name).is_some()),
        Value::Object(object) => {
            object.insert(name.to_owned(), value);
        }
        Value::Array(array) if value.is_null() => {
            array.remove(name.parse().unwrap());
        }
        Value::Array(array) => array[name.parse::<usize>().unwrap()] = value,
        other => panic!("{other}"),
    }
}
