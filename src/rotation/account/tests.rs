use super::*;

fn account() -> Account {
    let facts = NodeFacts {
        seen: true,
        staged: Some(true),
        signer: Some(Signer::Apart),
        disk: BTreeMap::from([(Store::EtcdPeers, Some(Trust::Both)), (Store::KubeletServer, None)]),
        memory: BTreeMap::from([(Store::EtcdPeers, Trust::Old)]),
        files: BTreeMap::from([(Role::EtcdPeer, Some(Leaf::New)), (Role::Admin, None)]),
        shown: BTreeMap::from([(Role::EtcdPeer, Leaf::Bridged)]),
        up: BTreeMap::from([(Component::Etcd, true), (Component::ControllerManager, false)]),
        lease_age: Some(7),
        clock_skew: None,
        reconnected: Some(false),
    };
    let written = Timestamp::from_unix(1_800_000_000).unwrap();
    Account {
        node: "cp1".to_owned(),
        trace: Trace::new(written, [1, 2, 3, 4, 5]),
        written,
        facts,
        times: Times { etcd_started: Some(written), ..Times::default() },
        clocks: BTreeMap::from([("cp2".to_owned(), -2)]),
        ready: BTreeMap::from([(Check::SingleCa, Told { holds: true, evidence: "one".to_owned() })]),
        preflight: Some(Passed { at: written, plan: Digest::of(b"plan") }),
        bridge: true,
        reclaimed: false,
        only_old: vec!["kubeconfig etc/kubernetes/kubelet.conf".to_owned()],
        residue: 3,
        old_leaves: BTreeSet::from([Digest::of(b"leaf")]),
        old_ends: BTreeSet::from([written.plus(9)]),
        clients: BTreeSet::from([Base64(b"client".to_vec())]),
        canary: Some(Digest::of(b"canary")),
        signing: Some(Signing::Intermediate),
        issuers: BTreeSet::from([Base64(b"der".to_vec())]),
        cluster: Some(Word { published: Some(Trust::Both), whole: true, ..Word::default() }),
        told: BTreeMap::from([(Check::LeaderHeld, Told { holds: true, evidence: "renewed 2 s ago".to_owned() })]),
    }
}

#[test]
fn an_account_reads_back_and_says_what_is_not_known() {
    let bytes = account().json().unwrap();
    assert_eq!(Account::parse(&bytes), Ok(account()));
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.contains(r#""unknownDisk":["kubelet-server"]"#), "{text}");
    assert!(text.contains(r#""up":{"controller-manager":false,"etcd":true}"#), "{text}");
}

#[test]
fn other_accounts_are_refused() {
    let text = String::from_utf8(account().json().unwrap()).unwrap();
    let code = |text: &str| Account::parse(text.as_bytes()).unwrap_err().reason().code;
    assert_eq!(code(&text.replace("facts/1", "facts/2")), "FACTS_FORMAT");
    assert_eq!(code(&text.replace("[\"kubelet-server\"]", "[\"etcd-peers\"]")), "FACTS_TWICE");
    // A node that has no old client says so; one that says nothing is not taken at its silence.
    let none = String::from_utf8(Account { old_ends: BTreeSet::new(), ..account() }.json().unwrap()).unwrap();
    assert!(Account::parse(none.as_bytes()).is_ok());
    let without_ends = none.replace(r#""oldEnds":[],"#, "");
    assert_ne!(without_ends, none);
    for broken in [
        text.replace("\"old\"", "\"older\""),
        text.replace("\"residue\":3", "\"residue\":-3"),
        text.replace("\"node\":", "\"nodes\":"),
        text.replacen('{', "{ ", 1),
        text.replace("\"admin\"", "\"nobody\""),
        without_ends,
        format!("{text}x"),
        text[..text.len() - 1].to_owned(),
        String::new(),
    ] {
        assert_eq!(code(&broken), "FACTS_FORM", "{broken}");
    }
}

/// From both roots to the drop, and back.
#[test]
fn a_word_about_workloads_counts_for_the_ca_that_they_could_learn() {
    let at = |second: i64| Timestamp::from_unix(1_800_000_000 + second).unwrap();
    let look = |before: &Word, held, oldest: Option<i64>, now: i64| {
        let kept = Word { workloads: before.workloads, ..Word::default() };
        kept.learning(Some(before), Some(held), oldest.map(at), at(now))
    };
    let old = Word::default().learning(None, Some(Trust::Old), None, at(0));
    assert_eq!((old.root_ca_since, old.workloads), (Some(at(0)), None));
    let both = look(&old, Trust::Both, Some(9), 10);
    assert_eq!((both.root_ca_since, both.workloads), (Some(at(10)), None), "it was given before");
    assert_eq!(look(&both, Trust::Both, Some(10), 12).workloads, None, "in the same second either may have been read");
    assert_eq!(look(&both, Trust::Both, Some(13), 12).workloads, None, "in the future nobody was started");
    let rolled = look(&both, Trust::Both, Some(11), 12);
    assert_eq!((rolled.root_ca_since, rolled.workloads), (Some(at(10)), Some(Trust::Both)));
    // Typed again after the drop has begun, it says nothing of what is there now.
    let dropped = look(&rolled, Trust::New, Some(11), 20);
    assert_eq!((dropped.root_ca_since, dropped.workloads), (Some(at(20)), Some(Trust::Both)));
    assert_eq!(look(&dropped, Trust::New, Some(21), 22).workloads, Some(Trust::New));
    // Who goes back begins with no word, and the one from before is about another CA.
    let back = Word::default().learning(Some(&dropped), Some(Trust::Both), Some(at(21)), at(30));
    assert_eq!((back.root_ca_since, back.workloads), (Some(at(30)), None));
    assert_eq!(look(&back, Trust::Both, Some(31), 32).workloads, Some(Trust::Both));
}
