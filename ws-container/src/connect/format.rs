//! Messages as they are shown.

use std::fmt::Write as _;
use std::iter::Peekable;
use std::str::Chars;

use serde::de::IgnoredAny;

use crate::flags;

/// Bytes of a binary message that are shown.
const SHOWN: usize = 512;

/// Bytes in a line.
const ROW: usize = 16;

/// Text, line by line, each printable. With `json`, JSON is indented. A line is made when its turn
/// comes: a message may be made of line breaks alone, and is not to cost many times its length.
pub(super) fn text(text: &str, json: bool) -> impl Iterator<Item = String> {
    let indented = if json { Indented::new(text) } else { None };
    let lines = if indented.is_some() { None } else { Some(text.split('\n')) };
    let lines = lines.into_iter().flatten();
    let lines = lines.map(|line| printable_line(line.strip_suffix('\r').unwrap_or(line)));
    indented.into_iter().flatten().chain(lines)
}

/// A line, printable; tabs are kept as what they are for.
fn printable_line(line: &str) -> String {
    line.split('\t').map(flags::printable).collect::<Vec<_>>().join("    ")
}

/// Bytes: how many, and the first of them in hexadecimal and ASCII.
pub(super) fn binary(payload: &[u8]) -> Vec<String> {
    let mut lines = vec![match payload.len() {
        1 => "1 byte".to_owned(),
        len => format!("{len} bytes"),
    }];
    let shown = &payload[..payload.len().min(SHOWN)];
    for (index, row) in shown.chunks(ROW).enumerate() {
        let mut line = format!("{:06x} ", index * ROW);
        for column in 0..ROW {
            if column % 8 == 0 {
                line.push(' ');
            }
            // Writing to a string does not fail.
            let _ = match row.get(column) {
                Some(byte) => write!(line, "{byte:02x} "),
                None => write!(line, "   "),
            };
        }
        line.push(' ');
        line.extend(row.iter().map(|byte| match byte {
            b' '..=b'~' => char::from(*byte),
            _ => '.',
        }));
        lines.push(line);
    }
    let rest = payload.len() - shown.len();
    if rest > 0 {
        lines.push(format!("... {rest} bytes more"));
    }
    lines
}

/// The payload of a Ping or Pong.
pub(super) fn control(payload: &[u8]) -> String {
    let bytes = || payload.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    match std::str::from_utf8(payload) {
        Ok("") => String::new(),
        Ok(text) => format!(" {}", flags::printable(text)),
        Err(_) => format!(" 0x{}", bytes()),
    }
}

/// JSON with a line for each member. Its names and values stay as they are written, and in their order.
struct Indented<'a> {
    /// What has not come yet.
    rest: Peekable<Chars<'a>>,
    /// The beginning of the next line, which ended the one before.
    line: String,
    depth: usize,
}

/// Deeper than this nothing moves to the right.
const MAX_DEPTH: usize = 32;

impl<'a> Indented<'a> {
    /// `None` for what is no JSON object or array.
    fn new(text: &'a str) -> Option<Self> {
        let json = text.trim();
        let is_json =
            json.starts_with(['{', '[']) && serde_json::from_str::<IgnoredAny>(json).is_ok();
        is_json.then(|| Self { rest: json.chars().peekable(), line: String::new(), depth: 0 })
    }

    /// The line that is done, as deep as it was begun.
    fn end(&mut self) -> String {
        let indent = "  ".repeat(self.depth.min(MAX_DEPTH));
        let line = std::mem::take(&mut self.line);
        format!("{indent}{}", flags::printable(&line))
    }

    /// The rest of a string, whose first quotation mark is there.
    fn string(&mut self) {
        while let Some(c) = self.rest.next() {
            self.line.push(c);
            match c {
                '\\' => self.line.extend(self.rest.next()),
                '"' => return,
                _ => {}
            }
        }
    }
}

impl Iterator for Indented<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        while let Some(c) = self.rest.next() {
            match c {
                c if c.is_ascii_whitespace() => {}
                ':' => self.line.push_str(": "),
                '"' => {
                    self.line.push(c);
                    self.string();
                }
                '{' | '[' => {
                    self.line.push(c);
                    while self.rest.next_if(char::is_ascii_whitespace).is_some() {}
                    match self.rest.next_if(|next| matches!(next, '}' | ']')) {
                        Some(end) => self.line.push(end),
                        None => {
                            let line = self.end();
                            self.depth += 1;
                            return Some(line);
                        }
                    }
                }
                '}' | ']' => {
                    let line = self.end();
                    self.depth = self.depth.saturating_sub(1);
                    self.line.push(c);
                    return Some(line);
                }
                ',' => {
                    self.line.push(c);
                    return Some(self.end());
                }
                c => self.line.push(c),
            }
        }
        (!self.line.is_empty()).then(|| self.end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All lines at once.
    fn text(text: &str, json: bool) -> Vec<String> {
        super::text(text, json).collect()
    }

    #[test]
    fn a_line_is_made_when_its_turn_comes() {
        let long = "\n".repeat(1 << 16);
        assert_eq!(super::text(&long, true).count(), (1 << 16) + 1);
        let json = format!("[{}0]", "0,".repeat(1 << 16));
        assert_eq!(super::text(&json, true).count(), (1 << 16) + 3);
    }

    #[test]
    fn text_is_shown_line_by_line() {
        assert_eq!(text("one\r\n\ttwo\n", false), ["one", "    two", ""]);
        assert_eq!(text("\u{1b}[2J", false), [r"\u{1b}[2J"]);
        assert_eq!(text("{\"a\":1}", false), ["{\"a\":1}"]);
    }

    #[test]
    fn json_is_indented_and_otherwise_left_alone() {
        let json =
            r#"{"b":[1.0,{"x":null}],"a":"[,\"}{\u001b","e":{},"f":[ ],"n":12345678901234567890}"#;
        let want = r#"{
  "b": [
    1.0,
    {
      "x": null
    }
  ],
  "a": "[,\"}{\u001b",
  "e": {},
  "f": [],
  "n": 12345678901234567890
}"#;
        assert_eq!(text(json, true).join("\n"), want);
        for other in ["{\"a\":}", "plain", "7", "{} {}", ""] {
            assert_eq!(text(other, true), [other], "no JSON, or none to indent");
        }
        let deep = "[".repeat(100) + &"]".repeat(100);
        assert!(text(&deep, true).iter().all(|line| line.len() < 200));
    }

    #[test]
    fn bytes_are_shown_in_rows_up_to_a_bound() {
        assert_eq!(
            binary(b"\0A ~\x7f\xff"),
            ["6 bytes", &format!("000000  00 41 20 7e 7f ff {} .A ~..", " ".repeat(31))]
        );
        assert_eq!(binary(b""), ["0 bytes"]);
        let long = binary(&[0; 1000]);
        assert_eq!(long.len(), 1 + SHOWN / ROW + 1);
        assert_eq!(long.last().unwrap(), "... 488 bytes more");
    }

    #[test]
    fn payloads_of_control_frames() {
        assert_eq!(control(b""), "");
        assert_eq!(control(b"hi\n"), r" hi\n");
        assert_eq!(control(&[0xFF, 1]), " 0xff01");
    }
}
