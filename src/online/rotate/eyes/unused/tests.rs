use super::*;
use crate::online::rotate::eyes::audit::Spared;
use crate::pki::extension::oid;
use crate::pki::key::Curve;
use crate::pki::mint::{self, Authority, Key, extended_key_usage, put};

const DAY: i64 = 86_400;

/// When the last leaf was put in place; a day later each API server is asked.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(1_800_000_000 + seconds).unwrap()
}

/// Of an API server that was started at `started`: requests with less than half a year, with less than a year, and with more.
fn reading(started: i64, counts: [u64; 3]) -> Reading {
    let series = "apiserver_client_certificate_expiration_seconds";
    let [half, year, all] = [counts[0], counts[0] + counts[1], counts.iter().sum()];
    let text = format!(
        "{series}_bucket{{le=\"0\"}} 0\n{series}_bucket{{le=\"1.5552e+07\"}} {half}\n{series}_bucket{{le=\"3.1104e+07\"}} {year}\n\
         {series}_bucket{{le=\"+Inf\"}} {all}\n{series}_count {all}\nprocess_start_time_seconds {}.25\n\
         go_memstats_last_gc_time_seconds {}\n",
        at(started).unix(),
        at(DAY).unix()
    );
    Reading { lives: Lives::parse(text.as_bytes()).unwrap(), printed: at(DAY + 30) }
}

/// A log of so many requests of each user, the last an hour and a half before the end; the last event is a moment ago.
fn log(name: &str, users: &[(&str, usize)]) -> Log {
    let event = |time: Timestamp, user: &str, number: usize| {
        let time = time.to_string().replace('Z', ".5Z");
        format!(
            r#"{{"auditID":"{name}{user}{number}","requestReceivedTimestamp":"{time}","stageTimestamp":"{time}","user":{{"username":"{user}"}}}}"#
        )
    };
    let of_user = |(user, count): &(&str, usize)| {
        (0..*count).map(|number| event(at(DAY - 5400), user, number) + "\n").collect::<String>()
    };
    let text: String = users.iter().map(of_user).chain([event(at(DAY + 30), "", 0)]).collect();
    Log::of(name, text.as_bytes(), Spared { canaries: &BTreeSet::new(), without: &BTreeSet::new() })
}

fn good() -> Case {
    Case {
        servers: vec![("cp1".to_owned(), Some(at(100))), ("cp2".to_owned(), Some(at(200)))],
        readings: vec![reading(101, [0, 0, 3]), reading(199, [0, 0, 5])],
        logs: vec![log("one", &[("admin", 2), ("node", 3)]), log("two", &[("node", 3)])],
        ends: Ends { old: [at(300 * DAY)].into(), new: [at(500 * DAY)].into() },
        names: ["admin", "node"].map(str::to_owned).into(),
        since: at(0),
        now: at(DAY + 60),
        window: DAY,
    }
}

fn why(case: &Case) -> String {
    let found = case.judge();
    assert_eq!((found.from, found.why.is_empty()), (None, false));
    found.why.join("; ")
}

#[test]
fn nobody_came_with_the_old_root_since_the_last_api_server_was_started() {
    let found = good().judge();
    assert_eq!((found.from, found.last, found.why), (Some(at(199)), None, Vec::new()));
    assert!(
        found.by.starts_with("by the lives of certificates in 8 requests and 2 names; not told is"),
        "{}",
        found.by
    );
}

#[test]
fn one_request_with_an_old_leaf_names_the_api_server() {
    let said = why(&Case { readings: vec![reading(101, [0, 0, 3]), reading(199, [0, 1, 5])], ..good() });
    assert!(
        said.starts_with("API server of cp2: 1 request came with certificates that had 4320 h to 8640 h"),
        "{said}"
    );
}

#[test]
fn leaves_of_the_same_life_decide_nothing_and_it_is_said_from_when_on_they_do() {
    let ends = Ends { old: [at(400 * DAY)].into(), new: [at(500 * DAY)].into() };
    let said = why(&Case { ends, ..good() });
    let from = at(40 * DAY + 300);
    assert!(
        said.contains(&format!("as new and old ones have; they are told apart in a window that begins at {from}")),
        "{said}"
    );
}

#[test]
fn each_api_server_is_heard_by_its_own_metrics() {
    // The same one twice, as behind one address.
    let said = why(&Case { readings: vec![reading(101, [0, 0, 3]), reading(101, [0, 0, 3])], ..good() });
    assert_eq!(said, format!("API server of cp2: no metrics of it were shown since {}", at(200)));
    // Another cluster's.
    let said = why(&Case { readings: vec![reading(101, [0, 0, 3]), reading(300, [0, 0, 3])], ..good() });
    assert!(said.contains("API server of cp2: no metrics"), "{said}");
    let servers = |second: i64| vec![("cp1".to_owned(), Some(at(100))), ("cp2".to_owned(), Some(at(second)))];
    let said =
        why(&Case { servers: servers(105), readings: vec![reading(100, [0; 3]), reading(105, [0; 3])], ..good() });
    assert!(said.contains("another was started within seconds of it"), "{said}");
    let said = why(&Case { servers: servers(-1), ..good() });
    assert!(
        said.contains("API server of cp2: it runs since")
            && said.ends_with("restart it and bring the facts of its node"),
        "{said}"
    );
    let said = why(&Case { servers: vec![("cp1".to_owned(), None)], ..good() });
    assert!(said.contains("API server of cp1: nothing new enough is known"), "{said}");
}

#[test]
fn a_log_that_leaves_somebody_out_is_seen_by_the_count() {
    let said = why(&Case { logs: vec![log("one", &[("node", 4)]), log("two", &[("node", 3)])], ..good() });
    assert!(said.starts_with("API server of cp2: no audit log is left that has all of its 5 requests"), "{said}");
    assert!(said.contains("the best has 4, nor all 5 of the oldest metrics: a watch"), "{said}");
    // A log is of one API server alone, however much it has.
    let said = why(&Case { logs: vec![log("one", &[("node", 9)]), log("two", &[("node", 2)])], ..good() });
    assert!(said.contains("no audit log is left"), "{said}");
    let said = why(&Case { logs: vec![log("one", &[("node", 9)])], ..good() });
    assert!(said.starts_with("1 audit logs were shown of 2 API servers"), "{said}");
}

#[test]
fn whom_nothing_of_the_new_root_certifies_is_named_and_begins_the_window_anew() {
    let logs = || vec![log("one", &[("admin", 2), ("node", 3)]), log("two", &[("node", 3), ("forgotten", 1)])];
    let found = Case { logs: logs(), ..good() }.judge();
    let who = "forgotten, whom nothing of the new root certifies, by two".to_owned();
    assert_eq!((found.from, found.last), (Some(at(199)), Some((at(DAY - 5400), who))));
    let names = ["admin", "forgotten", "node"].map(str::to_owned).into();
    assert_eq!(Case { logs: logs(), names, ..good() }.judge().last, None);
}

/// `one` and `two` as of a day later; what is still going on stands in no log yet.
fn going_on(counts: [[u64; 2]; 2]) -> Case {
    let early = |started: i64, count: u64| {
        let mut early = reading(started, [0, 0, count]);
        early.lives.collected = at(DAY - 3600);
        early.printed = at(DAY - 3570);
        early
    };
    let [[one, one_now], [two, two_now]] = counts;
    let now = [reading(101, [0, 0, one_now]), reading(199, [0, 0, two_now])];
    Case { readings: [early(101, one), early(199, two)].into_iter().chain(now).collect(), ..good() }
}

#[test]
fn who_still_watches_is_accounted_for_as_of_when_all_that_came_had_ended() {
    // Of ten requests of now five have not ended; the five of an hour ago have.
    let found = going_on([[3, 3], [5, 10]]).judge();
    assert_eq!((found.why, found.from, found.until), (Vec::<String>::new(), Some(at(199)), Some(at(DAY - 3600))));
    // Whose log is whose is told in the way that says most, whichever stands first.
    for logs in [["one", "two"], ["two", "one"]] {
        let users = |name: &str| log(name, if name == "one" { &[("node", 5)] } else { &[("node", 3)] });
        let found = Case { logs: logs.map(users).into(), ..going_on([[0, 3], [0, 5]]) }.judge();
        assert_eq!(found.until, Some(at(DAY)));
    }
    let said = why(&going_on([[3, 3], [6, 10]]));
    assert!(said.contains("all of its 10 requests") && said.contains("nor all 6 of the oldest metrics"), "{said}");
    // Not of another process, nor of longer ago than a request can go on.
    let mut case = going_on([[3, 3], [5, 10]]);
    case.readings[1].lives.started = at(-500);
    assert!(why(&case).contains("no audit log is left"));
    let mut case = going_on([[3, 3], [5, 10]]);
    case.readings[1].lives.collected = at(DAY - 7200);
    case.readings[1].printed = at(DAY - 7200);
    assert!(why(&case).contains("no audit log is left"));
}

#[test]
fn a_certificate_that_is_shown_counts_as_a_clients_of_the_new_root_in_its_time_alone() {
    let key = || Key::ec(Curve::P256);
    let (root, other) = (Authority::root("new", key()), Authority::root("other", key()));
    let leaf = |root: &Authority, usage| root.leaf(&key(), |fields| put(fields, extended_key_usage(&[usage])));
    let new = [(Domain::Kubernetes, root.certificate.clone()), (Domain::Etcd, other.certificate.clone())];
    let counts = |leaf: &Certificate, now| client(&new, std::slice::from_ref(leaf), now).is_some();
    let good = leaf(&root, oid::CLIENT_AUTH);
    assert!(counts(&good, mint::now()));
    assert!(!counts(&good, good.validity().not_after().plus(1)));
    assert!(!counts(&leaf(&root, oid::SERVER_AUTH), mint::now()));
    assert!(!counts(&leaf(&other, oid::CLIENT_AUTH), mint::now()), "of the root of etcd");
}
