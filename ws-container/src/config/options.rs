//! Every setting, as flag, environment variable and key of the configuration file.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use serde::{Deserialize, Serialize};
use ws_core::Overflow;

use crate::config::address::ListenAddr;
use crate::config::units::{ByteSize, DrainCode, Optional, Wait};
#[cfg(feature = "deflate")]
use crate::config::units::{Level, Window};
use crate::proxies::Network;

/// The settings of one layer, or of all layers together. A field's name is its key in the file,
/// `--field-name` its flag and `WS_FIELD_NAME` its environment variable.
#[derive(Args, Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Options {
    /// Address to listen on: HOST:PORT, [IPV6]:PORT or a host alone; may be given several times
    #[arg(long, env = "WS_LISTEN", value_name = "ADDR", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) listen: Vec<ListenAddr>,

    /// Port for addresses that name none; 0 picks a free one
    #[arg(short, long, env = "WS_PORT", value_name = "N")]
    pub(crate) port: Option<u16>,

    /// Directory of static files
    #[arg(short, long, env = "WS_DOCROOT", value_name = "DIR")]
    pub(crate) docroot: Option<PathBuf>,

    /// List directories that have no index.html
    #[arg(
        long, env = "WS_LIST", value_name = "BOOL", num_args = 0..=1, require_equals = true,
        default_missing_value = "true"
    )]
    pub(crate) list: Option<bool>,

    /// Path below which everything is served, such as /app
    #[arg(long, env = "WS_ROOT", value_name = "PATH")]
    pub(crate) root: Option<String>,

    /// Certificate chain, PEM, read again on SIGHUP; all listeners then speak TLS, unless
    /// `tls_listen` says which do
    #[arg(long, env = "WS_TLS_CERT", value_name = "FILE")]
    pub(crate) tls_cert: Option<PathBuf>,

    /// Private key of the certificate, PEM
    #[arg(long, env = "WS_TLS_KEY", value_name = "FILE")]
    pub(crate) tls_key: Option<PathBuf>,

    /// Make a certificate for this run, for development; the log shows its fingerprint
    #[arg(
        long, env = "WS_TLS_SELF_SIGNED", value_name = "BOOL", num_args = 0..=1,
        require_equals = true, default_missing_value = "true"
    )]
    pub(crate) tls_self_signed: Option<bool>,

    /// Address to listen on for TLS, as with `listen`, which then is for peers without TLS; port 8443
    /// unless it names one
    #[arg(long, env = "WS_TLS_LISTEN", value_name = "ADDR", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) tls_listen: Vec<ListenAddr>,

    /// Authorities whose certificates clients are asked for, PEM
    #[arg(long, env = "WS_TLS_CLIENT_CA", value_name = "FILE")]
    pub(crate) tls_client_ca: Option<PathBuf>,

    /// Whether clients must have such a certificate
    #[arg(long, env = "WS_TLS_CLIENT_AUTH", value_name = "WHETHER")]
    pub(crate) tls_client_auth: Option<Need>,

    /// Proxies, as addresses or networks, whose Forwarded or X-Forwarded-.. fields are believed
    #[arg(long, env = "WS_TRUSTED_PROXIES", value_name = "NETWORK", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) trusted_proxies: Vec<Network>,

    /// Which of these fields the proxies write
    #[arg(long, env = "WS_PROXY_HEADERS", value_name = "WHICH")]
    pub(crate) proxy_headers: Option<Fields>,

    /// Listeners whose connections begin with a header of the PROXY protocol, version 1 or 2
    #[arg(
        long, env = "WS_PROXY_PROTOCOL", value_name = "LISTENERS", num_args = 0..=1,
        require_equals = true, default_missing_value = "all"
    )]
    pub(crate) proxy_protocol: Option<Listeners>,

    /// Let other processes listen at the same addresses, for a restart without a gap
    #[arg(
        long, env = "WS_REUSE_PORT", value_name = "BOOL", num_args = 0..=1, require_equals = true,
        default_missing_value = "true"
    )]
    pub(crate) reuse_port: Option<bool>,

    /// Address for /healthz, /readyz and /metrics, best a loopback one; HOST:PORT
    #[arg(long, env = "WS_ADMIN", value_name = "ADDR")]
    pub(crate) admin: Option<ListenAddr>,

    /// Longest text message, in bytes or with a unit
    #[arg(long, env = "WS_MAX_TEXT_MESSAGE", value_name = "SIZE")]
    pub(crate) max_text_message: Option<ByteSize>,

    /// Longest binary message, in bytes or with a unit
    #[arg(long, env = "WS_MAX_BINARY_MESSAGE", value_name = "SIZE")]
    pub(crate) max_binary_message: Option<ByteSize>,

    /// Close a session on which no message passed for this long; `off` never does
    #[arg(long, env = "WS_IDLE_TIMEOUT", value_name = "TIME")]
    pub(crate) idle_timeout: Option<Optional>,

    /// Ping a peer that was silent for this long; `off` never does
    #[arg(long, env = "WS_KEEP_ALIVE", value_name = "TIME")]
    pub(crate) keep_alive: Option<Optional>,

    /// End a session whose peer stays silent for this long after such a ping
    #[arg(long, env = "WS_PONG_TIMEOUT", value_name = "TIME")]
    pub(crate) pong_timeout: Option<Wait>,

    /// Close a session whose peer began a message and sent nothing more of it for this long
    #[arg(long, env = "WS_MESSAGE_TIMEOUT", value_name = "TIME")]
    pub(crate) message_timeout: Option<Wait>,

    /// Memory for messages that are not finished, of all sessions together
    #[arg(long, env = "WS_MESSAGE_BUDGET", value_name = "SIZE")]
    pub(crate) message_budget: Option<ByteSize>,

    /// What happens to published messages that a session does not take in time
    #[arg(long, env = "WS_OVERFLOW", value_name = "WHAT")]
    pub(crate) overflow: Option<TooSlow>,

    /// Wait this long for the peer's Close after ours
    #[arg(long, env = "WS_CLOSE_TIMEOUT", value_name = "TIME")]
    pub(crate) close_timeout: Option<Wait>,

    /// End a session whose socket took nothing for this long
    #[arg(long, env = "WS_SEND_TIMEOUT", value_name = "TIME")]
    pub(crate) send_timeout: Option<Wait>,

    /// The head of a request must be there this long after the connection, the TLS handshake included
    #[arg(long, env = "WS_HEAD_TIMEOUT", value_name = "TIME")]
    pub(crate) head_timeout: Option<Wait>,

    /// Give the application this long to decide on an opening handshake
    #[arg(long, env = "WS_HANDSHAKE_TIMEOUT", value_name = "TIME")]
    pub(crate) handshake_timeout: Option<Wait>,

    /// On shutdown, give open sessions this long to end
    #[arg(long, env = "WS_GRACE", value_name = "TIME")]
    pub(crate) grace: Option<Wait>,

    /// On shutdown, go on accepting for this long after /readyz says no; `off` stops at once
    #[arg(long, env = "WS_DRAIN_DELAY", value_name = "TIME")]
    pub(crate) drain_delay: Option<Optional>,

    /// On shutdown, tell sessions to close evenly over this time, half of the grace at most; `off`
    /// tells all at once
    #[arg(long, env = "WS_DRAIN_SPREAD", value_name = "TIME")]
    pub(crate) drain_spread: Option<Optional>,

    /// On shutdown, close sessions with 1001, going away, or 1012, service restart
    #[arg(long, env = "WS_DRAIN_CODE", value_name = "CODE")]
    pub(crate) drain_code: Option<DrainCode>,

    /// Origins that browsers may connect from, besides the same origin; `*` allows any
    #[arg(long, env = "WS_ALLOWED_ORIGINS", value_name = "ORIGIN", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) allowed_origins: Vec<String>,

    /// Whose order of preference picks the subprotocol
    #[arg(long, env = "WS_SUBPROTOCOL_ORDER", value_name = "SIDE")]
    pub(crate) subprotocol_order: Option<Side>,

    /// Compress messages for clients that offer permessage-deflate
    #[cfg(feature = "deflate")]
    #[arg(
        long, env = "WS_DEFLATE", value_name = "BOOL", num_args = 0..=1, require_equals = true,
        default_missing_value = "true"
    )]
    pub(crate) deflate: Option<bool>,

    /// Work that goes into compression, from 1 to 9
    #[cfg(feature = "deflate")]
    #[arg(long, env = "WS_DEFLATE_LEVEL", value_name = "N")]
    pub(crate) deflate_level: Option<Level>,

    /// Leave shorter messages uncompressed
    #[cfg(feature = "deflate")]
    #[arg(long, env = "WS_DEFLATE_THRESHOLD", value_name = "SIZE")]
    pub(crate) deflate_threshold: Option<ByteSize>,

    /// Let what is sent refer back through a window of 2^BITS bytes, kept for each connection; `off`
    /// keeps nothing
    #[cfg(feature = "deflate")]
    #[arg(long, env = "WS_DEFLATE_SERVER_WINDOW", value_name = "BITS")]
    pub(crate) deflate_server_window: Option<Window>,

    /// Likewise for what clients send
    #[cfg(feature = "deflate")]
    #[arg(long, env = "WS_DEFLATE_CLIENT_WINDOW", value_name = "BITS")]
    pub(crate) deflate_client_window: Option<Window>,

    /// Memory that all connections together may keep for these windows
    #[cfg(feature = "deflate")]
    #[arg(long, env = "WS_DEFLATE_BUDGET", value_name = "SIZE")]
    pub(crate) deflate_budget: Option<ByteSize>,

    /// What to log, such as `info` or `warn,ws_core=debug`
    #[arg(long, env = "WS_LOG", value_name = "FILTER")]
    pub(crate) log: Option<String>,

    /// Log each connection, session and message
    #[arg(
        short, long, env = "WS_VERBOSE", value_name = "BOOL", num_args = 0..=1,
        require_equals = true, default_missing_value = "true"
    )]
    pub(crate) verbose: Option<bool>,

    /// Log what each opening handshake asks for, which endpoint matches, and why the others do not
    #[arg(long, env = "WS_TRACE_HANDSHAKE", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "true", value_name = "BOOL")]
    pub(crate) trace_handshake: Option<bool>,

    /// Worker threads; one for each processor unless given
    #[arg(long, env = "WS_THREADS", value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,
}

/// One of the two sides of a connection.
#[derive(clap::ValueEnum, Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Side {
    /// The side that opened it.
    Client,
    /// The side that accepted it.
    Server,
}

/// Whether something must be there.
#[derive(clap::ValueEnum, Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Need {
    /// It may be missing.
    Optional,
    /// It must be there.
    Required,
}

/// Which listeners are meant.
#[derive(clap::ValueEnum, Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Listeners {
    /// None.
    Off,
    /// Those without TLS.
    Plain,
    /// Those with TLS.
    Tls,
    /// All.
    All,
}

/// Which header fields are meant.
#[derive(clap::ValueEnum, Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Fields {
    /// Either kind.
    Any,
    /// `Forwarded`.
    Forwarded,
    /// `X-Forwarded-For` and its siblings.
    XForwarded,
}

/// What becomes of published messages for a session that is too slow for them.
#[derive(clap::ValueEnum, Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TooSlow {
    /// The session is closed.
    Disconnect,
    /// The oldest give way.
    DropOldest,
    /// The latest of each key replaces those before it.
    Latest,
    /// The publisher waits.
    Wait,
}

impl From<TooSlow> for Overflow {
    fn from(what: TooSlow) -> Self {
        match what {
            TooSlow::Disconnect => Self::Disconnect,
            TooSlow::DropOldest => Self::DropOldest,
            TooSlow::Latest => Self::Latest,
            TooSlow::Wait => Self::Wait,
        }
    }
}
