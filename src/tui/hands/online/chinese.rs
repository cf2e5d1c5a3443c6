//! What a rotation does, and what is held back, in Chinese. The log has it in English; here it is known by its form. Codes
//! of checks, names and digests stay.

use crate::audit::event::Event;
use crate::online::split;
use crate::online::stage::told::gated;
use crate::online::stage::{Held, Overview, Wave};
use crate::report::columns;
use crate::report::table::{Column, Table};
use crate::rotation::stage::Stage;
use crate::wire::text;

/// Columns of what the log has.
const MOST: usize = 300;

/// Forms of what is told in English, and what they mean; what stands in a hole is told in Chinese where it is known too.
/// Of two forms that a text has the first counts.
const FORMS: [(&str, &str); 48] = [
    ("split the signing pair from ca.crt", "从 ca.crt 分离签发密钥对"),
    ("sign with ca.crt again", "恢复用 ca.crt 签发"),
    ("stop signing online", "停止在线签发"),
    ("sign with the new intermediate", "改用新的中间 CA 签发"),
    ("sign with the old CA again", "恢复用旧 CA 签发"),
    ("restart one etcd: memory is right", "重启一个 etcd：验证成员记录正确"),
    ("take the cross-certificate out: {}", "移除交叉证书：{}"),
    ("nobody uses the old root", "无人再使用旧根"),
    ("remove what is left of the old root", "清除旧根的残留"),
    ("the signing flags of the controller manager", "controller manager 的签发参数"),
    ("start {}", "启动 {}"),
    ("{} trust into kubeconfigs", "{}信任写入 kubeconfig"),
    ("{} trust into ca.crt", "{}信任写入 ca.crt"),
    ("{} trust into cluster objects", "{}信任写入集群对象"),
    ("{} trust on disk", "{}信任写入磁盘"),
    ("load {} trust: {}", "加载{}信任：{}"),
    ("kube-root-ca.crt is {} everywhere", "kube-root-ca.crt 各处均为{}"),
    ("{} leaves: {}", "{}叶证书：{}"),
    ("{} identity: {}", "{}身份证书：{}"),
    ("old+new", "新旧"),
    ("old", "旧"),
    ("new+cross", "新（带交叉证书）"),
    ("new", "新"),
    ("administrators", "管理员"),
    ("workloads", "工作负载"),
    ("aggregated API servers", "聚合 API 服务器"),
    ("no request yet: {}", "尚无请求：{}"),
    (
        "{} % of {}, at least {} % at 95 %, {} seconds without any success: {}",
        "{} %（共 {}），95 % 置信下限 {} %，{} 秒内无一成功：{}",
    ),
    (
        "{} % of {}, at least {} % at 95 %, {} second without any success: {}",
        "{} %（共 {}），95 % 置信下限 {} %，{} 秒内无一成功：{}",
    ),
    ("{} % of {}, at least {} % at 95 %: {}", "{} %（共 {}），95 % 置信下限 {} %：{}"),
    ("within the budget", "在容许范围内"),
    ("too few samples", "样本不足"),
    ("the budget is spent", "已超出容许范围"),
    ("split the signing pair", "分离签发密钥对"),
    ("load trust, one by one", "逐个加载信任"),
    ("etcd leaves", "etcd 叶证书"),
    ("apiserver leaves", "apiserver 叶证书"),
    ("kubelets", "kubelet"),
    ("administrators, issuers", "管理员、签发者"),
    ("drop old root", "停用旧根"),
    ("it was denied, and keeps the old certificate", "已被拒绝，保留旧证书"),
    ("its node is left out", "其节点已排除"),
    ("its node is not named", "未指定其节点"),
    ("its node has no recipient in the config", "配置中没有其节点的接收者"),
    ("the node has no private key for SPKI {}", "节点上没有 SPKI {} 的私钥"),
    ("cluster", "集群"),
    ("drop", "停用旧根"),
    ("reclaim", "回收"),
];

/// `english` in Chinese; as it is where it has no form that is known.
pub(super) fn chinese(english: &str) -> String {
    let known = FORMS.iter().find_map(|(form, chinese)| Some((holes(form, english)?, *chinese)));
    let Some((values, chinese)) = known else { return english.to_owned() };
    let mut values = values.into_iter();
    let mut pieces = chinese.split("{}");
    let mut told = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        told.push_str(&values.next().map(self::chinese).unwrap_or_default());
        told.push_str(piece);
    }
    told
}

/// What stands in the holes of `form`, where `text` has it.
fn holes<'t>(form: &str, text: &'t str) -> Option<Vec<&'t str>> {
    let mut pieces = form.split("{}");
    let mut rest = text.strip_prefix(pieces.next()?)?;
    let mut pieces = pieces.peekable();
    let mut values = Vec::new();
    while let Some(piece) = pieces.next() {
        let (value, after) = match pieces.peek() {
            Some(_) => rest.split_once(piece)?,
            None => (rest.strip_suffix(piece)?, ""),
        };
        values.push(value);
        rest = after;
    }
    rest.is_empty().then_some(values)
}

/// The name of a stage.
pub(super) const fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Preflight => "预检",
        Stage::Staged => "已暂存",
        Stage::SignerSplit => "签发已分离",
        Stage::TrustOnDisk => "信任已写入",
        Stage::TrustLoaded => "信任已加载",
        Stage::Leaves => "叶证书",
        Stage::Identities => "身份证书",
        Stage::Soak => "观察期",
        Stage::OldTrustOff => "旧信任已停用",
        Stage::Clean => "已清除",
    }
}

/// What `event` of a rotation says; none where it is another.
pub(super) fn event(event: &Event) -> Option<String> {
    let safe = |text: &str| text::clip(text, MOST);
    let known = |text: &str| chinese(&safe(text));
    let at = |node: &Option<String>| known(node.as_deref().unwrap_or("cluster"));
    Some(match event {
        Event::RotationIntent(intent) => {
            format!("{} {}：{}", safe(&intent.stage), at(&intent.node), known(&intent.action))
        }
        Event::RotationDone(done) => {
            let (action, seconds) = (known(&done.action), done.milliseconds.div_ceil(1000));
            let cost = format!("{} 个文件，重启 {} 次，{seconds} 秒", done.files, done.restarts);
            format!("{} {}：{action}，{cost}", safe(&done.stage), at(&done.node))
        }
        Event::RotationHeld(told) => held(&told.action, &told.why),
        Event::RotationReturned(returned) => format!("已完全回退至 {}", safe(&returned.to)),
        Event::RotationAgreed(agreed) => format!("{} 同意{}", safe(&agreed.person), known(&agreed.step)),
        Event::RotationPreflight(told) => {
            let open = told.checks.iter().filter(|check| check.status != "ok").count();
            format!("{} 项，其中 {open} 项不成立或未观察到", told.checks.len())
        }
        Event::BudgetForgiven(told) => {
            format!("{}/{} 失败，原文 {}", told.failed, told.ok + told.failed, safe(&told.why))
        }
        Event::ReclaimIntent(reclaimed) | Event::Reclaimed(reclaimed) => {
            format!("{} 的 {} 个旧文件", safe(&reclaimed.node), reclaimed.files)
        }
        _ => return None,
    })
}

/// Why a step was held: the code of the check and what it saw, in the words of the log.
pub(super) fn held(action: &str, why: &str) -> String {
    format!("{}，原文 {}", chinese(&text::clip(action, MOST)), text::clip(why, MOST))
}

/// The waves and what is held back, on lines of `width` columns.
pub(super) fn overview(overview: &Overview, width: usize) -> Vec<String> {
    let mut table = Table::new([
        Column::number("批次"),
        Column::flexible("组件", 20),
        Column::number("证书"),
        Column::number("节点"),
        Column::whole("状态"),
    ]);
    for wave in &overview.waves {
        table.row(cells(wave));
    }
    let mut lines = gated(table.lines(width), &overview.waves, "健康门槛：", width);
    lines.extend(overview.held.iter().flat_map(|held| held_back(held, width)));
    lines
}

fn cells(wave: &Wave) -> [String; 5] {
    let none_or = |count: usize| if count == 0 { "-".to_owned() } else { count.to_string() };
    let state = match (wave.held, wave.certificates, wave.nodes) {
        (0, _, 0) => "-".to_owned(),
        (0, ..) => "就绪".to_owned(),
        (held, ..) => format!("{held} HELD"),
    };
    let component = chinese(wave.component);
    [wave.wave.to_string(), component, none_or(wave.certificates), none_or(wave.nodes), state]
}

/// What each node gets and what is held back, on lines of `width` columns.
pub(super) fn cut(overview: &split::Overview, width: usize) -> Vec<String> {
    let mut table = Table::new([Column::flexible("节点", 6), Column::number("证书"), Column::number("私钥")]);
    for line in &overview.nodes {
        table.row([line.node.clone(), line.certificates.to_string(), line.keys.to_string()]);
    }
    let held = overview.held.iter().flat_map(|held| held_back(held, width));
    table.lines(width).into_iter().chain(held).collect()
}

fn held_back(held: &Held, width: usize) -> Vec<String> {
    let Held { role, node, request, why, waiting } = held;
    let waiting = if *waiting == 0 { String::new() } else { format!("；同组 {waiting} 个等待") };
    columns::hanging(&format!("[WARN] {request} {role} {node}："), &format!("{}{waiting}", chinese(why)), width)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rotation::component::Component;
    use crate::rotation::facts::Signer;
    use crate::rotation::meter::{DEFAULT_BUDGET, Meter};
    use crate::rotation::step::{Action, Scope};
    use crate::rotation::trust::{Leaf, Trust};
    use crate::wire::time::Timestamp;

    fn is_chinese(text: &str) -> bool {
        text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
    }

    fn actions() -> Vec<Action> {
        let (trust, leaf, component) = (Trust::Both, Leaf::Bridged, Component::Etcd);
        let scopes = [Scope::Clients, Scope::Servers, Scope::All, Scope::ClientCa];
        let signers = [Signer::Shared, Signer::Apart, Signer::Intermediate, Signer::Off];
        let mut all = vec![Action::SplitSigner, Action::JoinSigner, Action::Publish(trust), Action::Cycle(trust)];
        all.extend(scopes.map(|scope| Action::PutTrust(scope, trust)));
        all.extend(signers.map(Action::SwapSigner));
        all.extend(Component::ALL.map(|component| Action::Restart(component, Trust::New)));
        all.extend([Action::Start(component), Action::AwaitRootCa(trust), Action::RollWorkloads(Trust::Old)]);
        all.extend([Action::SwapLeaves(component, leaf), Action::SwapIdentity(Component::Admin, Leaf::New)]);
        all.extend([Action::ProveReconnect, Action::Strip(component), Action::Soak, Action::Clean]);
        all
    }

    #[test]
    fn whatever_a_rotation_does_is_told() {
        for action in actions() {
            let told = chinese(&action.to_string());
            assert!(is_chinese(&told) && !told.contains(" trust") && !told.contains('{'), "{action}: {told}");
        }
        let cycle = Action::Cycle(Trust::Both).to_string();
        assert_eq!(chinese(&cycle), "加载新旧信任：apiserver, etcd");
        assert_eq!(chinese("what no form has: {}"), "what no form has: {}");
    }

    #[test]
    fn what_may_be_claimed_of_requests_is_told() {
        let mut meter = Meter::new(DEFAULT_BUDGET);
        assert_eq!(chinese(&meter.to_string()), "尚无请求：样本不足");
        meter.count(Timestamp::from_unix(1).unwrap(), 4_100, 0);
        let told = chinese(&meter.to_string());
        assert!(
            told.starts_with("100.0000 %（共 4100），95 % 置信下限 99.9") && told.ends_with("：样本不足"),
            "{told}"
        );
    }

    #[test]
    fn waves_are_told_and_their_gates_stay() {
        let wave = |component| Wave {
            wave: 1,
            component,
            certificates: 2,
            nodes: 3,
            held: 0,
            gate: "bundles-loaded, one-out".to_owned(),
        };
        let names = [
            "split the signing pair",
            "old+new trust on disk",
            "load trust, one by one",
            "etcd leaves",
            "apiserver leaves",
            "kubelets",
            "administrators, issuers",
            "drop old root",
        ];
        let told = overview(&Overview { waves: names.map(wave).into(), held: Vec::new() }, 78);
        assert!(told.iter().all(|line| columns::width(line) <= 78), "{told:?}");
        for (name, wave) in names.iter().zip(told[1..].chunks(2)) {
            let [line, gate] = wave else { panic!("{told:?}") };
            assert!(!line.contains(name) || *name == "kubelets", "{line}");
            assert!(line.contains("就绪") && gate.ends_with("健康门槛：bundles-loaded, one-out"), "{wave:?}");
        }
    }
}
