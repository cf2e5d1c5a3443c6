//! A refusal as it is shown, in the language of the screen, whenever that is switched.

use super::frame::{Canvas, Row, View};
use super::language::{Language, fill};
use super::palette::Weight;
use super::told::Notice;
use crate::refusal::Class;
use crate::report::advice::Here;
use crate::report::columns;

impl Notice {
    /// What happened. In Chinese that is what the code means; the message itself names paths and numbers and stands
    /// beside it, in the language of the log.
    pub fn what(&self, language: Language) -> &str {
        match (language, language.meaning(self.code)) {
            (Language::Chinese, Some(meaning)) => meaning.what,
            _ => &self.message,
        }
    }

    /// What to do now.
    pub fn to_do(&self, language: Language) -> &str {
        match (language, language.meaning(self.code)) {
            (Language::Chinese, Some(meaning)) => meaning.to_do,
            _ => self.hint,
        }
    }
}

/// Columns of a mark, with the blanks around it.
const MARK: usize = 8;

/// A refusal stands over the last rows of the body.
pub(super) fn lay_over(view: &mut View, notice: &Notice, here: Option<Here>, canvas: &Canvas<'_>) {
    let rows = rows(notice, here, canvas);
    let what = match notice.class {
        Class::Interrupted => canvas.say("Stopped.", "已停止。"),
        _ => canvas.say("Refused.", "已拒绝。"),
    };
    view.message = format!("{what}{}", canvas.say(" What is in the log is kept.", "已入日志的内容保留。"));
    if canvas.is_linear {
        view.body.extend(rows);
        return;
    }
    view.body.resize(canvas.height, Row::default());
    view.body.truncate(canvas.height.saturating_sub(rows.len()));
    view.body.extend(rows);
    view.message.push_str(canvas.say(" Any key closes this.", "按任意键关闭本提示。"));
}

/// What was refused, what to do, and the code. Where a side has advice of its own, that alone: what the code says is meant for
/// either, and two voices confuse.
pub(super) fn rows(notice: &Notice, here: Option<Here>, canvas: &Canvas<'_>) -> Vec<Row> {
    let width = canvas.width.saturating_sub(2);
    let blank = " ".repeat(MARK);
    let told = columns::hanging(&format!(" {} ", notice.mark), notice.what(canvas.language), width);
    let mut rows = vec![Row::default()];
    rows.extend(columns::first(told, 4, width).into_iter().map(|line| Row::weighted(line, Weight::Strong)));
    if let Some((english, chinese)) = here {
        let lines = columns::hanging(&blank, canvas.say(english, chinese), width);
        rows.extend(lines.into_iter().map(|line| Row::weighted(line, Weight::Strong)));
    } else {
        let to_do = columns::hanging(&blank, notice.to_do(canvas.language), width);
        rows.extend(columns::first(to_do, 3, width).into_iter().map(Row::from));
    }
    if canvas.language == Language::Chinese {
        let start = format!("{blank}原文 ");
        let message = columns::hanging(&start, &notice.message, width);
        rows.extend(columns::first(message, 3, width).into_iter().map(Row::from));
    }
    let code = canvas.say("{}, exit {}", "{}，退出码 {}");
    rows.push(format!("{blank}{}", fill(code, [&notice.code, &notice.class.exit_status()])).into());
    rows
}
