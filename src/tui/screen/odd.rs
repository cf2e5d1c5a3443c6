//! Two statements of one exchange: what is done with them on this side.

use crate::audit::entry::Side;
use crate::desk::second::is_enrolment;
use crate::report::advice::Here;
use crate::report::mark::Mark;
use crate::tui::frame::{Canvas, Row};
use crate::tui::palette::Weight;

/// What stands on a screen where another statement of the same exchange came before.
pub(super) fn second(side: Side, kind: &str, canvas: &Canvas<'_>) -> impl Iterator<Item = Row> {
    (0..).zip(told_of_second(side, kind)).map(|(line, (english, chinese))| {
        let mark = if line == 0 { Mark::Stop.to_string() } else { " ".repeat(6) };
        Row::weighted(format!(" {mark} {}", canvas.say(english, chinese)), Weight::Strong)
    })
}

/// What is done on `side` about two of this kind: whether that can be in order, and what follows.
fn told_of_second(side: Side, kind: &str) -> [Here; 3] {
    match side {
        _ if is_enrolment(kind) => [
            (
                "two different enrolments of this trace were received: do not go on.",
                "此追溯号收到两份不同的登记：不得继续。",
            ),
            (
                "Each has a trace of its own, so nobody sends two. Ask its sender on your",
                "每份登记各有追溯号，发送方不会发出两份。用自己已有的号码",
            ),
            (
                "own number which sheet is theirs. The other one goes to the auditor.",
                "询问其发送方哪张核对单属其所发；另一份交审计员。",
            ),
        ],
        Side::Offline => [
            (
                "another statement of this trace was received before: do not go on.",
                "此追溯号此前已收到另一份声明：不得继续。",
            ),
            (
                "Nothing that a cluster does explains it. Call it on your own number;",
                "集群的正常操作不会产生第二份。用自己已有的号码致电该集群；",
            ),
            (
                "sticks and sheets go to the auditor. Then it makes a new request.",
                "全部介质与核对单交审计员。查明原因后由集群重新申请。",
            ),
        ],
        Side::Online => [
            (
                "another statement of this trace was received before: call the CA,",
                "此追溯号此前已收到另一份声明：请用自己已有的号码",
            ),
            (
                "on your own number. Go on only if it says that it sealed it again, and",
                "致电 CA。仅当其确认曾重新封装并说明时间，方可录入新核对单；",
            ),
            ("when: type the new sheet. Else type none. The rest is the auditor's.", "否则不录入。其余交审计员。"),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_are_told_and_not_the_same() {
        let [offline, online] = [(Side::Offline, "csr-bundle"), (Side::Online, "cert-package")];
        let [offline, online] = [offline, online].map(|(side, kind)| told_of_second(side, kind));
        let enrolments = [Side::Offline, Side::Online].map(|side| told_of_second(side, "enrolment"));
        assert!((0..3).all(|line| offline[line] != online[line]), "{offline:?} {online:?}");
        assert!(
            enrolments.iter().all(|told| (0..3).all(|line| told[line] != offline[line] && told[line] != online[line]))
        );
    }
}
