//! What a package must show of the CA's log: a rewound, forked or doctored log is seen, whatever else fits.

use airlock::audit::checkpoint::Checkpoint;
use airlock::audit::detail::{Head as LogHead, SignIntent, Signed};
use airlock::audit::entry::Entry;
use airlock::audit::event::Event;
use airlock::audit::note::Note;
use airlock::audit::proof::{ConsistencyFile, InclusionFile};
use airlock::audit::tree::{Head, Tree};
use airlock::exchange::signature::SigningKey as _;
use airlock::wire::digest::Digest;

use crate::bundle_world::TRACE;
use crate::letter::Parts;
use crate::package_world::{Answering, Importer};
use crate::tools::wounds;
use crate::world::{LOG, STRANGER, checkpoint, key, log_key};

type Refused = (&'static str, &'static str);

fn import(answering: &Answering, change: impl FnOnce(&mut Parts)) -> Refused {
    Importer::of(answering).import(answering.forged(change)).err().unwrap_or_default()
}

fn forged(change: impl FnOnce(&mut Parts)) -> Refused {
    import(&Answering::new(), change)
}

fn text(parts: &Parts, name: &str) -> String {
    String::from_utf8(parts.files[name].clone()).unwrap()
}

fn put(parts: &mut Parts, name: &str, bytes: impl Into<Vec<u8>>) {
    parts.files.insert(name.to_owned(), bytes.into());
}

/// The log part as a CA would write it that keeps another log.
fn relogged(entries: &[Entry]) -> impl FnOnce(&mut Parts) {
    let mut tree = Tree::default();
    entries.iter().for_each(|entry| tree.append(entry.to_line().unwrap()));
    let entries: Vec<Entry> = entries.to_vec();
    move |parts: &mut Parts| {
        parts.files.retain(|name, _| !name.starts_with("audit/"));
        let head = checkpoint(tree.head());
        let mut lines = Vec::new();
        for (index, entry) in (0_u64..).zip(&entries) {
            if entry.trace.as_deref() != Some(TRACE) {
                continue;
            }
            lines.extend(entry.to_line().unwrap());
            lines.push(b'\n');
            let path = tree.inclusion(index).unwrap();
            let proof = InclusionFile { index, path, checkpoint: head.clone() };
            put(parts, &format!("audit/inclusion/{index}.tlog-proof"), proof.to_text());
        }
        let consistency = ConsistencyFile { old_size: 2, new_size: tree.size(), path: tree.consistency(2).unwrap() };
        put(parts, "audit/consistency.txt", consistency.to_text());
        put(parts, "audit/checkpoint", head);
        put(parts, "audit/entries.jsonl", lines);
    }
}

/// The log of a CA that did the same, and where a hand changed the entries before they were signed.
fn doctored(change: impl Fn(&mut Vec<Entry>)) -> Refused {
    let answering = Answering::new();
    let mut entries = answering.host.log.entries().to_vec();
    change(&mut entries);
    for (seq, entry) in (0_u64..).zip(&mut entries) {
        entry.seq = seq;
    }
    import(&answering, relogged(&entries))
}

#[test]
fn the_log_that_is_written_here_is_the_one_that_the_ca_writes() {
    assert_eq!(doctored(|_| {}), ("", ""));
}

#[test]
fn r21_a_log_that_went_back_is_seen() {
    let answering = Answering::new();
    let files = answering.files();
    let size = answering.host.log.tree().size();
    let mut importer = Importer::of(&answering);
    importer.remembered = Some(Head { size: size + 1, root: Digest::of(b"later") });
    assert_eq!(importer.import(files).err(), Some(("W12", "PACKAGE_LOG_REWOUND")));
}

#[test]
fn a_fork_is_seen() {
    let answering = Answering::new();
    let mut importer = Importer::of(&answering);
    importer.remembered = Some(Head { root: Digest::of(b"other"), ..answering.remembered });
    let refused = importer.import(answering.files()).err();
    assert_eq!(refused, Some(("W12", "PACKAGE_LOG_FORKED")));
    // The first entry is another than the one that was remembered, and everything else fits.
    let forked =
        |entries: &mut Vec<Entry>| entries[0].event = Event::Checkpoint(LogHead { root: Digest::of(b"x"), size: 1 });
    assert_eq!(doctored(forked), ("W12", "PACKAGE_LOG_FORKED"));
}

#[test]
fn the_proof_leads_from_the_head_that_was_sent() {
    let answering = Answering::new();
    let size = answering.host.log.tree().size();
    let other =
        ConsistencyFile { old_size: 1, new_size: size, path: answering.host.log.tree().consistency(1).unwrap() };
    assert_eq!(forged(|parts| put(parts, "audit/consistency.txt", other.to_text())), ("W12", "PACKAGE_CONSISTENCY"));
    assert_eq!(forged(|parts| drop(parts.files.remove("audit/consistency.txt"))), ("W12", "PACKAGE_CONSISTENCY"));
    assert_eq!(forged(|parts| put(parts, "audit/consistency.txt", "none\n")), ("W12", "PACKAGE_LOG_FORKED"));
    // Before the first package nothing is remembered, and nothing is proven.
    let mut first = Importer::of(&answering);
    first.remembered = None;
    let with_proof = first.import(answering.files()).err();
    assert_eq!(with_proof, Some(("W12", "PACKAGE_CONSISTENCY")));
    let without = answering.forged(|parts| drop(parts.files.remove("audit/consistency.txt")));
    assert!(first.import(without).is_ok());
    // The head that is remembered may be the very head of the package.
    let mut same = Importer::of(&answering);
    same.remembered = Some(answering.host.log.tree().head());
    let proof = ConsistencyFile { old_size: size, new_size: size, path: Vec::new() };
    assert!(same.import(answering.forged(|parts| put(parts, "audit/consistency.txt", proof.to_text()))).is_ok());
}

#[test]
fn only_the_pinned_log_signs_its_head() {
    let answering = Answering::new();
    let head = answering.host.log.tree().head();
    let by = |number: u8, origin: &str| {
        let text = Checkpoint { origin: origin.to_owned(), head }.to_string();
        let public = ed25519_dalek::VerifyingKey::from_bytes(key(number).public_key().as_ed25519()).unwrap();
        let signer = airlock::audit::note::NoteKey::new(origin, public, airlock::audit::note::KeyUse::Log).unwrap();
        let line = signer.line(&text, &key(number).sign(text.as_bytes()).unwrap()).unwrap();
        Note::new(text, vec![line]).to_string()
    };
    let refused = |note: String| {
        forged(|parts| {
            let old = text(parts, "audit/checkpoint");
            let names: Vec<_> = parts.files.keys().filter(|name| name.contains("inclusion")).cloned().collect();
            for name in names {
                let proof = text(parts, &name).replace(&old, &note);
                put(parts, &name, proof);
            }
            put(parts, "audit/checkpoint", note.clone());
        })
    };
    let origin = log_key().name().to_owned();
    assert_eq!(refused(by(LOG, &origin)), ("", ""));
    assert_eq!(refused(by(STRANGER, &origin)), ("W12", "PACKAGE_CHECKPOINT"));
    assert_eq!(refused(by(LOG, "airlock/root-ca-02/log")), ("W12", "PACKAGE_CHECKPOINT"));
    assert_eq!(refused("none\n".to_owned()), ("W12", "PACKAGE_NOTE"));
}

#[test]
fn every_entry_is_proven_and_every_proof_is_of_an_entry() {
    let missing = |parts: &mut Parts| {
        let name = parts.files.keys().find(|name| name.contains("inclusion")).unwrap().clone();
        parts.files.remove(&name);
    };
    assert_eq!(forged(missing), ("W12", "PACKAGE_PROOFS"));
    let renamed = |parts: &mut Parts| {
        let name = parts.files.keys().find(|name| name.contains("inclusion")).unwrap().clone();
        let bytes = parts.files.remove(&name).unwrap();
        put(parts, "audit/inclusion/999.tlog-proof", bytes);
    };
    assert_eq!(forged(renamed), ("W12", "PACKAGE_PROOFS"));
    let swapped = |parts: &mut Parts| {
        let names: Vec<_> = parts.files.keys().filter(|name| name.contains("inclusion")).take(2).cloned().collect();
        let (one, two) = (parts.files[&names[0]].clone(), parts.files[&names[1]].clone());
        put(parts, &names[0], two);
        put(parts, &names[1], one);
    };
    assert_eq!(forged(swapped), ("W12", "PACKAGE_INCLUSION"));
    let of_another_head = |parts: &mut Parts| {
        let name = parts.files.keys().find(|name| name.contains("inclusion")).unwrap().clone();
        let old = text(parts, "audit/checkpoint");
        let other = checkpoint(Head { size: 3, root: Digest::of(b"x") });
        let proof = text(parts, &name).replace(&old, &other);
        put(parts, &name, proof);
    };
    assert_eq!(forged(of_another_head), ("W12", "PACKAGE_INCLUSION"));
}

#[test]
fn lines_are_entries_of_this_trace_by_this_ca_in_their_order() {
    for (from, to) in [
        ("\"trace\":\"20250722-7Q2K-9M4F-B\"", "\"trace\":\"20250715-K3JD-88XA-B\""),
        ("\"host\":\"ca:root-ca-01\"", "\"host\":\"ca:root-ca-02\""),
        ("{\"actor\"", "{ \"actor\""),
        ("\n{", "\n\n{"),
    ] {
        let refused = forged(|parts| {
            let changed = text(parts, "audit/entries.jsonl").replacen(from, to, 1);
            put(parts, "audit/entries.jsonl", changed);
        });
        assert_eq!(refused, ("W12", "PACKAGE_ENTRY"), "{from}");
    }
    let reversed = |parts: &mut Parts| {
        let entries = text(parts, "audit/entries.jsonl");
        let lines: String = entries.lines().rev().map(|line| format!("{line}\n")).collect();
        put(parts, "audit/entries.jsonl", lines);
    };
    assert_eq!(forged(reversed), ("W12", "PACKAGE_ENTRY"));
    let twice = |parts: &mut Parts| {
        let entries = text(parts, "audit/entries.jsonl");
        put(parts, "audit/entries.jsonl", format!("{}\n{entries}", entries.lines().next().unwrap()));
    };
    assert_eq!(forged(twice), ("W12", "PACKAGE_ENTRY"));
    let changed = |parts: &mut Parts| {
        let entries = text(parts, "audit/entries.jsonl").replacen("\"medium\":\"TX-03\"", "\"medium\":\"TX-04\"", 1);
        put(parts, "audit/entries.jsonl", entries);
    };
    assert_eq!(forged(changed), ("W12", "PACKAGE_INCLUSION"));
}

#[test]
fn r42_what_must_have_happened_stands_in_the_log() {
    let without = |is: fn(&Event) -> bool| doctored(move |entries| entries.retain(|entry| !is(&entry.event)));
    assert_eq!(without(|event| matches!(event, Event::OobDraw(_))), ("W12", "PACKAGE_UNLOGGED"));
    assert_eq!(without(|event| matches!(event, Event::OobRows(_))), ("W12", "PACKAGE_UNLOGGED"));
    assert_eq!(without(|event| matches!(event, Event::PlanClosed(_))), ("W12", "PACKAGE_UNLOGGED"));
    assert_eq!(without(|event| matches!(event, Event::SignIntent(_))), ("W12", "PACKAGE_UNLOGGED"));
    assert_eq!(without(|event| matches!(event, Event::Signed(_))), ("W12", "PACKAGE_UNLOGGED"));
    assert_eq!(without(|event| matches!(event, Event::Approved(_))), ("W12", "PACKAGE_UNLOGGED"));
    let intent = |change: fn(&mut SignIntent)| {
        doctored(move |entries| {
            entries.iter_mut().for_each(|entry| {
                if let Event::SignIntent(intent) = &mut entry.event {
                    change(intent);
                }
            });
        })
    };
    let unlogged = ("W12", "PACKAGE_UNLOGGED");
    assert_eq!(intent(|intent| intent.plan = Digest::of(b"other")), unlogged);
    assert_eq!(intent(|intent| intent.orders[0].serial = Some("01".to_owned())), unlogged);
    assert_eq!(intent(|intent| intent.orders[0].spki = Some(Digest::of(b"other"))), unlogged);
    assert_eq!(intent(|intent| intent.orders[0].request = Some("0002".to_owned())), unlogged);
    assert_eq!(intent(|intent| intent.orders[0].tbs = Digest::of(b"other")), unlogged);
    let result = |change: fn(&mut Signed)| {
        doctored(move |entries| {
            entries.iter_mut().for_each(|entry| {
                if let Event::Signed(signed) = &mut entry.event {
                    change(signed);
                }
            });
        })
    };
    assert_eq!(result(|signed| signed.plan = Digest::of(b"other")), unlogged);
    assert_eq!(result(|signed| signed.results[0].n = 2), unlogged);
    assert_eq!(result(|_| {}), ("", ""));
}

/// Each file of the log part with each byte changed, in a container that is soundly signed.
#[test]
fn every_wound_of_the_log_part_is_refused() {
    let answering = Answering::new();
    let parts = answering.parts();
    let proof = parts.files.keys().find(|name| name.contains("inclusion")).unwrap().clone();
    for (name, step) in
        [("audit/consistency.txt", 5), (proof.as_str(), 23), ("audit/checkpoint", 23), ("audit/entries.jsonl", 401)]
    {
        for (wound, bytes) in wounds(&parts.files[name]).step_by(step) {
            let (check, _) = import(&answering, |parts| put(parts, name, bytes));
            assert_eq!(check, "W12", "{name}: {wound}");
        }
    }
}

#[test]
fn a_log_without_entries_of_this_trace_shows_nothing() {
    let untraced = |entries: &mut Vec<Entry>| entries.iter_mut().for_each(|entry| entry.trace = None);
    assert_eq!(doctored(untraced), ("W12", "PACKAGE_UNLOGGED"));
}
