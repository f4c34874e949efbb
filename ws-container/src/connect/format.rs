//! Messages as they are shown.

use std::fmt::Write as _;

use serde::de::IgnoredAny;

use crate::flags;

/// Bytes of a binary message that are shown.
const SHOWN: usize = 512;

/// Bytes in a line.
const ROW: usize = 16;

/// Text, line by line, each printable. With `json`, JSON is indented.
pub(super) fn text(text: &str, json: bool) -> Vec<String> {
    if json && let Some(lines) = indented(text) {
        return lines;
    }
    text.split('\n').map(|line| printable_line(line.strip_suffix('\r').unwrap_or(line))).collect()
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

/// JSON with a line for each member; `None` for what is no JSON object or array. Its names and values
/// stay as they are written, and in their order.
fn indented(text: &str) -> Option<Vec<String>> {
    let json = text.trim();
    if !json.starts_with(['{', '[']) || serde_json::from_str::<IgnoredAny>(json).is_err() {
        return None;
    }
    let mut lines = Indented::default();
    let mut chars = json.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                lines.push(c);
                while let Some(c) = chars.next() {
                    lines.push(c);
                    match c {
                        '\\' => lines.line.extend(chars.next()),
                        '"' => break,
                        _ => {}
                    }
                }
            }
            '{' | '[' => {
                lines.push(c);
                while chars.next_if(char::is_ascii_whitespace).is_some() {}
                match chars.next_if(|next| matches!(next, '}' | ']')) {
                    Some(end) => lines.push(end),
                    None => lines.deeper(),
                }
            }
            '}' | ']' => lines.shallower(c),
            ',' => {
                lines.push(c);
                lines.end();
            }
            ':' => lines.line.push_str(": "),
            c if c.is_ascii_whitespace() => {}
            c => lines.push(c),
        }
    }
    lines.end();
    Some(lines.lines)
}

/// Lines that are being made.
#[derive(Default)]
struct Indented {
    lines: Vec<String>,
    line: String,
    depth: usize,
}

/// Deeper than this nothing moves to the right.
const MAX_DEPTH: usize = 32;

impl Indented {
    fn push(&mut self, c: char) {
        self.line.push(c);
    }

    fn end(&mut self) {
        let line = std::mem::take(&mut self.line);
        let indent = "  ".repeat(self.depth.min(MAX_DEPTH));
        self.lines.push(format!("{indent}{}", flags::printable(&line)));
    }

    fn deeper(&mut self) {
        self.end();
        self.depth += 1;
    }

    fn shallower(&mut self, c: char) {
        self.end();
        self.depth = self.depth.saturating_sub(1);
        self.push(c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
