//! What a person types who decides on a plan.

use crate::exchange::csr_bundle::number::Number;
use crate::exchange::paper::sheet_copy::SheetCopy;
use crate::tui::effect::Decision;
use crate::tui::form::{Field, Form};

pub(super) fn sheet() -> Field {
    Field::text("Sheet (auditor: -)", "核对单（审计员填 -）")
}

pub(super) fn count() -> Field {
    Field::text("Privileged in plan", "计划内特权数")
}

pub(super) fn reason() -> Field {
    Field::text("Reason", "理由")
}

/// A yes: the sheet stands in the field `at`, the number in the one below.
pub(super) fn yes(form: &Form, at: usize, ticked: &[Number]) -> Decision {
    let (sheet, privileged) = (form.text(at).to_ascii_uppercase(), form.text(at + 1).to_owned());
    Decision::Yes { sheet, privileged, ticked: ticked.to_vec() }
}

/// Whether the field `at` names a sheet, in either case, or none, as an auditor does. What is neither is told and asked for
/// again.
pub(super) fn names_sheet(form: &mut Form, at: usize) -> bool {
    let sheet = form.text(at).to_ascii_uppercase();
    let is_one = sheet == "-" || sheet.parse::<SheetCopy>().is_ok();
    if !is_one {
        form.mistyped(
            at,
            "This is not a sheet number. Type it as S-000318/1: number, slash, copy.",
            "这不是核对单号。请按 S-000318/1 的格式输入：编号、斜杠、份号。",
        );
    }
    is_one
}
