//! What comes back is accepted only if it is exactly what was asked and approved.

use std::fs;

use airlock::audit::entry::Outcome;
use airlock::audit::event::Event;
use airlock::cluster::role::Role;
use airlock::exchange::arrival::Files;
use airlock::exchange::cert_package::draft::{Answer, Draft};
use airlock::exchange::csr_bundle::BundleRequest;
use airlock::exchange::draw::Sharing;
use airlock::exchange::enrolment::record::EnrolmentRecord;
use airlock::exchange::paper::channel::Channel;
use airlock::exchange::signature::{self, Namespace};
use airlock::exchange::trace::Trace;
use airlock::online::private_key::PrivateKey;
use airlock::online::request::Choice;
use airlock::online::verify::{self, Verification};
use airlock::pki::certificate::Certificate;
use airlock::pki::csr::Csr;
use airlock::pki::extension::{Extension, Extensions, oid};
use airlock::pki::key::KeyType;
use airlock::pki::name::Name;
use airlock::pki::san::{AltName, SubjectAltNames};
use airlock::refusal::Refused;
use airlock::report::checks::{CheckId, Status};
use airlock::wire::digest::Digest;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};

use crate::ca::{self, Ca, Wish};
use crate::world::{self, World, choice, small};

/// A host that has asked, and the CA that it asked.
pub(crate) struct Asked {
    pub(crate) world: World,
    pub(crate) ca: Ca,
    pub(crate) record: EnrolmentRecord,
    pub(crate) trace: Trace,
}

pub(crate) fn asked(choice: Choice) -> Asked {
    asked_in(World::new(), choice)
}

pub(crate) fn asked_in(world: World, choice: Choice) -> Asked {
    let record = world.introduce("enrolment");
    let mut ca = Ca::new(&world);
    world.pin(&ca.record(1));
    let trace = world.request(choice, None, "stick").unwrap();
    ca.host.now = world.now().plus(3600);
    world.wait(7200);
    Asked { world, ca, record, trace }
}

impl Asked {
    pub(crate) fn answer(&mut self, wish: &Wish<'_>) -> std::path::PathBuf {
        let files = self.world.files(&self.world.base.join("stick"));
        let files = self.ca.answers(files, &self.record, wish).unwrap();
        self.world.carry(&files, "return")
    }

    pub(crate) fn import(&mut self, wish: &Wish<'_>) -> Verification {
        let medium = self.answer(wish);
        self.world.import(&medium).unwrap()
    }
}

/// The one check that refused, and its code.
pub(crate) fn refused(done: &Verification) -> (CheckId, String) {
    assert_eq!(done.accepted, None);
    let failed: Vec<_> = done.checks.all().iter().filter(|check| check.status() == Status::Fail).collect();
    assert_eq!(failed.len(), 1, "{:#?}", done.checks);
    let results = done.checks.results();
    let result = results.iter().find(|one| one.status == "fail").unwrap();
    (failed[0].id(), result.code.clone().unwrap())
}

#[test]
fn a_package_that_answers_exactly_is_accepted_and_written_down() {
    let mut asked = asked(small());
    let done = asked.import(&Wish::default());
    assert!(done.accepted.is_some(), "{:#?}", done.checks);
    let ids: Vec<_> = done.checks.all().iter().map(|check| check.id().as_str()).collect();
    let all: Vec<_> = (1..=13).map(|n| format!("W{n:02}")).collect();
    assert_eq!(ids, all);
    assert_eq!(done.checks.status(), Status::Ok, "{:#?}", done.checks);
    assert_eq!((done.issued, done.denied.len()), (2, 0));
    let room = asked.world.room();
    let events: Vec<_> = room.desk().entries().iter().rev().take(2).map(|entry| &entry.event).collect();
    assert!(matches!(events.as_slice(), [Event::PackageAccepted(_), Event::Verified(_)]));
}

#[test]
fn what_was_denied_is_told_and_the_rest_goes_on() {
    let mut asked = asked(small());
    let policy = |text: String| text.replace("super-admin = 92", "super-admin = 92\nscheduler = 10");
    let done = asked.import(&Wish { policy: &policy, ..Wish::default() });
    assert!(done.accepted.is_some(), "{:#?}", done.checks);
    assert_eq!((done.checks.status(), done.issued, done.denied.len()), (Status::Warn.max(Status::Deny), 1, 1));
    let w05 = done.checks.results().into_iter().find(|one| one.id == "W05").unwrap();
    assert_eq!(w05.code.as_deref(), Some("POLICY_CHANGED"), "a policy of other bytes is another policy");
}

/// Each wish leads to a package that is refused by this check with this code, and consumes nothing.
fn refuses(choice: Choice, wish: &Wish<'_>, check: CheckId, code: &str) {
    let mut asked = asked(choice);
    let done = asked.import(wish);
    assert_eq!(refused(&done), (check, code.to_owned()), "{:#?}", done.checks);
    let room = asked.world.room();
    assert!(room.history().outstanding().is_some(), "a package that fails consumes nothing");
    let last = room.desk().entries().last().unwrap();
    assert!(matches!(last.event, Event::Verified(_)) && last.outcome == Outcome::Denied(code.to_owned()));
    let receipts = room.history();
    assert_eq!(receipts.receipts().len(), 1, "the CA is told of it");
}

#[test]
fn w01_for_another_recipient() {
    let other = "age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg";
    let package = |draft: &mut Draft<'_>| draft.recipients = vec![other.parse().unwrap()];
    refuses(small(), &Wish { package: &package, ..Wish::default() }, CheckId::W01, "SEAL_NOT_FOR_US");
}

#[test]
fn w04_a_sequence_number_that_does_not_follow() {
    let mut asked = asked(small());
    asked.ca.package_seq = 4000;
    let done = asked.import(&Wish::default());
    assert_eq!(refused(&done), (CheckId::W04, "SEQUENCE".to_owned()));
}

#[test]
fn w04_too_late() {
    let mut asked = asked(small());
    let medium = asked.answer(&Wish::default());
    let statement = asked.world.receive(&medium).unwrap();
    let mut room = asked.world.room();
    asked.world.types(&mut room, &statement, "zhang-wei", Sharing::Whole);
    asked.world.wait(15 * 86_400);
    let done = asked.world.verify(&mut room, &asked.trace).unwrap();
    assert_eq!(refused(&done), (CheckId::W04, "VERIFY_EXPIRED".to_owned()));
}

#[test]
fn w05_too_few_officers_whatever_the_package_says() {
    let wish = Wish { approvers: &["chen", "zhao"], ..Wish::default() };
    refuses(small(), &wish, CheckId::W05, "QUORUM_OFFICERS");
}

#[test]
fn w05_rows_entered_by_a_program() {
    let wish = Wish { channel: Channel::Scripted, ..Wish::default() };
    refuses(small(), &wish, CheckId::W05, "PACKAGE_SCRIPTED");
}

#[test]
fn w05_announced_after_the_plan_had_expired() {
    let wish = Wish { pause: 86_400 + 60, ..Wish::default() };
    let mut asked = asked(small());
    asked.world.wait(2 * 86_400);
    let done = asked.import(&wish);
    assert_eq!(refused(&done), (CheckId::W05, "VERIFY_ANNOUNCED".to_owned()));
}

#[test]
fn w05_announced_under_a_plan_that_nobody_approved() {
    let wish = Wish { elsewhere: true, ..Wish::default() };
    refuses(small(), &wish, CheckId::W05, "VERIFY_ANNOUNCED");
}

#[test]
fn w05_a_plan_for_another_enrolment() {
    let wish = Wish { enrolment: Some(Digest::of(b"another")), ..Wish::default() };
    refuses(small(), &wish, CheckId::W05, "VERIFY_ENROLMENT");
}

#[test]
fn w05_an_effect_that_is_not_in_the_plan() {
    let dropped = |draft: &mut Draft<'_>| draft.crls.clear();
    refuses(small(), &Wish { package: &dropped, ..Wish::default() }, CheckId::W05, "VERIFY_EFFECT");
    let fewer = |draft: &mut Draft<'_>| draft.roots.truncate(2);
    refuses(small(), &Wish { package: &fewer, ..Wish::default() }, CheckId::W05, "VERIFY_EFFECT");
    let other = "age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg";
    let read_along = |draft: &mut Draft<'_>| draft.recipients.push(other.parse().unwrap());
    refuses(small(), &Wish { package: &read_along, ..Wish::default() }, CheckId::W05, "VERIFY_EFFECT");
    let denied = |draft: &mut Draft<'_>| {
        draft.answers[0] = Answer::Denied { codes: vec!["K1".to_owned()], note: None };
    };
    refuses(small(), &Wish { package: &denied, ..Wish::default() }, CheckId::W05, "VERIFY_EFFECT");
}

#[test]
fn w06_a_signature_by_another_key() {
    let forged = |draft: &mut Draft<'_>| {
        let Answer::Issued { certificate, profile } = draft.answers[0].clone() else { panic!() };
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let certificate = Certificate::parse_der(certificate.der).unwrap();
        let signed = Box::leak(Box::new(certificate.tbs().clone().assemble(&ca::sign(&key, certificate.tbs_der()))));
        draft.answers[0] = Answer::Issued { certificate: (&*signed).into(), profile };
    };
    refuses(small(), &Wish { package: &forged, ..Wish::default() }, CheckId::W06, "PATH_SIGNATURE");
}

#[test]
fn w06_an_issuer_that_leads_to_no_pinned_root() {
    let old = fs::read_to_string(world::fixture("cluster/kubeadm-ha/cp1/etc/kubernetes/pki/ca.crt")).unwrap();
    let chain = vec![Certificate::parse_foreign(&old).unwrap()].leak();
    let package = |draft: &mut Draft<'_>| draft.chain = chain;
    refuses(small(), &Wish { package: &package, ..Wish::default() }, CheckId::W06, "VERIFY_CHAIN");
}

#[test]
fn w07_a_certificate_for_another_key() {
    let asked = |requests: &mut Vec<BundleRequest>| {
        let csr = requests[0].csr.as_ref().unwrap();
        let key = PrivateKey::generate(KeyType::P256).unwrap();
        requests[0].csr = Ok(key.request(csr.subject(), csr.requested()).unwrap());
    };
    refuses(small(), &Wish { asked: &asked, ..Wish::default() }, CheckId::W07, "VERIFY_KEY");
}

#[test]
fn w08_another_profile_with_the_same_names() {
    let asked = |requests: &mut Vec<BundleRequest>| requests[0].entry.profile = Role::EtcdServer;
    refuses(small(), &Wish { asked: &asked, ..Wish::default() }, CheckId::W08, "VERIFY_PROFILE");
}

/// The CA certifies what nobody asked for, under the key that we sent: whoever has that key had a hand in it.
fn w08(role: &str, change: impl Fn(&Csr) -> (Name, Extensions), code: &str) {
    let mut asked = asked(choice(&[role], &["cp1"]));
    let role: Role = role.parse().unwrap();
    let path = role.certificate_path().replace(".crt", ".key").replace("etc/kubernetes/", "etc/kubernetes.next/");
    let pem = fs::read_to_string(asked.world.base.join("cp1").join(path)).unwrap();
    let key = PrivateKey::parse(&pem).unwrap();
    let forge = |requests: &mut Vec<BundleRequest>| {
        let (subject, extensions) = change(requests[0].csr.as_ref().unwrap());
        requests[0].csr = Ok(key.request(&subject, &extensions).unwrap());
    };
    let done = asked.import(&Wish { asked: &forge, ..Wish::default() });
    assert_eq!(refused(&done), (CheckId::W08, code.to_owned()), "{:#?}", done.checks);
}

#[test]
fn w08_another_subject() {
    let masters = [("O", "system:masters"), ("CN", "kube-apiserver-kubelet-client")];
    let change = |csr: &Csr| (Name::from_pairs(&masters).unwrap(), csr.requested().clone());
    w08("apiserver-kubelet-client", change, "VERIFY_SUBJECT");
}

#[test]
fn w08_a_name_that_was_not_asked_for() {
    let change = |csr: &Csr| {
        let mut names = csr.subject_alt_names().unwrap().names().to_vec();
        names.push(AltName::Dns("cp2".to_owned()));
        let value = SubjectAltNames::from_names(&names).unwrap().der().to_vec();
        let extension = Extension { oid: oid::SUBJECT_ALT_NAME, critical: false, value };
        (csr.subject().clone(), Extensions::new(vec![extension]).unwrap())
    };
    w08("apiserver", change, "VERIFY_NAMES");
}

#[test]
fn w10_times_that_do_not_fit() {
    let longer = |requests: &mut Vec<BundleRequest>| requests[0].entry.validity_s += 86_400;
    refuses(small(), &Wish { asked: &longer, ..Wish::default() }, CheckId::W10, "VERIFY_TOO_LONG");
    let short = |requests: &mut Vec<BundleRequest>| requests[0].entry.validity_s = 3600;
    refuses(small(), &Wish { asked: &short, ..Wish::default() }, CheckId::W10, "VERIFY_ENDED");
    let mut early = asked(small());
    early.ca.host.wait(86_400);
    let done = early.import(&Wish::default());
    assert_eq!(refused(&done), (CheckId::W10, "VERIFY_NOT_YET".to_owned()));
}

#[test]
fn w11_a_certificate_that_the_crl_beside_it_revokes() {
    let wish = Wish { revoke: true, ..Wish::default() };
    refuses(choice(&["scheduler"], &["cp1"]), &wish, CheckId::W11, "VERIFY_REVOKED");
}

#[test]
fn w13_a_root_that_nobody_asked_for() {
    let mut asked = asked(small());
    let fewer = asked.ca.record_of(2, &[0, 1]);
    asked.world.pin(&fewer);
    let done = asked.import(&Wish::default());
    assert_eq!(refused(&done), (CheckId::W13, "VERIFY_TRUST".to_owned()), "{:#?}", done.checks);
}

/// A second exchange, after the first one was accepted.
fn second() -> Asked {
    let mut first = asked(small());
    assert!(first.import(&Wish::default()).accepted.is_some());
    let trace = first.world.request(choice(&["scheduler"], &["cp2"]), None, "stick2").unwrap();
    first.ca.host.now = first.world.now().plus(60);
    first.world.wait(3600);
    for name in ["stick", "return"] {
        fs::remove_dir_all(first.world.base.join(name)).unwrap();
    }
    fs::rename(first.world.base.join("stick2"), first.world.base.join("stick")).unwrap();
    Asked { trace, ..first }
}

#[test]
fn w12_the_second_package_extends_what_the_first_one_proved() {
    let mut good = second();
    let done = good.import(&Wish { crl: Some(20_261_202_020_000), ..Wish::default() });
    assert!(done.accepted.is_some(), "{:#?}", done.checks);
    assert_eq!(good.world.room().history().crls().len(), 1);
    let mut forgetful = second();
    forgetful.ca.seen = None;
    let done = forgetful.import(&Wish::default());
    assert_eq!(refused(&done), (CheckId::W12, "PACKAGE_CONSISTENCY".to_owned()));
}

#[test]
fn w11_a_crl_does_not_go_back() {
    let mut older = second();
    let done = older.import(&Wish { crl: Some(20_251_202_000_000), ..Wish::default() });
    assert_eq!(refused(&done), (CheckId::W11, "VERIFY_CRL_OLDER".to_owned()));
}

#[test]
fn nothing_is_opened_before_its_rows_were_typed_and_its_request_stands() {
    let mut asked = asked(small());
    let medium = asked.answer(&Wish::default());
    let code = |refused: Refused| refused.reason().code;
    let ready = |world: &World, trace: &Trace| verify::ready(&world.room(), trace).map(drop).map_err(code);
    assert_eq!(ready(&asked.world, &asked.trace), Err("TRANSFER_UNKNOWN"));
    let statement = asked.world.receive(&medium).unwrap();
    assert_eq!(ready(&asked.world, &asked.trace), Err("ROWS_MISSING"));
    let mut room = asked.world.room();
    asked.world.types(&mut room, &statement, "zhang-wei", Sharing::Halves);
    drop(room);
    assert_eq!(ready(&asked.world, &asked.trace), Err("ROWS_MISSING"));
    let mut room = asked.world.room();
    asked.world.types(&mut room, &statement, "liu-yang", Sharing::Halves);
    drop(room);
    assert_eq!(ready(&asked.world, &asked.trace), Ok(()));
    let stranger = Trace::new(asked.world.now(), [9; 5]);
    assert_eq!(ready(&asked.world, &stranger), Err("VERIFY_NOT_OUTSTANDING"));
}

#[test]
fn one_package_answers_one_request_once() {
    let mut asked = asked(small());
    let bundle = asked.world.files(&asked.world.base.join("stick"));
    let bundle = asked.ca.take(bundle, &asked.record);
    let first = asked.ca.answers_bundle(&bundle, &asked.record, &Wish::default()).unwrap();
    let second = asked.ca.answers_bundle(&bundle, &asked.record, &Wish::default()).unwrap();
    let (first, second) = (asked.world.carry(&first, "first"), asked.world.carry(&second, "second"));
    assert!(asked.world.import(&first).unwrap().accepted.is_some());
    let code = |medium| asked.world.receive(medium).map(drop).map_err(|refused| refused.reason().code);
    assert_eq!(code(&second), Err("ARRIVAL_SPENT"));
    assert_eq!(code(&first), Ok(()), "the same may come again until it is staged");
    let again = verify::ready(&asked.world.room(), &asked.trace).map(drop).map_err(|refused| refused.reason().code);
    assert_eq!(again, Err("VERIFY_NOT_OUTSTANDING"));
}

#[test]
fn a_voided_request_is_not_answered_any_more() {
    let mut asked = asked(small());
    let medium = asked.answer(&Wish::default());
    asked.world.request(small(), Some(asked.trace.clone()), "stick2").unwrap();
    assert_eq!(asked.world.receive(&medium).unwrap_err().reason().code, "ARRIVAL_UNASKED");
}

#[test]
fn only_the_enrolled_ca_is_listened_to() {
    let mut asked = asked(small());
    let files = asked.world.files(&asked.world.base.join("stick"));
    let files = asked.ca.answers(files, &asked.record, &Wish::default()).unwrap();
    let other = String::from_utf8(files.statement.clone()).unwrap().replace("root-ca-01", "root-ca-02");
    let signature = signature::sign(&world::key(ca::STATEMENT), Namespace::Statement, other.as_bytes()).unwrap();
    let forged = Files { statement: other.into_bytes(), signature: signature.into_bytes(), ..copy(&files) };
    let medium = asked.world.carry(&forged, "forged");
    assert_eq!(asked.world.receive(&medium).unwrap_err().reason().code, "ARRIVAL_UNKNOWN");
    let unsigned = signature::sign(&world::key(99), Namespace::Statement, &files.statement).unwrap();
    let medium = asked.world.carry(&Files { signature: unsigned.into_bytes(), ..copy(&files) }, "unsigned");
    assert_eq!(asked.world.receive(&medium).unwrap_err().reason().code, "SIGNATURE_KEY");
    let stranger = World::new();
    let medium = stranger.carry(&files, "return");
    assert_eq!(stranger.receive(&medium).unwrap_err().reason().code, "ROOM_NOT_ENROLLED");
}

fn copy(files: &Files) -> Files {
    let Files { set, payload, statement, signature } = files;
    Files { set: set.clone(), payload: payload.clone(), statement: statement.clone(), signature: signature.clone() }
}
