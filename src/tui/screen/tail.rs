//! The last four of a trace, which a person types who has read it, before what cannot be taken back.

use crate::exchange::trace::Trace;
use crate::tui::form::{Field, Form, Pressed};
use crate::tui::frame::{Canvas, Row};
use crate::tui::keys::Key;

/// A form that asks for them.
pub(super) fn form() -> Form {
    Form::new([Field::text("Last four of trace", "追溯号末四位")])
}

/// Whether `key` completes them. A wrong answer is told and asked for again.
pub(super) fn is_typed(form: &mut Form, key: Key, trace: &Trace) -> bool {
    if form.press(key) != Pressed::Complete {
        return false;
    }
    let is_right = trace.is_tail(form.text(0));
    if !is_right {
        form.mistyped(
            0,
            "Not the last four of the trace. Nothing was done; type it again.",
            "与追溯号末四位不符，未执行任何操作；请重输。",
        );
    }
    is_right
}

/// How they are read off a trace.
pub(super) fn how(canvas: &Canvas<'_>) -> [Row; 2] {
    let how = canvas.say(
        " Type the last four letters and digits of the trace, without dashes",
        " 输入追溯号最后四个字母或数字，不含连字符",
    );
    let example = canvas.say(" (...-VF2R-F: F2RF).", "（例：...-VF2R-F 输入 F2RF）。");
    [how.into(), example.into()]
}
