//! What the rooms tell, as it could be.

use std::path::Path;

use airlock::audit::detail::{Exported, Received, SheetPrinted, Verb};
use airlock::audit::entry::{Actor, ClockState, Entry, Outcome, Side, Tool};
use airlock::audit::event::Event;
use airlock::audit::tree::Head;
use airlock::cluster::role::Role;
use airlock::desk::log_review::Reviewed;
use airlock::desk::tray::place::Output;
use airlock::desk::unfinished::{Stage, Unfinished};
use airlock::exchange::csr_bundle::number::Number;
use airlock::exchange::trace::Trace;
use airlock::refusal::{Class, Reason};
use airlock::report::checks::{Check, CheckId, CheckList};
use airlock::report::requests::{RequestLine, RuleReason, Verdict};
use airlock::tui::language::Both;
use airlock::tui::reading::Lines;
use airlock::tui::told::{
    ArrivalFacts, BallotFacts, CheckFacts, Deciding, HostFacts, JournalFacts, LockFacts, OutgoingFacts, PaperFacts,
    TokenView, Told, Voter,
};
use airlock::wire::digest::Digest;
use airlock::wire::time::Timestamp;

pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn trace() -> Trace {
    Trace::new(time("2025-07-22T03:00:00Z"), [0x7a, 0x5c, 0x44, 0x9d, 0x12])
}

pub(crate) fn number(value: u32) -> Number {
    Number::new(value, 20_000).unwrap()
}

pub(crate) fn host(side: Side, stages: &[Stage]) -> Told {
    let unfinished = stages.iter().map(|stage| Unfinished {
        trace: trace().to_string(),
        kind: Some("csr-bundle".to_owned()),
        stage: *stage,
        to: matches!(stage, Stage::Returning | Stage::Returned).then(|| "trust".to_owned()),
        nodes: 3,
        out: (*stage == Stage::Delivered).then(|| "/srv/packages/out".to_owned()),
        is_second: false,
        since: time("2025-07-22T03:05:00Z"),
    });
    Told::Look(Box::new(HostFacts {
        name: if side == Side::Offline { "root-ca-01" } else { "prod-bj1" }.to_owned(),
        side,
        clock: time("2025-07-22T03:05:00Z"),
        attested: false,
        entries: 1042,
        signed: Some(1042),
        version: "0.1.0".to_owned(),
        program: "3f9c 55d0 72ab".to_owned(),
        links_up: if side == Side::Offline { vec![] } else { vec!["eth0".to_owned()] },
        token: (side == Side::Offline).then(|| "0123456789abcdef".to_owned()),
        unfinished: unfinished.collect(),
    }))
}

/// A host with work of which two statements came in, one of them locked away by now.
pub(crate) fn second(side: Side) -> Told {
    let stages = [Stage::Received, Stage::Quarantined, Stage::Typed];
    let Told::Look(mut facts) = host(side, &stages) else { unreachable!() };
    facts.unfinished.iter_mut().take(2).for_each(|work| work.is_second = true);
    Told::Look(facts)
}

/// A host to which two enrolments of one trace were brought.
pub(crate) fn second_enrolment() -> Told {
    let Told::Look(mut facts) = second(Side::Online) else { unreachable!() };
    facts.unfinished.iter_mut().for_each(|work| work.kind = Some("enrolment".to_owned()));
    Told::Look(facts)
}

pub(crate) fn journal() -> Told {
    let statement = Digest::of(b"statement");
    let events = [
        Event::LogViewed(Verb { verb: "audit list".to_owned() }),
        Event::Received(Received {
            from: "cluster:prod-bj1".to_owned(),
            kind: "csr-bundle".to_owned(),
            medium: "/mnt/sdb1".to_owned(),
            statement,
        }),
        Event::Authenticated(Verb { verb: "identify".to_owned() }),
        Event::Exported(Exported { medium: "/mnt/sdd1".to_owned(), statement }),
    ];
    let entry = |(seq, event): (u64, Event)| Entry {
        actor: if seq == 2 { Actor::person("chen", "officer", "SHA256:vieS") } else { Actor::system() },
        clock: ClockState { attested: None, boot: "boot".to_owned(), monotonic_ms: seq },
        outcome: if seq == 2 { Outcome::Failed("KEY_NOT_HIS".to_owned()) } else { Outcome::Ok },
        trace: matches!(event, Event::Received(_) | Event::Exported(_)).then(|| trace().to_string()),
        event,
        host: "ca:root-ca-01".to_owned(),
        seq,
        side: Side::Offline,
        time: time("2025-07-22T03:05:00Z"),
        tool: Tool { sha256: Digest::of(b"tool"), version: "0.1.0".to_owned() },
    };
    let entries = (0..).zip(events).map(entry).collect();
    Told::Journal(Box::new(JournalFacts { entries, signed: Some(3) }))
}

/// A log in which a sheet was printed twice.
pub(crate) fn printed() -> Told {
    let Told::Journal(mut facts) = journal() else { unreachable!() };
    for (entry, copy) in facts.entries.iter_mut().rev().zip([2, 1]) {
        let (sheet, statement) = ("S-000318".to_owned(), Digest::of(b"statement"));
        entry.event = Event::SheetPrinted(SheetPrinted { copy, output: None, sheet, statement });
    }
    Told::Journal(facts)
}

pub(crate) fn arrived() -> Told {
    Told::Arrived(Box::new(ArrivalFacts {
        trace: trace(),
        kind: "csr-bundle",
        from: "cluster:prod-bj1".to_owned(),
        items: 42,
        ignored: vec![("readme.txt.exe".to_owned(), "not a transfer file")],
        is_second: false,
        entry: 1043,
    }))
}

/// As [`arrived`], after another of that trace.
pub(crate) fn arrived_second() -> Told {
    let Told::Arrived(mut facts) = arrived() else { unreachable!() };
    facts.is_second = true;
    Told::Arrived(facts)
}

pub(crate) fn paper(side: Side) -> Told {
    let kind = if side == Side::Offline { "csr-bundle" } else { "cert-package" };
    Told::Paper(PaperFacts {
        trace: trace(),
        kind,
        from: "cluster:prod-bj1".to_owned(),
        side,
        typed: vec![],
        complete: false,
        is_second: false,
    })
}

pub(crate) fn checked() -> Told {
    let mut checks = CheckList::default();
    for id in CheckId::ALL.iter().filter(|id| id.as_str().starts_with('V')) {
        checks.push(match id {
            CheckId::V08 => Check::warn(
                *id,
                "CLOCK_NOT_ATTESTED",
                "created 2025-07-22 02:58Z, this clock 03:05Z, not attested today",
            ),
            CheckId::V12 => Check::deny(*id, "REQUESTS_DENIED", "policy: 1 of 42 requests denied (see review)"),
            id => Check::ok(*id, id.meaning()),
        });
    }
    Told::Checked(Box::new(CheckFacts {
        trace: trace(),
        from: "cluster:prod-bj1".to_owned(),
        items: 42,
        checks,
        entry: 1047,
    }))
}

pub(crate) fn accepted() -> Told {
    let mut checks = CheckList::default();
    for id in CheckId::ALL.iter().filter(|id| id.as_str().starts_with('W')) {
        checks.push(match id {
            CheckId::W09 => Check::warn(*id, "REQUESTS_DENIED", "request 9 denied: S3 outside the cluster record"),
            id => Check::ok(*id, id.meaning()),
        });
    }
    Told::Checked(Box::new(CheckFacts {
        trace: trace(),
        from: "ca:root-ca-01".to_owned(),
        items: 42,
        checks,
        entry: 90,
    }))
}

pub(crate) fn locked(before: Option<Deciding>) -> Told {
    Told::Locked(Some(Box::new(LockFacts { since: 1047, before })))
}

pub(crate) fn deciding() -> Deciding {
    Deciding { rule: "administration 3 of 4".to_owned(), officers: vec!["chen".to_owned()], auditors: vec![] }
}

pub(crate) fn failed() -> Told {
    let mut checks = CheckList::default();
    checks.push(Check::fail(
        CheckId::V03,
        Reason::new(Class::Verification, "SIGNATURE_INVALID", "stop"),
        "the signature does not verify",
    ));
    Told::Checked(Box::new(CheckFacts {
        trace: trace(),
        from: "cluster:prod-bj1".to_owned(),
        items: 42,
        checks,
        entry: 1047,
    }))
}

pub(crate) fn requests(count: u32) -> Vec<RequestLine> {
    let line = |id: u32| {
        let role = match id % 14 {
            3 => Role::SuperAdmin,
            5 => Role::KubeletClient,
            _ => Role::Apiserver,
        };
        let subject = role.subject("worker-01").unwrap();
        let denied = id == 9;
        RequestLine {
            id: number(id),
            verdict: Some(if denied { Verdict::Deny } else { Verdict::Allow }),
            reasons: match denied {
                true => vec![RuleReason::new("S3", "SAN IP 10.0.0.99 is outside the cluster record 10.0.0.0/26")],
                false if role == Role::SuperAdmin => vec![RuleReason::new("P1", "O=system:masters bypasses RBAC")],
                false => vec![],
            },
            profile: role,
            names: 9,
            privileged: role.is_privileged(&subject),
            subject,
            until: (!denied).then(|| time("2026-07-22T02:55:00Z")),
        }
    };
    (1..=count).map(line).collect()
}

pub(crate) fn ballot(missing: bool) -> Told {
    let credential = "ssh-ed25519";
    let voter = |id: &str, role, rows, decided| Voter { id: id.to_owned(), role, credential, rows, decided };
    let at = time("2025-07-22T03:16:00Z");
    Told::Ballot(Some(Box::new(BallotFacts {
        cluster: "prod-bj1".to_owned(),
        orders: 42,
        denials: 1,
        plan: "2c91 04aa 7e11".to_owned(),
        rule: "leaf 2 of 3".to_owned(),
        expires: time("2025-07-23T03:14:00Z"),
        trust_ops: Vec::new(),
        last_end: Some(time("2026-07-22T02:55:00Z")),
        lines: Lines::both(
            vec![
                "    n     #  profile  subject  until".to_owned(),
                "    1  !  0003  super-admin  O=system:masters".to_owned(),
            ],
            vec![
                "    n     #  类别     主体     到期".to_owned(),
                "    1  !  0003  super-admin  O=system:masters".to_owned(),
            ],
        ),
        people: vec![
            voter("chen", "officer", 8, Some(("approved", at))),
            voter("li", "officer", 8, None),
            voter("wang", "officer", 0, None),
            voter("zhao", "auditor", 0, Some(("witnessed", at))),
        ],
        ticked: vec![number(3)],
        missing: missing.then(notice),
    })))
}

pub(crate) fn notice() -> airlock::tui::told::Notice {
    airlock::tui::told::Notice {
        mark: airlock::report::mark::Mark::Fail,
        code: "QUORUM_OFFICERS",
        message: "1 of 2 officers have approved".to_owned(),
        hint: "have another officer approve",
        class: Class::Quorum,
    }
}

/// A transfer whose payload is another one.
pub(crate) fn forged() -> airlock::tui::told::Notice {
    airlock::tui::told::Notice {
        code: "ARRIVAL_DIGEST",
        message: "the payload is not the one the statement names".to_owned(),
        hint: "keep the medium and call the sender on a number you already have",
        class: Class::Verification,
        ..notice()
    }
}

/// What is the same in both languages.
pub(crate) fn lines(lines: &[&str]) -> Lines {
    Lines::same(lines.iter().map(|line| (*line).to_owned()).collect())
}

/// A refusal of this reason; the hint is its own.
pub(crate) fn notice_of(reason: Reason) -> airlock::tui::told::Notice {
    airlock::tui::told::Notice {
        mark: airlock::report::mark::Mark::of(reason.class),
        code: reason.code,
        hint: reason.hint,
        class: reason.class,
        ..notice()
    }
}

pub(crate) fn token() -> Told {
    Told::Token(Box::new(TokenView {
        module: "/usr/lib/softhsm/libsofthsm2.so".to_owned(),
        label: "CA-ROOT".to_owned(),
        serial: "0123456789abcdef".to_owned(),
        model: "SoftHSM v2 2.6".to_owned(),
        pin: vec!["one or more wrong tries"],
        keys: vec![Both::new(
            "CN=kubernetes-ca-2026-1   p384   30 signatures",
            "CN=kubernetes-ca-2026-1   p384   签名 30 个",
        )],
    }))
}

/// The log of [`journal`], checked; over how many entries its signed head was.
pub(crate) fn log_checked(signed: Option<Option<u64>>) -> Told {
    let head = Head { size: 4, root: Digest::of(b"four entries") };
    Told::LogChecked(Box::new(Reviewed { head, signed, entry: 4 }))
}

pub(crate) fn outgoing(kind: Option<&'static str>, left: Option<u64>) -> Told {
    let row = |letter: char| format!("{letter} 198 205");
    let sheet = kind.map(|_| ('A'..='P').map(row).collect());
    let files = kind.map(|kind| vec![(format!("{}.{kind}.age", trace()), 96_410)]);
    Told::Outgoing(Box::new(OutgoingFacts {
        trace: trace(),
        kind,
        sheet: sheet.unwrap_or_default(),
        about: vec![
            Both::new("41 certificates   1 denied   1 CRL", "证书 41   拒绝 1   CRL 1"),
            Both::new("approved by chen, li   witness zhao", "批准 chen, li   见证 zhao"),
        ],
        files: files.unwrap_or_default(),
        printed: 2,
        printed_to: Some(Output::typed(Path::new("/dev/usb/lp0")).unwrap()),
        left,
    }))
}

/// A package whose sheet went to a file of a long name.
pub(crate) fn in_file() -> Told {
    let Told::Outgoing(mut facts) = outgoing(Some("cert-package"), None) else { unreachable!() };
    let file = format!("/root/sheets/return-{}-of-the-ceremony-in-july.txt", trace());
    facts.printed_to = Some(Output::typed(Path::new(&file)).unwrap());
    for domain in ["kubernetes", "etcd", "front-proxy"] {
        let root = format!("{domain} current   sha256 9c1e 55d0 72ab 04aa 7e11 2c91 ..");
        facts.about.push(Both::new(format!("root {root}"), format!("根 {root}")));
    }
    for whom in ["cluster:prod-bj1", "archive:audit-office"] {
        facts.about.push(Both::new(format!("sealed to {whom}"), format!("加密给 {whom}")));
    }
    Told::Outgoing(facts)
}

/// A control plane node with two certificates and their keys, as a scan finds them.
#[cfg(feature = "online")]
pub(crate) mod online {
    use airlock::cluster::scan::{EXPIRING_WITHIN, Question, survey};
    use airlock::cluster::tree::{Content, NodeFile, NodeTree};
    use airlock::config::online::OnlineConfig;
    use airlock::online::request::{Choice, Draft};
    use airlock::online::scan::Scan;
    use airlock::tui::language::Both;
    use airlock::tui::reading::Lines;
    use airlock::tui::told::{CourseFacts, SplitFacts, StageFacts, Told};

    const CONFIG: &str = r#"
host = "ops-bj1"
state = "/var/lib/airlock/online"
[[contacts]]
name = "Cluster operations"
phone = "+86 10 5555 0100"
[cluster]
name = "prod-1"
uid = "3f0f0f5e-6f0a-4f62-9a58-5a0c2b7d9e11"
dns_domain = "cluster.local"
service_cidrs = ["10.96.0.0/16"]
endpoint = "10.66.0.10:6443"
[[cluster.nodes]]
name = "cp1"
roles = ["control-plane", "etcd"]
ips = ["10.66.0.11"]
"#;

    const NOW: &str = "2026-12-02T00:00:00Z";

    fn config() -> OnlineConfig {
        OnlineConfig::parse("online.toml", CONFIG.as_bytes()).unwrap()
    }

    fn scan(now: &str) -> Scan {
        let mut tree = NodeTree::new("cp1");
        let pki = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/cluster/kubeadm-ha/cp1/etc/kubernetes/pki");
        for name in
            ["apiserver.crt", "apiserver.key", "apiserver-kubelet-client.crt", "apiserver-kubelet-client.key", "ca.crt"]
        {
            let bytes = std::fs::read(format!("{pki}/{name}")).unwrap();
            let mode = if name.ends_with(".key") { 0o600 } else { 0o644 };
            tree.insert(
                &format!("etc/kubernetes/pki/{name}"),
                NodeFile { content: Content::Bytes(bytes.into()), mode },
            );
        }
        let trees = vec![tree];
        let config = config();
        let question =
            Question { now: super::time(now), expiring_within: EXPIRING_WITHIN, record: Some(config.record()) };
        let report = survey(&trees, &question);
        Scan { trees, report }
    }

    pub(crate) fn scanned() -> Told {
        Told::Scanned(Box::new(scan(NOW).report))
    }

    /// The same a year later, when its certificates end.
    pub(crate) fn ending() -> Told {
        Told::Scanned(Box::new(scan("2027-11-10T00:00:00Z").report))
    }

    pub(crate) fn drafted() -> Told {
        let draft = Draft::new(&scan(NOW), config().record(), Choice::default(), 365).unwrap();
        Told::Drafted(Box::new(draft.review().clone()))
    }

    pub(crate) fn course(held: bool) -> Told {
        let stages = [
            ("S1 staged", "S1 已暂存", 4),
            ("S2 signer split", "S2 签发已分离", 3),
            ("S3 trust on disk", "S3 信任已写入", 2),
            ("S4 trust loaded", "S4 信任已加载", 0),
        ];
        let line = |node| {
            Both::new(
                format!("S3 {node}: old+new trust on disk, 9 files, 0 restarts, 1 s"),
                format!("S3 {node}：新旧信任写入磁盘，9 个文件，重启 0 次，1 秒"),
            )
        };
        Told::Course(Box::new(CourseFacts {
            nodes: 4,
            stages: stages.map(|(english, chinese, reached)| (Both::new(english, chinese), reached)).into(),
            success: Both::new(
                "100.0000 % of 4100, at least 99.9269 % at 95 %: too few samples",
                "100.0000 %（共 4100），95 % 置信下限 99.9269 %：样本不足",
            ),
            held: held.then(|| {
                Both::new("old+new trust on disk: one-out: cp2 is away", "新旧信任写入磁盘，原文 one-out: cp2 is away")
            }),
            lines: ["cp1", "cp2"].map(|node| line(node).map(|line| format!("2026-12-02T03:00:00Z  {line}"))).into(),
        }))
    }

    /// All nodes are staged, and no step was taken.
    pub(crate) fn not_begun() -> Told {
        let Told::Course(mut facts) = course(false) else { unreachable!() };
        facts.lines.clear();
        facts.stages.iter_mut().skip(1).for_each(|(_, reached)| *reached = 0);
        facts.success = Both::new("no request yet: too few samples", "尚无请求：样本不足");
        Told::Course(facts)
    }

    pub(crate) fn splitting(done: Option<(usize, u64)>) -> Told {
        let lines = Lines::both(
            vec![
                "node  certs  keys".to_owned(),
                "cp1      14    11".to_owned(),
                "w1        2     1".to_owned(),
                "[WARN] 0009 etcd-peer cp2: its node has no recipient in the config; 2 of its".to_owned(),
                "                           group wait".to_owned(),
            ],
            vec![
                "节点  证书  私钥".to_owned(),
                "cp1     14    11".to_owned(),
                "w1       2     1".to_owned(),
                "[WARN] 0009 etcd-peer cp2：配置中没有其节点的接收者；同组 2 个等待".to_owned(),
            ],
        );
        Told::Splitting(Box::new(SplitFacts { nodes: 2, certificates: 16, keys: 12, lines, done }))
    }

    pub(crate) fn staging(entry: Option<u64>) -> Told {
        let lines = Lines::both(
            vec![
                "wave  component              certs  nodes  state".to_owned(),
                "   1  old+new trust on disk      -      4  ready".to_owned(),
                "      health gate: bundles-loaded".to_owned(),
            ],
            vec![
                "批次  组件              证书  节点  状态".to_owned(),
                "   1  新旧信任写入磁盘     -     4  就绪".to_owned(),
                "      健康门槛: bundles-loaded".to_owned(),
            ],
        );
        Told::Staging(Box::new(StageFacts {
            cluster: "prod-1".to_owned(),
            lines,
            bridge: Vec::new(),
            files: 31,
            equal: 0,
            entry,
        }))
    }
}
