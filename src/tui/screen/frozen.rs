//! The plan that is decided on, as F50 tells it.

use crate::tui::frame::{Canvas, Row};
use crate::tui::language::fill;
use crate::tui::palette::Weight;
use crate::tui::told::BallotFacts;

/// What was frozen, which rule it needs, and what it makes, on a line each or more. How many certificates give full rights is
/// not told.
pub(super) fn plan(facts: &BallotFacts, canvas: &Canvas<'_>) -> Vec<Row> {
    let closed = fill(
        canvas.say(
            " PLAN frozen   {} signature{s}, {} denied      plan sha256 {}",
            " 计划已冻结   {} 个签名，{} 个拒绝      计划 sha256 {}",
        ),
        [&facts.orders, &facts.denials, &facts.plan],
    );
    let mut rows = vec![Row::weighted(closed, Weight::Strong)];
    let rule = fill(
        canvas.say("Rule {}   cluster {}   until {}", "规则 {}   集群 {}   截止 {}"),
        [&facts.rule, &facts.cluster, &facts.expires],
    );
    rows.extend(canvas.whole(&rule).into_iter().map(Row::from));
    if !facts.trust_ops.is_empty() {
        let changes: Vec<_> = facts.trust_ops.iter().map(ToString::to_string).collect();
        let trust = fill(
            canvas.say(
                "To be approved: what {} trusts changes: {}. {} signature{s}.",
                "待批准：集群 {} 的信任变更：{}。{} 个签名。",
            ),
            [&facts.cluster, &changes.join(", "), &facts.orders],
        );
        rows.extend(canvas.whole(&trust).into_iter().map(|line| Row::weighted(line, Weight::Strong)));
        return rows;
    }
    let ends = facts.last_end.map_or_else(|| "-".to_owned(), |end| end.to_string());
    let orders = fill(
        canvas.say(
            "To be approved: {} signature{s} for {}, the last ends {}.",
            "待批准：{} 个签名，集群 {}，最晚到期 {}。",
        ),
        [&facts.orders, &facts.cluster, &ends],
    );
    rows.extend(canvas.whole(&orders).into_iter().map(Row::from));
    rows
}
