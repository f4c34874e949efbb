//! Lines of a message below each other, behind the time and who said it.

use std::io;

/// Most lines of a message that are shown behind a mark: what is in front of each would make of a
/// message of line breaks many times its length.
const MAX_LINES: usize = 10_000;

/// Bytes that are printed at a time, about.
const PIECE: usize = 64 * 1024;

/// What stands in front of lines.
#[derive(Debug)]
pub(super) struct Layout {
    /// In front of the first.
    first: String,
    /// Columns in front of others.
    indent: usize,
    max_lines: usize,
}

impl Layout {
    /// Nothing in front of any; all of them.
    pub(super) const fn plain() -> Self {
        Self { first: String::new(), indent: 0, max_lines: usize::MAX }
    }

    /// `first`, which takes so many columns, in front of the first; others begin below it.
    pub(super) const fn behind(first: String, columns: usize) -> Self {
        Self { first, indent: columns, max_lines: MAX_LINES }
    }

    /// Hands `lines` to `print`, piece by piece, each of whole lines.
    ///
    /// # Errors
    ///
    /// The first of `print`; nothing is printed after it.
    pub(super) fn print<L: AsRef<str>>(
        &self,
        lines: impl IntoIterator<Item = L>,
        mut print: impl FnMut(String) -> io::Result<()>,
    ) -> io::Result<()> {
        let indent = " ".repeat(self.indent);
        let mut text = String::new();
        let mut lines = lines.into_iter();
        for (index, line) in lines.by_ref().take(self.max_lines).enumerate() {
            text.push_str(if index == 0 { &self.first } else { &indent });
            text.push_str(line.as_ref());
            text.push('\n');
            if text.len() >= PIECE {
                print(std::mem::take(&mut text))?;
            }
        }
        match lines.count() {
            0 => {}
            rest => text.push_str(&format!("{indent}... {rest} lines more\n")),
        }
        if text.is_empty() { Ok(()) } else { print(text) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pieces that are printed.
    fn pieces(layout: &Layout, lines: impl IntoIterator<Item = &'static str>) -> Vec<String> {
        let mut pieces = Vec::new();
        layout
            .print(lines, |text| {
                pieces.push(text);
                Ok(())
            })
            .unwrap();
        pieces
    }

    #[test]
    fn lines_are_below_each_other() {
        let marked = Layout::behind("12 < ".into(), 5);
        assert_eq!(pieces(&marked, ["a", "b", ""]), ["12 < a\n     b\n     \n"]);
        assert_eq!(pieces(&Layout::plain(), ["a", "b"]), ["a\nb\n"]);
        assert!(pieces(&marked, []).is_empty());
    }

    #[test]
    fn what_is_made_of_line_breaks_stays_small() {
        let many = || std::iter::repeat_n("", MAX_LINES + 7);
        let marked = pieces(&Layout::behind("< ".into(), 2), many());
        assert!(marked.iter().all(|piece| piece.len() < 2 * PIECE));
        let marked = marked.concat();
        assert_eq!(marked.lines().count(), MAX_LINES + 1);
        assert!(marked.ends_with("\n  ... 7 lines more\n"));
        assert_eq!(pieces(&Layout::plain(), many()).concat().len(), MAX_LINES + 7, "all of it");
    }

    #[test]
    fn nothing_is_printed_after_an_error() {
        let mut calls = 0;
        let long = "x".repeat(PIECE);
        let result = Layout::plain().print([&long, &long], |_| {
            calls += 1;
            Err(io::ErrorKind::BrokenPipe.into())
        });
        assert!(result.is_err() && calls == 1);
    }
}
