//! What the commands that connect have in common: flags that say how to reach a server, and how
//! they tell what went wrong.

mod interrupt;
mod place;
mod say;

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use ws_container::client::{ClientEndpointConfigBuilder, ClientTls, Credentials, Proxy};

pub(crate) use self::interrupt::{exit_on_second_interrupt, exit_on_second_interrupt_after};
pub(crate) use self::place::without_secrets;
use self::say::say_step;
pub(crate) use self::say::{chain, ended, explain, printable, report, to_stderr, usage, warn};

/// Any failure, for the one place that prints it.
pub(crate) type Failure = Box<dyn Error>;

/// How to reach a server, and who we are.
#[derive(Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Reach {
    /// Send this header field; several times for several
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    headers: Vec<String>,
    /// Send this cookie; several times for several
    #[arg(long = "cookie", value_name = "NAME=VALUE")]
    cookies: Vec<String>,
    /// Answer a server that asks for credentials, by Basic or Digest
    #[arg(long, value_name = "USER:PASSWORD")]
    user: Option<String>,
    /// Connect through this proxy (http, https, socks5, socks5h), instead of that of the environment
    #[arg(long, value_name = "URL")]
    proxy: Option<String>,
    /// Trust the certificates in this PEM file too
    #[arg(long, value_name = "FILE")]
    cacert: Option<PathBuf>,
    /// Accept any certificate: whoever is on the way can read and change everything
    #[arg(long)]
    insecure: bool,
    /// Print the opening handshake on standard error, as it is sent and comes; credentials, cookies
    /// and queries are hidden
    #[arg(long)]
    trace_handshake: bool,
    /// Give up connecting after so long, such as 10s or 500ms
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    connect_timeout: Duration,
}

impl Reach {
    /// Adds what the flags say to `config`, and warns of what is dangerous.
    ///
    /// # Errors
    ///
    /// A flag that makes no sense. No secret is repeated.
    pub(crate) fn apply(
        &self,
        mut config: ClientEndpointConfigBuilder,
    ) -> Result<ClientEndpointConfigBuilder, Failure> {
        for header in &self.headers {
            let (name, value) = header
                .split_once(':')
                .ok_or("a header field is written as in -H 'Name: value', with a colon")?;
            config = config.header(name.trim(), value.trim());
        }
        for cookie in &self.cookies {
            let (name, value) = cookie
                .split_once('=')
                .ok_or("a cookie is written as in --cookie name=value, with a =")?;
            config = config.cookie(name.trim(), value.trim());
        }
        if let Some(user) = &self.user {
            let (user, password) = user
                .split_once(':')
                .ok_or("credentials are written as in --user name:password, with a colon")?;
            config = config.credentials(Credentials::new(user, password));
        }
        if let Some(proxy) = &self.proxy {
            config = config.proxy(Proxy::parse(proxy)?);
        }
        if let Some(tls) = self.tls()? {
            config = config.tls(tls);
        }
        if self.trace_handshake {
            config = config.trace(say_step);
        }
        Ok(config.connect_timeout(self.connect_timeout))
    }

    /// Whom to trust, where that is not whom the machine trusts.
    fn tls(&self) -> Result<Option<ClientTls>, Failure> {
        if self.cacert.is_none() && !self.insecure {
            return Ok(None);
        }
        let mut tls = ClientTls::builder();
        if let Some(file) = &self.cacert {
            tls = tls.root_file(file)?;
        }
        if self.insecure {
            warn(
                "--insecure: no certificate is verified. Whoever is between here and the server \
                 can read and change everything, passwords included",
            );
            tls = tls.dangerous_accept_any_certificate();
        }
        Ok(Some(tls.build()?))
    }
}

/// A wait as people write it: seconds, or a number with `ms`, `s`, `m` or `h`; 1 ms to a year.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no duration; write seconds as in `30`, or `500ms`, `2m`");
    let text = text.trim();
    let (digits, unit) =
        text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let factor: u64 = match unit.trim_start() {
        "ms" => 1,
        "" | "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(wrong()),
    };
    let millis = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(factor));
    let millis = millis.filter(|millis| (1..=365 * 24 * 3_600_000).contains(millis));
    millis.map(Duration::from_millis).ok_or_else(wrong)
}

/// A number of bytes as people write it: plain, or with `KiB`, `MiB` or `GiB`.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is no size; write bytes as in `65536`, or `64KiB`, `16MiB`");
    let text = text.trim();
    let (digits, unit) =
        text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let factor: u64 = match unit.trim_start() {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return Err(wrong()),
    };
    let bytes = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(factor));
    bytes.filter(|bytes| *bytes < 1 << 40).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_sizes() {
        for (text, millis) in [("30", 30_000), ("500ms", 500), ("2 m", 120_000), ("1h", 3_600_000)]
        {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "0", "-1", "1.5", "ms", "3 days", "99999999999999999999", "9000h "] {
            assert!(duration(text).is_err(), "{text}");
        }
        for (text, bytes) in [("0", 0), ("65536", 65_536), ("64KiB", 65_536), ("1 GiB", 1 << 30)] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in ["", "1KB", "-1", "5000000GiB"] {
            assert!(size(text).is_err(), "{text}");
        }
    }
}
