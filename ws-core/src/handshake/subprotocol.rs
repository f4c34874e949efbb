//! Subprotocols, RFC 6455 §1.9, and the choice of one.

use std::fmt;

use http::header::SEC_WEBSOCKET_PROTOCOL;
use http::{HeaderMap, HeaderValue};

use crate::extension::{InvalidToken, is_token};
use crate::handshake::rejection::Rejection;

/// Most subprotocols that a request may offer, over all its header lines.
pub const MAX_SUBPROTOCOLS: usize = 32;

/// The name of a subprotocol: a token, compared byte by byte. Cheap to clone.
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct Subprotocol(HeaderValue);

impl Subprotocol {
    /// The subprotocol called `name`.
    ///
    /// # Errors
    ///
    /// [`InvalidToken`] when `name` is none, such as an empty one or one with a comma.
    pub fn new(name: &str) -> Result<Self, InvalidToken> {
        if !is_token(name) {
            return Err(InvalidToken);
        }
        HeaderValue::from_str(name).map(Self).map_err(|_| InvalidToken)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    /// The name as a header value.
    #[must_use]
    pub const fn as_header_value(&self) -> &HeaderValue {
        &self.0
    }
}

impl fmt::Debug for Subprotocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Subprotocol").field(&self.as_str()).finish()
    }
}

impl fmt::Display for Subprotocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whose order decides between several subprotocols that both sides know.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a handshake has two sides")]
pub enum SubprotocolOrder {
    /// The client's: the first it offers that the server supports.
    #[default]
    Client,
    /// The server's: the first it supports that the client offers.
    Server,
}

impl SubprotocolOrder {
    /// The subprotocol to use of those `requested`, in the client's order; `None` when none of them
    /// is `supported`.
    #[must_use]
    pub fn pick<'s>(
        self,
        supported: &'s [Subprotocol],
        requested: &[&str],
    ) -> Option<&'s Subprotocol> {
        let supports = |name: &&str| supported.iter().find(|it| it.as_str() == *name);
        match self {
            Self::Client => requested.iter().find_map(supports),
            Self::Server => supported.iter().find(|it| requested.contains(&it.as_str())),
        }
    }

    /// The subprotocol that `headers` of a request and `supported` agree on, `None` when there is
    /// none.
    ///
    /// # Errors
    ///
    /// [`Rejection`] when the field is malformed, or lists more than [`MAX_SUBPROTOCOLS`].
    pub fn choose<'s>(
        self,
        headers: &HeaderMap,
        supported: &'s [Subprotocol],
    ) -> Result<Option<&'s Subprotocol>, Rejection> {
        let mut best: Option<usize> = None;
        each_requested(headers, |name| {
            let index = supported.iter().position(|s| s.as_header_value() == name);
            best = match (self, best, index) {
                (Self::Server, Some(best), Some(index)) => Some(best.min(index)),
                (Self::Client | Self::Server, best, index) => best.or(index),
            };
        })?;
        Ok(best.map(|index| &supported[index]))
    }
}

/// The subprotocols that a request offers, in its order; for those who choose by themselves.
///
/// # Errors
///
/// [`Rejection`] when the field is malformed, or lists more than [`MAX_SUBPROTOCOLS`].
#[doc(alias = "getNegotiatedSubprotocol")]
pub fn requested_subprotocols(headers: &HeaderMap) -> Result<Vec<&str>, Rejection> {
    let mut names = Vec::new();
    each_requested(headers, |name| names.push(name))?;
    Ok(names)
}

/// Reads every line to its end, so that a malformed one is refused wherever the fault stands.
/// Empty elements, and so an empty line, say nothing (RFC 9110 §5.6.1).
fn each_requested<'h>(
    headers: &'h HeaderMap,
    mut found: impl FnMut(&'h str),
) -> Result<(), Rejection> {
    let mut count = 0;
    for line in headers.get_all(SEC_WEBSOCKET_PROTOCOL) {
        let line = line.to_str().map_err(|_| Rejection::SubprotocolsMalformed)?;
        for name in line.split(',').map(|name| name.trim_matches([' ', '\t'])) {
            if name.is_empty() {
                continue;
            }
            if !is_token(name) {
                return Err(Rejection::SubprotocolsMalformed);
            }
            count += 1;
            if count > MAX_SUBPROTOCOLS {
                return Err(Rejection::TooManySubprotocols);
            }
            found(name);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Want<'a> = Result<Option<&'a str>, Rejection>;

    #[test]
    fn chooses_one_both_sides_know() {
        let supported = ["chat", "superchat"].map(|name| Subprotocol::new(name).unwrap());
        let malformed = Err(Rejection::SubprotocolsMalformed);
        let many = ["x"; 32].join(",");
        let too_many = ["x"; 33].join(",");
        #[rustfmt::skip] // a table: lines, client's order, server's order
        let cases: &[(&str, &[&str], Want<'_>, Option<&str>)] = &[
            ("no line",                &[],                       Ok(None),              None),
            ("empty line",             &[""],                     Ok(None),              None),
            ("only commas",            &[" , ,"],                 Ok(None),              None),
            ("the first",              &["chat"],                 Ok(Some("chat")),      Some("chat")),
            ("the second",             &["superchat"],            Ok(Some("superchat")), Some("superchat")),
            ("both in one line",       &["superchat, chat"],      Ok(Some("superchat")), Some("chat")),
            ("both in two lines",      &["superchat", "chat"],    Ok(Some("superchat")), Some("chat")),
            ("no space",               &["superchat,chat"],       Ok(Some("superchat")), Some("chat")),
            ("an unknown one first",   &["none, chat"],           Ok(Some("chat")),      Some("chat")),
            ("only unknown",           &["none"],                 Ok(None),              None),
            ("other case",             &["CHAT"],                 Ok(None),              None),
            ("a part of a name",       &["cha, super"],           Ok(None),              None),
            ("at the limit",           &[&many],                  Ok(None),              None),
            ("beyond the limit",       &[&too_many],              Err(Rejection::TooManySubprotocols), None),
            ("beyond it in two lines", &[&many, "x"],             Err(Rejection::TooManySubprotocols), None),
            ("two words",              &["chat superchat"],       malformed,             None),
            ("a separator",            &["chat;superchat"],       malformed,             None),
            ("quoted",                 &["\"chat\""],             malformed,             None),
            ("malformed behind one",   &["chat, a/b"],            malformed,             None),
            ("not ASCII",              &["chät"],                 malformed,             None),
        ];
        for (name, lines, client, server) in cases {
            let mut headers = HeaderMap::new();
            for line in *lines {
                headers.append(SEC_WEBSOCKET_PROTOCOL, HeaderValue::try_from(*line).unwrap());
            }
            let choose = |order: SubprotocolOrder| {
                order.choose(&headers, &supported).map(|chosen| chosen.map(Subprotocol::as_str))
            };
            assert_eq!(choose(SubprotocolOrder::Client), *client, "{name}, client's order");
            let server = client.and(Ok(*server));
            assert_eq!(choose(SubprotocolOrder::Server), server, "{name}, server's order");
            let requested = requested_subprotocols(&headers);
            assert_eq!(requested.as_ref().err(), client.as_ref().err(), "{name}, list");
            let requested = requested.unwrap_or_default();
            for (order, want) in
                [(SubprotocolOrder::Client, *client), (SubprotocolOrder::Server, server)]
            {
                let picked = order.pick(&supported, &requested).map(Subprotocol::as_str);
                assert_eq!(picked, want.unwrap_or_default(), "{name}, {order:?} picks");
            }
        }
    }

    #[test]
    fn a_name_is_a_token() {
        assert_eq!(Subprotocol::new("chat.v1").unwrap().to_string(), "chat.v1");
        for bad in ["", " ", "a b", "a,b", "a\r\nX: y", "a\0", "ä", "\"a\""] {
            assert_eq!(Subprotocol::new(bad), Err(InvalidToken), "{bad:?}");
        }
    }
}
