//! N20: what is asked for is chosen in a form, and the command line that is told asks for the same.

use std::path::PathBuf;

use airlock::audit::entry::Side;
use airlock::cluster::role::{Domain, Role};
use airlock::exchange::csr_bundle::manifest::{TrustChange, TrustOp};
use airlock::online::request::{Keys, Review, Wish};
use airlock::pki::key::KeyType;
use airlock::tui::effect::Effect;
use airlock::tui::keys::Key;
use airlock::tui::told::Told;

use crate::drawn::Drawn;
use crate::facts::{self, online};
use crate::screens::home;

const TRACE: &str = "20250722-7Q2K-9M4F-B";

/// N20 with the form open.
fn form() -> Drawn {
    let mut drawn = home(Side::Online, &[]);
    drawn.typed("1").told(online::scanned()).typed("n");
    assert!(matches!(drawn.one(), Effect::Draft(wish) if *wish == Wish::default()));
    drawn.told(online::drafted()).typed("c");
    drawn
}

/// Goes through the fields and types into some of them, by their number.
fn fill(drawn: &mut Drawn, texts: &[(usize, &str)]) {
    for field in 0..11 {
        if let Some((_, text)) = texts.iter().find(|(at, _)| *at == field) {
            for _ in 0..40 {
                drawn.key(Key::Backspace);
            }
            drawn.typed(text);
        }
        drawn.key(Key::Enter);
    }
}

fn asked(drawn: &mut Drawn) -> Wish {
    let Effect::Draft(wish) = drawn.one() else { panic!("nothing is drafted: {}", drawn.last()) };
    *wish
}

#[test]
fn whatever_the_command_line_can_ask_for_is_chosen_here() {
    let mut drawn = form();
    assert!(drawn.shows("- as today, reuse, rsa-2048"), "{}", drawn.last());
    insta::assert_snapshot!("N20_choose", drawn.snapshot());
    fill(
        &mut drawn,
        &[
            (0, "p384"),
            (1, "90"),
            (2, "apiserver etcd-peer"),
            (3, "cp1 cp2"),
            (4, "cp1:intermediate-etcd"),
            (5, "cp2:scheduler=/srv/it's.csr"),
            (6, "add"),
            (9, TRACE),
            (10, "3"),
        ],
    );
    let place = |node: &str, role| (node.to_owned(), role);
    let wish = Wish {
        keys: Keys::New(KeyType::P384),
        validity_days: Some(90),
        roles: vec![Role::Apiserver, Role::EtcdPeer],
        nodes: vec!["cp1".to_owned(), "cp2".to_owned()],
        added: vec![place("cp1", Role::IntermediateEtcd)],
        foreign: vec![("cp2".to_owned(), Role::Scheduler, PathBuf::from("/srv/it's.csr"))],
        add_names: true,
        void: Some(TRACE.parse().unwrap()),
        life_days: 3,
        ..Wish::default()
    };
    assert_eq!(asked(&mut drawn), wish);
    assert_eq!(
        wish.options(),
        format!(
            " --role apiserver --role etcd-peer --only cp1 --only cp2 --add cp1:intermediate-etcd --csr 'cp2:scheduler=/srv/it'\\''s.csr' \
             --key-type p384 --add-names --validity-days 90 --void {TRACE} --life-days 3"
        )
    );
    // What was chosen stands in the form again, and a place that is dropped is dropped beside it.
    drawn.told(online::drafted()).key(Key::Down).typed("d");
    let dropped = asked(&mut drawn);
    assert_eq!((dropped.keys, dropped.dropped.len()), (wish.keys, 1));
    drawn.told(online::drafted()).typed("c");
    assert!(drawn.shows("apiserver etcd-peer") && drawn.shows(TRACE), "{}", drawn.last());
}

#[test]
fn a_change_of_trust_is_asked_for_and_shown() {
    let ops = vec![
        TrustOp { domain: Domain::Etcd, op: TrustChange::IntroduceRoot },
        TrustOp { domain: Domain::Kubernetes, op: TrustChange::RetireRoot },
    ];
    let mut drawn = form();
    fill(&mut drawn, &[(7, "etcd"), (8, "kubernetes")]);
    let wish = asked(&mut drawn);
    assert_eq!(wish, Wish { trust: ops.clone(), ..Wish::default() });
    assert_eq!(wish.options(), " --introduce-root etcd --retire-root kubernetes");
    drawn.told(Told::Drafted(Box::new(Review { requests: Vec::new(), left_out: Vec::new(), trust_ops: ops })));
    assert!(drawn.shows("introduce-root etcd") && drawn.shows("retire-root kubernetes"), "{}", drawn.last());
    insta::assert_snapshot!("N20_trust", drawn.snapshot());
    drawn.typed("n");
    assert!(drawn.shows("[N30]"), "{}", drawn.last());
    drawn.key(Key::Function(1));
    assert!(drawn.shows("--introduce-root etcd"), "{}", drawn.last());
}

#[test]
fn a_word_that_is_none_is_not_taken_and_says_so() {
    for (field, text, told) in [
        (0, "p257", "- as today, reuse"),
        (1, "ninety", "A number of days"),
        (1, "90 365", "A number of days"),
        (2, "apiservers", "Profiles of the certificate table"),
        (4, "cp1", "NODE:PROFILE, with spaces"),
        (5, "cp1:scheduler", "NODE:PROFILE=FILE"),
        (6, "yes", "Type add"),
        (7, "root", "kubernetes, etcd or front-proxy"),
        (9, "20250722", "The trace of an outstanding request"),
        (10, "-", "A number of days"),
    ] {
        let mut drawn = form();
        fill(&mut drawn, &[(field, text)]);
        assert!(drawn.asked.is_empty() && drawn.shows("[TYPO]") && drawn.shows(told), "{field}: {}", drawn.last());
    }
    // A change of trust stands alone.
    let mut drawn = form();
    fill(&mut drawn, &[(0, "reuse"), (7, "etcd")]);
    assert!(drawn.asked.is_empty() && drawn.shows("stands alone in its bundle"), "{}", drawn.last());
}

#[test]
fn what_cannot_be_asked_for_is_put_right_in_the_form() {
    let mut drawn = form();
    fill(&mut drawn, &[(3, "cp9")]);
    assert_eq!(asked(&mut drawn).nodes, ["cp9"]);
    drawn.told(Told::Refused(facts::notice())).key(Key::Enter);
    assert!(drawn.shows("Only nodes           cp9"), "{}", drawn.last());
    drawn.key(Key::Esc);
    assert_eq!(asked(&mut drawn), Wish::default());
}

#[test]
fn what_is_left_out_stays_in_sight_and_is_taken_back_by_the_same_key() {
    let mut drawn = home(Side::Online, &[]);
    drawn.typed("1").told(online::scanned()).typed("n").told(online::drafted());
    let Told::Drafted(all) = online::drafted() else { unreachable!() };
    // The privileged one is ticked, then the other is left out.
    drawn.key(Key::Down).key(Key::Char(' ')).key(Key::Up).typed("d");
    let place = (all.requests[0].node.clone(), all.requests[0].role);
    assert_eq!(asked(&mut drawn).dropped, [place]);
    let mut fewer = all.clone();
    fewer.requests.remove(0);
    fewer.requests[0].id = all.requests[0].id;
    drawn.told(Told::Drafted(fewer.clone()));
    assert!(drawn.shows("left out 1") && drawn.shows("ticked 1"), "{}", drawn.last());
    assert!(drawn.shows(">-     -  apiserver"), "the person is still on it: {}", drawn.last());
    insta::assert_snapshot!("N20_left_out", drawn.snapshot());
    // What is left is not left out too: nothing would be asked for.
    drawn.key(Key::Up).typed("d");
    assert!(drawn.asked.is_empty() && drawn.shows("The last request stays"), "{}", drawn.last());
    drawn.key(Key::Down).typed("d");
    assert!(asked(&mut drawn).dropped.is_empty());
    drawn.told(Told::Drafted(all));
    assert!(drawn.shows("left out 0") && drawn.shows("ticked 1") && !drawn.shows("D undoes it"), "{}", drawn.last());
    assert!(drawn.shows(">   0001  apiserver"), "{}", drawn.last());
    // A request that is another one by now is read and ticked again.
    drawn.typed("d").told(Told::Drafted({
        fewer.requests[0].subject.push('x');
        fewer
    }));
    assert!(drawn.shows("ticked 0"), "{}", drawn.last());
}
