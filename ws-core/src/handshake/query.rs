//! The query of a URI as names and values.

use std::borrow::Cow;

/// The pairs of a query such as `room=tea+time&max=5`, in its order, decoded as HTML forms are
/// encoded: `+` is a space, `%41` is `A`, and what is no UTF-8 becomes U+FFFD. A name without `=` has
/// an empty value; empty pairs are passed over.
///
/// ```
/// use ws_core::handshake::query_pairs;
///
/// let pairs: Vec<_> = query_pairs("room=tea+time&max=%35&flag").collect();
/// assert_eq!(pairs[0], ("room".into(), "tea time".into()));
/// assert_eq!(pairs[1], ("max".into(), "5".into()));
/// assert_eq!(pairs[2], ("flag".into(), "".into()));
/// ```
#[doc(alias = "getParameterMap")]
pub fn query_pairs(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(name), decode(value))
    })
}

/// Decodes one name or value; an escape without two hexadecimal digits stays as it is.
fn decode(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|byte| matches!(byte, b'+' | b'%')) {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = match bytes[at..] {
            [b'%', high, low, ..] => hex(high).zip(hex(low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        decoded.push(match (escaped, bytes[at]) {
            (Some(byte), _) => byte,
            (None, b'+') => b' ',
            (None, plain) => plain,
        });
        at += if escaped.is_some() { 3 } else { 1 };
    }
    let text = String::from_utf8(decoded)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    Cow::Owned(text)
}

fn hex(digit: u8) -> Option<u8> {
    u8::try_from(char::from(digit).to_digit(16)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries() {
        #[rustfmt::skip] // a table
        let cases: &[(&str, &[(&str, &str)])] = &[
            ("",                 &[]),
            ("&&",               &[]),
            ("a=1&b=2",          &[("a", "1"), ("b", "2")]),
            ("a=1&a=2",          &[("a", "1"), ("a", "2")]),
            ("a",                &[("a", "")]),
            ("a=",               &[("a", "")]),
            ("=1",               &[("", "1")]),
            ("a=b=c",            &[("a", "b=c")]),
            ("a+b=c+d",          &[("a b", "c d")]),
            ("a=%20x%2B",        &[("a", " x+")]),
            ("a=%C3%A9",         &[("a", "\u{e9}")]),
            ("a=%c3%a9",         &[("a", "\u{e9}")]),
            ("a=%ff",            &[("a", "\u{fffd}")]),
            ("a=%",              &[("a", "%")]),
            ("a=%4",             &[("a", "%4")]),
            ("a=%zz",            &[("a", "%zz")]),
            ("a=%%41",           &[("a", "%A")]),
        ];
        for (query, want) in cases {
            let got: Vec<_> = query_pairs(query).collect();
            let want: Vec<_> =
                want.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
            assert_eq!(got, want, "{query}");
        }
    }
}
