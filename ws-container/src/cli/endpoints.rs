//! The table of the endpoints.

use std::io::Write;
use std::process::ExitCode;

use ws_core::{EndpointDescriptor, registrations};

use crate::cli::Extra;
use crate::deploy::handlers;

/// Prints what `serve` serves, and below it what each other server of the program does.
pub(crate) fn list(extras: &[Extra]) -> ExitCode {
    let all = registrations();
    let owner = |endpoint: &&'static EndpointDescriptor| {
        extras.iter().position(|extra| extra.owns(endpoint))
    };
    let of = |index| all.iter().copied().filter(|it| owner(it) == index).collect::<Vec<_>>();
    let mut text = table(&of(None));
    for (index, extra) in extras.iter().enumerate() {
        if let Extra::Server { name, .. } = extra {
            text.push_str(&format!("\n{name}:\n\n{}", table(&of(Some(index)))));
        }
    }
    // A reader that has seen enough, such as `head`, is no failure.
    let _ = std::io::stdout().write_all(text.as_bytes());
    ExitCode::SUCCESS
}

/// One line for each endpoint, in columns.
fn table(endpoints: &[&EndpointDescriptor]) -> String {
    if endpoints.is_empty() {
        return "no endpoints; those of a library crate are found only if the program names the \
                crate: `use my_endpoints as _;`\n"
            .to_owned();
    }
    let mut rows = vec![["PATH", "TYPE", "HANDLERS", "SUBPROTOCOLS", "SOURCE"].map(str::to_owned)];
    rows.extend(endpoints.iter().map(|endpoint| {
        [
            endpoint.path.to_owned(),
            endpoint.type_name.to_owned(),
            or_dash(handlers(&endpoint.handlers)),
            or_dash(endpoint.subprotocols.join(", ")),
            format!("{}:{}", endpoint.file, endpoint.line),
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
