//! F60: the PIN of the token. It is never shown, not even its length.

use super::{Screen, Turn, quorum, signing};
use crate::exchange::trace::Trace;
use crate::report::columns;
use crate::report::mark::Mark;
use crate::tui::asked::Asked;
use crate::tui::effect::{Effect, Input};
use crate::tui::form::{Field, Form, Pressed};
use crate::tui::frame::{Canvas, Row, View};
use crate::tui::keys::Key;
use crate::tui::language::{Language, fill};
use crate::tui::palette::Weight;
use crate::tui::rail::Journey;
use crate::tui::told::{TokenView, Told};

/// The state of F60.
#[derive(Debug)]
pub struct Login {
    trace: Trace,
    token: Option<TokenView>,
    form: Form,
}

impl Login {
    /// Finds the token, to sign what was approved for `trace`.
    pub fn begin(trace: Trace) -> Turn {
        let form = Form::new([Field::secret("PIN", "PIN")]);
        Turn::to(Self { trace: trace.clone(), token: None, form }).and(Effect::Token(trace))
    }
}

impl Screen for Login {
    fn update(mut self: Box<Self>, input: Input) -> Turn {
        match input {
            Input::Told(Told::Token(token)) => self.token = Some(*token),
            Input::Key(Key::Esc) => return quorum::Quorum::begin(self.trace, Vec::new()),
            Input::Key(key) => {
                if self.form.press(key) == Pressed::Complete {
                    let pin = self.form.secret(0);
                    return signing::Signing::begin(self.trace, pin);
                }
            }
            Input::Told(_) | Input::Pasted => {}
        }
        Turn::stay(self)
    }

    fn view(&self, canvas: &Canvas<'_>) -> View {
        let mut body = match &self.token {
            Some(token) => facts(token, canvas),
            None => vec![Row::from(format!(" {}", canvas.say(
                "The token was not found. Connect it, Esc, then N.",
                "未找到密码机。请连接后按 Esc，再按 N。",
            )))],
        };
        body.push(Row::default());
        body.extend(self.form.rows(canvas));
        body.push(Row::default());
        for (english, chinese) in [
            ("Wrong PINs lock the token.", "PIN 多次错误会锁定密码机。"),
            (
                "The PIN is not stored, not logged, not shown as stars, and is wiped after use.",
                "PIN 不存储、不记录、不以星号显示，用后即清除。",
            ),
        ] {
            body.push(format!(" {}", canvas.say(english, chinese)).into());
        }
        View {
            title: fill(canvas.say("Offline CA {}: 6 HSM login", "离线 CA {}：6 HSM 登录"), [&canvas.host]),
            code: "F60",
            rail: Journey::Answering.rail(6, canvas.language),
            body,
            message: canvas
                .say("Keys stay logged in only until this plan is signed.", "密钥仅在本计划签发期间保持登录。")
                .to_owned(),
            keys: canvas
                .say(
                    "type + Enter login and sign   Esc back (quorum is kept)   F1 help",
                    "输入后回车登录并签发   Esc 返回（批准保留）   F1 帮助",
                )
                .to_owned(),
        }
    }

    fn about(&self) -> (&'static str, &'static str) {
        (
            "The HSM signs what was approved, nothing else. Each signature is announced in the log before the token is asked for it.",
            "HSM 只签发已批准的内容。每个签名在请求密码机之前先记入日志。",
        )
    }

    fn command(&self) -> String {
        format!("airlock offline sign {}", self.trace)
    }

    fn asked(&self, language: Language) -> Option<Asked> {
        self.form.asked(language)
    }

    fn takes_text(&self) -> bool {
        true
    }
}

/// Columns of a label.
const LABEL: usize = 9;
/// Keys that are listed; a cluster has three domains, and each of them a current and a next root.
const KEYS: usize = 6;

fn facts(token: &TokenView, canvas: &Canvas<'_>) -> Vec<Row> {
    let enrolled = format!("{} {}", Mark::Ok, canvas.say("as enrolled", "与登记一致"));
    let label = |english, chinese| columns::left(canvas.say(english, chinese), LABEL);
    let serial = fill(canvas.say("serial {}", "序列号 {}"), [&token.serial]);
    let mut rows = vec![
        Row::from(format!(" {}{}", label("Module", "模块"), token.module)),
        Row::from(format!(" {}{}  {serial}   {enrolled}", label("Token", "密码机"), token.label)),
        Row::from(format!(" {}{}", label("", ""), token.model)),
    ];
    let keys = (0..).zip(token.keys.iter().take(KEYS));
    rows.extend(keys.map(|(at, key)| {
        let label = if at == 0 { label("Keys", "密钥") } else { label("", "") };
        Row::from(format!(" {label}{}", key.of(canvas.language)))
    }));
    rows.push(Row::from(format!(
        "          {}",
        canvas.say(
            "each is found after login and must equal the certificate of its CA",
            "登录后查找，且须与其 CA 证书的公钥一致",
        )
    )));
    let pin = |told: &&'static str| {
        let chinese = PIN.iter().find(|(english, _)| english == told).map_or(*told, |(_, chinese)| chinese);
        Row::weighted(format!(" PIN      {} {}", Mark::Warn, canvas.say(told, chinese)), Weight::Strong)
    };
    rows.extend(token.pin.iter().map(pin));
    if !token.pin.is_empty() {
        let told = canvas.say(
            "          If that was not you, just now: Esc, type nothing, tell the auditor.",
            "          若非您本人刚才所为：按 Esc，勿再输入，告知审计员。",
        );
        rows.push(Row::weighted(told, Weight::Strong));
    }
    rows
}

/// What a token says of its PIN.
const PIN: [(&str, &str); 4] = [
    ("one or more wrong tries", "已有一次或多次输错"),
    ("one try is left", "只剩一次机会"),
    ("locked", "已锁定"),
    ("must be changed", "必须更换"),
];
