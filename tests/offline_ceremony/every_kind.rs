//! Every row of the table is issued in one ceremony, the three intermediates among them, and judged by pkilint and openssl.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use airlock::cluster::role::{Domain, Role};
use airlock::devices::hsm::IssuerKeyType;
use airlock::exchange::draw::Sharing;
use airlock::exchange::roots::RootStatus;
use airlock::offline::receive::receive;
use airlock::offline::{plan, verify};
use airlock::pki::csr::Csr;

use crate::rig::{tool, with_token};
use crate::scene::{Scene, asks, fixture, prod};
use crate::world::{AUDITOR, policy};

/// A CSR that openssl makes, and its key in a file beside it.
fn made_online(dir: &Path, role: Role) -> Csr {
    let at = |end: &str| dir.join(format!("{}.{end}", role.id())).to_str().unwrap().to_owned();
    let subject = role.identity().subjects[0].iter().map(|(name, value)| format!("/{name}={value}"));
    let subject = subject.collect::<String>();
    let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-keyout", &at("key")];
    tool("openssl", &[["req", "-new", "-subj", &subject].as_slice(), &key, &["-out", &at("csr")]].concat());
    Csr::parse_foreign(&fs::read_to_string(at("csr")).unwrap()).unwrap()
}

#[test]
fn every_row_of_the_table_is_issued_and_found_without_fault() {
    with_token(every_row_of_the_table_is_issued_and_found_without_fault, |rig| {
        let online = policy().replacen("mode = \"leaves\"", "mode = \"intermediates\"", 1);
        let record = fixture("cluster/prod-1.cluster.json");
        let (scene, mut room) = Scene::under(rig, &online, &record, IssuerKeyType::P384);
        let wishes: Vec<_> = Role::ALL.iter().map(|role| asks(*role, "cp1")).collect();
        let certs = scene.medium("certs");
        let (medium, statement) = scene.bundle(&room, 1, &wishes, |draft| {
            for wanted in draft.requests.iter_mut().filter(|wanted| wanted.profile.identity().is_ca) {
                wanted.csr = Box::leak(Box::new(made_online(&certs, wanted.profile)));
            }
        });
        receive(&mut room, &medium).unwrap();
        for id in ["chen", "li", "wang"] {
            scene.types(&mut room, &statement, id, Sharing::Whole);
        }
        let trace = statement.lines().trace.clone();
        verify::verify(&mut room, &trace).unwrap();
        let closed = plan::close(&mut room, &trace).unwrap();
        assert_eq!(closed.plan.fields().denials, []);
        // Intermediates are as much of a change of trust as roots are.
        assert_eq!(closed.plan.fields().rule.name.as_str(), "root");
        for id in ["chen", "li", "wang", AUDITOR] {
            scene.votes(&mut room, &trace, id).unwrap();
        }
        scene.signs(&mut room, &trace).unwrap();
        scene.seals(&mut room, &trace, false).unwrap();

        for (at, role) in Role::ALL.iter().enumerate() {
            let pem = scene.issued(&room, &trace, at + 1);
            fs::write(certs.join(format!("{}.pem", role.id())), pem).unwrap();
        }
        let holding = room.holding(&prod()).unwrap();
        for domain in Domain::ALL {
            let root = &holding.root(domain, RootStatus::Current).unwrap().certificate;
            fs::write(certs.join(format!("{domain}-root.pem")), root.to_pem()).unwrap();
        }
        for (domain, crl) in holding.crls() {
            fs::write(certs.join(format!("{domain}.crl")), crl.to_pem()).unwrap();
        }
        judged_by_pkilint(&certs);
        judged_by_openssl(&certs);
    });
}

/// Every certificate under its root; under each intermediate one that openssl signs with its key, and one that it may not.
fn judged_by_openssl(certs: &Path) {
    let root = |domain: Domain| certs.join(format!("{domain}-root.pem")).to_str().unwrap().to_owned();
    let at = |name: &str| certs.join(name).to_str().unwrap().to_owned();
    for role in Role::ALL {
        let file = at(&format!("{}.pem", role.id()));
        assert!(
            tool("openssl", &["verify", "-x509_strict", "-CAfile", &root(role.identity().domain), &file])
                .contains("OK")
        );
    }
    for (role, good, bad) in [
        (Role::IntermediateKubernetes, "DNS:w1,IP:10.66.0.21", "DNS:kubernetes"),
        (Role::IntermediateEtcd, "DNS:cp1,IP:10.66.0.11,IP:127.0.0.1", "DNS:w2"),
        (Role::IntermediateFrontProxy, "", "DNS:cp1"),
    ] {
        let root = root(role.identity().domain);
        let above = ["verify", "-x509_strict", "-CAfile", &root, "-untrusted", &at(&format!("{}.pem", role.id()))]
            .map(str::to_owned);
        let verifies = |leaf: &PathBuf| {
            let output = Command::new("openssl").args(&above).arg(leaf).output().unwrap();
            String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
        };
        let leaf = below(certs, role, "CA:FALSE", good);
        assert!(verifies(&leaf).contains(": OK"), "{role}: {}", verifies(&leaf));
        let stranger = below(certs, role, "CA:FALSE", bad);
        let said = verifies(&stranger);
        assert!(
            said.contains("permitted subtree violation") || said.contains("excluded subtree violation"),
            "{role}: {said}"
        );
        // pathLen 0: no CA below it.
        let ca = below(certs, role, "CA:TRUE", good);
        let leaf = signed(&certs.join("below"), &ca, &ca.with_extension("key"), "CA:FALSE", good);
        let output = Command::new("openssl").args(&above).arg("-untrusted").arg(&ca).arg(leaf).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("path length constraint exceeded"), "{role}: {said}");
    }
}

/// A certificate right below an intermediate.
fn below(certs: &Path, role: Role, basic: &str, names: &str) -> PathBuf {
    let own = certs.join(format!("{}.pem", role.id()));
    signed(&certs.join("below"), &own, &own.with_extension("key"), basic, names)
}

/// A certificate that openssl signs with the key of `issuer`; its own key lies beside it.
fn signed(dir: &Path, issuer: &Path, issuer_key: &Path, basic: &str, names: &str) -> PathBuf {
    fs::create_dir_all(dir).unwrap();
    let number = fs::read_dir(dir).unwrap().count();
    let at = |end: &str| dir.join(format!("{number}.{end}")).to_str().unwrap().to_owned();
    let usage = if basic == "CA:TRUE" { "keyCertSign" } else { "digitalSignature" };
    let names = if names.is_empty() { String::new() } else { format!("subjectAltName={names}\n") };
    let extensions = format!(
        "basicConstraints=critical,{basic}\nkeyUsage=critical,{usage}\nsubjectKeyIdentifier=hash\n\
         authorityKeyIdentifier=keyid\n{names}"
    );
    fs::write(at("ext"), extensions).unwrap();
    let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-keyout", &at("key")];
    let subject = format!("/CN=below-{number}");
    tool("openssl", &[["req", "-new", "-subj", &subject].as_slice(), &key, &["-out", &at("csr")]].concat());
    let by = ["-CA", issuer.to_str().unwrap(), "-CAkey", issuer_key.to_str().unwrap(), "-days", "1"];
    tool(
        "openssl",
        &[["x509", "-req", "-in", &at("csr"), "-extfile", &at("ext"), "-out", &at("crt")].as_slice(), &by].concat(),
    );
    at("crt").into()
}

fn judged_by_pkilint(certs: &Path) {
    let of = |path: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if !of("target/lint/bin/lint_pkix_cert").exists() {
        println!("skipped: pkilint is not installed (scripts/setup)");
        return;
    }
    let lint = Command::new(of("scripts/lint")).arg(certs).output().unwrap();
    let said = String::from_utf8_lossy(&[lint.stdout, lint.stderr].concat()).into_owned();
    assert!(lint.status.success(), "{said}");
    assert!(said.contains("lint: 22 certificates and CRLs, 0 with findings"), "{said}");
}
