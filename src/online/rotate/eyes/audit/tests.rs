use super::*;

fn event(stage: &str, user: &str) -> String {
    let id = Digest::of(format!("{stage}{user}").as_bytes());
    format!(
        r#"{{"kind":"Event","auditID":"{id}","requestReceivedTimestamp":"2026-11-22T06:30:00.000001Z","stageTimestamp":"{stage}","user":{user}}}"#
    )
}

fn line(stage: &str, print: Digest) -> String {
    event(stage, &format!(r#"{{"username":"x","extra":{{"{CREDENTIAL}":["{PREFIX}{print}"]}}}}"#))
}

fn log(lines: &[String]) -> Log {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    Log::of("log", text.as_bytes(), nobody())
}

/// Nobody is spared.
fn nobody() -> Spared<'static> {
    static CANARIES: BTreeSet<Digest> = BTreeSet::new();
    static WITHOUT: BTreeSet<String> = BTreeSet::new();
    Spared { canaries: &CANARIES, without: &WITHOUT }
}

fn at(text: &str) -> Timestamp {
    time(text).unwrap()
}

#[test]
fn the_last_use_of_a_certificate_is_found() {
    let (old, new) = (Digest::of(b"old"), Digest::of(b"new"));
    let log = log(&[
        line("2026-11-22T06:38:01.5Z", old),
        line("2026-11-22T06:39:00.000001Z", old),
        line("2026-11-22T06:37:59.9Z", new),
    ]);
    let span = Span { begin: at("2026-11-22T06:38:01Z"), end: at("2026-11-22T06:39:00Z") };
    assert_eq!((log.told, log.span, log.broken), (Some(span), Some(span), None));
    assert_eq!(log.used.get(&old), Some(&at("2026-11-22T06:39:00Z")));
    assert_eq!(log.used.get(&new), Some(&at("2026-11-22T06:37:59Z")));
}

/// Else each look would begin the window anew.
#[test]
fn our_own_canaries_do_not_use_the_old_root() {
    let old = Digest::of(b"old");
    let used = |agent: &str, verb: &str, path: &str, canary: Digest| {
        let more = format!(r#""userAgent":"{agent}","verb":"{verb}","requestURI":"{path}","user":{{"#);
        let event = line("2026-11-22T06:38:00.0Z", old).replace("\"user\":{", &more);
        let spared = Spared { canaries: &BTreeSet::from([canary]), ..nobody() };
        Log::of("log", event.as_bytes(), spared).used.get(&old).copied()
    };
    assert_eq!(used("airlock/0.1.0", "get", "/api", old), None);
    // Another program; one that calls itself ours and reads secrets; and one that comes with what is no canary.
    for (agent, verb, path, canary) in [
        ("kube-scheduler/v1.32.3", "get", "/api", old),
        ("airlock/0.1.0", "get", "/api/v1/secrets", old),
        ("airlock/0.1.0", "create", "/api", old),
        ("airlock/0.1.0", "get", "/api", Digest::of(b"another")),
    ] {
        assert_eq!(used(agent, verb, path, canary), Some(at("2026-11-22T06:38:00Z")), "{agent} {verb} {path}");
    }
}

#[test]
fn after_a_gap_a_log_begins_anew() {
    let print = Digest::of(b"x");
    let lines = |gap: &str| [line("2026-11-22T06:00:00.0Z", print), line(gap, print)];
    assert_eq!(log(&lines("2026-11-22T06:15:00.0Z")).span.unwrap().begin, at("2026-11-22T06:00:00Z"));
    assert_eq!(log(&lines("2026-11-22T06:15:01.0Z")).span.unwrap().begin, at("2026-11-22T06:15:01Z"));
}

#[test]
fn only_the_last_line_may_be_cut() {
    let whole = line("2026-11-22T06:38:00.0Z", Digest::of(b"x"));
    let half = &whole[..whole.len() / 2];
    let broken = |text: String| Log::of("log", text.as_bytes(), nobody()).broken;
    assert_eq!(broken(format!("{whole}\n{whole}\n")), None);
    assert_eq!(broken(format!("{whole}\n{half}")), None);
    assert_eq!(broken(format!("{whole}\n{half}\n{whole}\n")), Some(2));
    assert_eq!(broken(format!("{half}\n{whole}\n")), Some(1));
    assert_eq!(broken(format!("{whole}\n\0\0\0\n{whole}\n")), Some(2));
}

/// Who is named like a ServiceAccount and has no identifier came with a certificate, whatever it says.
#[test]
fn who_may_have_shown_a_certificate_is_told_from_who_did_not() {
    for (user, may) in [
        (r#"{"username":"system:node:w1","groups":["system:nodes","system:authenticated"]}"#, true),
        (r#"{"username":"system:serviceaccount:a:b","uid":"1-2","groups":["system:serviceaccounts"]}"#, false),
        (r#"{"username":"system:serviceaccount:a:b","groups":["system:serviceaccounts"]}"#, true),
        (r#"{"username":"system:anonymous","groups":["system:unauthenticated"]}"#, false),
        (r#"{"username":"system:anonymous","groups":["system:masters","system:authenticated"]}"#, true),
        (r#"{"username":"system:apiserver","uid":"3-4","groups":["system:masters"]}"#, false),
        (r#"{}"#, false),
    ] {
        let log = log(&[event("2026-11-22T06:38:00.0Z", user)]);
        assert_eq!(log.users.len(), usize::from(may), "{user}");
        assert_eq!(log.requests(at("2026-11-22T06:30:00Z"), at("2026-11-22T06:30:00Z")), u64::from(may), "{user}");
        assert_eq!(log.requests(at("2026-11-22T06:30:01Z"), at("2026-11-22T06:40:00Z")), 0);
    }
    let token = event("2026-11-22T06:38:00.0Z", r#"{"username":"oidc:zhang-wei"}"#);
    let names = BTreeSet::from(["oidc:zhang-wei".to_owned()]);
    let without = Log::of("log", token.as_bytes(), Spared { without: &names, ..nobody() });
    assert!(without.users.is_empty() && without.span.is_some());
}

#[test]
fn one_request_counts_once_however_many_lines_it_has() {
    let user = r#"{"username":"system:node:w1"}"#;
    let twice = event("2026-11-22T06:38:00.0Z", user);
    let other = event("2026-11-22T06:38:01.0Z", user);
    let log = log(&[twice.clone(), twice, other]);
    assert_eq!(log.requests(at("2026-11-22T06:30:00Z"), at("2026-11-22T06:30:00Z")), 2);
}

/// Each hold says which log it is, and why.
#[test]
fn a_log_that_is_missing_or_tells_nothing_is_named() {
    let now = at("2026-11-22T06:50:00Z");
    let named = |name: &str, lines: &[String]| Log { name: name.to_owned(), ..log(lines) };
    let one = named("one", &[line("2026-11-22T06:49:00.0Z", Digest::of(b"x"))]);
    let two = named("two", &[line("2026-11-22T06:49:30.0Z", Digest::of(b"y"))]);
    let copy = Log { name: "copy".to_owned(), ..one.clone() };
    // The same API server again, a while later: most of its requests stand in both.
    let lines: Vec<_> =
        (10..40).map(|second| line(&format!("2026-11-22T06:48:{second}.0Z"), Digest::of(b"x"))).collect();
    let (first, second) = (named("first", &lines[..20]), named("second", &lines[5..]));
    let apart = (named("first", &lines[..15]), named("apart", &lines[15..]));
    let early = named("early", &[line("2026-11-22T06:34:59.0Z", Digest::of(b"x"))]);
    let cut = named("cut", &["half".to_owned(), line("2026-11-22T06:49:00.0Z", Digest::of(b"x"))]);
    let without = named("without", &[event("2026-11-22T06:49:00.0Z", r#"{"username":"x"}"#)]);
    let empty = named("empty", &[]);
    let said = |logs: &[&Log], servers: usize| {
        faults(&logs.iter().copied().cloned().collect::<Vec<_>>(), servers, now, |log| log.told).join("; ")
    };
    for (logs, servers, expected) in [
        (&[&one][..], 1, ""),
        (&[&one, &two], 2, ""),
        (&[], 1, "0 audit logs were shown of 1 API servers"),
        (&[&one], 2, "1 audit logs were shown of 2 API servers"),
        (&[&one, &copy], 2, "copy is the same as one"),
        (&[&first, &second], 2, "second is the same as first"),
        (&[&apart.0, &apart.1], 2, ""),
        (&[&one, &empty], 2, "empty holds no event"),
        (&[&one, &without], 2, "without names no certificate"),
        (&[&early, &two], 2, "early ended too early, at 2026-11-22T06:34:59Z"),
        (&[&cut, &two], 2, "cut was cut, or is no audit log: line 1 is no event"),
    ] {
        assert_eq!(said(logs, servers), expected);
    }
    assert_eq!(faults(&[without], 1, now, |log| log.span), [""; 0]);
}
