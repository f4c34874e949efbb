//! Makes a configuration, setting by setting.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http::header::{HeaderName, HeaderValue};
#[cfg(feature = "deflate")]
use ws_core::extension::PerMessageDeflate;
use ws_core::extension::{Extension, ExtensionOffer};
use ws_core::handshake::Subprotocol;
use ws_core::mask::MaskGenerator;
use ws_core::{Budget, Limits};

use super::{ClientEndpointConfig, InvalidClientConfig, ProxyChoice};
use crate::client::auth::Credentials;
use crate::client::configurator::ClientConfigurator;
use crate::client::proxy::Proxy;
#[cfg(feature = "tls")]
use crate::client::tls::ClientTls;
use crate::client::trace::{HandshakeStep, Trace};

/// Makes a [`ClientEndpointConfig`]. What is wrong is said by [`build`](Self::build).
#[derive(Clone, Debug)]
#[must_use]
#[doc(alias = "ClientEndpointConfig.Builder")]
pub struct ClientEndpointConfigBuilder {
    config: ClientEndpointConfig,
    /// The first.
    problem: Option<InvalidClientConfig>,
}

impl ClientEndpointConfigBuilder {
    pub(super) const fn new(config: ClientEndpointConfig) -> Self {
        Self { config, problem: None }
    }

    fn refuse(mut self, problem: InvalidClientConfig) -> Self {
        self.problem.get_or_insert(problem);
        self
    }

    /// The subprotocols to offer, best first, instead of those of the endpoint's attribute.
    #[doc(alias = "preferredSubprotocols")]
    pub fn subprotocols<S: AsRef<str>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.config.subprotocols = Vec::new();
        for name in names {
            let name = name.as_ref();
            let Ok(subprotocol) = Subprotocol::new(name) else {
                return self.refuse(InvalidClientConfig::Subprotocol(name.to_owned()));
            };
            if self.config.subprotocols.contains(&subprotocol) {
                return self.refuse(InvalidClientConfig::RepeatedSubprotocol(name.to_owned()));
            }
            self.config.subprotocols.push(subprotocol);
        }
        self
    }

    /// Offers `extension`, less preferred than those offered before. What the server answers is
    /// judged by it; an answer that it does not take ends the attempt.
    ///
    /// None is offered by default, permessage-deflate neither. An endpoint that takes single frames
    /// is connected without any: they would change its frames.
    pub fn extension(self, extension: impl Extension + 'static) -> Self {
        self.install(Arc::new(extension))
    }

    /// Offers `extensions`, best first, instead of those named before.
    #[doc(alias = "jakarta.websocket.ClientEndpointConfig.Builder.extensions")]
    pub fn extensions(mut self, extensions: impl IntoIterator<Item = Arc<dyn Extension>>) -> Self {
        self.config.extensions = Vec::new();
        extensions.into_iter().fold(self, Self::install)
    }

    /// Offers compression of messages (RFC 7692).
    ///
    /// ```
    /// use ws_container::client::ClientEndpointConfig;
    /// use ws_container::extension::PerMessageDeflate;
    ///
    /// let deflate = PerMessageDeflate::default();
    /// let config = ClientEndpointConfig::builder().permessage_deflate(deflate).build()?;
    /// # Ok::<(), ws_container::client::InvalidClientConfig>(())
    /// ```
    #[cfg(feature = "deflate")]
    pub fn permessage_deflate(self, deflate: PerMessageDeflate) -> Self {
        self.extension(deflate)
    }

    fn install(mut self, extension: Arc<dyn Extension>) -> Self {
        let name = extension.name();
        if ExtensionOffer::new(name.to_owned()).is_err() {
            let name = name.to_owned();
            return self.refuse(InvalidClientConfig::Extension(name));
        }
        if self.config.extensions.iter().any(|other| other.name() == name) {
            let name = name.to_owned();
            return self.refuse(InvalidClientConfig::RepeatedExtension(name));
        }
        self.config.extensions.push(extension);
        self
    }

    /// Adds a header field to the request. What the handshake itself writes cannot be set.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
            (Ok(name), Ok(value)) => self.config.headers.append(name, value),
            _ => return self.refuse(InvalidClientConfig::Header(name.to_owned())),
        };
        self
    }

    /// Adds a header field that is a secret, such as a token: it is sent to no other server that a
    /// redirect leads to. `Authorization` and `Cookie` always are.
    pub fn secret_header(mut self, name: &str, value: &str) -> Self {
        match (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
            (Ok(name), Ok(mut value)) => {
                value.set_sensitive(true);
                self.config.headers.append(name, value)
            }
            _ => return self.refuse(InvalidClientConfig::Header(name.to_owned())),
        };
        self
    }

    /// Sends `Origin`, as browsers do: servers check where a page came from.
    pub fn origin(mut self, origin: &str) -> Self {
        match HeaderValue::from_str(origin) {
            Ok(value) => self.config.headers.insert(http::header::ORIGIN, value),
            Err(_) => return self.refuse(InvalidClientConfig::Header("origin".to_owned())),
        };
        self
    }

    /// Sends a cookie with the first request, and to no other server that a redirect leads to.
    /// [`Client::cookies`](crate::client::Client::cookies) holds those that are to be kept.
    pub fn cookie(mut self, name: &str, value: &str) -> Self {
        let token = HeaderName::from_bytes(name.as_bytes()).is_ok();
        let octet =
            |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b',' | b';' | b'\\');
        if !token || !value.bytes().all(octet) {
            return self.refuse(InvalidClientConfig::Cookie(name.to_owned()));
        }
        self.config.cookies.push(format!("{name}={value}"));
        self
    }

    /// Takes part in the opening handshake.
    pub fn configurator(mut self, configurator: impl ClientConfigurator) -> Self {
        self.config.configurator = Arc::new(configurator);
        self
    }

    /// Tells `trace` each step of the opening handshake, for people: requests and answers, without
    /// secrets. It is called while the connection is made, and is not to wait.
    pub fn trace(mut self, trace: impl Fn(&HandshakeStep) + Send + Sync + 'static) -> Self {
        self.config.trace = Trace::new(trace);
        self
    }

    /// Answers a server that asks who we are.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        if !credentials.are_legal() {
            return self.refuse(InvalidClientConfig::Credentials);
        }
        self.config.credentials = Some(credentials);
        self
    }

    /// Connects through `proxy`. Without it, the environment says whether and which: `HTTPS_PROXY` for
    /// `wss`, `HTTP_PROXY` for `ws`, else `ALL_PROXY`, but for hosts in `NO_PROXY` and this machine.
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        if proxy.credentials.as_ref().is_some_and(|credentials| !credentials.are_legal()) {
            return self.refuse(InvalidClientConfig::Credentials);
        }
        self.config.proxy = ProxyChoice::Through(proxy);
        self
    }

    /// Connects directly, whatever the environment says.
    pub fn no_proxy(mut self) -> Self {
        self.config.proxy = ProxyChoice::None;
        self
    }

    /// Connects from the local address `ip`, and so only to addresses of its family.
    pub fn bind_address(self, ip: impl Into<IpAddr>) -> Self {
        self.bind_socket(SocketAddr::new(ip.into(), 0))
    }

    /// As [`bind_address`](Self::bind_address), from a port of that address too.
    pub fn bind_socket(mut self, addr: SocketAddr) -> Self {
        self.config.bind = Some(addr);
        self
    }

    /// Connects through the Unix socket `path`, whatever host the URI names. The URI
    /// `ws+unix:/SOCKET:/PATH` says the same.
    pub fn unix_socket(mut self, path: impl Into<PathBuf>) -> Self {
        self.config.unix_socket = Some(path.into());
        self
    }

    /// Whom to trust, and who we are, for `wss`.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: ClientTls) -> Self {
        self.config.tls = Some(tls);
        self
    }

    /// Gives up after this long: names, connecting, proxy, TLS and the opening handshake together, with
    /// all redirects; 10 s. What was begun is then ended and its socket closed.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        if timeout.is_zero() {
            return self.refuse(InvalidClientConfig::ConnectTimeout);
        }
        self.config.connect_timeout = timeout;
        self
    }

    /// Follows at most this many redirects: 300, 301, 302, 303, 307 and 308. None by default. Never
    /// from `wss` to `ws`, and without secrets to another server.
    pub fn max_redirects(mut self, count: u32) -> Self {
        self.config.max_redirects = count;
        self
    }

    /// Tries again at most `count` times when the server answers 503 with `Retry-After`, if that is
    /// `longest` at most. Not at all by default. The wait does not count as connect timeout.
    pub fn retry_after(mut self, count: u32, longest: Duration) -> Self {
        self.config.max_retries = count;
        self.config.max_retry_after = longest;
        self
    }

    /// Longest text message that is taken in; 1 MiB. `max_size` at a handler wins.
    #[doc(alias = "maxTextMessageBufferSize")]
    pub const fn max_text_len(mut self, bytes: u64) -> Self {
        self.config.session.limits.max_text_len = bytes;
        self
    }

    /// Longest binary message that is taken in; 1 MiB. `max_size` at a handler wins.
    #[doc(alias = "maxBinaryMessageBufferSize")]
    pub const fn max_binary_len(mut self, bytes: u64) -> Self {
        self.config.session.limits.max_binary_len = bytes;
        self
    }

    /// All limits at once.
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.config.session.limits = limits;
        self
    }

    /// Closes a session on which no message passed for this long; `None`, the default, never.
    #[doc(alias = "maxIdleTimeout")]
    pub const fn idle_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.config.session.idle_timeout = timeout;
        self
    }

    /// Pings a server that was silent for this long; 20 s. `None` never does.
    pub const fn keep_alive(mut self, interval: Option<Duration>) -> Self {
        self.config.session.keep_alive = interval;
        self
    }

    /// Ends a session whose server does not answer such a Ping for this long; 20 s.
    pub const fn pong_timeout(mut self, timeout: Duration) -> Self {
        self.config.session.pong_timeout = timeout;
        self
    }

    /// Closes a session with 1008 whose server began a message and sent nothing more of it for this
    /// long; 60 s.
    pub const fn message_timeout(mut self, timeout: Duration) -> Self {
        self.config.session.message_timeout = timeout;
        self
    }

    /// Memory for messages that are not finished, shared by all sessions whose configuration has a
    /// clone of it; by default 256 MiB for the whole program. A session that needs more than is left is closed with 1013.
    pub fn message_budget(mut self, budget: Budget) -> Self {
        self.config.session.message_budget = budget;
        self
    }

    /// Waits this long for the server's Close after ours; 5 s.
    pub const fn close_timeout(mut self, timeout: Duration) -> Self {
        self.config.session.close_timeout = timeout;
        self
    }

    /// Ends a session whose server took no byte for this long while there was something to send; 20 s.
    #[doc(alias = "asyncSendTimeout")]
    pub const fn send_timeout(mut self, timeout: Duration) -> Self {
        self.config.session.send_timeout = timeout;
        self
    }

    /// Makes the masking keys in place of the system's source of randomness. For tests: keys that a
    /// server can guess let it deceive intermediaries (RFC 6455 §10.3).
    pub fn mask_generator(mut self, generator: impl MaskGenerator) -> Self {
        self.config.session.masking = Some(Arc::new(generator));
        self
    }

    /// A user property that each session begins with its own copy of.
    pub fn property<T: Clone + Send + Sync + 'static>(mut self, value: T) -> Self {
        self.config.properties.insert(value);
        self
    }

    /// Makes it.
    ///
    /// # Errors
    ///
    /// The first thing that was wrong.
    pub fn build(self) -> Result<ClientEndpointConfig, InvalidClientConfig> {
        match self.problem {
            None => Ok(self.config),
            Some(problem) => Err(problem),
        }
    }
}

#[cfg(test)]
mod tests {
    use ws_core::extension::Identity;

    use super::*;

    #[test]
    fn the_first_problem_is_told() {
        let build = |make: fn(ClientEndpointConfigBuilder) -> ClientEndpointConfigBuilder| {
            make(ClientEndpointConfig::builder()).build().err()
        };
        let header = |name: &str| Some(InvalidClientConfig::Header(name.into()));
        assert_eq!(build(|it| it.header("a b", "c").cookie(" ", "")), header("a b"));
        assert_eq!(build(|it| it.header("a", "b\r\nc: d")), header("a"));
        assert_eq!(build(|it| it.secret_header("a", "\n")), header("a"));
        assert_eq!(build(|it| it.origin("\0")), header("origin"));
        assert_eq!(
            build(|it| it.cookie("a", "b;c")),
            Some(InvalidClientConfig::Cookie("a".into()))
        );
        let cookie = build(|it| it.cookie("a", "b\r\nc:d"));
        assert_eq!(cookie, Some(InvalidClientConfig::Cookie("a".into())));
        let credentials = build(|it| it.credentials(Credentials::new("a", "b\r\nc: d")));
        assert_eq!(credentials, Some(InvalidClientConfig::Credentials));
        assert_eq!(
            build(|it| it.subprotocols(["a", "a"])),
            Some(InvalidClientConfig::RepeatedSubprotocol("a".into()))
        );
        assert_eq!(
            build(|it| it.subprotocols(["a b"])),
            Some(InvalidClientConfig::Subprotocol("a b".into()))
        );
        assert_eq!(
            build(|it| it.extension(Identity).extension(Identity)),
            Some(InvalidClientConfig::RepeatedExtension("identity".into()))
        );
        assert_eq!(
            build(|it| it
                .extension(Identity)
                .extensions([Arc::new(Identity) as Arc<dyn Extension>])),
            None
        );
        let credentials = build(|it| it.credentials(Credentials::new("a:b", "")));
        assert_eq!(credentials, Some(InvalidClientConfig::Credentials));
        let timeout = build(|it| it.connect_timeout(Duration::ZERO));
        assert_eq!(timeout, Some(InvalidClientConfig::ConnectTimeout));
        assert_eq!(build(|it| it.header("a", "b").cookie("c", "d").origin("null")), None);
    }

    #[test]
    fn secrets_are_not_printed() {
        let config = ClientEndpointConfig::builder()
            .header("authorization", "Bearer hush")
            .credentials(Credentials::new("ann", "hush"))
            .cookie("id", "hush")
            .build()
            .unwrap();
        let shown = format!("{config:?}");
        assert!(shown.contains("authorization") && !shown.contains("hush"), "{shown}");
    }
}
