//! Plans: what is closed can be read, and what does not fit together cannot.

use proptest::prelude::*;

use super::draft::{Draft, DraftError};
use super::fields::{Denial, DenialCode, KeyEvent, KeyEventReason, KeyEventWhat, PlanFields};
use super::order::Kind;
use super::*;
use crate::cluster::role::{Domain, Role};
use crate::exchange::approval::rule::RuleName;
use crate::exchange::csr_bundle::manifest::{TrustChange, TrustOp};
use crate::exchange::roots::{RootName, RootStatus};
use crate::issuance::authority::{Authorities, Authority};
use crate::issuance::crl;
use crate::issuance::policy::DAY;
use crate::issuance::rule::violation::Code;
use crate::issuance::specimen::ceremony::{answer, kinds, roster};
use crate::issuance::specimen::history::{closed, entries, intent, order as announced};
use crate::issuance::specimen::wish::{fixture, numbered};
use crate::issuance::specimen::{World, dns, now, root, serial};
use crate::issuance::template;
use crate::pki::crl::RevocationReason;
use crate::refusal::Refusal as _;
use crate::wire::digest::Digest;
use crate::wire::json;

/// Two leaves, a privileged one and a denied one.
fn plan(world: &World) -> Plan {
    let mut denied = world.wish(Role::KubeletServer, "cp1");
    denied.names(&[dns("elsewhere")]);
    let wishes = [(Role::Apiserver, "cp1"), (Role::Admin, "cp1"), (Role::EtcdPeer, "cp2")];
    let mut made: Vec<_> = wishes.iter().map(|(role, node)| world.wish(*role, node).make()).collect();
    made.insert(2, denied.make());
    world.draft(&roster(), &numbered(made)).close(&world.reference()).unwrap()
}

#[test]
fn a_closed_plan_reads_back() {
    let world = World::default();
    let plan = plan(&world);
    let read = Plan::load(plan.json(), plan.tbs_file(), &world.reference()).unwrap();
    assert_eq!((read.fields(), read.sha256()), (plan.fields(), Digest::of(plan.json())));
    assert_eq!(kinds(&plan), [Kind::Leaf; 3]);
    assert_eq!(plan.ticked().iter().map(ToString::to_string).collect::<Vec<_>>(), ["0002"]);
    assert_eq!(plan.fields().denials[0].codes.iter().map(ToString::to_string).collect::<Vec<_>>(), ["S1", "S3"]);
    for (order, tbs) in plan.orders() {
        assert_eq!(plan.order(order.n), Some((order, tbs)));
        assert_eq!(order.tbs_sha256, Digest::of(tbs));
    }
    assert!(plan.order(0).is_none() && plan.order(4).is_none());
    assert_eq!(plan.fields().expires, now().plus(86_400));
    assert_eq!(plan.fields().rule.name, RuleName::Privileged);
}

#[test]
fn an_importer_reads_it_without_the_policy() {
    let world = World::default();
    let plan = plan(&world);
    let reference = Reference { policy: None, ..world.reference() };
    assert!(Plan::load(plan.json(), plan.tbs_file(), &reference).is_ok());
}

/// The plan with its fields changed, read again.
fn changed(world: &World, plan: &Plan, change: impl FnOnce(&mut PlanFields)) -> Result<Plan, PlanError> {
    let mut fields = plan.fields().clone();
    change(&mut fields);
    Plan::load(&json::to_vec(&fields).unwrap(), plan.tbs_file(), &world.reference())
}

fn code(world: &World, plan: &Plan, change: impl FnOnce(&mut PlanFields)) -> &'static str {
    changed(world, plan, change).unwrap_err().reason().code
}

#[test]
fn r01_what_a_plan_says_of_itself_fits_together() {
    let world = World::default();
    let plan = plan(&world);
    assert!(changed(&world, &plan, |_| {}).is_ok());
    let other = Digest::of(b"other");
    let root = |status| RootName { domain: Domain::Etcd, sha256: other, status };
    for (change, expected) in [
        (&(|f: &mut PlanFields| f.format = "airlock.plan/2".to_owned()) as &dyn Fn(&mut PlanFields), "PLAN_HEAD"),
        (&|f| f.ca = "cluster:prod-1".parse().unwrap(), "PLAN_HEAD"),
        (&|f| f.cluster.name = "Prod".to_owned(), "PLAN_HEAD"),
        (&|f| f.expires = f.expires.plus(1), "PLAN_HEAD"),
        (&|f| f.clock.not_before_backdating_s = 0, "PLAN_HEAD"),
        (&|f| f.rule.officers = 0, "PLAN_HEAD"),
        (&|f| f.rule.officers = 5, "PLAN_HEAD"),
        (&|f| f.cluster.uid = None, "PLAN_HEAD"),
        (&|f| f.statement_sha256 = None, "PLAN_HEAD"),
        (&|f| f.bundle_seq = None, "PLAN_HEAD"),
        (&|f| f.nonce = None, "PLAN_HEAD"),
        (&|f| f.nonce.as_mut().unwrap().0.push(0), "PLAN_HEAD"),
        (&|f| f.recipients.clear(), "PLAN_HEAD"),
        (&|f| f.recipients.push(f.recipients[0].clone()), "PLAN_HEAD"),
        (&|f| f.roots = vec![root(RootStatus::Next), root(RootStatus::Current)], "PLAN_HEAD"),
        (&|f| f.prior_rejections = vec![other, other], "PLAN_HEAD"),
        (&|f| f.operation = fields::PlanOperation::Ca, "PLAN_HEAD"),
        (&|f| f.trust_ops.push(TrustOp { domain: Domain::Etcd, op: TrustChange::IntroduceRoot }), "PLAN_NOT_ALONE"),
    ] {
        assert_eq!(code(&world, &plan, change), expected);
    }
}

#[test]
fn r22_every_request_is_answered_once() {
    let world = World::default();
    let plan = plan(&world);
    let denial = |f: &PlanFields| f.denials[0].clone();
    for change in [
        &(|f: &mut PlanFields| f.denials.clear()) as &dyn Fn(&mut PlanFields),
        &|f| f.denials.push(denial(f)),
        &|f| f.denials.push(Denial { request: f.orders[0].request, ..denial(f) }),
        &|f| f.denials[0].codes.clear(),
        &|f| f.denials[0].codes.reverse(),
        &|f| f.denials[0].request = None,
        &|f| f.orders[0].n = 2,
        &|f| f.orders.swap(0, 1),
        &|f| f.orders[0].request = f.orders[1].request,
        &|f| f.orders[0].request = None,
        &|f| f.orders[0].profile = None,
        &|f| f.orders[0].profile = Some(Role::IntermediateEtcd),
        &|f| f.orders[0].kind = Kind::Intermediate,
        &|f| f.orders[1].serial = f.orders[0].serial.clone(),
    ] {
        assert_eq!(code(&world, &plan, change), "PLAN_ORDERS");
    }
}

#[test]
fn r07_what_is_restated_equals_the_bytes() {
    let world = World::default();
    let plan = plan(&world);
    let other = Digest::of(b"other");
    let restated =
        |change: &dyn Fn(&mut order::Order)| match changed(&world, &plan, |f| change(&mut f.orders[1])).unwrap_err() {
            PlanError::Restated { n: 2, key } => key,
            error => error.reason().code,
        };
    for (change, key) in [
        (&(|o: &mut order::Order| o.algorithm = "Ed25519".to_owned()) as &dyn Fn(&mut order::Order), "algorithm"),
        (&|o| o.crl_number = Some(1), "crl_number"),
        (&|o| o.domain = Domain::Etcd, "domain"),
        (&|o| o.not_after = o.not_after.map(|time| time.plus(1)), "not_after"),
        (&|o| o.not_before = None, "not_before"),
        (&|o| o.privileged = Some(false), "privileged"),
        (&|o| o.privileged = None, "privileged"),
        (&|o| o.serial = Some(serial()), "serial"),
        (&|o| o.spki_sha256 = Some(other), "spki_sha256"),
        (&|o| o.subject_sha256 = None, "subject_sha256"),
        (&|o| o.tbs_sha256 = other, "tbs_sha256"),
        (&|o| o.issuer_spki_sha256 = other, "PLAN_AUTHORITY"),
        // A label that the bytes do not bear out is seen by the lints.
        (&|o| o.profile = Some(Role::Scheduler), "PLAN_LINT"),
    ] {
        assert_eq!(restated(change), key);
    }
    // Another CA of this cluster, which did not issue it.
    let etcd = world.root_of(Domain::Etcd).key.public().spki_sha256();
    let moved = code(&world, &plan, |f| {
        f.orders[1].issuer_spki_sha256 = etcd;
        f.orders[1].domain = Domain::Etcd;
    });
    assert_eq!(moved, "PLAN_LINT");
}

#[test]
fn bytes_and_orders_belong_together() {
    let world = World::default();
    let plan = plan(&world);
    let load = |tbs: &[u8]| Plan::load(plan.json(), tbs, &world.reference()).unwrap_err().reason().code;
    let tbs = plan.tbs_file();
    let first = plan.order(1).unwrap().1.len();
    let swapped = [&tbs[first..], &tbs[..first]].concat();
    assert_eq!(load(&tbs[..tbs.len() - 1]), "PLAN_BYTES");
    assert_eq!(load(&tbs[first..]), "PLAN_BYTES");
    assert_eq!(load(&[tbs, &[5, 0]].concat()), "PLAN_BYTES");
    assert_eq!(load(&[]), "PLAN_BYTES");
    assert_eq!(load(&swapped), "PLAN_RESTATED");
    assert_eq!(Plan::load(&vec![b' '; 33 << 20], tbs, &world.reference()).unwrap_err().reason().code, "PLAN_SIZE");
    for (from, to) in [("{\"bundle_seq\"", "{ \"bundle_seq\""), ("\"trust_ops\":[]", "\"trust_ops\":[],\"x-y\":\"z\"")]
    {
        let text = std::str::from_utf8(plan.json()).unwrap().replacen(from, to, 1);
        assert_eq!(Plan::load(text.as_bytes(), tbs, &world.reference()).unwrap_err().reason().code, "PLAN_FORM");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_flipped_bit_of_the_bytes_is_read(at: prop::sample::Index, bit in 0_u8..8) {
        let world = World::default();
        let plan = world.plan(&[(Role::KubeletServer, "w1")]);
        let mut tbs = plan.tbs_file().to_vec();
        tbs[at.index(plan.tbs_file().len())] ^= 1 << bit;
        prop_assert!(Plan::load(plan.json(), &tbs, &world.reference()).is_err());
    }

    #[test]
    fn a_flipped_bit_of_the_json_is_refused_or_another_plan(at: prop::sample::Index, bit in 0_u8..8) {
        let world = World::default();
        let plan = world.plan(&[(Role::KubeletServer, "w1")]);
        let mut json = plan.json().to_vec();
        json[at.index(plan.json().len())] ^= 1 << bit;
        if let Ok(other) = Plan::load(&json, plan.tbs_file(), &world.reference()) {
            prop_assert_ne!(other.sha256(), plan.sha256());
        }
    }
}

#[test]
fn a_bad_csr_is_denied_with_its_code_and_the_others_go_on() {
    let world = World::default();
    let made = numbered(vec![world.wish(Role::Scheduler, "cp1").make(), world.wish(Role::Admin, "cp1").make()]);
    let error = crate::pki::csr::CsrError::Possession;
    let mut requests = crate::issuance::specimen::wish::requests(&made);
    requests[0].csr = Err(&error);
    let judged = crate::issuance::judge::judge(&requests, world.context());
    let roster = roster();
    let mut draft = Draft::answer(world.head(&roster), answer());
    draft.requests(&judged, vec![serial()]).unwrap();
    let plan = draft.close(&world.reference()).unwrap();
    assert_eq!(plan.fields().denials[0].codes, [DenialCode::Unreadable("CSR_POSSESSION".to_owned())]);
    assert_eq!(plan.fields().orders.len(), 1);
    assert!(Plan::load(plan.json(), plan.tbs_file(), &world.reference()).is_ok());
}

#[test]
fn what_nobody_can_explain_has_a_code_that_readers_of_plans_take_already() {
    let read = |text: &str| serde_json::from_str::<DenialCode>(&format!("\"{text}\""));
    let code = DenialCode::Rule(Code::NotExplained);
    assert_eq!(serde_json::to_string(&code).unwrap(), "\"NOT_EXPLAINED\"");
    assert_eq!(read("NOT_EXPLAINED").unwrap(), code);
    // Of the form that whoever does not know it takes for the code of a refusal.
    assert_eq!(read("NOT_KNOWN_HERE").unwrap(), DenialCode::Unreadable("NOT_KNOWN_HERE".to_owned()));
    for wrong in ["NOTEXPLAINED", "X9", "not_explained", "S3 "] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
    assert!(Code::ALL.iter().all(|code| code.to_string().parse() == Ok(*code)));
}

#[test]
fn a_plan_may_deny_everything() {
    let world = World::default();
    let plan = world.draft(&roster(), &[fixture!("subject-bidi")]).close(&world.reference()).unwrap();
    assert_eq!((plan.fields().orders.len(), plan.fields().rule.name), (0, RuleName::Leaf));
}

#[test]
fn serials_are_fresh_or_nothing_is_planned() {
    let world = World::default();
    let made = numbered(vec![world.wish(Role::Scheduler, "cp1").make(), world.wish(Role::Admin, "cp1").make()]);
    let roster = roster();
    let drafted = |world: &World, serials| {
        let mut draft = Draft::answer(world.head(&roster), answer());
        draft.requests(&world.judge(&made), serials)?;
        draft.close(&world.reference()).map(drop)
    };
    assert_eq!(drafted(&world, vec![serial()]), Err(DraftError::Serials));
    let twice = serial();
    let repeated = drafted(&world, vec![twice.clone(), twice.clone()]);
    assert!(matches!(repeated, Err(DraftError::Plan(PlanError::Orders(_)))));
    let issuer = world.root_of(Domain::Kubernetes).key.public().spki_sha256();
    let used = crate::audit::detail::OrderIntent { issuer, ..announced(1, &twice.to_string()) };
    let events = vec![closed("p", "s", 1), intent("p", vec![used])];
    let later = World { index: crate::issuance::index::Index::fold(&entries(events)).unwrap(), ..world };
    assert_eq!(drafted(&later, vec![twice.clone(), serial()]), Err(DraftError::SerialUsed(twice)));
    assert_eq!(drafted(&later, vec![serial(), serial()]), Ok(()));
}

fn authority(domain: Domain, status: RootStatus, tbs: &crate::pki::certificate::TbsCertificate) -> Authority {
    Authority { domain, status, tbs: tbs.clone() }
}

/// A ceremony that makes the next root of etcd, certifies it by the current one and the other way round, and lists
/// nothing as revoked.
fn ceremony(world: &World) -> Plan {
    let roster = roster();
    let current = world.authorities.choose(Domain::Etcd, &world.audience).unwrap();
    let next = root(Domain::Etcd, "2027-1").certificate.tbs().clone();
    let next = authority(Domain::Etcd, RootStatus::Next, &next);
    let mut draft = Draft::ceremony(world.head(&roster));
    draft.root(Domain::Etcd, next.tbs.clone(), world.index()).unwrap();
    for (existing, issuer) in [(&next, current), (current, &next)] {
        let validity = template::cross_validity(now(), 1_095 * DAY, &existing.tbs, &issuer.tbs).unwrap();
        let tbs = template::cross(&existing.tbs, issuer, validity, serial()).unwrap();
        draft.cross(tbs, issuer, world.index()).unwrap();
    }
    draft.crl(crl::next(&next, world.index(), &[], &world.policy, now()).unwrap(), &next);
    draft.close(&world.reference()).unwrap()
}

#[test]
fn a_ceremony_makes_roots_cross_certificates_and_lists() {
    let world = World::default();
    let plan = ceremony(&world);
    assert_eq!(kinds(&plan), [Kind::Root, Kind::Cross, Kind::Cross, Kind::Crl]);
    let rule = plan.fields().rule;
    assert_eq!((rule.name, rule.officers, rule.of, rule.auditor), (RuleName::Root, 3, 4, true));
    assert!(plan.ticked().is_empty());
    assert!(Plan::load(plan.json(), plan.tbs_file(), &world.reference()).is_ok());
    // The CA that does not know the current root cannot read it.
    let stranger = Authorities::default();
    let reference = Reference { authorities: &stranger, ..world.reference() };
    assert_eq!(Plan::load(plan.json(), plan.tbs_file(), &reference).unwrap_err().reason().code, "PLAN_AUTHORITY");
}

#[test]
fn r07_new_roots_and_trust_operations_stand_alone() {
    let world = World::default();
    let roster = roster();
    let next = root(Domain::Etcd, "2027-1");
    let name = RootName { domain: Domain::Etcd, sha256: next.certificate.fingerprint(), status: RootStatus::Next };
    let op = TrustOp { domain: Domain::Etcd, op: TrustChange::IntroduceRoot };
    let mut answer = answer();
    answer.leaving.roots = vec![name];
    let alone = |made: &[crate::issuance::specimen::wish::Made]| {
        let mut draft = Draft::answer(world.head(&roster), answer.clone());
        draft.trust_op(op.clone());
        draft.requests(&world.judge(made), vec![serial(); made.len()]).unwrap();
        draft.close(&world.reference())
    };
    let plan = alone(&[]).unwrap();
    assert_eq!((plan.fields().rule.name, plan.needs_whole_code()), (RuleName::Root, true));
    let with_a_leaf = alone(&[world.wish(Role::Scheduler, "cp1").make()]);
    assert!(matches!(with_a_leaf, Err(DraftError::Plan(PlanError::NotAlone))));
    let with_a_denial = alone(&[fixture!("subject-bidi")]);
    assert!(matches!(with_a_denial, Err(DraftError::Plan(PlanError::NotAlone))));
    assert_eq!(code(&world, &plan, |f| f.roots.clear()), "PLAN_HEAD");
}

#[test]
fn r07_the_rule_is_the_strictest_over_all_effects() {
    let world = World::default().policy("mode = \"leaves\"", "mode = \"intermediates\"");
    let rule = |roles: &[(Role, &str)]| {
        let rule = world.plan(roles).fields().rule;
        (rule.name, rule.officers, rule.auditor)
    };
    assert_eq!(rule(&[(Role::Scheduler, "cp1")]), (RuleName::Leaf, 2, false));
    assert_eq!(rule(&[(Role::Scheduler, "cp1"), (Role::Admin, "cp1")]), (RuleName::Privileged, 2, false));
    let mixed = [(Role::Admin, "cp1"), (Role::IntermediateEtcd, "cp1")];
    assert_eq!(rule(&mixed), (RuleName::Root, 3, true));

    let plan = world.plan(&mixed);
    assert_eq!(code(&world, &plan, |f| f.rule.name = RuleName::Leaf), "PLAN_RULE");
    assert_eq!(code(&world, &plan, |f| f.rule.auditor = false), "PLAN_RULE");
    let event = KeyEvent {
        epoch: 2,
        from: now(),
        new: "SHA256:b".to_owned(),
        old: "SHA256:a".to_owned(),
        reason: KeyEventReason::Scheduled,
        what: KeyEventWhat::Statement,
    };
    let leaf = world.plan(&[(Role::Scheduler, "cp1")]);
    assert_eq!(code(&world, &leaf, |f| f.key_events.push(event)), "PLAN_RULE");
}

#[test]
fn a_list_without_new_entries_needs_less_than_one_with_them() {
    let world = World::default();
    let roster = roster();
    let issuer = world.authorities.choose(Domain::Etcd, &world.audience).unwrap();
    let rule = |revoked: &[_]| {
        let mut draft = Draft::ceremony(world.head(&roster));
        draft.crl(crl::next(issuer, world.index(), revoked, &world.policy, now()).unwrap(), issuer);
        draft.close(&world.reference()).unwrap().fields().rule
    };
    let refresh = rule(&[]);
    assert_eq!((refresh.name, refresh.officers), (RuleName::Crl, 1));
    let revokes = rule(&[(serial(), RevocationReason::KeyCompromise)]);
    assert_eq!((revokes.name, revokes.officers), (RuleName::Leaf, 2));
}

#[test]
fn r19_each_rejection_adds_an_officer() {
    let world = World::default();
    let roster = roster();
    let needed = |rejections: u8| {
        let mut answer = answer();
        answer.leaving.prior_rejections = (0..rejections).map(|n| Digest::of(&[n])).collect();
        let mut draft = Draft::answer(world.head(&roster), answer);
        draft.requests(&world.judge(&[world.wish(Role::Scheduler, "cp1").make()]), vec![serial()]).unwrap();
        draft.close(&world.reference()).map(|plan| plan.fields().rule.officers)
    };
    assert_eq!((needed(0), needed(1), needed(2)), (Ok(2), Ok(3), Ok(4)));
    assert_eq!(needed(3), Err(DraftError::Rejected { rejections: 3, needed: 5, of: 4 }));
}
