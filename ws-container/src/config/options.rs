//! Every setting, as flag, environment variable and key of the configuration file.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use serde::{Deserialize, Serialize};

use crate::config::address::ListenAddr;
use crate::config::units::{ByteSize, Optional, Wait};
#[cfg(feature = "deflate")]
use crate::config::units::{Level, Window};

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

    /// Certificate chain, PEM
    #[arg(long, env = "WS_TLS_CERT", value_name = "FILE")]
    pub(crate) tls_cert: Option<PathBuf>,

    /// Private key of the certificate, PEM
    #[arg(long, env = "WS_TLS_KEY", value_name = "FILE")]
    pub(crate) tls_key: Option<PathBuf>,

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

    /// Wait this long for the peer's Close after ours
    #[arg(long, env = "WS_CLOSE_TIMEOUT", value_name = "TIME")]
    pub(crate) close_timeout: Option<Wait>,

    /// End a session whose socket took nothing for this long
    #[arg(long, env = "WS_SEND_TIMEOUT", value_name = "TIME")]
    pub(crate) send_timeout: Option<Wait>,

    /// Give the application this long to decide on an opening handshake
    #[arg(long, env = "WS_HANDSHAKE_TIMEOUT", value_name = "TIME")]
    pub(crate) handshake_timeout: Option<Wait>,

    /// On shutdown, give open sessions this long to end
    #[arg(long, env = "WS_GRACE", value_name = "TIME")]
    pub(crate) grace: Option<Wait>,

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
