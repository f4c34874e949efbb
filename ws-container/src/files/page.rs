//! Pages that are part of the program.

use std::borrow::Cow;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderValue};
use http::{Response, StatusCode};

use crate::files::path::Names;
use crate::response::{Body, content};

/// A page that is part of the program, served where there is no file.
///
/// In HTML, each `<script>` and `<style>` element written exactly so is allowed by the page's
/// `Content-Security-Policy`, and so are scripts and styles of this server. Everything else inline
/// is not: no `onclick="…"`, no `style="…"`.
///
/// # Examples
///
/// ```
/// use ws_container::Page;
///
/// const HELLO: Page = Page::html("/hello", "<!doctype html><title>Hello</title><p>Hello!");
/// assert_eq!(HELLO.path, "/hello");
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Page {
    /// The path it is served at, such as `/`.
    pub path: &'static str,
    /// Its media type.
    pub content_type: &'static str,
    /// What it says.
    pub body: Cow<'static, str>,
}

impl Page {
    /// A page of the type `content_type`.
    #[must_use]
    pub const fn new(
        path: &'static str,
        content_type: &'static str,
        body: Cow<'static, str>,
    ) -> Self {
        Self { path, content_type, body }
    }

    /// A page of HTML in UTF-8.
    #[must_use]
    pub const fn html(path: &'static str, body: &'static str) -> Self {
        Self::new(path, "text/html; charset=utf-8", Cow::Borrowed(body))
    }
}

/// A page that was linked into this program; written by [`page!`](crate::page).
#[doc(hidden)]
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "`page!` writes it out")]
pub struct PageRegistration(pub Page);

ws_core::private::inventory::collect!(PageRegistration);

/// Every registered page, ordered by path.
pub(crate) fn registered() -> Vec<Page> {
    let mut pages: Vec<_> = ws_core::private::inventory::iter::<PageRegistration>()
        .map(|PageRegistration(page)| page.clone())
        .collect();
    pages.sort_by_key(|page| page.path);
    pages
}

/// Registers a page of HTML, which the container finds when the program starts, as it finds
/// endpoints. It is served at its path where there is no docroot; see [`Page`](crate::Page) for what
/// it may do.
///
/// # Examples
///
/// ```
/// ws_container::page!("/", "<!doctype html><title>Hello</title><p>Hello!");
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! page {
    ($path:expr, $body:expr $(,)?) => {
        $crate::__private::inventory::submit! {
            $crate::PageRegistration($crate::Page::html($path, $body))
        }
    };
}

/// A page ready to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    /// In normal form, as that of the requests.
    pub(crate) path: String,
    content_type: &'static str,
    body: Bytes,
    policy: HeaderValue,
}

impl Prepared {
    /// Prepares `page`. `nonce`, a secret of this process, marks its scripts and styles.
    pub(crate) fn new(page: &Page, nonce: &str) -> Self {
        let body = if page.content_type.starts_with("text/html") {
            page.body
                .replace("<script>", &format!("<script nonce=\"{nonce}\">"))
                .replace("<style>", &format!("<style nonce=\"{nonce}\">"))
                .into()
        } else {
            Bytes::copy_from_slice(page.body.as_bytes())
        };
        let policy = format!(
            "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' \
             'nonce-{nonce}'; connect-src 'self' ws: wss:; img-src 'self' data:; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        );
        let policy = HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static(CLOSED));
        let path = Names::parse(page.path).map_or_else(|_| page.path.into(), |it| it.to_uri_path());
        Self { path, content_type: page.content_type, body, policy }
    }

    /// The response to a GET.
    pub(crate) fn respond(&self) -> Response<Body> {
        let mut response = content(StatusCode::OK, self.content_type, self.body.clone());
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, self.policy.clone());
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        response
    }
}

/// Allows nothing.
pub(crate) const CLOSED: &str = "default-src 'none'; frame-ancestors 'none'";

/// 128 random bits, in hexadecimal.
///
/// # Errors
///
/// When the system has no source of randomness.
pub(crate) fn nonce() -> std::io::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inline_scripts_are_marked_and_nothing_else_is_allowed() {
        let page = Page::html("/", "<style>p{}</style><script>go()</script><p onclick=x>");
        let prepared = Prepared::new(&page, "abc");
        let body = std::str::from_utf8(&prepared.body).unwrap();
        assert_eq!(
            body,
            "<style nonce=\"abc\">p{}</style><script nonce=\"abc\">go()</script><p onclick=x>"
        );
        let policy = prepared.policy.to_str().unwrap();
        assert!(policy.contains("script-src 'self' 'nonce-abc';"), "{policy}");
        assert!(!policy.contains("unsafe-inline"), "{policy}");
    }

    #[test]
    fn nonces_differ() {
        assert_ne!(nonce().unwrap(), nonce().unwrap());
    }
}
