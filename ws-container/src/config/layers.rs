//! Flags over environment over file over defaults, and where each value came from.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{ArgMatches, Args as _, FromArgMatches as _};
use thiserror::Error;
use toml::Table;

use crate::config::options::Options;

/// A configuration that cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The configuration file cannot be read.
    #[error("cannot read {path}", path = .0.display())]
    Read(PathBuf, #[source] std::io::Error),
    /// The configuration file is malformed, or has a key or value that does not exist.
    #[error("in {path}", path = .0.display())]
    File(PathBuf, #[source] Box<toml::de::Error>),
    /// A value does not survive being written down, such as a path that is not UTF-8.
    #[error("a value cannot be kept")]
    Value(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// `port` was given together with addresses that all have a port of their own.
    #[error("`port` has no effect: every address of `listen` names its own")]
    PortWithoutUse,
    /// TLS was asked for.
    #[error("`{0}` was given, but this program was built without TLS")]
    WithoutTls(&'static str),
    /// TLS was asked for, by half.
    #[error("`{given}` was given without {missing}")]
    HalfTls {
        /// What was given.
        given: &'static str,
        /// What is missing.
        missing: &'static str,
    },
    /// A certificate was given, and another is to be made.
    #[error(
        "`tls_self_signed` makes a certificate, and `tls_cert` gives one; leave one of them out"
    )]
    TwoCertificates,
    /// The address for health and metrics has no port.
    #[error("`{0}` in `admin` has no port; write `HOST:PORT`")]
    AdminPort(String),
    /// A socket that was handed over is none to listen on.
    #[error("cannot listen on a socket that was handed over in LISTEN_FDS")]
    Inherited(#[source] std::io::Error),
    /// Static files were asked for.
    #[error("`docroot` was given, but this program was built without static files")]
    WithoutFiles,
    /// `allowed_origins` has an entry that is no origin.
    #[error("`{0}` in `allowed_origins` is no origin; write `https://HOST` or `*`")]
    Origin(String),
    /// `log` is no filter.
    #[error("`{0}` in `log` is no filter; write `info`, or `warn,ws_core=debug`")]
    Log(String),
}

/// Where a value came from; a later one wins.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Origin {
    Default,
    File,
    Environment,
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Default => "default",
            Self::File => "file",
            Self::Environment => "environment",
            Self::Flag => "flag",
        })
    }
}

/// The values in force, and their origins by key.
#[derive(Clone, Debug)]
pub(crate) struct Effective {
    pub(crate) options: Options,
    origins: BTreeMap<String, Origin>,
}

impl Effective {
    /// Puts the layers together: what `matches` hold, the file `file` if there is one, and
    /// `defaults`.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] when the file cannot be read or says something it cannot say.
    pub(crate) fn load(
        matches: &ArgMatches,
        file: Option<&Path>,
        defaults: &Options,
    ) -> Result<Self, ConfigError> {
        let given = Options::from_arg_matches(matches).map_err(value)?;
        let mut values = Table::new();
        let mut origins = BTreeMap::new();
        let mut lay = |layer: Table, origin: &dyn Fn(&str) -> Origin| {
            for (key, value) in layer {
                origins.insert(key.clone(), origin(&key));
                values.insert(key, value);
            }
        };
        lay(table(defaults)?, &|_| Origin::Default);
        if let Some(path) = file {
            lay(table(&read(path)?)?, &|_| Origin::File);
        }
        lay(table(&given)?, &|key| match matches.value_source(key) {
            Some(ValueSource::EnvVariable) => Origin::Environment,
            _ => Origin::Flag,
        });
        Ok(Self { options: values.try_into().map_err(value)?, origins })
    }

    /// Where the value of `key` came from.
    pub(crate) fn origin(&self, key: &str) -> Origin {
        self.origins.get(key).copied().unwrap_or(Origin::Default)
    }

    /// The hosts and ports to listen on.
    ///
    /// `port` completes addresses without one. Given in a higher layer than `listen`, it replaces
    /// the port of the only address.
    ///
    /// # Errors
    ///
    /// [`ConfigError::PortWithoutUse`].
    pub(crate) fn addresses(&self) -> Result<Vec<(String, u16)>, ConfigError> {
        let listen = &self.options.listen;
        let port = self.options.port.unwrap_or(8080);
        let overrides = self.origin("port") > self.origin("listen");
        if let ([only], true) = (listen.as_slice(), overrides) {
            return Ok(vec![(only.host.clone(), port)]);
        }
        let used = listen.is_empty() || listen.iter().any(|address| address.port.is_none());
        if !used && self.origin("port") >= self.origin("listen") {
            return Err(ConfigError::PortWithoutUse);
        }
        if listen.is_empty() {
            return Ok(vec![("127.0.0.1".into(), port)]);
        }
        Ok(listen.iter().map(|it| (it.host.clone(), it.port.unwrap_or(port))).collect())
    }
}

/// Hosts and ports.
pub(crate) type Addresses = Vec<(String, u16)>;

impl Effective {
    /// Whether peers speak TLS anywhere.
    pub(crate) fn has_tls(&self) -> bool {
        let Options { tls_cert, tls_key, tls_self_signed, .. } = &self.options;
        tls_cert.is_some() || tls_key.is_some() || *tls_self_signed == Some(true)
    }

    /// Where to listen without TLS, and with it.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] when an address is to have TLS, and there is none, or a port goes nowhere.
    pub(crate) fn places(&self) -> Result<(Addresses, Addresses), ConfigError> {
        let Options { listen, tls_listen, .. } = &self.options;
        if tls_listen.is_empty() {
            let addresses = self.addresses()?;
            return Ok(if self.has_tls() {
                (Vec::new(), addresses)
            } else {
                (addresses, Vec::new())
            });
        }
        if !self.has_tls() {
            let missing = "`tls_cert` and `tls_key`, or `tls_self_signed`";
            return Err(ConfigError::HalfTls { given: "tls_listen", missing });
        }
        let tls = tls_listen.iter().map(|it| (it.host.clone(), it.port.unwrap_or(8443)));
        // Nobody asked for a listener without TLS.
        let only_tls = listen.is_empty() && self.origin("port") == Origin::Default;
        let plain = if only_tls { Vec::new() } else { self.addresses()? };
        Ok((plain, tls.collect()))
    }
}

/// As a configuration file, each value with its origin.
impl fmt::Display for Effective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = table(&self.options).map_err(|_| fmt::Error)?;
        for argument in Options::augment_args(clap::Command::new("")).get_arguments() {
            let key = argument.get_id().as_str();
            let mut line = String::new();
            match values.get(key) {
                Some(value) => write!(line, "{key} = {value}")?,
                None => write!(line, "# {key} is not set")?,
            }
            match self.origins.get(key) {
                Some(origin) => writeln!(f, "{line:<40} # {origin}")?,
                None => writeln!(f, "{line}")?,
            }
        }
        Ok(())
    }
}

fn value(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ConfigError {
    ConfigError::Value(error.into())
}

/// The keys that `options` sets.
fn table(options: &Options) -> Result<Table, ConfigError> {
    Table::try_from(options).map_err(value)
}

fn read(path: &Path) -> Result<Options, ConfigError> {
    let text =
        std::fs::read_to_string(path).map_err(|error| ConfigError::Read(path.into(), error))?;
    toml::from_str(&text).map_err(|error| ConfigError::File(path.into(), Box::new(error)))
}
