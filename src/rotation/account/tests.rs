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
    for broken in [
        text.replace("\"old\"", "\"older\""),
        text.replace("\"residue\":3", "\"residue\":-3"),
        text.replace("\"node\":", "\"nodes\":"),
        text.replacen('{', "{ ", 1),
        text.replace("\"admin\"", "\"nobody\""),
        format!("{text}x"),
        text[..text.len() - 1].to_owned(),
        String::new(),
    ] {
        assert_eq!(code(&broken), "FACTS_FORM", "{broken}");
    }
}
