//! Whole documents as a hostile peer sends them who holds all his keys: soundly signed, confirmed on paper, and then read.

use airlock::audit::detail::Head as LogHead;
use airlock::audit::entry::Side;
use airlock::audit::event::Event;
use airlock::audit::tree::Head;
use airlock::cluster::scan::survey::{EXPIRING_WITHIN, Question, survey};
use airlock::cluster::tree::{Content, NodeFile, NodeTree};
use airlock::exchange::arrival::{Closed, Content as Arriving, Reception, Standing};
use airlock::exchange::cert_package::layout::PackageLayout;
use airlock::exchange::cert_package::{CertPackage, Own};
use airlock::exchange::container::Layout;
use airlock::exchange::csr_bundle::CsrBundle;
use airlock::exchange::csr_bundle::bindings::Known;
use airlock::exchange::csr_bundle::layout::BundleLayout;
use airlock::exchange::dispatch::Address;
use airlock::exchange::draw::Sharing;
use airlock::exchange::paper::evidence::Evidence;
use airlock::exchange::seal::seal;
use airlock::exchange::signature::SigningKey as _;
use airlock::exchange::signature::private_key::SoftwareKey;
use airlock::exchange::statement::party::Party;
use airlock::exchange::transfer::Payload;
use airlock::pki::certificate::Certificate;
use airlock::wire::digest::Digest;
use zeroize::Zeroizing;

use super::{Target, Verdict, refused, taken};
use crate::host::Host;
use crate::letter::{Parts, sent, statement};
use crate::mutate::Shape;
use crate::seeds::{file, trees};
use crate::world::{CA, CLUSTER, identity, key, log_key, record, roster, time, witness};

const BUNDLE: &str = "bundle/20250722-7Q2K-9M4F-B.csr-bundle.zip";
const PACKAGE: &str = "seeds/container/package.zip";

pub(super) fn all() -> Vec<Target> {
    vec![
        Target::new("bundle", Shape::Json, || vec![file("seeds/bundle_manifest/manifest.json")], bundle).slow(),
        Target::new("package", Shape::Json, || vec![file("seeds/package_manifest/manifest.json")], package).slow(),
        Target::new(
            "node_file",
            Shape::Text,
            || trees(&["cluster/kubeadm-ha/cp1"], &["crt", "conf", "key"]),
            node_file,
        )
        .slow(),
    ]
}

/// The container at `path` with another manifest.
fn resigned(path: &str, manifest: &[u8], layout: &dyn Layout, key: &SoftwareKey) -> Vec<u8> {
    Parts::of(&file(path), layout, key).write_with(manifest, layout, key)
}

fn address(from: &str, to: &str, items: u32, expires: &str) -> Address {
    let trace = "20250722-7Q2K-9M4F-B".parse().unwrap();
    Address { trace, from: from.parse().unwrap(), to: to.parse().unwrap(), items, expires: time(expires) }
}

/// Received at `host` and typed from its sheet.
fn typed<K: Arriving>(
    host: &mut Host,
    address: Address,
    payload: Vec<u8>,
    form: Payload,
    signer: &SoftwareKey,
    people: &[(&str, Sharing)],
) -> (Closed<K>, Evidence) {
    let own: Party = address.to.clone();
    let files = sent::<K>(address, payload, form, signer);
    let statement = statement(&files);
    let papers = host.papers();
    let key_of = |_: &Party| Some(signer.public_key().clone());
    let standing = |_: &_| Standing::Welcome;
    let reception = Reception { host: &own, now: host.now, papers: &papers, key_of: &key_of, standing: &standing };
    let closed = Closed::receive(files, &reception).unwrap();
    host.take_in(&statement);
    people.iter().for_each(|(person, sharing)| host.types(&statement, person, *sharing));
    let evidence = host.evidence(&statement).unwrap();
    (closed, evidence)
}

/// The manifest of a bundle, as the CA reads it.
fn bundle(manifest: &[u8]) -> Verdict {
    let ours = key(CLUSTER);
    let payload = resigned(BUNDLE, manifest, &BundleLayout, &ours);
    let address = address("cluster:prod-1", "ca:root-ca-01", 3, "2025-07-29T03:00:00Z");
    let mut host = Host::ca();
    let people = [("chen", Sharing::Whole), ("li", Sharing::Whole)];
    let (closed, evidence) = typed::<CsrBundle>(&mut host, address, payload, Payload::Zip, &ours, &people);
    let (record, recipient, witness, roster) = (record(), identity().recipient(), witness(), roster());
    let known = Known {
        key: ours.public_key(),
        record: &record,
        recipient: &recipient,
        witness: &witness,
        ca_epoch: 1,
        roster: &roster,
        now: host.now,
    };
    taken(closed.confirm(&evidence).unwrap().open(&known, None), |_| ())
}

/// The manifest of a package, as the cluster reads it.
fn package(manifest: &[u8]) -> Verdict {
    let plain = resigned(PACKAGE, manifest, &PackageLayout, &key(CA));
    let mut sealed = seal(&[identity().recipient(), archive()], Vec::new()).unwrap();
    std::io::Write::write_all(&mut sealed, &plain).unwrap();
    let address = address("ca:root-ca-01", "cluster:prod-1", 1, "2025-08-05T03:20:00Z");
    let mut host = Host::new("cluster:prod-1", Side::Online);
    host.now = time("2025-07-22T05:00:00Z");
    let people = [("zhang-wei", Sharing::Whole), ("zhao", Sharing::Whole)];
    let payload = sealed.finish().unwrap();
    let (closed, evidence) = typed::<CertPackage>(&mut host, address, payload, Payload::Age, &key(CA), &people);
    let open = closed.confirm(&evidence).unwrap().open(&identity()).unwrap();
    let (party, recipient, record) = ("cluster:prod-1".parse().unwrap(), identity().recipient(), record());
    let roots = [root().fingerprint()];
    let own = Own { party: &party, uid: &record.fields().uid, recipient: &recipient, roots: &roots };
    let unpacked = open.unpack(key(CA).public_key()).unwrap();
    let package = match unpacked.bind(&own).map(|unsettled| unsettled.settle(&evidence).unwrap()) {
        Ok(package) => package,
        Err(error) => return refused(&error),
    };
    let log = match package.log(&log_key(), Some(&remembered())) {
        Ok(log) => log,
        Err(error) => return refused(&error),
    };
    let judged = package.contents().and_then(|_| package.decisions(&package.rosters(&roster())?, &log));
    taken(judged, |_| ())
}

/// The head of the CA's log that the bundle had seen: of its first two entries.
fn remembered() -> Head {
    let mut host = Host::ca();
    for _ in 0..2 {
        host.note(Event::Checkpoint(LogHead { root: Digest::of(b""), size: 0 }));
    }
    host.log.tree().head()
}

fn archive() -> airlock::exchange::seal::recipient::Recipient {
    "age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg".parse().unwrap()
}

fn root() -> Certificate {
    let package = file(PACKAGE);
    let parts = Parts::of(&package, &PackageLayout, &key(CA));
    Certificate::parse_pem(&parts.files["roots/kubernetes-current.pem"]).unwrap()
}

/// A file of a node, wherever airlock looks for one.
fn node_file(input: &[u8]) -> Verdict {
    let mut tree = NodeTree::new("cp1");
    let paths = ["etc/kubernetes/pki/apiserver.crt", "etc/kubernetes/pki/ca.crt", "etc/kubernetes/pki/apiserver.key"];
    for path in paths.into_iter().chain(["etc/kubernetes/admin.conf", "etc/kubernetes/kubelet.conf"]) {
        let content = Content::Bytes(Zeroizing::new(input.to_vec()));
        tree.insert(path, NodeFile { content, mode: 0o600 });
    }
    let record = record();
    let now = time("2026-01-01T00:00:00Z");
    let report = survey(&[tree], &Question { now, expiring_within: EXPIRING_WITHIN, record: Some(&record) });
    for (place, _, problem) in report.problems() {
        let shown = format!("{place} {problem}");
        assert!(shown.bytes().all(|b| b == b' ' || b.is_ascii_graphic()), "a problem says {shown:?}");
    }
    match report.leaves().any(|leaf| leaf.certificate().is_some()) {
        true => Verdict::Accepted,
        false => Verdict::Refused,
    }
}
