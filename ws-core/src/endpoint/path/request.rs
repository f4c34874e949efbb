//! The path of a request, normalised (RFC 3986 §6.2.2).

use std::borrow::Cow;

use thiserror::Error;

/// A request's path that no endpoint can have; the answer is 400.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum BadPath {
    /// `..` leads out of the root.
    #[error("path leads above the root")]
    AboveRoot,
    /// `%` without two hexadecimal digits.
    #[error("`%` without two hexadecimal digits in the path")]
    BadEscape,
    /// A `#`, which a request cannot have (RFC 6455 §3).
    #[error("fragment in the path")]
    Fragment,
    /// No `/` at the beginning.
    #[error("path without a leading slash")]
    NoLeadingSlash,
    /// The value of a path variable is no UTF-8.
    #[error("path variable is not UTF-8")]
    NotUtf8,
}

/// A normalised path, in segments: dot segments are resolved, escapes are in upper case, and
/// unreserved characters are not escaped. `%2F` stays within its segment.
///
/// # Examples
///
/// ```
/// use ws_core::endpoint::path::RequestPath;
///
/// let path = RequestPath::parse("/chat/../t/%62")?;
/// assert_eq!(path.segments(), ["t", "b"]);
/// # Ok::<(), ws_core::endpoint::path::BadPath>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RequestPath<'p> {
    segments: Vec<Cow<'p, str>>,
}

impl<'p> RequestPath<'p> {
    /// Normalises the path of a request, without its query.
    ///
    /// # Errors
    ///
    /// [`BadPath`] when it is malformed, or leads above the root.
    pub fn parse(path: &'p str) -> Result<Self, BadPath> {
        let rest = path.strip_prefix('/').ok_or(BadPath::NoLeadingSlash)?;
        let mut segments = Vec::new();
        let mut ends_in_dots = false;
        for segment in rest.split('/') {
            if segment.contains('#') {
                return Err(BadPath::Fragment);
            }
            let segment = normalise(segment).ok_or(BadPath::BadEscape)?;
            ends_in_dots = segment == "." || segment == "..";
            if segment == ".." && segments.pop().is_none() {
                return Err(BadPath::AboveRoot);
            }
            if !ends_in_dots {
                segments.push(segment);
            }
        }
        // `/a/.` and `/a/b/..` are `/a/`.
        if ends_in_dots {
            segments.push(Cow::Borrowed(""));
        }
        Ok(Self { segments })
    }

    /// Its segments; of `/a/` these are `a` and an empty one.
    #[must_use]
    pub fn segments(&self) -> &[Cow<'p, str>] {
        &self.segments
    }
}

const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Whether a segment may hold `byte` as it is (RFC 3986 §3.3, `pchar`).
const fn is_plain(byte: u8) -> bool {
    const SUB_DELIMS_AND_MORE: &[u8] = b"!$&'()*+,;=:@";
    let mut at = 0;
    while at < SUB_DELIMS_AND_MORE.len() {
        if SUB_DELIMS_AND_MORE[at] == byte {
            return true;
        }
        at += 1;
    }
    is_unreserved(byte)
}

/// A segment in the one spelling that equal segments share; `None` when an escape is malformed.
pub(super) fn normalise(segment: &str) -> Option<Cow<'_, str>> {
    if segment.bytes().all(is_plain) {
        return Some(Cow::Borrowed(segment));
    }
    let mut normal = String::with_capacity(segment.len());
    let mut bytes = segment.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let escaped = hex(bytes.next()?)? << 4 | hex(bytes.next()?)?;
            push(&mut normal, escaped, is_unreserved(escaped));
        } else {
            push(&mut normal, byte, is_plain(byte));
        }
    }
    Some(Cow::Owned(normal))
}

fn push(normal: &mut String, byte: u8, plain: bool) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    if plain {
        normal.push(char::from(byte));
    } else {
        normal.push('%');
        normal.push(char::from(DIGITS[usize::from(byte >> 4)]));
        normal.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
}

fn hex(digit: u8) -> Option<u8> {
    u8::try_from(char::from(digit).to_digit(16)?).ok()
}

/// The value that a normalised segment gives a variable.
pub(super) fn decode(segment: &str) -> Result<String, BadPath> {
    if !segment.contains('%') {
        return Ok(segment.to_owned());
    }
    let mut value = Vec::with_capacity(segment.len());
    let mut bytes = segment.bytes();
    while let Some(byte) = bytes.next() {
        value.push(match byte {
            b'%' => match (bytes.next().and_then(hex), bytes.next().and_then(hex)) {
                (Some(high), Some(low)) => high << 4 | low,
                _ => return Err(BadPath::BadEscape),
            },
            plain => plain,
        });
    }
    String::from_utf8(value).map_err(|_| BadPath::NotUtf8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rustfmt::skip] // a table
    const CASES: &[(&str, Result<&[&str], BadPath>)] = &[
        ("/",                Ok(&[""])),
        ("/a",               Ok(&["a"])),
        ("/a/",              Ok(&["a", ""])),
        ("/a//b",            Ok(&["a", "", "b"])),
        ("/./a",             Ok(&["a"])),
        ("/a/.",             Ok(&["a", ""])),
        ("/a/b/..",          Ok(&["a", ""])),
        ("/a/b/../",         Ok(&["a", ""])),
        ("/z/../a",          Ok(&["a"])),
        ("/z/%2E%2e/a",      Ok(&["a"])),
        ("/a/..",            Ok(&[""])),
        ("/a/...",           Ok(&["a", "..."])),
        ("/%61%7E",          Ok(&["a~"])),
        ("/a%2fb",           Ok(&["a%2Fb"])),
        ("/a%2f..%2Fb",      Ok(&["a%2F..%2Fb"])),
        ("/caf\u{e9}",       Ok(&["caf%C3%A9"])),
        ("/a;v=1",           Ok(&["a;v=1"])),
        ("/a%3Bv",           Ok(&["a%3Bv"])),
        ("/%ff",             Ok(&["%FF"])),
        ("",                 Err(BadPath::NoLeadingSlash)),
        ("a",                Err(BadPath::NoLeadingSlash)),
        ("*",                Err(BadPath::NoLeadingSlash)),
        ("/..",              Err(BadPath::AboveRoot)),
        ("/a/../../b",       Err(BadPath::AboveRoot)),
        ("/%2e%2e/a",        Err(BadPath::AboveRoot)),
        ("/a%",              Err(BadPath::BadEscape)),
        ("/a%4",             Err(BadPath::BadEscape)),
        ("/a%4/b",           Err(BadPath::BadEscape)),
        ("/a%g0",            Err(BadPath::BadEscape)),
        ("/a%+1",            Err(BadPath::BadEscape)),
        ("/a#b",             Err(BadPath::Fragment)),
    ];

    #[test]
    fn paths_are_normalised() {
        for (path, want) in CASES {
            let got = RequestPath::parse(path);
            match want {
                Ok(want) => assert_eq!(got.unwrap().segments(), *want, "{path}"),
                Err(want) => assert_eq!(got, Err(*want), "{path}"),
            }
        }
    }

    #[test]
    fn normalising_twice_changes_nothing() {
        for (path, _) in CASES.iter().filter(|(_, want)| want.is_ok()) {
            let once = RequestPath::parse(path).unwrap();
            let again = format!("/{}", once.segments().join("/"));
            assert_eq!(RequestPath::parse(&again).unwrap(), once, "{path}");
        }
    }
}
