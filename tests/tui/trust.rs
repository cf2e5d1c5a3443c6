//! A bundle that changes what a cluster trusts asks for no certificate, and is still seen.

use airlock::cluster::role::Domain;
use airlock::exchange::csr_bundle::manifest::{TrustChange, TrustOp};
use airlock::tui::keys::Key;
use airlock::tui::told::Told;

use crate::drawn::Drawn;
use crate::facts;
use crate::screens;

fn change() -> Vec<TrustOp> {
    vec![TrustOp { domain: Domain::Etcd, op: TrustChange::IntroduceRoot }]
}

fn shows_in_both_languages(drawn: &mut Drawn, texts: [&str; 2]) {
    assert!(drawn.shows(texts[0]), "{}", drawn.last());
    drawn.key(Key::Function(2));
    assert!(drawn.shows(texts[1]), "{}", drawn.last());
}

#[test]
fn whoever_reviews_and_approves_sees_what_is_to_become_of_the_roots() {
    let mut drawn = screens::review(0);
    assert!(!drawn.shows("introduce-root"));
    drawn.told(Told::Reviewed(Vec::new(), change()));
    shows_in_both_languages(&mut drawn, ["Trust change: introduce-root etcd", "信任变更：introduce-root etcd"]);

    let mut drawn = screens::quorum(true);
    assert!(!drawn.shows("introduce-root"));
    let Told::Ballot(Some(mut ballot)) = facts::ballot(true) else { panic!("no ballot") };
    ballot.trust_ops = change();
    drawn.told(Told::Ballot(Some(ballot)));
    shows_in_both_languages(&mut drawn, ["prod-bj1 trusts changes: introduce-root etcd", "集群 prod-bj1 的信任变更"]);
}
