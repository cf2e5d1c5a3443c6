//! Batches, resumption, and what stops them.

use super::progress::Issued;
use super::*;
use crate::audit::checkpoint::{Checkpoint, Vouched};
use crate::audit::entry::{Actor, Entry, Moment, Side, Tool, Writer};
use crate::audit::log::{Journal, Log};
use crate::audit::note::{KeyUse, Note, NoteKey};
use crate::cluster::role::{Domain, Role};
use crate::exchange::signature::SigningKey as _;
use crate::exchange::signature::private_key::SoftwareKey;
use crate::issuance::authority;
use crate::issuance::plan::draft::Draft;
use crate::issuance::plan::history::{HistoryError, Plans};
use crate::issuance::plan::order::Kind;
use crate::issuance::specimen::ceremony::{answer, approved, roster, statement};
use crate::issuance::specimen::wish::numbered;
use crate::issuance::specimen::{World, now, serial};
use crate::pki::key::Verifier;
use crate::refusal::Refusal;
use zeroize::Zeroizing;

struct Memory;

impl Journal for Memory {
    fn append(&mut self, _: &[u8]) -> Result<(), Box<dyn Refusal>> {
        Ok(())
    }
}

fn log() -> Log<Memory> {
    let tool = Tool { sha256: Digest::of(b"tool"), version: "0.1.0".to_owned() };
    let writer = Writer { host: "ca:root-ca-01".to_owned(), side: Side::Offline, tool };
    Log::open(Memory, writer, b"", None).unwrap()
}

fn record<T: Record>(log: &mut Log<Memory>, value: T) -> Recorded<T> {
    let moment = Moment { time: now(), boot: "b".to_owned(), monotonic_ms: 0 };
    log.record(&moment, &Actor::system(), None, value).unwrap()
}

fn current(plan: &Plan) -> Current {
    let fields = plan.fields();
    Current {
        time: now().plus(120),
        policy: fields.policy.clone(),
        roster: fields.roster,
        enrolment_sha256: fields.cluster.enrolment_sha256,
    }
}

/// What a key vouches for that signs the head of the log as it is.
fn vouched(log: &Log<Memory>) -> Vouched {
    let signer = SoftwareKey::from_seed(&Zeroizing::new([9; 32])).unwrap();
    let key = NoteKey::of_ed25519("log", signer.public_key().as_ed25519(), KeyUse::Log).unwrap();
    let text = Checkpoint { origin: "log".to_owned(), head: log.tree().head() }.to_string();
    let line = key.line(&text, &signer.sign(text.as_bytes()).unwrap()).unwrap();
    Vouched::by(&Note::new(text, vec![line]), &key, log.tree())
}

/// A plan whose closing stands in the log.
fn plan(world: &World, log: &mut Log<Memory>, roles: &[(Role, &str)]) -> Plan {
    let plan = world.plan(roles);
    close(log, &plan);
    plan
}

struct Closing(Event);

impl Record for Closing {
    fn event(&self) -> Event {
        self.0.clone()
    }
}

fn close(log: &mut Log<Memory>, plan: &Plan) {
    record(log, Closing(Event::PlanClosed(plan.closed(Some(statement())))));
}

/// Loads the plan again, as a new process would.
fn again(world: &World, plan: &Plan) -> Plan {
    Plan::load(plan.json(), plan.tbs_file(), &world.reference()).unwrap()
}

fn begin(world: &World, plan: &Plan, log: &Log<Memory>) -> Result<Signing, OrderError> {
    Signing::begin(approved(again(world, plan)), &Progress::of(plan, log.entries()))
}

/// Announces the next batch and signs what `which` says of it; says how many orders it had.
fn step(world: &World, signing: &mut Signing, log: &mut Log<Memory>, which: impl Fn(u64) -> bool) -> Option<usize> {
    let batch = signing.next(&current(signing.plan())).unwrap()?;
    let orders: Vec<_> = record(log, batch).into_items().collect();
    let sign = |order: &Recorded<SigningOrder>| {
        which(order.value().n()).then(|| world.sign(&order.value().issuer_spki_sha256(), order.value().tbs()))
    };
    let signatures = orders.iter().map(sign).collect();
    if let Some(signed) = SignedBatch::of(&orders, signatures).unwrap() {
        record(log, signed);
    }
    Some(orders.len())
}

fn verifier(world: &World, order: &Order) -> Verifier {
    let root = world.roots.iter().find(|root| root.key.public().spki_sha256() == order.issuer_spki_sha256).unwrap();
    let key = root.key.public();
    Verifier::new(&key, authority::algorithm(key.key_type())).unwrap()
}

fn sent(entries: &[Entry]) -> Vec<String> {
    let told = |entry: &Entry| match &entry.event {
        Event::SignIntent(intent) => Some(format!("intent {}", intent.orders.len())),
        Event::SignRepeat(intent) => Some(format!("repeat {}", intent.orders.len())),
        Event::Signed(signed) => Some(format!("signed {}", signed.results.len())),
        _ => None,
    };
    entries.iter().filter_map(told).collect()
}

const THREE: [(Role, &str); 3] = [(Role::Scheduler, "cp1"), (Role::EtcdPeer, "cp1"), (Role::Scheduler, "cp2")];

#[test]
fn an_approved_plan_is_signed_by_issuer_and_released_from_the_log() {
    let (world, mut log) = (World::default(), log());
    let plan = plan(&world, &mut log, &THREE);
    let mut signing = begin(&world, &plan, &log).unwrap();
    assert_eq!(signing.remaining(), 3);
    assert_eq!(step(&world, &mut signing, &mut log, |_| true), Some(2));
    assert_eq!(step(&world, &mut signing, &mut log, |_| true), Some(1));
    assert_eq!(step(&world, &mut signing, &mut log, |_| true), None);
    assert_eq!(sent(log.entries()), ["intent 2", "signed 2", "intent 1", "signed 1"]);
    let progress = Progress::of(&plan, log.entries());
    assert_eq!(progress.signed(&plan), Ok(vec![1, 2, 3]));
    for (order, tbs) in plan.orders() {
        let issuer = verifier(&world, order);
        let Issued::Certificate(certificate) = progress.issued(order, tbs, &issuer, Vouched::default()).unwrap() else {
            panic!()
        };
        assert_eq!(certificate.tbs_sha256(), order.tbs_sha256);
        assert!(certificate.verify_with(&issuer).is_ok());
    }
}

#[test]
fn batches_are_small_enough() {
    let (world, mut log) = (World::default(), log());
    let roles: Vec<_> = (0..300).map(|_| (Role::Scheduler, "cp1")).collect();
    let plan = plan(&world, &mut log, &roles);
    let mut signing = begin(&world, &plan, &log).unwrap();
    let sizes: Vec<_> = std::iter::from_fn(|| step(&world, &mut signing, &mut log, |_| true)).collect();
    assert_eq!(sizes, [MAX_BATCH, 300 - MAX_BATCH]);
}

#[test]
fn r25_after_a_crash_what_has_a_result_is_never_asked_again_and_the_rest_once() {
    let (world, mut log) = (World::default(), log());
    let plan = plan(&world, &mut log, &THREE);
    let mut signing = begin(&world, &plan, &log).unwrap();
    step(&world, &mut signing, &mut log, |n| n == 1);
    // The process dies here: 1 is signed, 3 was announced, 2 was not.
    let mut signing = begin(&world, &plan, &log).unwrap();
    assert_eq!(signing.remaining(), 2);
    let batch = signing.next(&current(&plan)).unwrap().unwrap();
    let Event::SignRepeat(repeated) = batch.event() else { panic!() };
    let first = log.entries().iter().find_map(|entry| match &entry.event {
        Event::SignIntent(intent) => Some(intent.orders[1].clone()),
        _ => None,
    });
    assert_eq!(repeated.orders, [first.unwrap()]);
    let mut signing = begin(&world, &plan, &log).unwrap();
    while step(&world, &mut signing, &mut log, |_| true).is_some() {}
    assert_eq!(sent(log.entries()), ["intent 2", "signed 1", "repeat 1", "signed 1", "intent 1", "signed 1"]);
    assert_eq!(begin(&world, &plan, &log).unwrap().remaining(), 0);
}

#[test]
fn r25_what_was_announced_twice_without_a_result_is_not_asked_a_third_time() {
    let (world, mut log) = (World::default(), log());
    let plan = plan(&world, &mut log, &THREE[..1]);
    for _ in 0..2 {
        let mut signing = begin(&world, &plan, &log).unwrap();
        step(&world, &mut signing, &mut log, |_| false);
    }
    assert_eq!(sent(log.entries()), ["intent 1", "repeat 1"]);
    assert_eq!(begin(&world, &plan, &log).map(drop).unwrap_err(), OrderError::Exhausted(1));
}

#[test]
fn r24_nothing_is_announced_once_something_has_changed() {
    let (world, mut log) = (World::default(), log());
    let plan = plan(&world, &mut log, &THREE);
    let mut signing = begin(&world, &plan, &log).unwrap();
    let other = Digest::of(b"other");
    let mut stopped = |change: &dyn Fn(&mut Current)| {
        let mut current = current(&plan);
        change(&mut current);
        signing.next(&current).map(drop).map_err(|error| error.reason().code)
    };
    let end = plan.fields().expires;
    for (change, code) in [
        (&(|c: &mut Current| c.time = end.plus(1)) as &dyn Fn(&mut Current), "ORDER_EXPIRED"),
        (&|c| c.policy.sha256 = other, "ORDER_CHANGED"),
        (&|c| c.roster.sha256 = other, "ORDER_CHANGED"),
        (&|c| c.roster.epoch = 2, "ORDER_CHANGED"),
        (&|c| c.enrolment_sha256 = Some(other), "ORDER_CHANGED"),
        (&|c| c.enrolment_sha256 = None, "ORDER_CHANGED"),
    ] {
        assert_eq!(stopped(change), Err(code));
    }
    assert_eq!(stopped(&|c| c.time = end), Ok(()));
    assert_eq!(signing.remaining(), 1);
}

#[test]
fn r24_a_closing_plan_delivers_what_was_signed_and_denies_the_rest_for_now() {
    let (world, mut log) = (World::default(), log());
    let earlier = plan(&world, &mut log, &THREE);
    let mut signing = begin(&world, &earlier, &log).unwrap();
    step(&world, &mut signing, &mut log, |n| n == 1);
    let signed = Progress::of(&earlier, log.entries()).signed(&earlier).unwrap();
    assert_eq!(signed, [1]);

    let roster = roster();
    let mut draft = Draft::answer(world.head(&roster), answer());
    draft.close_after(&earlier, &signed).unwrap();
    let closing = draft.close(&world.reference()).unwrap();
    assert_eq!(closing.fields().closes, Some(earlier.sha256()));
    assert_eq!(closing.orders().map(|(_, tbs)| tbs).collect::<Vec<_>>(), [earlier.order(1).unwrap().1]);
    let denied: Vec<_> = closing.fields().denials.iter().map(|denial| denial.codes[0].to_string()).collect();
    assert_eq!(denied, ["RETRY", "RETRY"]);

    let plans = |log: &Log<Memory>| Plans::fold(log.entries());
    assert_eq!(plans(&log).may_close(&statement(), None, now()), Err(HistoryError::AnotherAnnounced));
    assert_eq!(plans(&log).may_close(&statement(), Some(&earlier.sha256()), now()), Err(HistoryError::AnotherOpen));
    let voided = crate::audit::detail::Object { object: earlier.sha256() };
    record(&mut log, Closing(Event::PlanVoided(voided)));
    assert_eq!(plans(&log).may_close(&statement(), Some(&earlier.sha256()), now()), Ok(()));
    close(&mut log, &closing);
    assert!(plans(&log).open(again(&world, &closing), now()).is_ok());

    // Nothing is signed under it; what was is released from the earlier entries.
    let progress = Progress::of(&closing, log.entries());
    assert_eq!(Signing::begin(approved(again(&world, &closing)), &progress).unwrap().remaining(), 0);
    let (order, tbs) = closing.order(1).unwrap();
    assert!(progress.issued(order, tbs, &verifier(&world, order), Vouched::default()).is_ok());
    let nothing = Progress::default();
    let refused = Signing::begin(approved(again(&world, &closing)), &nothing).map(drop);
    assert_eq!(refused.unwrap_err(), OrderError::Closing);
}

#[test]
fn a_recorded_signature_is_verified_before_it_is_released() {
    let (world, mut log) = (World::default(), log());
    let plan = plan(&world, &mut log, &THREE[..1]);
    let mut signing = begin(&world, &plan, &log).unwrap();
    let batch = signing.next(&current(&plan)).unwrap().unwrap();
    let orders: Vec<_> = record(&mut log, batch).into_items().collect();
    let wrong = SignedBatch::of(&orders, vec![Some(vec![1, 2, 3])]).unwrap().unwrap();
    record(&mut log, wrong);
    let progress = Progress::of(&plan, log.entries());
    let (order, tbs) = plan.order(1).unwrap();
    let refused = progress.issued(order, tbs, &verifier(&world, order), Vouched::default()).map(drop).unwrap_err();
    assert_eq!(refused, ProgressError::Signature(1));
    // Where the log is vouched for, so is that only signatures that verified were written into it.
    assert!(progress.issued(order, tbs, &verifier(&world, order), vouched(&log)).is_ok());
    let waiting =
        Progress::default().issued(order, tbs, &verifier(&world, order), Vouched::default()).map(drop).unwrap_err();
    assert_eq!(waiting, ProgressError::NotSigned(1));
}

#[test]
fn there_is_a_place_for_each_signature() {
    let (world, mut log) = (World::default(), log());
    let plan = plan(&world, &mut log, &THREE[..1]);
    let mut signing = begin(&world, &plan, &log).unwrap();
    let batch = signing.next(&current(&plan)).unwrap().unwrap();
    assert_eq!((batch.len(), batch.is_empty()), (1, false));
    let orders: Vec<_> = record(&mut log, batch).into_items().collect();
    let none = SignedBatch::of(&orders, Vec::new()).map(drop).unwrap_err();
    assert_eq!(none, OrderError::Count { orders: 1, found: 0 });
    assert!(SignedBatch::of(&orders, vec![None]).unwrap().is_none());
}

#[test]
fn the_intent_of_a_list_names_what_it_is_the_first_to_revoke() {
    let (world, mut log) = (World::default(), log());
    let roster = roster();
    let issuer = world.authorities.choose(Domain::Etcd, &world.audience).unwrap();
    let revoked = (serial(), crate::pki::crl::RevocationReason::KeyCompromise);
    let tbs = crate::issuance::crl::next(issuer, world.index(), std::slice::from_ref(&revoked), &world.policy, now());
    let mut draft = Draft::ceremony(world.head(&roster));
    draft.crl(tbs.unwrap(), issuer);
    let plan = draft.close(&world.reference()).unwrap();
    assert_eq!(plan.fields().orders[0].kind, Kind::Crl);
    record(&mut log, Closing(Event::PlanClosed(plan.closed(None))));
    let mut signing = Signing::begin(approved(again(&world, &plan)), &Progress::default()).unwrap();
    step(&world, &mut signing, &mut log, |_| true);
    let index = crate::issuance::index::Index::fold(log.entries()).unwrap();
    let issuer_key = issuer.spki_sha256();
    assert_eq!(index.revoked(&issuer_key)[0].serial, revoked.0);
    let next = crate::issuance::crl::next(issuer, &index, &[], &world.policy, now()).unwrap();
    assert_eq!(next.fields().revoked.len(), 1);
    assert_eq!(next.fields().number, index.crl_number(&issuer_key) + 1);
    let (order, tbs) = plan.order(1).unwrap();
    let progress = Progress::of(&plan, log.entries());
    assert!(matches!(progress.issued(order, tbs, &verifier(&world, order), Vouched::default()), Ok(Issued::Crl(_))));
}

#[test]
fn what_was_issued_stands_in_the_index() {
    let (world, mut log) = (World::default(), log());
    let made = numbered(vec![world.wish(Role::Scheduler, "cp1").make()]);
    let plan = world.draft(&roster(), &made).close(&world.reference()).unwrap();
    close(&mut log, &plan);
    let mut signing = begin(&world, &plan, &log).unwrap();
    step(&world, &mut signing, &mut log, |_| true);
    let later = World { index: crate::issuance::index::Index::fold(log.entries()).unwrap(), ..world };
    assert!(later.codes_of(&made).contains("K2"));
    assert!(later.codes_of(&made).contains("R1"));
}
