//! What a URI template may be: level 1 of RFC 6570, variables as whole segments.

use std::fmt;

/// What is wrong with a URI template, and what to write instead.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum PathError {
    /// A character that no URI contains.
    BadCharacter,
    /// `%` without two hexadecimal digits.
    BadEscape,
    /// A variable's name has a character that it cannot have.
    BadName,
    /// `.` or `..` as a segment.
    DotSegment,
    /// The same variable twice.
    DuplicateVariable,
    /// `{}`
    EmptyName,
    /// `//`
    EmptySegment,
    /// No `/` at the beginning.
    NoLeadingSlash,
    /// A variable with something beside it in its segment.
    PartialVariable,
    /// `?` or `#`.
    QueryOrFragment,
    /// `{` without `}` in the same segment, or the reverse.
    UnbalancedBrace,
}

impl PathError {
    /// The sentence that tells the author of the template.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::BadCharacter => {
                "a path has no spaces, control characters or any of `\"<>\\^|` and backquote: \
                 percent-encode them"
            }
            Self::BadEscape => {
                "`%` in a path is followed by two hexadecimal digits: write `%25` for `%` itself"
            }
            Self::BadName => {
                "a path variable's name consists of letters, digits, `_`, `-` and `.`: templates \
                 are of level 1 (RFC 6570), without operators and modifiers"
            }
            Self::DotSegment => {
                "`.` and `..` are no segments of an endpoint's path: write the path they lead to"
            }
            Self::DuplicateVariable => {
                "a path variable occurs twice: give each variable a name of its own"
            }
            Self::EmptyName => "`{}` names no path variable: write for example `/{room}`",
            Self::EmptySegment => {
                "a path has no empty segment but the last: write `/` where it says `//`"
            }
            Self::NoLeadingSlash => "a path begins with `/`: write for example `/chat`",
            Self::PartialVariable => {
                "a path variable is a whole segment: write for example `/room/{id}`"
            }
            Self::QueryOrFragment => {
                "a path has no `?` and no `#`: a handler reads the query with `session.query()`"
            }
            Self::UnbalancedBrace => {
                "`{` and `}` come in pairs within one segment of a path: write for example `/{room}`"
            }
        }
    }
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl std::error::Error for PathError {}

/// The segments of a path behind its first slash; of `/a/` these are `a` and an empty one.
struct Segments<'t> {
    rest: Option<&'t [u8]>,
}

impl<'t> Segments<'t> {
    const fn next(&mut self) -> Option<&'t [u8]> {
        let Some(rest) = self.rest else { return None };
        let mut at = 0;
        while at < rest.len() {
            if rest[at] == b'/' {
                let (segment, rest) = rest.split_at(at);
                self.rest = Some(rest.split_at(1).1);
                return Some(segment);
            }
            at += 1;
        }
        self.rest = None;
        Some(rest)
    }

    const fn has_variable(mut self, name: &[u8]) -> bool {
        while let Some(segment) = self.next() {
            if let Some(variable) = variable(segment)
                && equal(variable, name)
            {
                return true;
            }
        }
        false
    }
}

/// Checks a URI template against every rule.
///
/// # Errors
///
/// The first rule that it breaks.
pub const fn check(template: &str) -> Result<(), PathError> {
    let [b'/', rest @ ..] = template.as_bytes() else { return Err(PathError::NoLeadingSlash) };
    let mut segments = Segments { rest: Some(rest) };
    while let Some(segment) = segments.next() {
        if segment.is_empty() && segments.rest.is_some() {
            return Err(PathError::EmptySegment);
        }
        if let Err(error) = check_segment(segment) {
            return Err(error);
        }
        if let Some(name) = variable(segment)
            && (Segments { rest: segments.rest }).has_variable(name)
        {
            return Err(PathError::DuplicateVariable);
        }
    }
    Ok(())
}

/// Whether `template` has the variable `name`.
#[must_use]
pub const fn has_variable(template: &str, name: &str) -> bool {
    let [b'/', rest @ ..] = template.as_bytes() else { return false };
    Segments { rest: Some(rest) }.has_variable(name.as_bytes())
}

/// The name in a segment that is a variable.
pub(super) const fn variable(segment: &[u8]) -> Option<&[u8]> {
    match segment {
        [b'{', name @ .., b'}'] => Some(name),
        _ => None,
    }
}

const fn check_segment(segment: &[u8]) -> Result<(), PathError> {
    if let Some(name) = variable(segment)
        && count(name, b'{') == 0
        && count(name, b'}') == 0
    {
        return check_name(name);
    }
    let (open, close) = (count(segment, b'{'), count(segment, b'}'));
    if open != close {
        return Err(PathError::UnbalancedBrace);
    }
    if open > 0 {
        return Err(PathError::PartialVariable);
    }
    if is_dots(segment) {
        return Err(PathError::DotSegment);
    }
    check_literal(segment)
}

const fn check_name(name: &[u8]) -> Result<(), PathError> {
    if name.is_empty() {
        return Err(PathError::EmptyName);
    }
    let mut at = 0;
    while at < name.len() {
        // RFC 6570 has no `-`; names of HTTP and of CSS do, and no operator is written so.
        if !(name[at].is_ascii_alphanumeric() || matches!(name[at], b'_' | b'-' | b'.')) {
            return Err(PathError::BadName);
        }
        at += 1;
    }
    Ok(())
}

const fn check_literal(segment: &[u8]) -> Result<(), PathError> {
    let mut at = 0;
    while at < segment.len() {
        match segment[at] {
            b'?' | b'#' => return Err(PathError::QueryOrFragment),
            b'%' if !is_escape(segment, at) => return Err(PathError::BadEscape),
            b' ' | b'"' | b'<' | b'>' | b'\\' | b'^' | b'|' | b'`' | ..=0x1F | 0x7F => {
                return Err(PathError::BadCharacter);
            }
            _ => at += 1,
        }
    }
    Ok(())
}

/// Whether the `%` at `at` has its two digits.
const fn is_escape(segment: &[u8], at: usize) -> bool {
    at + 2 < segment.len()
        && segment[at + 1].is_ascii_hexdigit()
        && segment[at + 2].is_ascii_hexdigit()
}

/// Whether a segment is `.` or `..`, in any spelling.
const fn is_dots(segment: &[u8]) -> bool {
    let (mut at, mut dots) = (0, 0);
    while at < segment.len() {
        at += match segment[at] {
            b'.' => 1,
            b'%' if is_escape(segment, at)
                && segment[at + 1] == b'2'
                && matches!(segment[at + 2], b'e' | b'E') =>
            {
                3
            }
            _ => return false,
        };
        dots += 1;
    }
    dots == 1 || dots == 2
}

const fn count(bytes: &[u8], wanted: u8) -> usize {
    let (mut at, mut found) = (0, 0);
    while at < bytes.len() {
        if bytes[at] == wanted {
            found += 1;
        }
        at += 1;
    }
    found
}

/// `==`, in a `const`.
const fn equal(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::PathError::*;
    use super::*;

    #[rustfmt::skip] // a table
    const CASES: &[(&str, Result<(), PathError>)] = &[
        ("/",                 Ok(())),
        ("/chat",             Ok(())),
        ("/chat/",            Ok(())),
        ("/chat/{room}",      Ok(())),
        ("/{a}/{b}/",         Ok(())),
        ("/{guest-id}",       Ok(())),
        ("/{a.b_1}",          Ok(())),
        ("/a.b/..c/...",      Ok(())),
        ("/caf\u{e9}",        Ok(())),
        ("/caf%C3%A9",        Ok(())),
        ("/a;v=1,2:@!$&'()*+", Ok(())),
        ("",                  Err(NoLeadingSlash)),
        ("chat",              Err(NoLeadingSlash)),
        ("{room}",            Err(NoLeadingSlash)),
        ("//",                Err(EmptySegment)),
        ("//chat",            Err(EmptySegment)),
        ("/a//b",             Err(EmptySegment)),
        ("/a//",              Err(EmptySegment)),
        ("/./a",              Err(DotSegment)),
        ("/a/..",             Err(DotSegment)),
        ("/a/%2e%2E/b",       Err(DotSegment)),
        ("/a/.%2e/b",         Err(DotSegment)),
        ("/{a}/{a}",          Err(DuplicateVariable)),
        ("/{a}/b/{c}/{a}",    Err(DuplicateVariable)),
        ("/{}",               Err(EmptyName)),
        ("/{+a}",             Err(BadName)),
        ("/{a*}",             Err(BadName)),
        ("/{a:3}",            Err(BadName)),
        ("/{a,b}",            Err(BadName)),
        ("/{a b}",            Err(BadName)),
        ("/room-{id}",        Err(PartialVariable)),
        ("/{id}.json",        Err(PartialVariable)),
        ("/{a}{b}",           Err(PartialVariable)),
        ("/{{a}}",            Err(PartialVariable)),
        ("/{a",               Err(UnbalancedBrace)),
        ("/a}",               Err(UnbalancedBrace)),
        ("/{a/b}",            Err(UnbalancedBrace)),
        ("/a?b=c",            Err(QueryOrFragment)),
        ("/a#b",              Err(QueryOrFragment)),
        ("/a b",              Err(BadCharacter)),
        ("/a\\b",             Err(BadCharacter)),
        ("/a\n",              Err(BadCharacter)),
        ("/100%",             Err(BadEscape)),
        ("/a%2",              Err(BadEscape)),
        ("/a%zz",             Err(BadEscape)),
    ];

    #[test]
    fn every_rule_is_kept() {
        for (template, want) in CASES {
            assert_eq!(check(template), *want, "{template:?}");
        }
    }

    #[test]
    fn rules_are_const() {
        const { assert!(check("/chat/{room}").is_ok() && check("/chat/{").is_err()) }
        const { assert!(has_variable("/chat/{room}", "room") && !has_variable("/room", "room")) }
    }

    #[test]
    fn variables_are_found_by_their_whole_name() {
        #[rustfmt::skip] // a table
        let cases = [
            ("/{a}/b/{c}", "a", true),
            ("/{a}/b/{c}", "c", true),
            ("/{a}/b/{c}", "b", false),
            ("/{room}",    "roo", false),
            ("/{room}",    "rooms", false),
            ("/{room}",    "", false),
            ("{room}",     "room", false),
        ];
        for (template, name, want) in cases {
            assert_eq!(has_variable(template, name), want, "{template} {name}");
        }
    }
}
