//! Decisions that ssh-keygen signs elsewhere, as the hands of F50 and F21 take them.

use std::fs;
use std::path::{Path, PathBuf};

use airlock::audit::event::Event;
use airlock::cluster::role::Role;
use airlock::desk::seat::Seated;
use airlock::exchange::approval::operation::Operation;
use airlock::exchange::draw::Sharing;
use airlock::exchange::paper::channel::Channel;
use airlock::exchange::trace::Trace;
use airlock::offline::receive::receive;
use airlock::tui::effect::{Decision, Effect};
use airlock::tui::language::Language;
use airlock::tui::told::Told;

use crate::host::Host;
use crate::offline::host;
use crate::rig::with_token;
use crate::scene::{Scene, asks};

const APPROVAL: &str = "approval@airlock.v1";
const REJECTION: &str = "rejection@airlock.v1";

/// A workstation at a host, and a plan or a transfer that people decide on.
struct Desk<'a> {
    scene: &'a Scene,
    host: &'a Host,
    trace: Trace,
}

impl Desk<'_> {
    /// The text that `id` takes away.
    fn writes(&self, id: &str, vote: Decision, file: &Path) -> Told {
        self.host.does(Effect::WriteVote { trace: self.trace.clone(), id: id.to_owned(), vote, file: file.to_owned() })
    }

    fn text(&self, id: &str, vote: Decision, name: &str) -> String {
        let file = self.host.path(name);
        let told = self.writes(id, vote, &file);
        let Told::Written(written) = &told else { panic!("{told:?}") };
        assert_eq!((written.person.as_str(), Path::new(&written.file)), (id, file.as_path()));
        fs::read_to_string(file).unwrap()
    }

    /// What `id` signs with ssh-keygen where his key is.
    fn signed(&self, id: &str, namespace: &str, text: &str, name: &str) -> PathBuf {
        let signature = self.host.path(name);
        fs::write(&signature, self.scene.world.sign(id, namespace, text.as_bytes())).unwrap();
        signature
    }

    fn brings(&self, id: &str, signature: PathBuf) -> Told {
        self.host.does(Effect::BringVote { trace: self.trace.clone(), id: id.to_owned(), signature })
    }

    /// F41 of the only request.
    fn tells_of_the_request(&self, wanted: &[&str]) {
        let detail = Effect::Detail { trace: self.trace.clone(), request: "0001".parse().unwrap() };
        let told = self.host.does(detail);
        let Told::Detail(lines) = &told else { panic!("{told:?}") };
        let told = lines.of(Language::English).join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
        wanted.iter().for_each(|one| assert!(told.contains(one), "{one:?} is not told:\n{told}"));
        let chinese = lines.of(Language::Chinese).join("\n");
        assert!(chinese.contains("类型") && !chinese.contains("Type "), "{chinese}");
    }

    /// The decision of `id` on F50.
    fn decided(&self, told: &Told, id: &str) -> Option<&'static str> {
        let Told::Ballot(Some(ballot)) = told else { panic!("{told:?}") };
        ballot.people.iter().find(|voter| voter.id == id).unwrap().decided.map(|(word, _)| word)
    }
}

fn refused(told: &Told) -> &'static str {
    let Told::Refused(notice) = told else { panic!("{told:?}") };
    notice.code
}

fn yes() -> Decision {
    Decision::Yes { sheet: "S-000001/1".to_owned(), privileged: "0".to_owned(), ticked: Vec::new() }
}

#[test]
fn a_plan_is_approved_and_rejected_by_signatures_that_are_brought() {
    with_token(a_plan_is_approved_and_rejected_by_signatures_that_are_brought, |rig| {
        let (scene, mut room) = Scene::new(rig);
        let (medium, _) = scene.bundle(&room, 1, &[asks(Role::Scheduler, "cp1")], |_| {});
        let trace = scene.planned(&mut room, &medium);
        drop(room);
        let host = host(rig);
        let desk = Desk { scene: &scene, host: &host, trace };

        desk.tells_of_the_request(&["Frozen", ", serial ", ", plan "]);

        // Nothing was handed out to him.
        let stray = desk.signed("li", APPROVAL, "another text\n", "stray.sig");
        assert_eq!(refused(&desk.brings("li", stray.clone())), "DECIDE_NOT_ASKED");
        // What he did not count is not written out, and no file is made or replaced.
        let wrong = Decision::Yes { sheet: "S-000001/1".to_owned(), privileged: "1".to_owned(), ticked: Vec::new() };
        assert_eq!(refused(&desk.writes("li", wrong, &host.path("no.txt"))), "APPROVE_COUNT");
        assert!(!host.path("no.txt").exists());
        let text = desk.text("li", yes(), "li-says.txt");
        assert!(text.contains("\ndecision: approve\n") && text.contains("S-000001/1"), "{text}");
        assert_eq!(refused(&desk.writes("li", yes(), &host.path("li-says.txt"))), "OUTPUT_EXISTS");
        assert_eq!(fs::read_to_string(host.path("li-says.txt")).unwrap(), text);

        // The key of another; another text; another namespace; a text that was changed.
        for (signer, namespace, signed, code) in [
            ("chen", APPROVAL, text.clone(), "SIGNATURE_KEY"),
            ("li", REJECTION, text.clone(), "SIGNATURE_NAMESPACE"),
            ("li", APPROVAL, text.replace("S-000001/1", "S-000001/2"), "SIGNATURE_INVALID"),
        ] {
            let signature = desk.signed(signer, namespace, &signed, "wrong.sig");
            assert_eq!(refused(&desk.brings("li", signature)), code, "{signer} {namespace}");
        }
        assert_eq!(refused(&desk.brings("li", stray)), "SIGNATURE_INVALID");
        assert_eq!(refused(&desk.brings("li", host.path("nowhere.sig"))), "STORAGE_MISSING");

        let good = desk.signed("li", APPROVAL, &text, "li.sig");
        assert_eq!(desk.decided(&desk.brings("li", good.clone()), "li"), Some("approved"));
        assert_eq!(refused(&desk.brings("li", good)), "DECIDE_TWICE");

        let no = desk.text("wang", Decision::No("not announced to us".to_owned()), "wang-says.txt");
        let signature = desk.signed("wang", REJECTION, &no, "wang.sig");
        assert_eq!(desk.decided(&desk.brings("wang", signature), "wang"), Some("rejected"));
        assert!(scene.world.open().unwrap().desk().entries().iter().any(|one| matches!(one.event, Event::Rejected(_))));
        // Nothing is frozen any more.
        desk.tells_of_the_request(&["Will issue", "if frozen now"]);
    });
}

#[test]
fn a_transfer_is_let_out_by_signatures_that_are_brought() {
    with_token(a_transfer_is_let_out_by_signatures_that_are_brought, |rig| {
        let (scene, mut room) = Scene::new(rig);
        let bundle = |seq| scene.bundle(&room, seq, &[asks(Role::Scheduler, "cp1")], |_| {});
        let ((medium, statement), (_, other)) = (bundle(1), bundle(2));
        receive(&mut room, &medium).unwrap();
        let chen = scene.world.present(&mut room, "chen").unwrap();
        let seat = room.desk_mut().sit(&statement, &chen, Sharing::Halves, Channel::Typed).unwrap();
        let digits = Scene::paper(&other, seat.row());
        let Seated::Next(seat, _) = seat.enter(room.desk_mut(), &digits).unwrap() else { panic!() };
        assert!(matches!(seat.enter(room.desk_mut(), &digits).unwrap(), Seated::Mismatch(..)));
        drop((chen, room));
        let host = host(rig);
        let desk = Desk { scene: &scene, host: &host, trace: statement.lines().trace.clone() };
        let writes = |id: &str, no: Option<&str>, name: &str| {
            let (trace, file) = (desk.trace.clone(), host.path(name));
            let no = no.map(str::to_owned);
            host.does(Effect::WriteRelease { trace, id: id.to_owned(), no, file })
        };
        let brings = |id: &str, name: &str| {
            let (trace, signature) = (desk.trace.clone(), host.path(name));
            host.does(Effect::BringRelease { trace, id: id.to_owned(), signature })
        };
        assert_eq!(refused(&writes("chen", None, "early.txt")), "QUARANTINE_NOT_LOCKED");
        let clear = || host.does(Effect::Clear(desk.trace.clone()));
        assert!(matches!(clear(), Told::Locked(Some(_))));
        // A no closes it and lets nothing out.
        assert!(matches!(writes("li", Some("the wrong sheet"), "no.txt"), Told::Written(_)));
        desk.signed("li", REJECTION, &fs::read_to_string(host.path("no.txt")).unwrap(), "no.sig");
        assert!(matches!(brings("li", "no.sig"), Told::Locked(Some(lock)) if lock.before.is_none()));
        assert!(matches!(clear(), Told::Locked(Some(_))));
        let said = |event: &str| host.log().matches(&format!(r#""event":"{event}""#)).count();
        let before = ["APPROVED", "WITNESSED", "QUARANTINE_CLEARED"].map(said);
        for id in ["chen", "li", "wang", "zhao"] {
            let name = format!("{id}-says.txt");
            for name in [format!("{id}-also-says.txt"), name.clone()] {
                assert!(matches!(writes(id, None, &name), Told::Written(_)));
            }
            let text = fs::read_to_string(host.path(&name)).unwrap();
            desk.signed("sun", APPROVAL, &text, "wrong.sig");
            assert_eq!(refused(&brings(id, "wrong.sig")), "SIGNATURE_KEY");
            let good = desk.signed(id, APPROVAL, &text, "good.sig");
            if id == "zhao" {
                // A run that took the last decision died before it let the transfer out.
                decides_and_dies(&scene, id, &fs::read(good).unwrap());
            }
            let told = brings(id, "good.sig");
            let is_out = matches!(told, Told::Locked(None));
            assert_eq!(is_out, id == "zhao", "{told:?}");
            if id == "zhao" {
                assert_eq!(refused(&brings(id, "good.sig")), "QUARANTINE_NOT_LOCKED", "it is out");
            } else {
                counts_once(&desk, id, &told);
            }
        }
        // Who ended what a run that died began was counted by that run.
        let after = ["APPROVED", "WITNESSED", "QUARANTINE_CLEARED"].map(said);
        assert_eq!([0, 1, 2].map(|at| after[at] - before[at]), [3, 1, 1]);
    });
}

/// One signature, brought twice, and another of the same person over another text: neither is a second person, and while
/// people are missing neither carries on with anything.
fn counts_once(desk: &Desk<'_>, id: &str, told: &Told) {
    let Told::Locked(Some(lock)) = told else { panic!("{told:?}") };
    let officers = &lock.before.as_ref().unwrap().officers;
    let bring = |name: &str| {
        let (trace, signature) = (desk.trace.clone(), desk.host.path(name));
        desk.host.does(Effect::BringRelease { trace, id: id.to_owned(), signature })
    };
    assert_eq!(refused(&bring("good.sig")), "DECIDE_TWICE");
    let text = fs::read_to_string(desk.host.path(&format!("{id}-also-says.txt"))).unwrap();
    desk.signed(id, APPROVAL, &text, "also.sig");
    assert_eq!(refused(&bring("also.sig")), "DECIDE_TWICE");
    let told = desk.host.does(Effect::Locked(desk.trace.clone()));
    let Told::Locked(Some(lock)) = &told else { panic!("{told:?}") };
    assert_eq!(&lock.before.as_ref().unwrap().officers, officers);
}

fn decides_and_dies(scene: &Scene, id: &str, armored: &[u8]) {
    let mut room = scene.world.open().unwrap();
    let (object, _) = room.open_matters(Operation::QuarantineClear).unwrap().remove(0);
    let subject = room.subject(Operation::QuarantineClear, &object).unwrap();
    let id = id.parse().unwrap();
    let entry = room.decide_detached(&subject, &id, armored).unwrap();
    let twice = room.decide_detached(&subject, &id, armored).unwrap_err();
    assert_eq!(room.again(&subject, &id, twice).unwrap(), entry, "it is his own decision that is carried on with");
}
