//! The grammar of `Sec-WebSocket-Extensions`, RFC 6455 §9.1.
//!
//! ```text
//! list      = extension *( "," extension )      empty elements are skipped
//! extension = token *( ";" parameter )
//! parameter = token [ "=" ( token / quoted ) ]  a quoted value is a token once unquoted
//! ```
//!
//! One pass over the field, without backtracking. White space may stand around every separator.

use std::borrow::Cow;
use std::fmt;

use http::HeaderValue;
use thiserror::Error;

/// Most extensions that one list may name, over all its header lines.
pub const MAX_EXTENSIONS: usize = 32;

/// Most parameters that one extension may have.
pub const MAX_PARAMS: usize = 16;

/// A list of extensions that cannot be read.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum InvalidExtensions {
    /// The field is not of the grammar of RFC 6455 §9.1.
    #[error("malformed list of extensions")]
    Malformed,
    /// More than [`MAX_EXTENSIONS`] extensions, or [`MAX_PARAMS`] parameters of one.
    #[error("more than {MAX_EXTENSIONS} extensions, or {MAX_PARAMS} parameters of one")]
    TooMany,
}

/// A name or value that is not a token: one or more visible ASCII characters other than the
/// separators ``"(),/:;<=>?@[\]{}`` (RFC 9110 §5.6.2).
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("not a token: use ASCII letters, digits and !#$%&'*+-.^_`|~ only")]
pub struct InvalidToken;

/// An extension with its parameters, as a client offers it and a server agrees to it.
///
/// ```
/// use http::HeaderValue;
/// use ws_core::extension::ExtensionOffer;
///
/// let field = HeaderValue::from_static("permessage-deflate; client_max_window_bits=\"12\", mux");
/// let offers = ExtensionOffer::parse_list([&field])?;
/// assert_eq!(offers[0].name(), "permessage-deflate");
/// assert_eq!(offers[0].params()[0].value(), Some("12"));
/// assert_eq!(offers[1].to_string(), "mux");
/// # Ok::<(), ws_core::extension::InvalidExtensions>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[doc(alias = "Extension")]
pub struct ExtensionOffer {
    name: Cow<'static, str>,
    params: Vec<ExtensionParam>,
}

impl ExtensionOffer {
    /// An offer without parameters.
    ///
    /// # Errors
    ///
    /// [`InvalidToken`] when `name` is none.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Result<Self, InvalidToken> {
        Ok(Self { name: token(name.into())?, params: Vec::new() })
    }

    /// Replaces its parameters.
    #[must_use]
    pub fn with_params(mut self, params: Vec<ExtensionParam>) -> Self {
        self.params = params;
        self
    }

    /// Reads the lines of a `Sec-WebSocket-Extensions` field, in the order in which they came.
    ///
    /// Parameters that come twice are kept: what they mean is the extension's to say.
    ///
    /// # Errors
    ///
    /// [`InvalidExtensions`] when a line is malformed or the list is too long.
    pub fn parse_list<'v>(
        lines: impl IntoIterator<Item = &'v HeaderValue>,
    ) -> Result<Vec<Self>, InvalidExtensions> {
        let mut offers: Vec<Self> = Vec::new();
        scan(lines, |piece| match piece {
            Piece::Extension(name) => {
                offers.push(Self { name: Cow::Owned(name.to_owned()), params: Vec::new() });
            }
            Piece::Param(name, value) => {
                if let Some(offer) = offers.last_mut() {
                    offer.params.push(ExtensionParam {
                        name: Cow::Owned(name.to_owned()),
                        value: value.map(|value| Cow::Owned(value.into_owned())),
                    });
                }
            }
        })?;
        Ok(offers)
    }

    /// The extension's token, compared byte by byte.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its parameters, in order.
    #[must_use]
    #[doc(alias = "getParameters")]
    pub fn params(&self) -> &[ExtensionParam] {
        &self.params
    }
}

impl fmt::Display for ExtensionOffer {
    /// Writes it as it stands in the header field.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        for param in &self.params {
            write!(f, "; {param}")?;
        }
        Ok(())
    }
}

/// A parameter of an extension: a name, with or without a value. Both are tokens.
#[derive(Clone, Debug, Eq, PartialEq)]
#[doc(alias = "Parameter")]
#[doc(alias = "Extension.Parameter")]
pub struct ExtensionParam {
    name: Cow<'static, str>,
    value: Option<Cow<'static, str>>,
}

impl ExtensionParam {
    /// A parameter that stands for itself.
    ///
    /// # Errors
    ///
    /// [`InvalidToken`] when `name` is none.
    pub fn flag(name: impl Into<Cow<'static, str>>) -> Result<Self, InvalidToken> {
        Ok(Self { name: token(name.into())?, value: None })
    }

    /// The parameter `name=value`.
    ///
    /// # Errors
    ///
    /// [`InvalidToken`] when `name` or `value` is none.
    pub fn with_value(
        name: impl Into<Cow<'static, str>>,
        value: impl Into<Cow<'static, str>>,
    ) -> Result<Self, InvalidToken> {
        Ok(Self { name: token(name.into())?, value: Some(token(value.into())?) })
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value, unquoted; `None` for a flag.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }
}

impl fmt::Display for ExtensionParam {
    /// Writes it as it stands in the header field; a token needs no quotes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        match &self.value {
            Some(value) => write!(f, "={value}"),
            None => Ok(()),
        }
    }
}

/// Judges the lines as [`ExtensionOffer::parse_list`] does, without keeping what they say.
pub(super) fn check<'v>(
    lines: impl IntoIterator<Item = &'v HeaderValue>,
) -> Result<(), InvalidExtensions> {
    scan(lines, |_| ())
}

/// Whether `text` is a token (RFC 9110 §5.6.2).
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_token_byte)
}

fn token(text: Cow<'static, str>) -> Result<Cow<'static, str>, InvalidToken> {
    if is_token(&text) { Ok(text) } else { Err(InvalidToken) }
}

const fn is_token_byte(byte: u8) -> bool {
    matches!(
        byte,
        b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z'
        | b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.'
        | b'^' | b'_' | b'`' | b'|' | b'~'
    )
}

/// What the scanner finds, in order: each extension, then its parameters.
enum Piece<'v> {
    Extension(&'v str),
    Param(&'v str, Option<Cow<'v, str>>),
}

fn scan<'v>(
    lines: impl IntoIterator<Item = &'v HeaderValue>,
    mut found: impl FnMut(Piece<'v>),
) -> Result<(), InvalidExtensions> {
    let mut extensions = 0;
    for line in lines {
        let rest = line.to_str().map_err(|_| InvalidExtensions::Malformed)?;
        let mut cursor = Cursor { rest };
        loop {
            while cursor.eat(',') {}
            if cursor.rest.is_empty() {
                break;
            }
            extensions += 1;
            if extensions > MAX_EXTENSIONS {
                return Err(InvalidExtensions::TooMany);
            }
            found(Piece::Extension(cursor.token()?));
            scan_params(&mut cursor, &mut found)?;
            if !cursor.rest.is_empty() && !cursor.eat(',') {
                return Err(InvalidExtensions::Malformed);
            }
        }
    }
    Ok(())
}

fn scan_params<'v>(
    cursor: &mut Cursor<'v>,
    found: &mut impl FnMut(Piece<'v>),
) -> Result<(), InvalidExtensions> {
    let mut params = 0;
    while cursor.eat(';') {
        params += 1;
        if params > MAX_PARAMS {
            return Err(InvalidExtensions::TooMany);
        }
        let name = cursor.token()?;
        let value = if cursor.eat('=') { Some(cursor.value()?) } else { None };
        found(Piece::Param(name, value));
    }
    Ok(())
}

/// What is left of a line.
struct Cursor<'v> {
    rest: &'v str,
}

impl<'v> Cursor<'v> {
    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
    }

    /// Takes `separator` and the white space around it, when it comes next.
    fn eat(&mut self, separator: char) -> bool {
        self.skip_space();
        let Some(rest) = self.rest.strip_prefix(separator) else { return false };
        self.rest = rest;
        self.skip_space();
        true
    }

    fn token(&mut self) -> Result<&'v str, InvalidExtensions> {
        let len = self.rest.bytes().take_while(|&byte| is_token_byte(byte)).count();
        if len == 0 {
            return Err(InvalidExtensions::Malformed);
        }
        let (token, rest) = self.rest.split_at(len);
        self.rest = rest;
        Ok(token)
    }

    fn value(&mut self) -> Result<Cow<'v, str>, InvalidExtensions> {
        let Some(rest) = self.rest.strip_prefix('"') else {
            return self.token().map(Cow::Borrowed);
        };
        self.rest = rest;
        self.quoted()
    }

    /// The rest of a quoted string, behind its first quote.
    fn quoted(&mut self) -> Result<Cow<'v, str>, InvalidExtensions> {
        let mut value = Cow::Borrowed("");
        loop {
            let mut chars = self.rest.chars();
            match chars.next() {
                Some('"') if !value.is_empty() => {
                    self.rest = chars.as_str();
                    return Ok(value);
                }
                Some('\\') => {
                    let escaped =
                        chars.next().filter(|&c| u8::try_from(c).is_ok_and(is_token_byte));
                    value.to_mut().push(escaped.ok_or(InvalidExtensions::Malformed)?);
                    self.rest = chars.as_str();
                }
                // An empty or unfinished value ends here too: neither begins with a token.
                _ => value += self.token()?,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::InvalidExtensions::{Malformed, TooMany};
    use super::*;

    fn parse(lines: &[&str]) -> Result<Vec<String>, InvalidExtensions> {
        let lines: Vec<_> = lines.iter().map(|l| HeaderValue::try_from(*l).unwrap()).collect();
        let parsed = ExtensionOffer::parse_list(&lines);
        assert_eq!(check(&lines), parsed.as_ref().map(|_| ()).map_err(|e| *e), "{lines:?}");
        let printed = parsed?.iter().map(ToString::to_string).collect::<Vec<_>>();
        let again = HeaderValue::try_from(printed.join(", ")).unwrap();
        let again = ExtensionOffer::parse_list([&again]).unwrap();
        assert_eq!(again.iter().map(ToString::to_string).collect::<Vec<_>>(), printed);
        Ok(printed)
    }

    type Want<'a> = Result<&'a [&'a str], InvalidExtensions>;

    #[test]
    fn reads_lists_of_extensions() {
        #[rustfmt::skip] // a table
        let cases: &[(&str, &[&str], Want<'_>)] = &[
            ("no line",                  &[],                         Ok(&[])),
            ("empty line",               &[""],                       Ok(&[])),
            ("one",                      &["mux"],                    Ok(&["mux"])),
            ("a flag",                   &["a;b"],                    Ok(&["a; b"])),
            ("a value",                  &["a; b=1"],                 Ok(&["a; b=1"])),
            ("a quoted value",           &["a; b=\"12\""],            Ok(&["a; b=12"])),
            ("an escape in quotes",      &["a; b=\"1\\2x\""],         Ok(&["a; b=12x"])),
            ("escapes at both ends",     &["a; b=\"\\1x\\2\""],       Ok(&["a; b=1x2"])),
            ("space around separators",  &[" a ;\tb = 1 , c "],       Ok(&["a; b=1", "c"])),
            ("empty elements",           &[",a,, b,"],                Ok(&["a", "b"])),
            ("two lines",                &["a; x", "b"],              Ok(&["a; x", "b"])),
            ("the same one twice",       &["a; x, a"],                Ok(&["a; x", "a"])),
            ("a parameter twice",        &["a; x; x"],                Ok(&["a; x; x"])),
            ("only semicolons",          &[";;;"],                    Err(Malformed)),
            ("semicolon at the end",     &["a;"],                     Err(Malformed)),
            ("no value",                 &["a; b="],                  Err(Malformed)),
            ("empty quotes",             &["a; b=\"\""],              Err(Malformed)),
            ("open quotes",              &["a; b=\"1"],               Err(Malformed)),
            ("open quotes on a comma",   &["a; b=\"1, c"],            Err(Malformed)),
            ("space in quotes",          &["a; b=\"1 2\""],           Err(Malformed)),
            ("escaped separator",        &["a; b=\"1\\,2\""],         Err(Malformed)),
            ("escape at the end",        &["a; b=\"1\\"],             Err(Malformed)),
            ("text behind the quotes",   &["a; b=\"1\"2"],            Err(Malformed)),
            ("two names",                &["a b"],                    Err(Malformed)),
            ("quoted name",              &["\"a\""],                  Err(Malformed)),
            ("value without parameter",  &["a=1"],                    Err(Malformed)),
            ("separator in a name",      &["a/b"],                    Err(Malformed)),
            ("second line is malformed", &["a", ";"],                 Err(Malformed)),
            ("not ASCII",                &["ä"],                      Err(Malformed)),
        ];
        for (name, lines, want) in cases {
            let got = parse(lines);
            let want = want.map(|w| w.iter().map(ToString::to_string).collect::<Vec<_>>());
            assert_eq!(got, want, "{name}");
        }
    }

    #[test]
    fn lists_have_limits() {
        let list = |n: usize| vec!["a"; n].join(",");
        let params = |n: usize| format!("a{}", "; p".repeat(n));
        assert_eq!(parse(&[&list(32)]).map(|l| l.len()), Ok(32));
        assert_eq!(parse(&[&list(33)]), Err(TooMany));
        assert_eq!(parse(&[&list(32), "b"]), Err(TooMany), "over all lines");
        assert!(parse(&[&params(16)]).is_ok());
        assert_eq!(parse(&[&params(17)]), Err(TooMany));
    }

    #[test]
    fn only_tokens_can_be_offered() {
        for bad in ["", "a b", "a,b", "a;b", "a\r\nb", "\"a\"", "ä", "a=b"] {
            assert_eq!(ExtensionOffer::new(bad), Err(InvalidToken), "{bad:?}");
            assert_eq!(ExtensionParam::flag(bad), Err(InvalidToken), "{bad:?}");
            assert_eq!(ExtensionParam::with_value("a", bad), Err(InvalidToken), "{bad:?}");
        }
    }
}
