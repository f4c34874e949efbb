//! The table of the endpoints.

use std::io::Write;
use std::process::ExitCode;

use ws_core::{ServerEndpointConfig, registrations};

use crate::cli::Extra;
use crate::container::Builder;
use crate::deploy::handlers;

/// Prints what `serve` serves, and below it what each other server of the program does.
pub(crate) fn list(application: &Builder, extras: &[Extra]) -> ExitCode {
    let mut text = table(application.chosen());
    for extra in extras {
        if let Extra::Server { name, .. } = extra {
            let own = registrations().into_iter().filter(|it| extra.owns(it));
            let own = table(own.map(ServerEndpointConfig::from).collect());
            text.push_str(&format!("\n{name}:\n\n{own}"));
        }
    }
    // A reader that has seen enough, such as `head`, is no failure.
    let _ = std::io::stdout().write_all(text.as_bytes());
    ExitCode::SUCCESS
}

/// One line for each endpoint, in columns, ordered by path.
fn table(mut endpoints: Vec<ServerEndpointConfig>) -> String {
    if endpoints.is_empty() {
        return "no endpoints; those of a library crate are found only if the program names the \
                crate: `use my_endpoints as _;`\n"
            .to_owned();
    }
    endpoints.sort_by(|a, b| a.path().cmp(b.path()));
    let mut rows = vec![["PATH", "TYPE", "HANDLERS", "SUBPROTOCOLS", "SOURCE"].map(str::to_owned)];
    rows.extend(endpoints.iter().map(|endpoint| {
        let (file, line) = endpoint.source();
        [
            endpoint.path().to_owned(),
            endpoint.type_name().to_owned(),
            or_dash(handlers(endpoint.handlers())),
            or_dash(endpoint.subprotocols().collect::<Vec<_>>().join(", ")),
            format!("{file}:{line}"),
        ]
    }));
    let mut widths = [0; 5];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (width, cell) in widths.iter().zip(row) {
            line.push_str(&format!("{cell:<width$}  "));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn or_dash(cell: String) -> String {
    if cell.is_empty() { "-".to_owned() } else { cell }
}
