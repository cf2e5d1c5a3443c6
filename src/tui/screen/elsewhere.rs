//! A decision that is signed where the key of a person is: its text goes out in a file, and a signature comes back in
//! another. F50 and F21.

use crate::report::columns;
use crate::report::mark::Mark;
use crate::tui::form::{Field, Form};
use crate::tui::frame::{Canvas, Row};
use crate::tui::keys::Key;
use crate::tui::language::fill;
use crate::tui::palette::Weight;
use crate::tui::told::Written;

/// The key that has what a form asks for signed elsewhere.
pub(super) const KEY: Key = Key::Function(4);

/// A form for the text that `id` takes away; `more` fields stand between him and the file.
pub(super) fn text(id: &str, more: impl IntoIterator<Item = Field>) -> Form {
    let person = Field::text("Person", "人员").filled(id);
    let file = Field::text("New file for text", "文本新文件");
    Form::new(std::iter::once(person).chain(more).chain([file]).collect::<Vec<_>>())
}

/// A form for the signature that somebody brings.
pub(super) fn signature() -> Form {
    Form::new([Field::text("Person", "人员"), Field::text("Signature file", "签名文件")])
}

/// What the form of a signature is for.
pub(super) const fn brought(canvas: &Canvas<'_>) -> &'static str {
    canvas.say(
        "You bring a signature that was made elsewhere, over a text of this host:",
        "您带回在别处对本机文本所作的签名：",
    )
}

/// Where the text lies and what is done with it.
pub(super) fn to_do(written: &Written, canvas: &Canvas<'_>) -> Vec<Row> {
    let width = canvas.width.saturating_sub(1);
    let lies = fill(
        canvas.say("the text that {} is to sign lies in {}", "{} 待签的文本在 {}"),
        [&written.person, &written.file],
    );
    let mut rows: Vec<Row> = columns::hanging(&format!(" {} ", Mark::Ok), &lies, width)
        .into_iter()
        .map(|line| Row::weighted(line, Weight::Strong))
        .collect();
    rows.push(Row::default());
    rows.push(canvas.say(" He reads it where his key is, and signs it there:", " 在其密钥所在处阅读并签名：").into());
    let command = format!("ssh-keygen -Y sign -n {} -f KEY {}", written.namespace, written.file);
    rows.extend(columns::hanging("   ", &command, width).into_iter().map(Row::from));
    let back = fill(
        canvas.say("Its signature, {}.sig, is brought back with S.", "签名文件 {}.sig 用 S 带回。"),
        [&written.file],
    );
    rows.extend(columns::hanging(" ", &back, width).into_iter().map(Row::from));
    rows
}

/// The key line of a form that can be signed elsewhere instead.
pub(super) const fn form_keys(canvas: &Canvas<'_>) -> &'static str {
    canvas.say(
        "type + Enter   Tab field   F4 sign elsewhere   Esc back   F1 help",
        "输入后回车   Tab 字段   F4 在别处签名   Esc 返回   F1 帮助",
    )
}
