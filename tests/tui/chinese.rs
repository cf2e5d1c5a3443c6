//! Who reads Chinese alone understands what was refused, and what to do; codes, verdict words and the words of the log stay.

use airlock::audit::entry::Side;
use airlock::desk::unfinished::Stage;
use airlock::tui::effect::Effect;
use airlock::tui::keys::Key;
use airlock::tui::language::Both;
use airlock::tui::told::Told;

use crate::drawn::Drawn;
use crate::facts;
use crate::screens::{at, home, login, quorum, review};

fn in_chinese(mut drawn: Drawn) -> Drawn {
    drawn.key(Key::Function(2));
    drawn
}

#[test]
fn a_refusal_is_told_in_the_language_that_is_switched_to_and_stays() {
    let mut drawn = review(42);
    drawn.told(Told::Refused(facts::notice()));
    assert!(drawn.shows("1 of 2 officers have approved") && drawn.shows("have another officer approve"));
    for key in [Key::Function(2), Key::Char('~')] {
        drawn.key(key);
        for text in [
            "[FAIL] 批准的安全员不足",
            "请其他安全员批准",
            "原文 1 of 2 officers have approved",
            "QUORUM_OFFICERS，退出码 6",
        ] {
            assert!(drawn.shows(text), "{text}: {}", drawn.last());
        }
        drawn.key(key);
        assert!(
            drawn.shows("have another officer approve") && drawn.shows("QUORUM_OFFICERS, exit 6"),
            "{}",
            drawn.last()
        );
    }
    drawn.key(Key::Char('x'));
    assert!(drawn.shows("[F40]") && !drawn.shows("QUORUM_OFFICERS"), "{}", drawn.last());
}

#[test]
fn a_refusal_on_a_terminal_without_screens_is_in_chinese_too() {
    let mut drawn = in_chinese(review(42));
    drawn.told(Told::Refused(facts::notice()));
    let told: Vec<String> = drawn.app().linear().body.into_iter().map(|row| row.text.trim().to_owned()).collect();
    assert!(
        told.contains(&"[FAIL] 批准的安全员不足".to_owned()) && told.contains(&"请其他安全员批准".to_owned()),
        "{told:?}"
    );
}

#[test]
fn checks_are_told_by_what_they_demand_or_what_their_code_means() {
    let mut drawn = at(Side::Offline, Stage::Received);
    drawn.told(facts::paper(Side::Offline)).told(Told::RowsDone { complete: true }).typed("n").told(facts::checked());
    let mut drawn = in_chinese(drawn);
    for text in [
        "[ OK ] V01 容器规范：重新编码后字节相同",
        "(CLOCK_NOT_ATTESTED)",
        "[DENY] V12 至少一个请求被拒绝 (REQUESTS_DENIED)",
        "通过 10   警告 1   失败 0",
    ] {
        assert!(drawn.shows(text), "{text}: {}", drawn.last());
    }
    // What was found stands below, in the words of the log.
    for _ in 0..7 {
        drawn.key(Key::Down);
    }
    assert!(drawn.shows("原文 created 2025-07-22 02:58Z"), "{}", drawn.last());
    drawn.key(Key::Enter);
    for text in ["要求      其时间与本机时钟相符", "怎么办    请两名安全员核对时钟", "代码      CLOCK_NOT_ATTESTED"]
    {
        assert!(drawn.shows(text), "{text}: {}", drawn.last());
    }
    drawn.key(Key::Function(2));
    for text in ["demands   its times fit this clock", "means     ", "do now    ", "code      CLOCK_NOT_ATTESTED"] {
        assert!(drawn.shows(text), "{text}: {}", drawn.last());
    }
}

#[test]
fn rules_and_people_are_told() {
    let mut drawn = review(42);
    assert!(drawn.shows("P1: Privileged: it bypasses authorisation"), "{}", drawn.last());
    drawn.typed("d");
    for rule in ["K1  The type or the strength", "S3  A name lies outside the cluster record", "P1  Privileged"] {
        assert!(drawn.shows(rule), "{rule}: {}", drawn.last());
    }
    let drawn = in_chinese(drawn);
    assert!(drawn.shows("S3  名称超出集群记录") && drawn.shows("P1  特权"), "{}", drawn.last());
    let drawn = in_chinese(review(42));
    assert!(drawn.shows("P1: 特权：绕过授权检查，须逐一打开并勾选。原文"), "{}", drawn.last());
    let drawn = in_chinese(quorum(true));
    assert!(drawn.shows("QUORUM_OFFICERS: 批准的安全员不足") && drawn.shows("安全员"), "{}", drawn.last());
    assert!(!drawn.shows("officer ") && !drawn.shows("approved"), "{}", drawn.last());
}

#[test]
fn what_rooms_do_is_told() {
    let drawn = in_chinese(quorum(true));
    assert!(drawn.shows("批准"), "{}", drawn.last());
    let mut plan = in_chinese(quorum(true));
    plan.typed("v");
    assert!(plan.shows("类别") && !plan.shows("subject"), "{}", plan.last());
    let pin = in_chinese(login());
    assert!(pin.shows("签名 30 个") && !pin.shows("signatures"), "{}", pin.last());
    let mut signing = login();
    signing.typed("123456").key(Key::Enter).told(Told::Gauge { done: 29, of: 41 });
    signing.told(Told::Noted(Both::new("03:19:03  29 of 41 signed", "03:19:03  已签 29/41")));
    let signing = in_chinese(signing);
    assert!(signing.shows("03:19:03  已签 29/41") && !signing.shows("signed"), "{}", signing.last());
    let mut sealing = at(Side::Offline, Stage::Sealed);
    sealing.told(facts::outgoing(None, None));
    let sealing = in_chinese(sealing);
    assert!(sealing.shows("证书 41") && !sealing.shows("certificates"), "{}", sealing.last());
}

#[cfg(feature = "online")]
#[test]
fn what_is_staged_and_how_far_a_rotation_is_are_told() {
    let mut staging = at(Side::Online, Stage::Accepted);
    staging.told(facts::online::staging(None));
    let staging = in_chinese(staging);
    assert!(staging.shows("新旧信任写入磁盘") && !staging.shows("component"), "{}", staging.last());
    let mut rotating = at(Side::Online, Stage::Rotating);
    rotating.told(facts::online::course(true));
    let rotating = in_chinese(rotating);
    for text in ["S2 签发已分离", "样本不足", "原文 one-out: cp2 is away", "9 个文件，重启 0 次"] {
        assert!(rotating.shows(text), "{text}: {}", rotating.last());
    }
    assert!(!rotating.shows("restarts") && !rotating.shows("samples"), "{}", rotating.last());
}

#[test]
fn a_saved_report_is_in_both_languages() {
    let mut drawn = at(Side::Offline, Stage::Received);
    drawn.told(facts::paper(Side::Offline)).told(Told::RowsDone { complete: true }).typed("n").told(facts::checked());
    drawn.typed("s/root/report.txt").key(Key::Enter);
    let Effect::Save { lines, .. } = drawn.one() else { panic!("nothing is saved") };
    assert!(lines.iter().any(|line| line.contains("V01 容器规范")), "{lines:?}");
    assert!(lines.iter().any(|line| line.contains("[ OK ] V01 the container")), "{lines:?}");
}

#[test]
fn the_log_is_compared_with_a_paper_in_chinese() {
    let mut drawn = home(Side::Offline, &[]);
    drawn.typed("4").told(facts::journal()).key(Key::Function(2)).typed("p");
    assert!(drawn.shows("取自回执核对单"), "{}", drawn.last());
    drawn.typed("1042").key(Key::Enter).typed("3b1f 90aa 12cd 77e0").key(Key::Enter);
    let Effect::CompareLog { entries, root } = drawn.one() else { panic!("nothing is compared") };
    assert_eq!((entries.as_str(), root.as_str()), ("1042", "3b1f 90aa 12cd 77e0"));
}
