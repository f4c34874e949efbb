//! What a typed line asks for.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use ws_container::{CloseCode, CloseReason};

/// What `/help` says.
pub(super) const HELP: &str = "\
/ping [PAYLOAD]         send a Ping; its Pong is shown with the time it took
/binary HEX | @FILE     send bytes, as in /binary 00 ff 10
/text TEXT | @FILE      send text, such as a file's
/close [CODE [REASON]]  close, with 1000 unless told otherwise
/quit                   close and end, as Ctrl-D does
/help                   show this
//...                   send a line that begins with /";

/// Longest file that is sent: 64 MiB.
const MAX_FILE: u64 = 64 << 20;

/// What to do.
#[derive(Debug)]
pub(super) enum Action {
    Text(String),
    Binary(Vec<u8>),
    TextFile(PathBuf),
    BinaryFile(PathBuf),
    Ping(String),
    Close(CloseReason),
    Help,
}

/// Reads a line.
///
/// # Errors
///
/// What is wrong with a command.
pub(super) fn parse(line: &str) -> Result<Action, String> {
    let Some(command) = line.strip_prefix('/') else { return Ok(Action::Text(line.to_owned())) };
    if command.starts_with('/') {
        return Ok(Action::Text(command.to_owned()));
    }
    let (name, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
    let file = rest.trim().strip_prefix('@').map(PathBuf::from);
    match (name, file) {
        ("ping", _) => Ok(Action::Ping(rest.to_owned())),
        ("text", Some(file)) => Ok(Action::TextFile(file)),
        ("text", None) => Ok(Action::Text(rest.to_owned())),
        ("binary", Some(file)) => Ok(Action::BinaryFile(file)),
        ("binary", None) => bytes(rest).map(Action::Binary),
        ("close", _) => close(rest).map(Action::Close),
        ("quit", _) => Ok(Action::Close(CloseReason::default())),
        ("help", _) => Ok(Action::Help),
        _ => Err(format!("there is no command /{name}; /help lists them, and // sends a /")),
    }
}

/// Pairs of hexadecimal digits, with or without spaces between them.
fn bytes(text: &str) -> Result<Vec<u8>, String> {
    let wrong = || "write bytes as pairs of digits, as in /binary 00 ff 10".to_owned();
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(wrong());
    }
    let byte = |[high, low]: &[u8; 2]| Some(digit(*high)? << 4 | digit(*low)?);
    pairs.iter().map(byte).collect::<Option<_>>().ok_or_else(wrong)
}

fn close(text: &str) -> Result<CloseReason, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(CloseReason::default());
    }
    let (code, phrase) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let number = code.parse().map_err(|_| format!("`{code}` is no close code, such as 1000"))?;
    let code = CloseCode::new(number).ok_or_else(|| format!("{number} is no close code"))?;
    CloseReason::new(code, phrase.trim().to_owned()).map_err(|error| error.to_string())
}

/// Reads a file that is to be sent.
///
/// # Errors
///
/// What is wrong with it.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, String> {
    let failed = |error: std::io::Error| format!("cannot read {}: {error}", path.display());
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    // Of anything else it is not known when it ends.
    if !file.metadata().map_err(failed)?.is_file() {
        return Err(format!("{} is no regular file", path.display()));
    }
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(format!("{} is longer than 64 MiB", path.display()));
    }
    Ok(bytes)
}

/// Reads a text file that is to be sent.
///
/// # Errors
///
/// What is wrong with it, such as bytes that are no UTF-8.
pub(super) fn read_text(path: &Path) -> Result<String, String> {
    let text = String::from_utf8(read(path)?);
    text.map_err(|_| format!("{} is no UTF-8 text; /binary @FILE sends it", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn text(line: &str) -> String {
        match parse(line) {
            Ok(Action::Text(text)) => text,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn lines_are_text_and_a_doubled_slash_is_one() {
        assert_eq!(text("hello /there"), "hello /there");
        assert_eq!(text(" /ping"), " /ping");
        assert_eq!(text("//ping"), "/ping");
        assert_eq!(text("///"), "//");
        assert_eq!(text("/text /quit"), "/quit");
        assert_eq!(text(""), "");
    }

    #[test]
    fn bytes_are_pairs_of_digits() {
        for (line, want) in [("/binary 00fF 10", &[0, 255, 16][..]), ("/binary", &[])] {
            assert!(matches!(parse(line), Ok(Action::Binary(bytes)) if bytes == want), "{line}");
        }
        for wrong in ["/binary 0", "/binary 0g", "/binary 0x10", "/binary é"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        let file = parse("/binary @ a b").unwrap();
        assert!(matches!(file, Action::BinaryFile(path) if path == Path::new(" a b")));
    }

    #[test]
    fn closing() {
        let closing = |line| match parse(line) {
            Ok(Action::Close(reason)) => Ok((reason.code().as_u16(), reason.phrase().to_owned())),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error),
        };
        assert_eq!(closing("/close"), Ok((1000, String::new())));
        assert_eq!(closing("/quit"), Ok((1000, String::new())));
        assert_eq!(closing("/close 4001  see you "), Ok((4001, "see you".into())));
        assert!(closing("/close 1006").unwrap_err().contains("1006"), "never sent");
        assert!(closing("/close bye").unwrap_err().contains("`bye`"));
        assert!(closing(&format!("/close 1000 {}", "x".repeat(124))).unwrap_err().contains("123"));
    }

    #[test]
    fn others_are_refused() {
        assert!(parse("/pong").unwrap_err().contains("/pong"));
        assert!(parse("/").is_err());
        assert!(matches!(parse("/ping"), Ok(Action::Ping(payload)) if payload.is_empty()));
        assert!(matches!(parse("/ping a b"), Ok(Action::Ping(payload)) if payload == "a b"));
        assert!(matches!(parse("/help"), Ok(Action::Help)));
    }

    #[test]
    fn files() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a");
        std::fs::write(&file, [0xFF, 0]).unwrap();
        assert_eq!(read(&file).unwrap(), [0xFF, 0]);
        assert!(read_text(&file).unwrap_err().contains("no UTF-8"));
        assert!(read(folder.path()).is_err());
        assert!(read(&folder.path().join("b")).unwrap_err().contains("cannot read"));
    }
}
