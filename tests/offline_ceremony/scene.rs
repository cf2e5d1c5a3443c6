//! A CA host with the CAs of one cluster, which is enrolled, and the bundles of that cluster.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use airlock::audit::detail::Enrolled;
use airlock::audit::entry::Actor;
use airlock::audit::event::Event;
use airlock::audit::note::{KeyUse, NoteKey};
use airlock::cluster::record::Record;
use airlock::cluster::role::{Domain, Role};
use airlock::desk::seat::Seated;
use airlock::devices::hsm::IssuerKeyType;
use airlock::exchange::cert_package::layout::PackageLayout;
use airlock::exchange::code::Code;
use airlock::exchange::code::rows::Row;
use airlock::exchange::container::Container;
use airlock::exchange::csr_bundle::draft::{Draft, Wanted};
use airlock::exchange::csr_bundle::manifest::{Audience, KeyOrigin, Origin, Place, ReplyTo, Tool};
use airlock::exchange::draw::Sharing;
use airlock::exchange::enrolment::record::{ClusterSide, Common, Contact, EnrolledRoot, EnrolmentRecord, Side};
use airlock::exchange::paper::channel::Channel;
use airlock::exchange::roots::RootStatus;
use airlock::exchange::seal::Sealed;
use airlock::exchange::seal::identity::Identity;
use airlock::exchange::signature::SigningKey as _;
use airlock::exchange::signature::private_key::SoftwareKey;
use airlock::exchange::statement::Statement;
use airlock::exchange::statement::party::Party;
use airlock::exchange::trace::Trace;
use airlock::offline::approve::{Ballot, Care, Vote};
use airlock::offline::ca::ceremony;
use airlock::offline::ca::install;
use airlock::offline::ca::roots::{NewRoots, init};
use airlock::offline::confirm::sheet;
use airlock::offline::machine::Machine;
use airlock::offline::receive::receive;
use airlock::offline::room::Room;
use airlock::offline::{plan, seal, sign, verify};
use airlock::pki::certificate::Certificate;
use airlock::pki::csr::{Csr, RequestInfo};
use airlock::pki::extension::{Extension, Extensions, oid};
use airlock::pki::key::{Curve, PublicKey, SignatureAlgorithm};
use airlock::pki::san::SubjectAltNames;
use airlock::refusal::Refused;
use airlock::wire::digest::Digest;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use zeroize::Zeroizing;

use crate::rig::Rig;
use crate::world::{World, pin};

pub(crate) const DAY: u64 = 86_400;

pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) record: Record,
    key: IssuerKeyType,
}

/// One request: its role, its node, and a change of its names.
pub(crate) struct Asks {
    pub(crate) role: Role,
    pub(crate) node: &'static str,
    pub(crate) replaces: Option<(Certificate, Digest)>,
    pub(crate) validity_s: u64,
}

pub(crate) fn asks(role: Role, node: &'static str) -> Asks {
    Asks { role, node, replaces: None, validity_s: 30 * DAY }
}

pub(crate) fn key(number: u8) -> SoftwareKey {
    SoftwareKey::from_seed(&Zeroizing::new([number; 32])).unwrap()
}

/// The age identity of the import host.
pub(crate) fn identity() -> Identity {
    Identity::read(b"AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0\n").unwrap()
}

pub(crate) const STATEMENT: u8 = 20;
const WITNESS: u8 = 21;
const LOG: u8 = 22;

pub(crate) fn prod() -> Party {
    "cluster:prod-1".parse().unwrap()
}

pub(crate) fn fixture(path: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(path)).unwrap()
}

/// A certificate of the cluster as kubeadm made it.
pub(crate) fn kubeadm(path: &str) -> Certificate {
    let text = String::from_utf8(fixture(&format!("cluster/kubeadm-ha/cp1/etc/kubernetes/pki/{path}"))).unwrap();
    Certificate::parse_foreign(&text).unwrap()
}

impl Scene {
    /// The CAs are made and the cluster is enrolled.
    pub(crate) fn new(rig: &Rig) -> (Self, Room) {
        Self::with(rig, &fixture("cluster/prod-1.cluster.json"), IssuerKeyType::P256)
    }

    /// As [`Scene::new`], with this cluster record and CAs of this type.
    pub(crate) fn with(rig: &Rig, record: &[u8], key: IssuerKeyType) -> (Self, Room) {
        Self::under(rig, &crate::world::policy(), record, key)
    }

    /// As [`Scene::with`], under this policy.
    pub(crate) fn under(rig: &Rig, policy: &str, record: &[u8], key: IssuerKeyType) -> (Self, Room) {
        let (world, mut room) = World::born_under(rig, policy);
        world.attest(&mut room).unwrap();
        let scene = Self { world, record: Record::from_json(record).unwrap(), key };
        scene.makes_roots(&mut room);
        scene.enrols(&mut room);
        (scene, room)
    }

    /// The cluster of a host.
    pub(crate) fn of(world: World) -> Self {
        let record = Record::from_json(&fixture("cluster/prod-1.cluster.json")).unwrap();
        Self { world, record, key: IssuerKeyType::P256 }
    }

    pub(crate) fn makes_roots(&self, room: &mut Room) {
        let domains = vec![Domain::Kubernetes, Domain::Etcd, Domain::FrontProxy];
        let new = NewRoots { cluster: prod(), domains, generation: "2026-1".to_owned(), key: self.key, days: None };
        let token = room.login(pin()).unwrap();
        let trace = init(room, &token, &new).unwrap().fields().trace.clone();
        let subject = ceremony::plan(room, &trace).unwrap().subject();
        self.world.agree(room, &subject);
        install::sign(room, &token, &trace, &mut |_| ControlFlow::Continue(())).unwrap();
        room.logout(token).unwrap();
    }

    /// As the entries of an enrolment would have it.
    pub(crate) fn enrols(&self, room: &mut Room) {
        self.enrols_by(room, STATEMENT);
    }

    /// As [`Scene::enrols`], with this key for its statements.
    pub(crate) fn enrols_by(&self, room: &mut Room, statement: u8) {
        let epoch = room.peer(&prod()).map_or(0, EnrolmentRecord::epoch) + 1;
        let root = |domain, path| EnrolledRoot { domain, status: RootStatus::Current, certificate: kubeadm(path) };
        let common = Common {
            party: prod(),
            epoch,
            created: room.desk().now().unwrap(),
            tool: Tool { sha256: Digest::of(b"binary"), version: "0.1.0".to_owned() },
            contacts: vec![Contact { name: "operations".to_owned(), phone: "+86 10 5555 0100".to_owned() }],
            statement_key: key(statement).public_key().clone(),
            log_key: key(LOG).public_key().clone(),
            roots: vec![root(Domain::Kubernetes, "ca.crt"), root(Domain::Etcd, "etcd/ca.crt")],
        };
        let witness_key = key(WITNESS).public_key().clone();
        let witness = NoteKey::of_ed25519("prod-1-witness", witness_key.as_ed25519(), KeyUse::Cosignature).unwrap();
        let side = ClusterSide { recipient: identity().recipient(), record: self.record.clone(), witness, witness_key };
        let record = EnrolmentRecord::new(common, Side::Cluster(Box::new(side))).unwrap();
        let sha256 = room.desk().objects().put(record.json()).unwrap();
        let of = |epoch, record| Enrolled { epoch, peer: prod().to_string(), record, statement: Digest::of(b"sheet") };
        room.change(&Actor::system(), None, Event::Enrolled(of(epoch, sha256))).unwrap();
    }

    pub(crate) fn csr(&self, asks: &Asks) -> Csr {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let public = PublicKey::from_ec_point(Curve::P256, pair.public_key().as_ref()).unwrap();
        let names = self.record.required(asks.role, asks.node);
        let extensions = match names.as_slice() {
            [] => Vec::new(),
            names => {
                let der = SubjectAltNames::from_names(names).unwrap().der().to_vec();
                vec![Extension::new(oid::SUBJECT_ALT_NAME, false, der)]
            }
        };
        let subject = asks.role.subject(asks.node).unwrap();
        let info = RequestInfo::new(&subject, &public, &Extensions::new(extensions).unwrap());
        let signature = pair.sign(&SystemRandom::new(), info.der()).unwrap();
        info.assemble(SignatureAlgorithm::EcdsaSha256, signature.as_ref()).unwrap()
    }

    /// A medium with a bundle of these requests, and its statement.
    pub(crate) fn bundle(
        &self,
        room: &Room,
        seq: u64,
        wishes: &[Asks],
        change: impl FnOnce(&mut Draft<'_>),
    ) -> (PathBuf, Statement) {
        let csrs: Vec<_> = wishes.iter().map(|asks| self.csr(asks)).collect();
        let wanted = |(csr, asks): (_, &'_ Asks)| Wanted {
            csr,
            profile: asks.role,
            validity_s: asks.validity_s,
            replaces: None,
            place: Place { node: asks.node.to_owned(), path: "etc/kubernetes/x.crt".to_owned() },
            key_origin: KeyOrigin::Node,
        };
        let requests = csrs.iter().zip(wishes).map(wanted).collect::<Vec<_>>();
        let requests = requests.into_iter().zip(wishes).map(|(wanted, asks)| Wanted {
            replaces: asks.replaces.as_ref().map(|(old, issuer)| (old, *issuer)),
            ..wanted
        });
        let now = room.desk().now().unwrap();
        let mut random = [0; 5];
        aws_lc_rs::rand::fill(&mut random).unwrap();
        let mut issuers: Vec<_> = room.authorities(&prod()).all().iter().map(|a| a.spki_sha256()).collect();
        issuers.sort();
        let mut draft = Draft {
            trace: Trace::new(now, random),
            seq,
            nonce: [7; 32],
            created: now,
            expires: now.plus(7 * 86_400),
            origin: Origin {
                host: "adm-ws-01".to_owned(),
                operators: vec!["zhang-wei".parse().unwrap()],
                party: prod(),
                tool: Tool { sha256: Digest::of(b"binary"), version: "0.1.0".to_owned() },
                uid: self.record.fields().uid.clone(),
            },
            audience: Audience { ca: crate::world::ca(), issuers },
            reply_to: ReplyTo { ca_epoch: 0, recipient: identity().recipient() },
            seen_checkpoint: None,
            receipts: Vec::new(),
            voids: Vec::new(),
            cluster: &self.record,
            requests: requests.collect(),
            revocations: Vec::new(),
            trust_ops: Vec::new(),
        };
        change(&mut draft);
        let dispatch = draft.dispatch(&key(STATEMENT)).unwrap();
        let medium = self.medium(dispatch.statement().lines().trace.as_str());
        for (name, bytes) in dispatch.files() {
            fs::write(medium.join(name), bytes).unwrap();
        }
        (medium, dispatch.statement().clone())
    }

    pub(crate) fn medium(&self, name: &str) -> PathBuf {
        let path = self.world.dir.join(format!("medium-{name}"));
        fs::create_dir_all(&path).unwrap();
        path
    }

    /// Received, and the rows typed by chen and li.
    pub(crate) fn confirmed(&self, room: &mut Room, medium: &Path) -> Trace {
        let statement = receive(room, medium).unwrap().closed.statement().clone();
        for id in ["chen", "li"] {
            self.types(room, &statement, id, Sharing::Halves);
        }
        statement.lines().trace.clone()
    }

    pub(crate) fn types(&self, room: &mut Room, statement: &Statement, id: &str, sharing: Sharing) {
        let statement = sheet(room, &statement.lines().trace, Channel::Typed).unwrap();
        let officer = self.world.present(room, id).unwrap();
        let mut seat = room.desk_mut().sit(&statement, &officer, sharing, Channel::Typed).unwrap();
        loop {
            let digits = Self::paper(&statement, seat.row());
            match seat.enter(room.desk_mut(), &digits).unwrap() {
                Seated::Next(next, _) => seat = *next,
                Seated::Done => return,
                _ => panic!("a right row was not taken"),
            }
        }
    }

    /// From a medium to an open plan.
    pub(crate) fn planned(&self, room: &mut Room, medium: &Path) -> Trace {
        let trace = self.confirmed(room, medium);
        verify::verify(room, &trace).unwrap();
        plan::close(room, &trace).unwrap();
        trace
    }

    /// What an officer who read the plan says.
    pub(crate) fn care(ballot: &Ballot) -> Care {
        Care {
            sheet: Some("S-000001/1".parse().unwrap()),
            privileged: Some(ballot.privileged()),
            ticked: ballot.plan().ticked(),
        }
    }

    pub(crate) fn votes(&self, room: &mut Room, trace: &Trace, id: &str) -> Result<u64, Refused> {
        let ballot = Ballot::of(room, trace)?;
        let ask = ballot.ask(room, &id.parse().unwrap(), Vote::Yes(Self::care(&ballot)))?;
        let present = self.world.present(room, id)?;
        room.decide(ask, &present)
    }

    /// Chen and li approve.
    pub(crate) fn approved(&self, room: &mut Room, medium: &Path) -> Trace {
        let trace = self.planned(room, medium);
        for id in ["chen", "li"] {
            self.votes(room, &trace, id).unwrap();
        }
        trace
    }

    pub(crate) fn signs(&self, room: &mut Room, trace: &Trace) -> Result<(), Refused> {
        let token = room.login(pin())?;
        let signed = sign::answer(room, &token, &Actor::system(), trace, &mut |_| ControlFlow::Continue(()));
        room.logout(token)?;
        signed.map(drop)
    }

    pub(crate) fn seals(&self, room: &mut Room, trace: &Trace, anew: bool) -> Result<u64, Refused> {
        let token = room.login(pin())?;
        let sealed = seal::seal(room, &token, trace, anew);
        room.logout(token)?;
        sealed
    }

    /// The package leaves.
    pub(crate) fn exports(room: &mut Room, trace: &Trace, medium: &Path) -> Result<u64, Refused> {
        let kept = seal::kept(room, trace)?;
        room.desk_mut().export(&Actor::system(), &kept, medium)
    }

    /// The certificate that answers the request of this number, from the package as the importer opens it.
    pub(crate) fn issued(&self, room: &Room, trace: &Trace, number: usize) -> Vec<u8> {
        let kept = seal::kept(room, trace).unwrap();
        let plain = Sealed::parse(&kept.files[0].1).unwrap().open(&identity()).unwrap();
        let key = room.machine_key(Machine::Statement).unwrap();
        let container = Container::read(&plain, &PackageLayout, &key).unwrap();
        container.get(&format!("certs/{number:04}.pem")).unwrap().to_vec()
    }

    /// The entries of `room` that `is` says of.
    pub(crate) fn count(room: &Room, is: impl Fn(&Event) -> bool) -> usize {
        room.desk().entries().iter().filter(|entry| is(&entry.event)).count()
    }

    /// The digits of a row, as somebody reads them off the paper.
    pub(crate) fn paper(statement: &Statement, row: Row) -> String {
        Code::of(statement).sheet_rows()[row.index()][2..].to_owned()
    }
}
