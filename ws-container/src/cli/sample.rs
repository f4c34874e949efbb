//! A configuration file with every setting, each explained, none in force.

use std::fmt::Write as _;

use clap::{Arg, Args as _, Command};
use toml::{Table, Value};

use crate::config::Options;

/// Any failure, for the one place that prints it.
type Failure = Box<dyn std::error::Error>;

const HEAD: &str = "\
# Every setting, with its default, or else with an example.
# Each is a flag and an environment variable too; a flag goes before the variable, and that before
# this file. `--config FILE` names the file, `--check-config` looks at it, and `--print-config` shows
# what is in force and why.
";

/// Values to show of settings that have no default.
const EXAMPLES: &str = r#"
listen = ["127.0.0.1:8080", "[::1]:8080"]
docroot = "www"
root = "/app"
tls_cert = "server.pem"
tls_key = "server.key"
tls_listen = ["0.0.0.0:8443"]
tls_client_ca = "client-ca.pem"
tls_client_auth = "required"
trusted_proxies = ["127.0.0.1", "10.0.0.0/8"]
admin = "127.0.0.1:9090"
allowed_origins = ["https://app.example.com"]
log = "warn,ws_core=debug"
threads = 4
"#;

/// The file for a program with these `defaults`.
///
/// # Errors
///
/// When a default cannot be written down.
pub(super) fn sample(defaults: &Options) -> Result<String, Failure> {
    let (defaults, examples): (Table, Table) = (Table::try_from(defaults)?, EXAMPLES.parse()?);
    let mut text = HEAD.to_owned();
    for argument in Options::augment_args(Command::new("")).get_arguments() {
        let key = argument.get_id().as_str();
        let value = defaults.get(key).or_else(|| examples.get(key));
        let value = value.ok_or_else(|| format!("no example of `{key}`"))?;
        explain(&mut text, argument, value)?;
    }
    Ok(text)
}

fn explain(text: &mut String, argument: &Arg, value: &Value) -> Result<(), Failure> {
    let key = argument.get_id().as_str();
    let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
    text.push('\n');
    let mut width = 0;
    for word in help.split_whitespace() {
        if width == 0 || width + word.len() >= 98 {
            text.push_str(if width == 0 { "#" } else { "\n#" });
            width = 1;
        }
        write!(text, " {word}")?;
        width += word.len() + 1;
    }
    text.push_str(".\n");
    let choices = argument.get_possible_values();
    let is_word = |value: &Value| value.is_str();
    if is_word(value) && !choices.is_empty() {
        let names: Vec<_> =
            choices.iter().map(|choice| format!("{:?}", choice.get_name())).collect();
        writeln!(text, "# One of {}.", names.join(", "))?;
    }
    writeln!(text, "#{key} = {value}")?;
    Ok(())
}

#[cfg(test)]
#[cfg(feature = "deflate")]
mod tests {
    use super::*;
    use crate::cli::settings::defaults;

    const COMMITTED: &str = include_str!("../../../docs/ws-container.toml");

    #[test]
    fn the_committed_sample_is_the_one_that_is_printed() {
        let printed = sample(&defaults()).unwrap();
        assert_eq!(
            printed, COMMITTED,
            "write it anew: cargo run -p ws-container -- --print-sample-config"
        );
    }

    #[test]
    fn all_of_it_can_be_put_in_force() {
        let empty: Options = toml::from_str(COMMITTED).unwrap();
        assert_eq!(empty, Options::default(), "nothing is in force");
        let active = |line: &'static str| line.strip_prefix('#').filter(|it| !it.starts_with(' '));
        let settings: Vec<_> = COMMITTED.lines().filter_map(active).collect();
        let options: Options = toml::from_str(&settings.join("\n")).unwrap();
        assert_eq!(Table::try_from(&options).unwrap().len(), settings.len());
        let keys = Options::augment_args(Command::new("")).get_arguments().count();
        assert_eq!(settings.len(), keys);
    }
}
