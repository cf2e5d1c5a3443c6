//! What is told of a screen: all of it where the person comes to it, and then what changed.

use crate::tui::asked::{Asked, AskedKind};
use crate::tui::frame::{Row, View};
use crate::tui::language::Language;
use crate::tui::palette::Weight;

/// What was told last.
#[derive(Debug, Default)]
pub struct Voice {
    known: Option<Known>,
}

/// What of a screen can be told.
#[derive(Debug, PartialEq, Eq)]
pub struct Known {
    code: &'static str,
    title: String,
    lines: Vec<Told>,
    message: String,
    keys: String,
}

/// A row as it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Told {
    text: String,
    /// Whether the person is on it.
    is_here: bool,
    is_table: bool,
    /// Rows without a blank one between them belong together.
    block: usize,
}

impl Voice {
    /// What changed since it was told last; everything where the person came to another screen.
    pub fn tell(&mut self, view: &View, language: Language) -> Vec<String> {
        let now = Known::of(view);
        match self.known.replace(now) {
            Some(before) => match &self.known {
                Some(now) if now.code == before.code => now.since(&before, language),
                _ => self.whole(view, language),
            },
            None => self.whole(view, language),
        }
    }

    /// Everything, as where the person comes to it.
    pub fn whole(&mut self, view: &View, language: Language) -> Vec<String> {
        let now = Known::of(view);
        let place = [String::new(), now.title.clone(), squeezed(&view.rail)];
        let lines = now.lines.iter().map(Told::marked);
        let end = [now.message.clone(), keys(&now.keys, language)];
        let all = place.into_iter().chain(lines).chain(end.into_iter().filter(|line| !line.is_empty())).collect();
        self.known = Some(now);
        all
    }

    /// Takes what is shown as told.
    pub fn know(&mut self, view: &View) {
        self.known = Some(Known::of(view));
    }
}

/// The question, as it stands before the answer.
pub fn question(asked: Option<&Asked>, language: Language) -> String {
    let Some(asked) = asked else { return "> ".to_owned() };
    match asked.kind {
        AskedKind::Secret => format!("{} ({}): ", asked.label, language.say("hidden", "不显示")),
        _ if asked.given.is_empty() => format!("{}: ", asked.label),
        _ => format!("{} [{}]: ", asked.label, asked.given),
    }
}

impl Known {
    /// What of `view` can be told.
    pub fn of(view: &View) -> Self {
        Self {
            code: view.code,
            title: format!("[{}] {}", view.code, squeezed(&view.title)),
            lines: lines(&view.body),
            message: squeezed(&view.message),
            keys: squeezed(&view.keys),
        }
    }

    fn since(&self, before: &Self, language: Language) -> Vec<String> {
        let scrolled = self.scrolled(before);
        let was_here = before.lines.iter().find(|line| line.is_here).map(|line| &line.text);
        let is_told = |(index, line): &(usize, &Told)| {
            let came_here = line.is_here && was_here != Some(&line.text);
            (line.is_new(before) && scrolled != Some(*index)) || came_here
        };
        let title = (self.title != before.title).then(|| self.title.clone());
        let rows = self.lines.iter().enumerate().filter(is_told).map(|(_, line)| line.text.clone());
        let mut told: Vec<String> = title.into_iter().chain(rows).collect();
        told.extend((self.message != before.message && !self.message.is_empty()).then(|| self.message.clone()));
        told.extend((self.keys != before.keys).then(|| keys(&self.keys, language)));
        told
    }

    /// The row that came to the edge of a table because the person moved: it is not where he is.
    fn scrolled(&self, before: &Self) -> Option<usize> {
        let here = self.lines.iter().find(|line| line.is_here && line.is_table)?;
        let of_table = |line: &Told| line.block == here.block;
        let first = self.lines.iter().position(of_table);
        let mut came = self.lines.iter().enumerate().filter(|(_, line)| of_table(line) && !line.is_here);
        let mut came = came.by_ref().filter(|(index, line)| line.is_new(before) && Some(*index) != first);
        match (came.next(), came.next()) {
            (Some((index, _)), None) => Some(index),
            _ => None,
        }
    }
}

impl Told {
    fn is_new(&self, before: &Known) -> bool {
        !before.lines.iter().any(|line| line.text == self.text)
    }

    fn marked(&self) -> String {
        if self.is_here { format!("> {}", self.text) } else { self.text.clone() }
    }
}

fn keys(keys: &str, language: Language) -> String {
    format!("{}: {keys}", language.say("Keys", "按键"))
}

fn lines(body: &[Row]) -> Vec<Told> {
    let mut block = 0;
    let mut lines = Vec::new();
    for row in body {
        if row.text.trim().is_empty() {
            block += 1;
        }
        lines.extend(told(row, block));
    }
    lines
}

/// The row, where it tells anything: frames, blanks and what is asked anyway are left out.
fn told(row: &Row, block: usize) -> Option<Told> {
    let framed = row.text.trim();
    let bare = if row.weight == Weight::Alarm { framed.trim_matches(['#', ' ']) } else { framed };
    let is_table = row.weight == Weight::Chosen;
    let (is_here, bare) = match bare.strip_prefix('>') {
        Some(bare) => (true, bare),
        None => (is_table, bare),
    };
    let text = squeezed(&bare.split(' ').filter(|word| !is_bar(word)).collect::<Vec<_>>().join(" "));
    let says = text.contains(char::is_alphanumeric) && !row.is_field;
    says.then_some(Told { text, is_here, is_table, block })
}

/// `[####....]`: its count stands beside it.
fn is_bar(word: &str) -> bool {
    word.len() > 2 && word.starts_with('[') && word.ends_with(']') && word.bytes().all(|b| b"[#.]".contains(&b))
}

/// Columns mean nothing here: two blanks keep cells apart.
fn squeezed(text: &str) -> String {
    let mut squeezed = String::with_capacity(text.len());
    let mut blanks = 0;
    for c in text.trim().chars() {
        blanks = if c == ' ' { blanks + 1 } else { 0 };
        if blanks <= 2 {
            squeezed.push(c);
        }
    }
    squeezed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(rows: &[(&str, Weight)], message: &str) -> View {
        let body = rows.iter().map(|(text, weight)| Row::weighted(*text, *weight)).collect();
        let (title, keys) = ("Review".to_owned(), "N next".to_owned());
        View { title, code: "F40", rail: "1 > [2]".to_owned(), body, message: message.to_owned(), keys }
    }

    const PLAIN: Weight = Weight::Plain;

    #[test]
    fn a_screen_is_told_whole_once_and_then_what_changed() {
        let mut voice = Voice::default();
        let first = view(&[(" head      x", PLAIN), ("", PLAIN), ("  #####", Weight::Alarm)], "read this");
        assert_eq!(
            voice.tell(&first, Language::English),
            ["", "[F40] Review", "1 > [2]", "head  x", "read this", "Keys: N next"]
        );
        assert!(voice.tell(&first, Language::English).is_empty());
        let next = view(&[(" head      y", PLAIN)], "read that");
        assert_eq!(voice.tell(&next, Language::English), ["head  y", "read that"]);
    }

    #[test]
    fn moving_in_a_table_tells_where_one_is_and_not_what_scrolled_in() {
        let mut voice = Voice::default();
        let table = |rows: &[(&str, Weight)]| view(rows, "");
        voice.know(&table(&[("head", PLAIN), ("> 1 a", Weight::Chosen), ("  2 b", PLAIN)]));
        let moved =
            table(&[("head", PLAIN), ("> 2 b", Weight::Chosen), ("  3 c", PLAIN), ("", PLAIN), ("why b", PLAIN)]);
        assert_eq!(voice.tell(&moved, Language::English), ["2 b", "why b"]);
        let paged = table(&[("head", PLAIN), ("> 8 h", Weight::Chosen), ("  9 i", PLAIN), ("  10 j", PLAIN)]);
        assert_eq!(voice.tell(&paged, Language::English), ["8 h", "9 i", "10 j"]);
    }

    #[test]
    fn what_is_asked_anyway_and_frames_are_not_told() {
        let rows = [
            Row::from("> Person   chen_").field(),
            Row::from(" Signatures  [##....]  2 / 6    33%"),
            Row::from("----"),
        ];
        let told: Vec<String> = lines(&rows).into_iter().map(|line| line.text).collect();
        assert_eq!(told, ["Signatures  2 / 6  33%"]);
    }

    #[test]
    fn a_question_tells_what_stands_there_but_for_a_secret() {
        let asked = |kind, given: &str| Asked { label: "PIN".to_owned(), kind, given: given.to_owned() };
        assert_eq!(question(Some(&asked(AskedKind::Text, "a")), Language::English), "PIN [a]: ");
        assert_eq!(question(Some(&asked(AskedKind::Secret, "a")), Language::English), "PIN (hidden): ");
        assert_eq!(question(None, Language::English), "> ");
    }
}
