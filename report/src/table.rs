//! Text tables: columns as wide as their widest cell, words to the left, numbers to the right.

/// Rows of cells under a heading.
pub struct Table {
    rows: Vec<Vec<String>>,
    /// Columns from the left whose cells are words.
    words: usize,
}

/// Characters of a column at most; longer cells stand out of it. Formatting knows no widths from 65,536 on.
const WIDEST: usize = 200;
const INDENT: &str = "  ";

impl Table {
    /// `words` columns from the left hold words, the others numbers.
    pub fn new(words: usize, heading: &[&str]) -> Self {
        Table { rows: vec![heading.iter().map(|h| h.to_string()).collect()], words }
    }

    /// Adds a row; missing cells are empty.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The text, a line per row, indented.
    pub fn text(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|r| r.get(column));
            cells.map(|c| c.chars().count()).max().unwrap_or(0).min(WIDEST)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        self.rows.iter().map(|row| self.line(row, &widths)).collect()
    }

    fn line(&self, row: &[String], widths: &[usize]) -> String {
        let cell = |(column, text): (usize, &String)| {
            let width = widths[column];
            if column < self.words {
                format!("{INDENT}{text:<width$}")
            } else {
                format!("{INDENT}{text:>width$}")
            }
        };
        let line: String = row.iter().enumerate().map(cell).collect();
        line.trim_end().to_string() + "\n"
    }
}

/// A whole number with a separator between thousands.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let separated = |(at, digit): (usize, char)| {
        let comma = at > 0 && (digits.len() - at) % 3 == 0;
        comma.then_some(',').into_iter().chain([digit])
    };
    digits.chars().enumerate().flat_map(separated).collect()
}

/// A share of 0..=1 in per cent with one decimal.
pub fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::{grouped, percent, Table};

    #[test]
    fn thousands_are_separated_from_the_right() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn a_cell_beyond_every_line_is_printed() {
        let mut table = Table::new(1, &["layer", "n"]);
        let name = "n".repeat(70_000);
        table.row([name.clone(), "10".into()]);
        table.row(["a".into(), "1".into()]);
        assert!(table.text().contains(&name) && table.text().lines().all(|line| line.len() < 71_000));
    }

    #[test]
    fn words_stand_left_and_numbers_right() {
        let mut table = Table::new(1, &["layer", "n"]);
        table.row(["a".into(), "10".into()]);
        table.row(["bb".into()]);
        assert_eq!(table.text(), "  layer   n\n  a      10\n  bb\n");
        assert_eq!(percent(0.98765), "98.8 %");
    }
}
