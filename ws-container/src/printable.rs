//! What a peer said, safe to print.

use std::fmt;

/// Longest part of a peer's text that is printed, in bytes.
const SHOWN: usize = 256;

/// Text of a peer's: control characters, line breaks and everything outside ASCII are escaped, and
/// at most the first 256 bytes are shown. One line, whatever it was.
#[derive(Clone, Copy)]
pub(crate) struct Printable<'a>(pub(crate) &'a [u8]);

impl<'a> Printable<'a> {
    pub(crate) fn text(text: &'a str) -> Self {
        Self(text.as_bytes())
    }
}

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = &self.0[..self.0.len().min(SHOWN)];
        fmt::Display::fmt(&shown.escape_ascii(), f)?;
        if shown.len() < self.0.len() { f.write_str("...") } else { Ok(()) }
    }
}

impl fmt::Debug for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_one_printable_line_whatever_the_peer_said() {
        let all: Vec<u8> = (0..=255).collect();
        let shown = Printable(&all).to_string();
        assert!(shown.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{shown}");
        assert_eq!(Printable::text("a\r\nb \u{1b}[31m \u{202e}").to_string(), {
            r"a\r\nb \x1b[31m \xe2\x80\xae"
        });
        assert_eq!(Printable(&[b'x'; 300]).to_string(), format!("{}...", "x".repeat(256)));
    }
}
