//! At most four colours, each of them bold or reverse too, so that a screen says the same without any.

use ratatui::style::{Color, Modifier, Style};

use crate::report::mark::Mark;

/// Whether the terminal shows colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Palette {
    /// Bold and reverse alone.
    Plain,
    /// Colours beside them.
    Coloured,
}

/// Whether colours are wished for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Wish {
    /// As the terminal and `NO_COLOR` say.
    #[default]
    Auto,
    /// Whatever they say.
    Always,
    /// Never.
    Never,
}

/// How much a row stands out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Weight {
    /// Text.
    #[default]
    Plain,
    /// What must be read.
    Strong,
    /// The line that the person is on.
    Chosen,
    /// Everyone stops.
    Alarm,
}

impl Palette {
    /// What suits a terminal of this `TERM` and `NO_COLOR` (no-color.org: any value but the empty one).
    ///
    /// Real VT terminals have no colours and take parts of the codes for them for blinking.
    pub fn of(term: &str, no_color: Option<&str>, wish: Wish) -> Self {
        match wish {
            Wish::Auto => {}
            Wish::Always => return Self::Coloured,
            Wish::Never => return Self::Plain,
        }
        let refused = no_color.is_some_and(|value| !value.is_empty());
        if refused || term.starts_with("vt") || term.ends_with("-mono") { Self::Plain } else { Self::Coloured }
    }

    pub(super) fn weight(self, weight: Weight) -> Style {
        match weight {
            Weight::Plain => Style::new(),
            Weight::Strong => Style::new().add_modifier(Modifier::BOLD),
            Weight::Chosen => Style::new().add_modifier(Modifier::REVERSED),
            Weight::Alarm => self.coloured(Color::Red).add_modifier(Modifier::BOLD | Modifier::REVERSED),
        }
    }

    pub(super) fn mark(self, mark: Mark) -> Style {
        match mark {
            Mark::Open => Style::new(),
            Mark::Ok => self.coloured(Color::Green),
            Mark::Warn | Mark::Typo => self.coloured(Color::Yellow).add_modifier(Modifier::BOLD),
            Mark::Deny => self.coloured(Color::Magenta).add_modifier(Modifier::BOLD),
            Mark::Fail | Mark::Stop => self.coloured(Color::Red).add_modifier(Modifier::BOLD),
        }
    }

    fn coloured(self, color: Color) -> Style {
        match self {
            Self::Plain => Style::new(),
            Self::Coloured => Style::new().fg(color),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_color_and_real_terminals_have_none() {
        assert_eq!(Palette::of("xterm-256color", None, Wish::Auto), Palette::Coloured);
        assert_eq!(Palette::of("linux", Some(""), Wish::Auto), Palette::Coloured);
        assert_eq!(Palette::of("xterm-256color", Some("1"), Wish::Auto), Palette::Plain);
        assert_eq!(Palette::of("vt220", None, Wish::Auto), Palette::Plain);
        assert_eq!(Palette::of("vt220", Some("1"), Wish::Always), Palette::Coloured);
        assert_eq!(Palette::of("xterm-256color", None, Wish::Never), Palette::Plain);
    }

    #[test]
    fn without_colour_what_matters_is_still_bold_or_reverse() {
        for mark in [Mark::Warn, Mark::Deny, Mark::Fail, Mark::Stop, Mark::Typo] {
            let style = Palette::Plain.mark(mark);
            assert!(style.fg.is_none() && style.add_modifier.contains(Modifier::BOLD));
        }
        assert!(Palette::Plain.weight(Weight::Chosen).add_modifier.contains(Modifier::REVERSED));
    }
}
