//! What crosses the gap.

use airlock::exchange::approval::Approval;
use airlock::exchange::cert_package::layout::{File, PackageLayout};
use airlock::exchange::code::rows::{Row, Rows};
use airlock::exchange::code::scan::Scan;
use airlock::exchange::code::{Code, Judgement};
use airlock::exchange::container::{Container, archive};
use airlock::exchange::csr_bundle::layout::BundleLayout;
use airlock::exchange::csr_bundle::number::Number;
use airlock::exchange::draw::Draw;
use airlock::exchange::genesis::Genesis;
use airlock::exchange::node_package::layout::{File as NodeFile, NodePackageLayout};
use airlock::exchange::seal::Sealed;
use airlock::exchange::seal::identity::Identity;
use airlock::exchange::seal::recipient::Recipient;
use airlock::exchange::signature::public_key::SshPublicKey;
use airlock::exchange::signature::{self, Namespace, SigningKey as _};
use airlock::exchange::statement::Statement;
use airlock::exchange::statement::party::Party;
use airlock::exchange::trace::Trace;
use airlock::exchange::transfer::TransferSet;
use airlock::wire::digest::Digest;

use super::{Target, Verdict, exact, found, taken, text, texts};
use crate::mutate::Shape;
use crate::seeds::{after, file, tree};
use crate::world::{CA, CHEN, CLUSTER, identity, key};

const IDENTITY: &str = "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0\n";
const SCAN: &str = "AIRLOCK1:B:20250722-7Q2K-9M4F-B:2AE9C2EA75970AF20675746F4A209650F283F496A5C9A89419253DCD0FF1961C";
const STATEMENT: &str = "bundle/20250722-7Q2K-9M4F-B.csr-bundle.txt";
const FILES: &str = "20250722-7Q2K-9M4F-B.csr-bundle.zip\n20250722-7Q2K-9M4F-B.csr-bundle.txt\n\
                     20250722-7Q2K-9M4F-B.csr-bundle.txt.sig\nreadme.txt";

pub(super) fn all() -> Vec<Target> {
    let mut all = signed_texts();
    all.extend(words());
    all.extend(vec![
        Target::new("archive", Shape::Bytes, containers, |input| {
            exact(input, archive::read(input), |entries| archive::write(entries).unwrap())
        }),
        Target::new("container", Shape::Bytes, containers, container),
        Target::new("signature", Shape::Text, Vec::new, sshsig),
        Target::new("sealed", Shape::Bytes, || after(tree("age"), b"\n\n"), sealed),
        Target::new(
            "identity",
            Shape::Text,
            || texts(&[IDENTITY]),
            |input| {
                taken(Identity::read(input), |identity| {
                    assert!(identity.recipient().to_string().starts_with("age1"));
                })
            },
        ),
        Target::new("code_entry", Shape::Text, || texts(&["109 857", "109857", "１０９-857", "000 000"]), code_entry),
    ]);
    all
}

fn signed_texts() -> Vec<Target> {
    vec![
        Target::new(
            "statement",
            Shape::Text,
            || after(tree("statement"), b"\n"),
            |input| exact(input, Statement::parse(input), |statement| statement.text().into_bytes()),
        ),
        Target::new("approval", Shape::Text, Vec::new, |input| {
            exact(input, Approval::parse(input), |approval| approval.text().into_bytes())
        }),
        Target::new("genesis", Shape::Text, Vec::new, |input| {
            exact(input, Genesis::parse(input), |genesis| genesis.text().into_bytes())
        }),
    ]
}

/// The words that stand in texts, manifests and file names.
fn words() -> Vec<Target> {
    vec![
        Target::new(
            "trace",
            Shape::Text,
            || texts(&["20250722-7Q2K-9M4F-B"]),
            |input| text(input, |word| exact(input, word.parse::<Trace>(), |trace| trace.to_string().into_bytes())),
        ),
        Target::new(
            "scan",
            Shape::Text,
            || texts(&[SCAN]),
            |input| text(input, |word| exact(input, word.parse::<Scan>(), |scan| scan.to_string().into_bytes())),
        ),
        Target::new(
            "party",
            Shape::Text,
            || texts(&["cluster:prod-1", "ca:root-ca-01", "host:a.b"]),
            |input| text(input, |word| exact(input, word.parse::<Party>(), |party| party.to_string().into_bytes())),
        ),
        Target::new(
            "number",
            Shape::Text,
            || texts(&["0001", "26000"]),
            |input| text(input, |word| exact(input, word.parse::<Number>(), |number| number.to_string().into_bytes())),
        ),
        Target::new(
            "rows",
            Shape::Text,
            || texts(&["A,B,P", ""]),
            |input| text(input, |word| exact(input, word.parse::<Rows>(), |rows| rows.to_string().into_bytes())),
        ),
        Target::new(
            "draw",
            Shape::Text,
            || texts(&["PONMLKJIHGFEDCBA"]),
            |input| {
                text(input, |word| exact(input, Draw::logged(Digest::of(b"x"), word), |draw| draw.order().into_bytes()))
            },
        ),
        Target::new(
            "ssh_key",
            Shape::Text,
            || texts(&[&key(CHEN).public_key().to_string()]),
            |input| {
                text(input, |line| {
                    let _ = SshPublicKey::from_line(line);
                    exact(input, line.parse::<SshPublicKey>(), |key| key.to_string().into_bytes())
                })
            },
        ),
        Target::new(
            "recipient",
            Shape::Text,
            || texts(&[&identity().recipient().to_string()]),
            |input| {
                text(input, |word| {
                    exact(input, word.parse::<Recipient>(), |recipient| recipient.to_string().into_bytes())
                })
            },
        ),
        Target::new(
            "file_names",
            Shape::Text,
            || texts(&[FILES]),
            |input| {
                text(input, |names| {
                    taken(TransferSet::find(names.lines()), |set| {
                        assert!(set.names().iter().all(|name| TransferSet::is_name(name)));
                    })
                })
            },
        ),
        Target::new(
            "node_entry_name",
            Shape::Text,
            || texts(&["certs/0001.pem", "keys/00031.pem", "context/ca.json"]),
            |input| text(input, |name| found(NodeFile::named(name), |file| assert_eq!(file.to_string(), name))),
        ),
        Target::new(
            "entry_name",
            Shape::Text,
            || texts(&["certs/0001.pem", "cross/etcd-1.pem", "roster/2/li.txt"]),
            |input| text(input, |name| found(File::named(name), |file| assert_eq!(file.to_string(), name))),
        ),
    ]
}

fn containers() -> Vec<Vec<u8>> {
    vec![
        file("bundle/20250722-7Q2K-9M4F-B.csr-bundle.zip"),
        file("seeds/container/package.zip"),
        file("seeds/container/node-package.zip"),
    ]
}

/// No byte of a signed container may be another: only what the holder of the key wrote is accepted.
fn container(input: &[u8]) -> Verdict {
    let bundle = Container::read(input, &BundleLayout, key(CLUSTER).public_key()).map(|_| ());
    let package = Container::read(input, &PackageLayout, key(CA).public_key()).map(|_| ());
    let node = Container::read(input, &NodePackageLayout, key(CLUSTER).public_key()).map(|_| ());
    if bundle.is_ok() || package.is_ok() || node.is_ok() {
        assert!(containers().iter().any(|good| good == input), "another container is accepted");
        return Verdict::Accepted;
    }
    taken(bundle.and(package), |()| ())
}

/// One signature, and no other spelling of it, is accepted.
fn sshsig(input: &[u8]) -> Verdict {
    let message = file("seeds/approval/chen.txt");
    let verified = signature::verify(key(CHEN).public_key(), Namespace::Approval, &message, input);
    taken(verified, |()| assert!(input == file("seeds/signature/chen.txt.sig"), "another signature is accepted"))
}

fn sealed(input: &[u8]) -> Verdict {
    taken(Sealed::parse(input), |sealed| {
        if let Ok(plain) = sealed.open(&testkit()) {
            assert!(plain.len() < input.len());
        }
    })
}

/// The identity of the age vectors.
fn testkit() -> Identity {
    let vector = file("age/x25519");
    let line =
        String::from_utf8_lossy(&vector).lines().find_map(|line| line.strip_prefix("identity: ").map(str::to_owned));
    Identity::read(line.unwrap().as_bytes()).unwrap()
}

/// Only six digits with a true check digit are right or wrong; all else is a slip of the fingers.
fn code_entry(input: &[u8]) -> Verdict {
    let code = Code::of(&Statement::parse(&file(STATEMENT)).unwrap());
    text(input, |typed| {
        let mut verdict = Verdict::Refused;
        for (row, printed) in Row::ALL.into_iter().zip(code.sheet_rows()) {
            let judgement = code.judge(row, typed);
            let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
            if digits.len() == typed.len() {
                assert_eq!(judgement == Judgement::Right, printed.replace(' ', "")[1..] == digits);
            }
            if judgement != Judgement::Typo {
                verdict = Verdict::Accepted;
            }
        }
        verdict
    })
}
