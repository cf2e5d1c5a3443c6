//! The root that comes is certified by the old CA: from the package, from another node, or with the key that a node holds; and
//! every old CA that cannot carry it is refused beside one that can.

use std::fs;
use std::path::Path;
use std::process::Command;

use airlock::audit::entry::Actor;
use airlock::audit::event::Event;
use airlock::cluster::layout;
use airlock::cluster::role::Domain;
use airlock::devices::next_tree::NextTree;
use airlock::exchange::roots::RootStatus;
use airlock::issuance::authority::Authority;
use airlock::issuance::template;
use airlock::online::private_key::PrivateKey;
use airlock::online::request::Choice;
use airlock::online::room::Room;
use airlock::online::stage::{self, Bridge, Choice as Wanted, Goods, Plan, Staged, staged_on, variant_of};
use airlock::pki::certificate::Certificate;
use airlock::refusal::Refused;
use airlock::rotation::graph::Variant;

use crate::ca::{Wish, new_root, serial};
use crate::fleet::{fleet, split_all};
use crate::stage::accepted;
use crate::verify::Asked;
use crate::world::{NODES, choice, small};

impl Asked {
    fn bridge(&self, given: &[Certificate]) -> Result<Bridge, Refused> {
        let room = self.world.room();
        let goods = Goods::accepted(&room, &self.trace)?;
        Bridge::look(&room, &goods, &self.world.roots(), &Wanted::default(), given)
    }

    /// As `airlock online stage --bridge`.
    fn stage_bridge(&self, given: &[Certificate]) -> Result<Staged, Refused> {
        let crosses = self.bridge(given)?.carry_out(&mut self.world.room(), self.trace.as_str(), &Actor::system())?;
        let (room, wanted) = (self.world.room(), Wanted { crosses: Some(crosses), ..Wanted::default() });
        let plan = Plan::new(&room, Goods::accepted(&room, &self.trace)?, &self.world.roots(), &wanted)?;
        drop(room);
        stage::stage(&mut self.world.room(), &plan, &Actor::system())
    }

    fn live(&self, node: &str, path: &str) -> std::path::PathBuf {
        self.world.base.join(node).join(path)
    }

    fn cross(&self, node: &str, domain: Domain) -> Option<String> {
        fs::read_to_string(self.live(node, &layout::next(domain.cross_certificate()).unwrap())).ok()
    }

    /// How many times a key of an old CA was asked: announced, and done.
    fn signed(&self) -> (usize, usize) {
        let room = self.world.room();
        let count = |is_meant: fn(&Event) -> bool| room.desk().entries().iter().filter(|e| is_meant(&e.event)).count();
        (count(|event| matches!(event, Event::CrossIntent(_))), count(|event| matches!(event, Event::CrossSigned(_))))
    }

    /// Another old CA of Kubernetes on all nodes, its key on control planes.
    fn old_ca(&self, extensions: &str, days: u32) {
        let config = self.world.base.join("ca.cnf");
        let text = format!(
            "[req]\ndistinguished_name=dn\nprompt=no\nx509_extensions=ext\n[dn]\nCN=kubernetes\n[ext]\n{extensions}\n"
        );
        fs::write(&config, text).unwrap();
        let (certificate, key) =
            (self.live("cp1", Domain::Kubernetes.ca_certificate()), self.live("cp1", Domain::Kubernetes.ca_key()));
        let arguments =
            ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", &days.to_string()].map(str::to_owned);
        let told = Command::new("openssl")
            .args(arguments)
            .arg("-config")
            .arg(&config)
            .arg("-keyout")
            .arg(&key)
            .arg("-out")
            .arg(&certificate)
            .output()
            .unwrap();
        assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
        for node in &NODES[1..] {
            fs::copy(&certificate, self.live(node, Domain::Kubernetes.ca_certificate())).unwrap();
        }
    }
}

fn code(refused: &Result<Bridge, Refused>) -> &'static str {
    refused.as_ref().err().unwrap().reason().code
}

/// A day after the tests begin.
fn openssl_verifies(root: &Path, between: &str, leaf: &str, base: &Path) -> bool {
    let (chain, at) = (base.join("between.pem"), base.join("leaf.pem"));
    fs::write(&chain, between).unwrap();
    fs::write(&at, leaf).unwrap();
    let arguments = ["verify", "-attime", "1796259600", "-CAfile"];
    let told =
        Command::new("openssl").args(arguments).arg(root).arg("-untrusted").arg(&chain).arg(&at).output().unwrap();
    told.status.success()
}

/// As an earlier rotation leaves it: the root that comes, certified by the one that goes.
pub(crate) fn by_hand(root: &Certificate, asked: &Asked, days: u64) -> Certificate {
    let text = |path: &str| fs::read_to_string(asked.live("cp1", path)).unwrap();
    let old = Certificate::parse_foreign(&text(Domain::Kubernetes.ca_certificate())).unwrap();
    let issuer = Authority { domain: Domain::Kubernetes, status: RootStatus::Retiring, tbs: old.tbs().clone() };
    let validity = template::cross_validity(asked.world.now(), days * 86_400, root, &issuer.tbs).unwrap();
    let tbs = template::cross(root, &issuer, validity, serial()).unwrap();
    PrivateKey::parse(&text(Domain::Kubernetes.ca_key())).unwrap().certify(tbs).unwrap()
}

#[test]
fn the_old_ca_certifies_the_new_root_once_and_openssl_agrees() {
    let asked = accepted(small(), &Wish::default());
    let bridge = asked.bridge(&[]).unwrap();
    let signs = |domain: Domain| format!("{domain}: signed with {} of cp1", domain.ca_key());
    assert_eq!(bridge.lines(), [signs(Domain::Kubernetes), signs(Domain::Etcd)], "of front proxies nothing comes");
    assert!(bridge.signs() && asked.signed() == (0, 0), "looking signs nothing");
    let staged = asked.stage_bridge(&[]).unwrap();
    assert_eq!((staged.nodes.len(), asked.signed()), (4, (2, 2)));
    let room = asked.world.room();
    let events: Vec<_> = room.desk().entries().iter().map(|entry| &entry.event).collect();
    let at = |is_meant: fn(&Event) -> bool| events.iter().position(|event| is_meant(event)).unwrap();
    assert!(at(|e| matches!(e, Event::CrossIntent(_))) < at(|e| matches!(e, Event::CrossSigned(_))));
    assert!(at(|e| matches!(e, Event::CrossSigned(_))) < at(|e| matches!(e, Event::StageIntent(_))));
    for node in NODES {
        let (kubernetes, etcd) = (asked.cross(node, Domain::Kubernetes).unwrap(), asked.cross(node, Domain::Etcd));
        assert_eq!(etcd.is_some(), node != "w1", "a worker trusts nothing of etcd");
        let cross = Certificate::parse_pem(kubernetes.as_bytes()).unwrap();
        let old = fs::read_to_string(asked.live(node, Domain::Kubernetes.ca_certificate())).unwrap();
        let old = Certificate::parse_foreign(&old).unwrap();
        assert_eq!((cross.issuer(), cross.subject()), (old.subject(), asked.ca.roots[0].certificate.subject()));
        // Whatever the leaves of a node, it stands as long as both CAs do.
        let root = asked.ca.roots[0].certificate.validity().not_after();
        assert_eq!(cross.validity().not_after(), old.validity().not_after().min(root));
    }
    let goods = Goods::accepted(&room, &asked.trace).unwrap();
    for issued in goods.issued() {
        let domain = issued.request.profile.domain();
        let (old, cross) = (asked.live("cp1", domain.ca_certificate()), asked.cross("cp1", domain).unwrap());
        let leaf = issued.pem();
        assert!(openssl_verifies(&old, &cross, &leaf, &asked.world.base), "{domain}");
        assert!(!openssl_verifies(&old, &leaf, &leaf, &asked.world.base), "without it the old CA knows nobody");
    }
    let staged = |node| staged_on(&room, &asked.trace, node).unwrap();
    assert!(staged("w1").unwrap().contains_key(Domain::Kubernetes.cross_certificate()));
    assert_eq!(variant_of(&room, &asked.trace).unwrap(), Variant::Bridge);
    drop((goods, room));
    // What was signed once is not signed again.
    let again = asked.bridge(&[]).unwrap();
    assert_eq!(again.lines(), ["kubernetes: signed here before", "etcd: signed here before"]);
    assert_eq!((asked.stage_bridge(&[]).unwrap().written, asked.signed()), (0, (2, 2)));
    // And who stages without it goes the other way.
    asked.stage(&Wanted::default()).unwrap();
    assert_eq!(variant_of(&asked.world.room(), &asked.trace).unwrap(), Variant::DualTrust);
}

#[test]
fn a_node_without_the_key_takes_what_another_signed_and_nothing_else() {
    let asked = accepted(choice(&["scheduler"], &["cp1"]), &Wish::default());
    let root = &asked.ca.roots[0].certificate;
    let (right, short) = (by_hand(root, &asked, YEARS), by_hand(root, &asked, 40));
    for node in &NODES[..3] {
        fs::remove_file(asked.live(node, Domain::Kubernetes.ca_key())).unwrap();
    }
    assert_eq!(code(&asked.bridge(&[])), "BRIDGE_NO_KEY");
    let bridge = asked.bridge(std::slice::from_ref(&right)).unwrap();
    assert_eq!((bridge.lines(), bridge.signs()), (vec!["kubernetes: handed over".to_owned()], false));
    // Of another root; by another CA of the same name; and one that stands for nothing here.
    let etcd = fs::read_to_string(asked.live("cp1", Domain::Etcd.ca_certificate())).unwrap();
    let etcd = Certificate::parse_foreign(&etcd).unwrap();
    let said = asked.bridge(std::slice::from_ref(&short)).err().unwrap().to_string();
    assert!(said.contains("before the leaves that it stands behind"), "{said}");
    for wrong in [short, root.clone(), new_root(Domain::Kubernetes, "2026-2").certificate, etcd] {
        assert_eq!(code(&asked.bridge(&[wrong])), "BRIDGE_CROSS");
    }
    asked.old_ca(GOOD, 3650);
    assert_eq!(code(&asked.bridge(&[right])), "BRIDGE_CROSS", "the nodes trust another CA of that name");
    assert_eq!(asked.signed(), (0, 0));
}

/// Longer than any leaf has to live, in days.
pub(crate) const YEARS: u64 = 730;
const GOOD: &str = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash";

#[test]
fn an_old_ca_that_cannot_carry_it_is_refused() {
    let asked = accepted(choice(&["scheduler"], &["cp1"]), &Wish::default());
    let with = |more: &str| format!("{GOOD}\n{more}");
    for (extensions, why) in [
        (GOOD.replace("CA:TRUE", "CA:TRUE,pathlen:0"), "its path length"),
        (with("nameConstraints=permitted;DNS:example.org"), "its names are constrained"),
        (with("extendedKeyUsage=serverAuth"), "its usages are constrained"),
        (GOOD.replace("keyCertSign", "cRLSign"), "it may not sign"),
        (with("1.2.3.4=critical,ASN1:NULL"), "a critical extension"),
        (GOOD.replace("subjectKeyIdentifier=hash", "subjectKeyIdentifier=none"), "no key identifier"),
    ] {
        asked.old_ca(&extensions, 3650);
        let refused = asked.bridge(&[]);
        let said = refused.as_ref().err().unwrap().to_string();
        assert!(code(&refused) == "BRIDGE_LIMITED" && said.contains(why), "{said}");
    }
    asked.old_ca(GOOD, 20);
    assert_eq!(code(&asked.bridge(&[])), "BRIDGE_ENDS");
    asked.old_ca(&GOOD.replace("CA:TRUE", "CA:TRUE,pathlen:1"), 60);
    asked.bridge(&[]).unwrap();
    let third = fs::read_to_string(asked.live("cp1", Domain::Etcd.ca_certificate())).unwrap();
    let live = asked.live("cp2", Domain::Kubernetes.ca_certificate());
    let good = fs::read_to_string(&live).unwrap();
    fs::write(&live, format!("{good}{third}")).unwrap();
    assert_eq!(code(&asked.bridge(&[])), "BRIDGE_MANY");
    fs::write(&live, &good).unwrap();
    // Nothing comes for a worker here.
    let room = asked.world.room();
    let goods = Goods::accepted(&room, &asked.trace).unwrap();
    assert_eq!(code(&Bridge::look(&room, &goods, &[], &Wanted::default(), &[])), "BRIDGE_NOTHING");
    drop((goods, room));
    asked.stage_bridge(&[]).unwrap();
    let (old, cross) =
        (asked.live("cp1", Domain::Kubernetes.ca_certificate()), asked.cross("w1", Domain::Kubernetes).unwrap());
    let root = asked.ca.roots[0].certificate.to_pem();
    assert!(openssl_verifies(&old, &root, &cross, &asked.world.base), "and it ends when that CA does");
}

/// A package that was accepted and brings the root that comes, certified by the one that goes.
pub(crate) fn crossed(choice: Choice) -> (Asked, Certificate) {
    let mut asked = crate::verify::asked(choice);
    let cross = by_hand(&asked.ca.roots[0].certificate, &asked, YEARS);
    asked.ca.crosses.push((Domain::Kubernetes, cross.clone()));
    let done = asked.import(&Wish::default());
    assert!(done.accepted.is_some(), "{:#?}", done.checks);
    (asked, cross)
}

#[test]
fn what_the_package_brings_spares_the_old_key() {
    let (asked, cross) = crossed(choice(&["scheduler"], &["cp1"]));
    assert_eq!(asked.bridge(&[]).unwrap().lines(), ["kubernetes: from the package"]);
    asked.stage_bridge(&[]).unwrap();
    assert_eq!((asked.cross("w1", Domain::Kubernetes), asked.signed()), (Some(cross.to_pem()), (0, 0)));
    // By a CA that the nodes do not trust it spares nothing.
    asked.old_ca(GOOD, 3650);
    assert!(asked.bridge(&[]).unwrap().signs());
}

#[test]
fn a_node_that_holds_no_key_bridges_by_what_its_own_package_brings() {
    let (mut asked, cross) = crossed(choice(&["etcd-peer", "scheduler"], &["cp1"]));
    let cp1 = &fleet(&["cp1"], &mut asked)[0];
    cp1.accept(&asked.world, &split_all(&asked)["cp1"]).unwrap();
    let root = cp1.base.join("root");
    fs::remove_file(root.join(Domain::Kubernetes.ca_key())).unwrap();
    let mut room = cp1.room(&asked.world);
    let bridges = |room: &Room, crosses| {
        stage::Wish { bridge: true, crosses, ..stage::Wish::default() }.look(room, &asked.trace, &cp1.roots())
    };
    let looked = bridges(&room, Vec::new()).unwrap();
    let signed = format!("etcd: signed with {} of cp1", Domain::Etcd.ca_key());
    assert_eq!(looked.bridge(), ["kubernetes: from the package".to_owned(), signed]);
    looked.carry_out(&mut room, &asked.trace, &cp1.roots(), &Actor::system()).unwrap();
    let lies = |domain: Domain| NextTree::of(&root).read(domain.cross_certificate()).unwrap().unwrap();
    assert_eq!(*lies(Domain::Kubernetes), *cross.to_pem().as_bytes());
    // What it signed itself the others are given, and a root of another domain is no stranger.
    let given = root.join("given");
    fs::write(&given, &*lies(Domain::Etcd)).unwrap();
    assert_eq!(bridges(&room, vec![given]).unwrap().bridge()[1], "etcd: handed over");
}
