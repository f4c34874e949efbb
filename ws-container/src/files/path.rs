//! From the path of a request to names below a directory.

/// A path that no file can have: 400.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct BadPath;

/// The names along a path, percent-decoded once, dot segments resolved (RFC 3986 §5.2.4).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Names {
    /// None is empty, `.` or `..`, and none holds a separator or a control character.
    pub(crate) names: Vec<String>,
    /// Whether the path asks for a directory.
    pub(crate) directory: bool,
}

impl Names {
    /// Reads the path of a request. Runs of slashes count as one.
    ///
    /// # Errors
    ///
    /// [`BadPath`] for a path that leads above its root, and for names with NUL, other control
    /// characters, a backslash or an encoded slash, or that do not decode to UTF-8.
    pub(crate) fn parse(path: &str) -> Result<Self, BadPath> {
        let path = path.strip_prefix('/').ok_or(BadPath)?;
        let mut names: Vec<String> = Vec::new();
        let mut directory = true;
        for segment in path.split('/') {
            let name = decode(segment)?;
            directory = matches!(name.as_str(), "" | "." | "..");
            match name.as_str() {
                "" | "." => {}
                ".." => {
                    names.pop().ok_or(BadPath)?;
                }
                _ => names.push(name),
            }
        }
        Ok(Self { names, directory })
    }

    /// Whether a name begins with a dot.
    #[cfg(feature = "docroot")]
    pub(crate) fn is_hidden(&self) -> bool {
        self.names.iter().any(|name| name.starts_with('.'))
    }

    /// The normal form of the path, percent-encoded: one leading slash, and a trailing one for a
    /// directory.
    pub(crate) fn to_uri_path(&self) -> String {
        let mut path = String::from("/");
        for name in &self.names {
            encode_into(name, &mut path);
            path.push('/');
        }
        if !self.directory {
            path.pop();
        }
        path
    }
}

/// Decodes one segment.
fn decode(segment: &str) -> Result<String, BadPath> {
    let mut bytes = segment.bytes();
    let mut decoded = Vec::with_capacity(segment.len());
    while let Some(byte) = bytes.next() {
        let byte = match byte {
            b'%' => {
                let (high, low) = (hex(bytes.next())?, hex(bytes.next())?);
                high << 4 | low
            }
            other => other,
        };
        // On Windows a colon begins a drive or a stream.
        let refused = byte == b'/' || byte == b'\\' || (cfg!(windows) && byte == b':');
        if refused || byte.is_ascii_control() {
            return Err(BadPath);
        }
        decoded.push(byte);
    }
    let name = String::from_utf8(decoded).map_err(|_| BadPath)?;
    // The second block of control characters, U+0080 to U+009F, takes two bytes each.
    if name.chars().any(char::is_control) { Err(BadPath) } else { Ok(name) }
}

fn hex(digit: Option<u8>) -> Result<u8, BadPath> {
    match digit {
        Some(digit @ b'0'..=b'9') => Ok(digit - b'0'),
        Some(digit @ b'a'..=b'f') => Ok(digit - b'a' + 10),
        Some(digit @ b'A'..=b'F') => Ok(digit - b'A' + 10),
        _ => Err(BadPath),
    }
}

/// Appends `name`, with everything but unreserved characters percent-encoded (RFC 3986 §2.3).
pub(crate) fn encode_into(name: &str, out: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(DIGITS[usize::from(byte >> 4)]));
            out.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_along_a_path() {
        for (path, names, directory) in [
            ("/", &[][..], true),
            ("/a", &["a"], false),
            ("/a/", &["a"], true),
            ("/a//b", &["a", "b"], false),
            ("//a", &["a"], false),
            ("/a/./b", &["a", "b"], false),
            ("/a/../b", &["b"], false),
            ("/a/..", &[], true),
            ("/a/.", &["a"], true),
            ("/a/%2e%2E/b", &["b"], false),
            ("/a%20b", &["a b"], false),
            ("/caf%C3%A9", &["café"], false),
            ("/%252e%252e/x", &["%2e%2e", "x"], false),
            ("/a;b=1", &["a;b=1"], false),
            ("/...", &["..."], false),
        ] {
            let want = Names { names: names.iter().map(|it| (*it).into()).collect(), directory };
            assert_eq!(Names::parse(path), Ok(want), "{path}");
        }
    }

    #[test]
    fn refused() {
        for path in [
            "",
            "*",
            "a",
            "/..",
            "/a/../..",
            "/%2e%2e",
            "/%2e%2e/etc/passwd",
            "/..%2fetc",
            "/a%2Fb",
            "/a%5cb",
            "/a\\b",
            "/%00",
            "/a%00.txt",
            "/a%0d%0ab",
            "/%7f",
            "/%1b",
            "/%",
            "/%4",
            "/%zz",
            "/%u002e",
            "/%c0%af",
            "/%c0%ae%c0%ae",
            "/%ff",
            "/%ed%a0%80",
            "/%c2%85",
        ] {
            assert_eq!(Names::parse(path), Err(BadPath), "{path}");
        }
    }

    #[test]
    fn normal_form() {
        for (path, normal) in [
            ("//evil.example/..", "/"),
            ("//evil.example", "/evil.example"),
            ("/a b", "/a%20b"),
            ("/%3Cimg%3E/", "/%3Cimg%3E/"),
            ("/a/./b/../c/", "/a/c/"),
        ] {
            assert_eq!(Names::parse(path).unwrap().to_uri_path(), normal, "{path}");
        }
    }
}
