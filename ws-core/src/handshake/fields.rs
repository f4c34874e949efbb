//! Header fields that are lists of names, or that may come once only (RFC 9110 §5).

use http::header::HeaderName;
use http::{HeaderMap, HeaderValue};

/// Whether the list `name`, over all its lines, has the element `wanted`, in any case of letters.
pub(super) fn list_has(headers: &HeaderMap, name: &HeaderName, wanted: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .flat_map(|line| line.as_bytes().split(|&byte| byte == b','))
        .any(|element| element.trim_ascii().eq_ignore_ascii_case(wanted.as_bytes()))
}

/// The one line of a field that may not be repeated.
pub(super) fn single<'h, E>(
    headers: &'h HeaderMap,
    name: &HeaderName,
    repeated: E,
) -> Result<Option<&'h HeaderValue>, E> {
    let mut lines = headers.get_all(name).iter();
    let first = lines.next();
    if lines.next().is_some() { Err(repeated) } else { Ok(first) }
}
