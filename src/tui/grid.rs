//! Cells of one line. The widths are given, so that a table does not sway while a person walks through it.

use crate::report::columns;

/// Blanks between two cells.
const GAP: usize = 2;

/// How wide a cell is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// So many columns, set to the left.
    Left(usize),
    /// So many columns, set to the right.
    Right(usize),
    /// What the others leave of the line.
    Rest,
}

/// `cells` on a line of `width` columns.
pub fn line<S: AsRef<str>>(widths: &[Cell], cells: &[S], width: usize) -> String {
    let fixed: usize = widths.iter().map(|cell| cell.fixed()).sum();
    let rests = widths.iter().filter(|cell| **cell == Cell::Rest).count();
    let left = width.saturating_sub(fixed + GAP * widths.len().saturating_sub(1));
    let rest = left.checked_div(rests).unwrap_or_default();
    let set = widths.iter().zip(cells).map(|(cell, text)| cell.set(text.as_ref(), rest));
    columns::cut(set.collect::<Vec<_>>().join(&" ".repeat(GAP)).trim_end(), width)
}

impl Cell {
    const fn fixed(self) -> usize {
        match self {
            Self::Left(width) | Self::Right(width) => width,
            Self::Rest => 0,
        }
    }

    fn set(self, text: &str, rest: usize) -> String {
        let width = if let Self::Rest = self { rest } else { self.fixed() };
        let cut = columns::cut_middle(text, width);
        if let Self::Right(_) = self { columns::right(&cut, width) } else { columns::left(&cut, width) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_goes_to_one_cell() {
        let widths = [Cell::Right(3), Cell::Rest, Cell::Left(4)];
        assert_eq!(line(&widths, &["1", "CN=a", "ok"], 20), "  1  CN=a       ok");
        assert_eq!(line(&widths, &["1", "CN=kube-apiserver", "ok"], 20), "  1  CN=..rver  ok");
        assert_eq!(line(&widths, &["1", "中文", "ok"], 20), "  1  中文       ok");
    }
}
