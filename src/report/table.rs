//! Rows in columns. A row stays on its line: cells are cut where the line is too narrow, never wrapped.

use super::columns;

/// Blanks between two columns.
const GAP: usize = 2;

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// What stands above it.
    pub title: &'static str,
    /// Whether its cells are set to the right, as numbers are.
    pub right: bool,
    /// The width below which it is not cut; `None` where it is never cut.
    pub least: Option<usize>,
}

/// Rows of cells.
#[derive(Debug, Clone)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
}

impl Column {
    /// A column of words that are never cut.
    pub const fn whole(title: &'static str) -> Self {
        Self { title, right: false, least: None }
    }

    /// A column of numbers, which are never cut.
    pub const fn number(title: &'static str) -> Self {
        Self { title, right: true, least: None }
    }

    /// A column that gives way, down to `least` columns.
    pub const fn flexible(title: &'static str, least: usize) -> Self {
        Self { title, right: false, least: Some(least) }
    }
}

impl Table {
    /// A table without rows.
    pub fn new(columns: impl Into<Vec<Column>>) -> Self {
        Self { columns: columns.into(), rows: Vec::new() }
    }

    /// Adds a row; a missing cell is empty, a cell too many is not shown.
    pub fn row(&mut self, cells: impl IntoIterator<Item = impl Into<String>>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// The titles and then each row, on lines of at most `width` columns.
    pub fn lines(&self, width: usize) -> Vec<String> {
        let widths = self.widths(width);
        let titles: Vec<String> = self.columns.iter().map(|column| column.title.to_owned()).collect();
        std::iter::once(&titles).chain(&self.rows).map(|cells| self.line(cells, &widths, width)).collect()
    }

    fn line(&self, cells: &[String], widths: &[usize], width: usize) -> String {
        let cells = cells.iter().map(String::as_str).chain(std::iter::repeat(""));
        let set = self.columns.iter().zip(widths).zip(cells).map(|((column, width), cell)| {
            let cell = columns::cut_middle(cell, *width);
            if column.right { columns::right(&cell, *width) } else { columns::left(&cell, *width) }
        });
        let line = set.collect::<Vec<_>>().join(&" ".repeat(GAP));
        columns::cut(line.trim_end(), width)
    }

    /// As wide as the widest cell; where that is too wide, the widest of the columns that give way do so.
    fn widths(&self, width: usize) -> Vec<usize> {
        let natural = self.columns.iter().enumerate().map(|(at, column)| {
            let cells = self.rows.iter().filter_map(|row| row.get(at)).map(|cell| columns::width(cell));
            cells.max().unwrap_or_default().max(columns::width(column.title))
        });
        let mut widths: Vec<usize> = natural.collect();
        let gaps = GAP * widths.len().saturating_sub(1);
        while widths.iter().sum::<usize>() + gaps > width {
            let gives_way = |(column, width): &(&Column, &mut usize)| column.least.is_some_and(|least| **width > least);
            let widest = self.columns.iter().zip(&mut widths).filter(gives_way).max_by_key(|(_, width)| **width);
            match widest {
                Some((_, width)) => *width -= 1,
                None => break,
            }
        }
        widths
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn table() -> Table {
        let mut table = Table::new([Column::whole("#"), Column::flexible("subject", 8), Column::number("SAN")]);
        table.row(["1", "O=system:nodes, CN=system:node:w1", "0"]);
        table.row(["12", "CN=kube-apiserver", "10"]);
        table
    }

    #[test]
    fn columns_are_as_wide_as_their_cells() {
        let lines = table().lines(80);
        assert_eq!(lines[0], "#   subject                            SAN");
        assert_eq!(lines[1], "1   O=system:nodes, CN=system:node:w1    0");
        assert_eq!(lines[2], "12  CN=kube-apiserver                   10");
    }

    #[test]
    fn what_gives_way_is_cut_and_the_rest_is_not() {
        let lines = table().lines(30);
        assert_eq!(lines[1], "1   O=system:..em:node:w1    0");
        assert_eq!(lines[2], "12  CN=kube-apiserver       10");
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_asked(cells in proptest::collection::vec("[a-z ]{0,60}", 0..5), width in 1_usize..60) {
            let mut table = table();
            table.row(cells);
            prop_assert!(table.lines(width).iter().all(|line| columns::width(line) <= width));
            prop_assert_eq!(table.lines(width).len(), 4);
        }
    }
}
