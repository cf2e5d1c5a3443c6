//! What the rules say, as F40 tells it: of one request, and what each of them means.

use crate::issuance::rule::violation::Code;
use crate::report::columns;
use crate::report::requests::RequestLine;
use crate::tui::frame::{Canvas, Row};
use crate::tui::language::fill;

/// Lines of the profile and the subject of a request, at most.
const WHOM: usize = 2;

/// Whom `request` names, and why it is denied or must be looked at, on `most` rows.
pub(super) fn said(request: &RequestLine, most: usize, canvas: &Canvas<'_>) -> Vec<Row> {
    let whole = format!("{}   {}", request.profile, request.subject.safe());
    let width = canvas.width.saturating_sub(1);
    let subject = columns::first(columns::hanging(&format!(" #{} ", request.id), &whole, width), WHOM, width);
    let lines = request.reasons.iter().flat_map(|reason| {
        let told = match canvas.language.meaning(reason.code()) {
            Some(rule) => fill(canvas.say("{}. Found: {}", "{}。原文 {}"), [&rule.what, &reason.detail()]),
            None => reason.detail().to_owned(),
        };
        columns::hanging(&format!(" #{} {}: ", request.id, reason.code()), &told, width)
    });
    columns::first(subject.into_iter().chain(lines).collect(), most, width).into_iter().map(Row::from).collect()
}

/// Every rule that a denial may name, a row each.
pub(super) fn all(canvas: &Canvas<'_>) -> impl Iterator<Item = Row> {
    let (language, width) = (canvas.language, canvas.width.saturating_sub(1));
    Code::ALL.into_iter().map(move |code| {
        let code = code.to_string();
        let means = language.meaning(&code).map_or("", |rule| rule.what);
        Row::from(columns::cut(&format!(" {code}  {means}"), width))
    })
}
