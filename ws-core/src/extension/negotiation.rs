//! Which of the extensions that a client offers a connection uses, RFC 6455 §9.1.

use std::sync::Arc;

use http::HeaderValue;

use crate::extension::grammar::{self, ExtensionOffer, InvalidExtensions};
use crate::extension::interface::Extension;
use crate::frame::Rsv;

/// An extension that a connection uses.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Agreed {
    /// Its place among the installed extensions.
    pub installed: usize,
    /// What the client offered.
    pub offer: ExtensionOffer,
    /// What the server answers.
    pub answer: ExtensionOffer,
}

/// Chooses among the offers in the lines of a `Sec-WebSocket-Extensions` field, in the order in
/// which the client made them.
///
/// An offer is passed over when nobody installed has its name, when an earlier offer of that name
/// was accepted, when a reserved bit that it needs has an owner already, or when the extension
/// declines it. A malformed field is an error even where nothing is installed.
///
/// # Errors
///
/// [`InvalidExtensions`] when the field is malformed or too long.
pub fn negotiate<'v>(
    installed: &[Arc<dyn Extension>],
    lines: impl IntoIterator<Item = &'v HeaderValue>,
) -> Result<Vec<Agreed>, InvalidExtensions> {
    if installed.is_empty() {
        grammar::check(lines)?;
        return Ok(Vec::new());
    }
    Ok(agree(installed, ExtensionOffer::parse_list(lines)?))
}

/// As [`negotiate`], with `offers` that were read before.
#[must_use]
pub fn agree(
    installed: &[Arc<dyn Extension>],
    offers: impl IntoIterator<Item = ExtensionOffer>,
) -> Vec<Agreed> {
    let mut agreed: Vec<Agreed> = Vec::new();
    let mut claimed = Rsv::NONE;
    for offer in offers {
        let Some((index, extension)) =
            installed.iter().enumerate().find(|(_, extension)| extension.name() == offer.name())
        else {
            continue;
        };
        if agreed.iter().any(|earlier| earlier.installed == index)
            || extension.rsv().intersects(claimed)
        {
            continue;
        }
        if let Some(params) = extension.accept(&offer) {
            claimed = claimed.union(extension.rsv());
            let answer = offer.clone().with_params(params);
            agreed.push(Agreed { installed: index, offer, answer });
        }
    }
    agreed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extension::{ExtensionParam, Halves, InvalidParams};
    use crate::role::Role;

    /// Accepts every offer that has no parameter `no`, and answers with its first parameter.
    #[derive(Debug)]
    struct Sample(&'static str, Rsv);

    impl Extension for Sample {
        fn name(&self) -> &str {
            self.0
        }

        fn rsv(&self) -> Rsv {
            self.1
        }

        fn accept(&self, offer: &ExtensionOffer) -> Option<Vec<ExtensionParam>> {
            let declined = offer.params().iter().any(|param| param.name() == "no");
            (!declined).then(|| offer.params().iter().take(1).cloned().collect())
        }

        fn start(&self, _: &ExtensionOffer, _: Role) -> Result<Halves, InvalidParams> {
            Err(InvalidParams::new("it only negotiates"))
        }
    }

    #[test]
    fn chooses_in_the_requested_order() {
        let installed: [Arc<dyn Extension>; 4] = [
            Arc::new(Sample("deflate", Rsv::RSV1)),
            Arc::new(Sample("brotli", Rsv::RSV1)),
            Arc::new(Sample("mux", Rsv::RSV2)),
            Arc::new(Sample("trace", Rsv::NONE)),
        ];
        #[rustfmt::skip] // a table
        let cases: &[(&str, &str, &str)] = &[
            ("nothing offered",            "",                            ""),
            ("one",                        "deflate; a; b",               "deflate; a"),
            ("unknown",                    "zip",                         ""),
            ("unknown beside a known one", "zip, mux",                    "mux"),
            ("names are case-sensitive",   "MUX",                         ""),
            ("requested order",            "mux, deflate",                "mux, deflate"),
            ("a declined offer",           "mux; no",                     ""),
            ("declined, then accepted",    "mux; no, mux; yes",           "mux; yes"),
            ("the first accepted stands",  "mux; a, mux; b",              "mux; a"),
            ("one owner per bit",          "brotli, deflate, mux",        "brotli, mux"),
            ("a declined one owns nothing","brotli; no, deflate",         "deflate"),
            ("no bit, no conflict",        "trace, deflate",              "trace, deflate"),
        ];
        for (name, offers, want) in cases {
            let line = HeaderValue::from_static(offers);
            let agreed = negotiate(&installed, [&line]).unwrap();
            let got: Vec<_> = agreed.iter().map(|agreed| agreed.answer.to_string()).collect();
            assert_eq!(got.join(", "), *want, "{name}");
        }
    }

    #[test]
    fn malformed_offers_are_errors_without_extensions_too() {
        let line = HeaderValue::from_static(";;;");
        assert_eq!(negotiate(&[], [&line]), Err(InvalidExtensions::Malformed));
        assert_eq!(negotiate(&[], [&HeaderValue::from_static("zip; a=1")]), Ok(vec![]));
    }
}
