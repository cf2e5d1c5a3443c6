//! Bundles that are not taken: replays, wrong sheets, wrong clocks; and requests that officers deny.

use airlock::audit::detail::{Received, RequestDenied};
use airlock::audit::entry::Actor;
use airlock::audit::event::Event;
use airlock::cluster::role::{Domain, Role};
use airlock::desk::seat::Seated;
use airlock::devices::hsm::IssuerKeyType;
use airlock::exchange::draw::Sharing;
use airlock::exchange::paper::channel::Channel;
use airlock::exchange::trace::Trace;
use airlock::issuance::rule::violation::Code;
use airlock::offline::ca::roots::{NewRoots, init};
use airlock::offline::confirm::sheet;
use airlock::offline::plan;
use airlock::offline::receive::receive;
use airlock::offline::review::{Denial, deny, review};
use airlock::offline::room::Room;
use airlock::offline::verify::verify;
use airlock::report::checks::{CheckId, Status};
use airlock::report::requests::Verdict;
use airlock::wire::digest::Digest;

use crate::rig::{tool, with_token};
use crate::scene::{Scene, asks};
use crate::world::{World, code, pin};

#[test]
fn sequence_numbers_follow_and_one_plan_is_open() {
    with_token(sequence_numbers_follow_and_one_plan_is_open, |rig| {
        let (scene, mut room) = Scene::new(rig);
        let wish = || [asks(Role::Scheduler, "cp1")];
        let failed = |room: &mut _, trace: &_, id| {
            let checked = verify(room, trace).unwrap();
            let check = checked.checks.all().iter().find(|check| check.id() == id).unwrap();
            check.status() == Status::Fail
        };
        let (far, _) = scene.bundle(&room, 1001, &wish(), |_| {});
        let far = scene.confirmed(&mut room, &far);
        assert!(failed(&mut room, &far, CheckId::V07));
        assert_eq!(code(plan::close(&mut room, &far)), "CASE_NOT_VERIFIED");

        let (medium, _) = scene.bundle(&room, 3, &wish(), |_| {});
        let trace = scene.planned(&mut room, &medium);
        assert_eq!(code(plan::close(&mut room, &trace)), "PLAN_ANOTHER_OPEN");
        // The same stick again brings nothing new, and its rows stand.
        receive(&mut room, &medium).unwrap();
        assert_eq!(Scene::count(&room, |event| matches!(event, Event::OobDraw(_))), 2);
        assert!(!failed(&mut room, &trace, CheckId::V07));

        let (older, _) = scene.bundle(&room, 2, &wish(), |_| {});
        let older = scene.confirmed(&mut room, &older);
        assert!(failed(&mut room, &older, CheckId::V07));
        let (newer, _) = scene.bundle(&room, 4, &wish(), |draft| draft.voids = vec![trace.clone()]);
        let newer = scene.planned(&mut room, &newer);
        assert_eq!(Scene::count(&room, |event| matches!(event, Event::PlanVoided(_))), 1);
        assert_eq!(code(scene.votes(&mut room, &trace, "chen")), "MATTER_CLOSED");
        scene.votes(&mut room, &newer, "chen").unwrap();
        assert!(failed(&mut room, &trace, CheckId::V07), "the older bundle was overtaken");
    });
}

/// Whoever has the cluster's key makes a second bundle of a trace: nobody here can tell which one is the cluster's.
#[test]
fn of_two_bundles_of_one_trace_neither_is_planned() {
    with_token(of_two_bundles_of_one_trace_neither_is_planned, |rig| {
        let (scene, mut room) = Scene::new(rig);
        let (wishes, others) = ([asks(Role::Scheduler, "cp1")], [asks(Role::Scheduler, "cp2")]);
        let (medium, _) = scene.bundle(&room, 1, &wishes, |_| {});
        let trace = scene.confirmed(&mut room, &medium);
        assert!(verify(&mut room, &trace).unwrap().checks.class().is_none());
        let (second, _) = scene.bundle(&room, 1, &others, |draft| draft.trace = trace.clone());
        assert_eq!(scene.confirmed(&mut room, &second), trace);
        for medium in [&second, &medium] {
            receive(&mut room, medium).unwrap();
            let checked = verify(&mut room, &trace).unwrap();
            let check = checked.checks.all().iter().find(|check| check.id() == CheckId::V07).unwrap();
            assert!(check.status() == Status::Fail && check.code() == Some("TRACE_SEEN"), "{check:?}");
            assert_eq!(code(plan::close(&mut room, &trace)), "CASE_NOT_VERIFIED");
        }
    });
}

/// Another bundle of that trace comes in.
fn second_comes_in(scene: &Scene, room: &mut Room, trace: &Trace) {
    let (medium, _) = scene.bundle(room, 1, &[asks(Role::Scheduler, "cp2")], |draft| draft.trace = trace.clone());
    receive(room, &medium).unwrap();
}

/// A cluster that is enrolled here too, and reads the trace off a stick, stops nobody with it.
#[test]
fn a_trace_is_that_of_one_cluster() {
    with_token(a_trace_is_that_of_one_cluster, |rig| {
        let (scene, mut room) = Scene::new(rig);
        let (medium, statement) = scene.bundle(&room, 1, &[asks(Role::Scheduler, "cp1")], |_| {});
        let trace = statement.lines().trace.clone();
        let came = |from: &str| {
            let (kind, medium) = ("csr-bundle".to_owned(), "/mnt".to_owned());
            Event::Received(Received { from: from.to_owned(), kind, medium, statement: Digest::of(b"another") })
        };
        let (own, foreign) = (came("cluster:prod-1"), came("cluster:prod-2"));
        room.desk_mut().note(&Actor::system(), Some(trace.as_str()), own).unwrap();
        receive(&mut room, &medium).unwrap();
        room.desk_mut().note(&Actor::system(), Some(trace.as_str()), foreign).unwrap();
        assert_eq!(code(receive(&mut room, &medium)), "ARRIVAL_TRACE");
    });
}

#[test]
fn a_second_bundle_keeps_back_nothing_that_was_signed() {
    with_token(a_second_bundle_keeps_back_nothing_that_was_signed, |rig| {
        let (scene, mut room) = Scene::new(rig);
        let (medium, _) = scene.bundle(&room, 1, &[asks(Role::Scheduler, "cp1")], |_| {});
        let trace = scene.approved(&mut room, &medium);
        scene.signs(&mut room, &trace).unwrap();
        second_comes_in(&scene, &mut room, &trace);
        for anew in [false, true] {
            scene.seals(&mut room, &trace, anew).unwrap();
        }
    });
}

#[test]
fn a_second_bundle_stops_what_is_not_signed_yet() {
    with_token(a_second_bundle_stops_what_is_not_signed_yet, |rig| {
        let (scene, mut room) = Scene::new(rig);
        let (medium, _) = scene.bundle(&room, 1, &[asks(Role::Scheduler, "cp1")], |_| {});
        let trace = scene.approved(&mut room, &medium);
        second_comes_in(&scene, &mut room, &trace);
        let announced = |room: &Room| Scene::count(room, |event| matches!(event, Event::SignIntent(_)));
        let before = announced(&room);
        assert_eq!(code(scene.signs(&mut room, &trace)), "TRACE_SEEN");
        assert_eq!(announced(&room), before);
    });
}

#[test]
fn a_bundle_gives_up_no_plan_but_those_of_its_cluster() {
    with_token(a_bundle_gives_up_no_plan_but_those_of_its_cluster, |rig| {
        let (scene, mut room) = Scene::new(rig);
        let domains = vec![Domain::Kubernetes];
        let (cluster, key) = ("cluster:prod-2".parse().unwrap(), IssuerKeyType::P256);
        let new = NewRoots { cluster, domains, generation: "2026-1".to_owned(), key, days: None };
        let token = room.login(pin()).unwrap();
        let ceremony = init(&mut room, &token, &new).unwrap().fields().trace.clone();
        room.logout(token).unwrap();
        let wishes = [asks(Role::Scheduler, "cp1")];
        let (medium, _) = scene.bundle(&room, 1, &wishes, |draft| draft.voids = vec![ceremony]);
        scene.planned(&mut room, &medium);
        assert_eq!(Scene::count(&room, |event| matches!(event, Event::PlanVoided(_))), 0);
    });
}

#[test]
fn a_sheet_that_does_not_match_puts_the_statement_into_quarantine() {
    with_token(a_sheet_that_does_not_match_puts_the_statement_into_quarantine, |rig| {
        let (scene, mut room) = Scene::new(rig);
        let (medium, statement) = scene.bundle(&room, 1, &[asks(Role::Scheduler, "cp1")], |_| {});
        let trace = statement.lines().trace.clone();
        assert_eq!(code(verify(&mut room, &trace)), "TRANSFER_UNKNOWN");
        receive(&mut room, &medium).unwrap();
        assert_eq!(code(verify(&mut room, &trace)), "ROWS_MISSING");
        assert_eq!(code(sheet(&room, &trace, Channel::Phone)), "CONFIRM_CHANNEL");
        let chen = scene.world.present(&mut room, "chen").unwrap();
        let seat = room.desk_mut().sit(&statement, &chen, Sharing::Halves, Channel::Typed).unwrap();
        // Well-formed digits of another sheet.
        let (_, other) = scene.bundle(&room, 1, &[asks(Role::Scheduler, "cp1")], |_| {});
        let digits = Scene::paper(&other, seat.row());
        let Seated::Next(seat, _) = seat.enter(room.desk_mut(), &digits).unwrap() else { panic!() };
        assert!(matches!(seat.enter(room.desk_mut(), &digits).unwrap(), Seated::Mismatch(..)));
        for refused in [code(verify(&mut room, &trace)), code(receive(&mut room, &medium))] {
            assert_eq!(refused, "PAPER_QUARANTINED");
        }
        drop(room);
        let mut room = scene.world.open().unwrap();
        assert_eq!(code(receive(&mut room, &medium)), "PAPER_QUARANTINED");
    });
}

#[test]
fn clocks_and_expired_bundles_are_told_apart() {
    with_token(clocks_and_expired_bundles_are_told_apart, |rig| {
        let (scene, mut room) = Scene::new(rig);
        let (medium, _) = scene.bundle(&room, 1, &[asks(Role::Scheduler, "cp1")], |_| {});
        let trace = scene.confirmed(&mut room, &medium);
        let status = |room: &mut _, id| {
            let checked = verify(room, &trace).unwrap();
            checked.checks.all().iter().find(|check| check.id() == id).unwrap().status()
        };
        assert_eq!(status(&mut room, CheckId::V08), Status::Ok);
        *scene.world.ahead.lock().unwrap() = 86_500;
        assert_eq!(status(&mut room, CheckId::V08), Status::Fail);
        assert_eq!(code(plan::close(&mut room, &trace)), "CLOCK_NOT_ATTESTED");
        *scene.world.ahead.lock().unwrap() = 7 * 86_400 + 60;
        scene.world.attest(&mut room).unwrap();
        assert_eq!(status(&mut room, CheckId::V08), Status::Fail);
        assert_eq!(code(plan::close(&mut room, &trace)), "CASE_NOT_VERIFIED");
        assert_eq!(code(receive(&mut room, &medium)), "ARRIVAL_EXPIRED");
    });
}

#[test]
fn a_denial_of_which_nobody_can_say_what_it_denies_lets_nothing_pass() {
    with_token(a_denial_of_which_nobody_can_say_what_it_denies_lets_nothing_pass, |rig| {
        let (scene, mut room) = Scene::new(rig);
        let wishes = [asks(Role::Scheduler, "cp1"), asks(Role::EtcdPeer, "cp1")];
        let (medium, statement) = scene.bundle(&room, 1, &wishes, |_| {});
        let trace = scene.confirmed(&mut room, &medium);
        verify(&mut room, &trace).unwrap();
        drop(room);
        let (this, other) = (statement.id(), Digest::of(b"another bundle"));
        // Not a number, of another width, or of no request of the bundle; and what is of another bundle is another matter.
        let unreadable = ["", "1", "none", "0000", "-001"].map(|number| (number, this, None));
        let of_nothing = ["00001", "0003"].map(|number| (number, this, None));
        let good =
            [("0001", this, Some(1)), ("0002", this, Some(1)), ("none", other, Some(0)), ("0003", other, Some(0))];
        let all = [&unreadable[..], &of_nothing, &good].concat();
        for (at, (number, statement, denied)) in all.into_iter().enumerate() {
            let copy = rig.dir.join(format!("copy-{at}"));
            std::fs::create_dir(&copy).unwrap();
            tool("cp", &["-a", scene.world.state().to_str().unwrap(), copy.to_str().unwrap()]);
            let mut room = World::at(rig, &copy).open().unwrap();
            let event = RequestDenied { code: "S3".to_owned(), request: number.to_owned(), statement };
            room.desk_mut().note(&Actor::system(), Some(trace.as_str()), Event::RequestDenied(event)).unwrap();
            let reviewed = review(&room, &trace);
            match denied {
                None => {
                    assert_eq!(
                        (code(reviewed), code(plan::close(&mut room, &trace))),
                        ("ROOM_LOG", "ROOM_LOG"),
                        "{number}"
                    );
                }
                Some(denied) => {
                    let lines = reviewed.unwrap().requests;
                    let found = lines.iter().filter(|one| one.verdict == Some(Verdict::Deny)).count();
                    assert_eq!(found, denied, "{number}");
                    assert_eq!(plan::close(&mut room, &trace).unwrap().plan.fields().denials.len(), denied);
                }
            }
        }
    });
}

#[test]
fn an_officer_denies_and_the_plan_says_so() {
    with_token(an_officer_denies_and_the_plan_says_so, |rig| {
        let (scene, mut room) = Scene::new(rig);
        let wishes = [asks(Role::Scheduler, "cp1"), asks(Role::EtcdPeer, "cp1"), asks(Role::ControllerManager, "cp1")];
        let (medium, _) = scene.bundle(&room, 1, &wishes, |_| {});
        let trace = scene.confirmed(&mut room, &medium);
        verify(&mut room, &trace).unwrap();
        // A denial under a code that this program does not know stays a denial.
        let statement = review(&room, &trace).unwrap().statement.id();
        let (later, third) = ("X9".to_owned(), "0003".to_owned());
        let unknown = Event::RequestDenied(RequestDenied { code: later, request: third, statement });
        room.desk_mut().note(&Actor::system(), Some(trace.as_str()), unknown).unwrap();
        let wang = scene.world.present(&mut room, "wang").unwrap();
        let denial = |number: &str| Denial { request: number.parse().unwrap(), code: Code::S3 };
        for none in ["0003", "0004"] {
            assert_eq!(code(deny(&mut room, &trace, &wang, &[denial(none)])), "REVIEW_REQUEST");
        }
        deny(&mut room, &trace, &wang, &[denial("0001")]).unwrap();
        assert_eq!(code(deny(&mut room, &trace, &wang, &[denial("0001")])), "REVIEW_REQUEST");
        let closed = plan::close(&mut room, &trace).unwrap();
        let denials = &closed.plan.fields().denials;
        assert_eq!((denials.len(), closed.plan.fields().orders.len()), (2, 1));
        assert_eq!(denials.iter().map(|one| one.codes[0].to_string()).collect::<Vec<_>>(), ["S3", "NOT_EXPLAINED"]);
        assert_eq!(code(deny(&mut room, &trace, &wang, &[denial("0002")])), "PLAN_ANOTHER_OPEN");
        assert_eq!(plan::give_up(&mut room, &trace, &wang).map(drop).map_err(|_| ()), Ok(()));
        // There is a code for what nobody can explain, and it stands in the plan.
        let unexplained = Denial { code: Code::NotExplained, ..denial("0002") };
        deny(&mut room, &trace, &wang, &[unexplained]).unwrap();
        let reviewed = review(&room, &trace).unwrap().requests;
        assert_eq!(reviewed[1].reasons.iter().map(|reason| reason.code()).collect::<Vec<_>>(), ["NOT_EXPLAINED"]);
        // All denied: the package says so, once people have approved that.
        plan::close(&mut room, &trace).unwrap();
        for id in ["chen", "li"] {
            scene.votes(&mut room, &trace, id).unwrap();
        }
        scene.seals(&mut room, &trace, false).unwrap();
    });
}
