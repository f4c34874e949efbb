//! The page to try endpoints with.

use std::borrow::Cow;

use ws_core::ServerEndpointConfig;

use crate::files::Page;

/// The page without its endpoints.
const PAGE: &str = include_str!("../pages/try.html");

/// A page at `/` to try `endpoints` below `root` with: connects, sends lines, shows what comes.
pub(crate) fn try_page(endpoints: &[ServerEndpointConfig], root: &str) -> Page {
    let mut options = String::new();
    for endpoint in endpoints {
        // Paths hold none of the characters that HTML gives a meaning, but `&` and `'`.
        let path = format!("{root}{}", endpoint.path());
        let path = path.replace('&', "&amp;").replace('\'', "&#39;");
        let subprotocols =
            endpoint.subprotocols().collect::<Vec<_>>().join(",").replace('&', "&amp;");
        options
            .push_str(&format!("<option value=\"{path}\" data-subprotocols=\"{subprotocols}\">\n"));
    }
    let mut page = Page::html("/", PAGE);
    page.body = Cow::Owned(PAGE.replace("<!-- endpoints -->", &options));
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_a_place_for_the_endpoints() {
        assert_eq!(PAGE.matches("<!-- endpoints -->").count(), 1);
        assert!(!try_page(&[], "").body.contains("<!--"));
    }
}
