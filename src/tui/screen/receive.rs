//! F10 and I10: a transfer is copied in from its medium. Nothing inside it is read.

use super::shelf::{Picked, Shelf};
use super::{Screen, Turn, odd, rows};
use crate::audit::entry::Side;
use crate::desk::register::Way;
use crate::desk::second::{is_given_up, stops};
use crate::report::advice::{self, Here};
use crate::report::mark::Mark;
use crate::tui::asked::Asked;
use crate::tui::effect::{Effect, Input};
use crate::tui::form::{Field, Form, Pressed};
use crate::tui::frame::{Canvas, Row, View};
use crate::tui::keys::Key;
use crate::tui::language::{Language, fill};
use crate::tui::palette::Weight;
use crate::tui::rail::Journey;
use crate::tui::told::{ArrivalFacts, Told};
use crate::wire::text;

/// The state of F10 and I10.
#[derive(Debug)]
pub struct Receive {
    side: Side,
    shelf: Shelf,
    form: Form,
    arrived: Option<ArrivalFacts>,
}

/// Ignored files that are listed.
const LISTED: usize = 5;

impl Receive {
    /// Looks for media, and waits for one.
    pub fn begin(side: Side) -> Turn {
        let form = Form::new([Field::text("Device or path", "设备或路径")]);
        Turn::to(Self { side, shelf: Shelf::of(Way::In), form, arrived: None }).and(Effect::Media)
    }

    fn key(mut self: Box<Self>, key: Key) -> Turn {
        match (&self.arrived, key) {
            (_, Key::Esc) => Turn::home(),
            (Some(arrived), Key::Enter) if !self.stops(arrived) => rows::Rows::begin(arrived.trace.clone(), self.side),
            (Some(arrived), key) if key.letter() == Some('n') && !self.gives_up(arrived) => {
                rows::Rows::begin(arrived.trace.clone(), self.side)
            }
            (Some(_), key) if key.letter() == Some('r') => Self::begin(self.side),
            (Some(_), _) => Turn::stay(self),
            (None, key) => match self.shelf.press(key, &mut self.form, 0) {
                Picked::Yes => Turn::stay(self),
                Picked::Do(effect) => Turn::stay(self).and(effect),
                Picked::No if self.form.press(key) == Pressed::Complete => {
                    let medium = self.form.path(0);
                    Turn::stay(self).and(Effect::Receive { medium })
                }
                Picked::No => Turn::stay(self),
            },
        }
    }

    /// Whether a person stops here.
    fn stops(&self, arrived: &ArrivalFacts) -> bool {
        arrived.is_second && stops(self.side, arrived.kind)
    }

    /// Whether it ends here.
    fn gives_up(&self, arrived: &ArrivalFacts) -> bool {
        arrived.is_second && is_given_up(self.side, arrived.kind)
    }

    fn rows(&self, canvas: &Canvas<'_>) -> Vec<Row> {
        let mut rows = vec![
            Row::from(format!(
                " {}",
                canvas.say(
                    "Insert the transfer medium and choose it, or type a path.",
                    "请插入传输介质并选择，或输入路径。"
                )
            )),
            Row::default(),
        ];
        if self.arrived.is_none() {
            rows.extend(self.shelf.rows(canvas));
        }
        rows.extend(self.form.rows(canvas));
        rows.push(Row::default());
        if let Some(arrived) = &self.arrived {
            rows.extend(told(arrived, self.side, canvas));
        }
        rows
    }
}

/// Why something else on a medium is left alone.
const WHY: [(&str, &str); 4] = [
    ("not a transfer file", "不是传输文件"),
    ("a directory", "目录"),
    ("a link", "链接"),
    ("neither a file nor a directory", "既非文件也非目录"),
];

fn told(arrived: &ArrivalFacts, side: Side, canvas: &Canvas<'_>) -> Vec<Row> {
    let ok = |english, chinese| Row::from(format!(" {} {}", Mark::Ok, canvas.say(english, chinese)));
    let about = fill(canvas.say("{}   {} from {}", "{}   {} 来自 {}"), [&arrived.trace, &arrived.kind, &arrived.from]);
    let count =
        fill(canvas.say(" {} item{s}   log entry {}", " {} 项   日志记录 {}"), [&arrived.items, &arrived.entry]);
    let about = canvas.whole(&about).into_iter();
    let mut rows: Vec<Row> = about.map(|line| Row::weighted(line, Weight::Strong)).collect();
    rows.extend([
        Row::from(count),
        ok("copied in; the medium can be removed", "已复制；可以取出介质"),
        ok("statement signature: by the enrolled key of its sender", "声明签名：由发送方登记的密钥签署"),
        ok(
            "file matches statement (digest hidden until the sheet is done)",
            "文件与声明一致（核对单完成前不显示摘要）",
        ),
    ]);
    if arrived.is_second {
        rows.extend(odd::second(side, arrived.kind, canvas));
    }
    rows.extend(arrived.ignored.iter().take(LISTED).map(|(name, why)| {
        let chinese = WHY.iter().find(|(english, _)| english == why).map_or(*why, |(_, chinese)| chinese);
        Row::from(format!("   {}  {}", text::clip(name, 40), canvas.say(why, chinese)))
    }));
    let more = arrived.ignored.len().saturating_sub(LISTED);
    rows.extend(
        (more > 0).then(|| Row::from(fill(canvas.say("   {} more file{s} ignored", "   另忽略 {} 个文件"), [&more]))),
    );
    rows
}

impl Screen for Receive {
    fn update(mut self: Box<Self>, input: Input) -> Turn {
        match input {
            Input::Key(key) => self.key(key),
            Input::Told(Told::Arrived(facts)) => {
                self.arrived = Some(*facts);
                Turn::stay(self)
            }
            Input::Told(Told::Media(seen)) => {
                self.shelf.fill(seen);
                Turn::stay(self)
            }
            Input::Told(Told::Ejected) => Turn::stay(self).and(Effect::Media),
            Input::Told(_) | Input::Pasted => Turn::stay(self),
        }
    }

    fn view(&self, canvas: &Canvas<'_>) -> View {
        let (title, code, journey, message) = match self.side {
            Side::Offline => (
                fill(canvas.say("Offline CA {}: 1 Import media", "离线 CA {}：1 导入介质"), [&canvas.host]),
                "F10",
                Journey::Answering,
                canvas.say(
                    "The bundle is still closed. Nothing in it has been read yet.",
                    "申请包仍未打开。尚未读取其中任何内容。",
                ),
            ),
            Side::Online => (
                canvas.say("Import: 1 Open package", "导入：1 打开证书包").to_owned(),
                "I10",
                Journey::Importing,
                canvas.say(
                    "Order is fixed: statement, paper, decrypt, inner checks.",
                    "顺序固定：声明、纸质核对单、解密、内部校验。",
                ),
            ),
        };
        let keys = match &self.arrived {
            Some(arrived) if self.gives_up(arrived) => canvas.say(
                "Esc home: type no row of this sheet   R another medium   ? help",
                "Esc 主页：不得录入本单任何一行   R 其他介质   ? 帮助",
            ),
            Some(arrived) if self.stops(arrived) => canvas.say(
                "Esc home   R another medium   N only once the cause is known   ? help",
                "Esc 主页   R 其他介质   查明原因后方可按 N   ? 帮助",
            ),
            Some(_) => {
                canvas.say("N next   R another medium   Esc home   ? help", "N 下一步   R 其他介质   Esc 主页   ? 帮助")
            }
            None => canvas.say(
                "Up/Down, Enter use   R rescan   X eject   or type a path   Esc home   F1 help",
                "上下键选择 回车使用   R 重新扫描   X 弹出   或输入路径   Esc 主页   F1 帮助",
            ),
        };
        View {
            title,
            code,
            rail: journey.rail(1, canvas.language),
            body: self.rows(canvas),
            message: message.to_owned(),
            keys: keys.to_owned(),
        }
    }

    fn about(&self) -> (&'static str, &'static str) {
        (
            "Mounts the medium read-only, copies the three files of one transfer from it, unmounts it, checks the signature on its statement and that the file is the one the statement names. Other files are ignored and listed.",
            "以只读方式挂载介质，复制一次传输的三个文件后卸载，校验声明的签名以及文件与声明是否一致。其他文件被忽略并列出。",
        )
    }

    fn command(&self) -> String {
        format!("airlock {} receive --media DEV|DIR", self.side.name())
    }

    fn refused(&self, code: &str) -> Option<Here> {
        // What a transfer that is in asks for stands on its screen.
        if self.arrived.is_some() { None } else { advice::refused(self.side, code) }
    }

    fn asked(&self, language: Language) -> Option<Asked> {
        self.arrived.is_none().then(|| self.form.asked(language))?
    }

    fn takes_text(&self) -> bool {
        self.arrived.is_none()
    }
}
