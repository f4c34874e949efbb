//! `WWW-Authenticate` and `Proxy-Authenticate`, RFC 9110 §11.

use http::HeaderMap;
use http::header::HeaderName;

/// One way to show who one is, as a server offers it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Challenge {
    /// In lower case.
    pub(super) scheme: String,
    /// Names in lower case, values without quotes.
    params: Vec<(String, String)>,
}

impl Challenge {
    pub(super) fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(param, _)| param == name).map(|(_, value)| value.as_str())
    }
}

/// The challenges in all lines `name` of `headers`. What cannot be read ends its line.
pub(super) fn challenges(headers: &HeaderMap, name: &HeaderName) -> Vec<Challenge> {
    let mut found = Vec::new();
    for line in headers.get_all(name) {
        // Realms are in any language (RFC 7616 §3.3 has UTF-8); an odd byte spoils no more than itself.
        let line = String::from_utf8_lossy(line.as_bytes());
        let mut rest = Rest(&line);
        while let Some(challenge) = rest.challenge() {
            found.push(challenge);
        }
    }
    found
}

/// What is left of a line.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    fn challenge(&mut self) -> Option<Challenge> {
        self.skip(|c| c == ',' || c.is_ascii_whitespace());
        let scheme = self.take(is_token)?.to_ascii_lowercase();
        let mut params = Vec::new();
        if self.0.starts_with(' ') {
            self.skip(|c| c == ' ');
            self.skip_token68();
            while let Some(param) = self.param() {
                params.push(param);
            }
        }
        Some(Challenge { scheme, params })
    }

    /// The next parameter, unless a scheme stands there.
    fn param(&mut self) -> Option<(String, String)> {
        let mut ahead = Rest(self.0);
        ahead.skip(|c| c == ',' || c.is_ascii_whitespace());
        let name = ahead.take(is_token)?.to_ascii_lowercase();
        ahead.skip(|c| c == ' ' || c == '\t');
        ahead.0 = ahead.0.strip_prefix('=')?;
        ahead.skip(|c| c == ' ' || c == '\t');
        let value = ahead.value()?;
        self.0 = ahead.0;
        Some((name, value))
    }

    fn value(&mut self) -> Option<String> {
        let Some(quoted) = self.0.strip_prefix('"') else {
            return self.take(is_token).map(str::to_owned);
        };
        let mut value = String::new();
        let mut chars = quoted.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.0 = &quoted[at + 1..];
                    return Some(value);
                }
                '\\' => value.push(chars.next()?.1),
                c => value.push(c),
            }
        }
        None
    }

    /// The form of `Negotiate` and the like, which no scheme of ours has.
    fn skip_token68(&mut self) {
        let is_char = |c: char| c.is_ascii_alphanumeric() || "-._~+/".contains(c);
        let end = self.0.find(|c| !is_char(c)).unwrap_or(self.0.len());
        let behind = self.0[end..].trim_start_matches('=');
        if end > 0 && (behind.is_empty() || behind.starts_with(',')) {
            self.0 = behind;
        }
    }

    fn skip(&mut self, skipped: impl Fn(char) -> bool) {
        self.0 = self.0.trim_start_matches(skipped);
    }

    fn take(&mut self, taken: impl Fn(char) -> bool) -> Option<&'a str> {
        let end = self.0.find(|c| !taken(c)).unwrap_or(self.0.len());
        let (found, rest) = self.0.split_at(end);
        self.0 = rest;
        (!found.is_empty()).then_some(found)
    }
}

fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use http::header::WWW_AUTHENTICATE;

    use super::*;

    fn parsed(lines: &[&str]) -> Vec<Challenge> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(WWW_AUTHENTICATE, HeaderValue::from_str(line).unwrap());
        }
        challenges(&headers, &WWW_AUTHENTICATE)
    }

    fn challenge(scheme: &str, params: &[(&str, &str)]) -> Challenge {
        let params = params.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        Challenge { scheme: scheme.into(), params }
    }

    #[test]
    fn lists_within_lists() {
        let basic = challenge("basic", &[("realm", "a, \"b\" = c")]);
        let digest = challenge("digest", &[("realm", "x"), ("nonce", "n=="), ("stale", "true")]);
        assert_eq!(parsed(&[r#"Basic realm="a, \"b\" = c""#]), *std::slice::from_ref(&basic));
        assert_eq!(
            parsed(&[r#"Negotiate, Basic  realm="a, \"b\" = c" , Digest realm=x, nonce="n==",stale = TRUE"#])
                .len(),
            3
        );
        assert_eq!(
            parsed(&[
                r#"basic REALM="a, \"b\" = c", Digest realm="x", nonce="n==", stale=true"#,
                "Negotiate YWJj==",
                "NTLM",
            ]),
            [basic, digest, challenge("negotiate", &[]), challenge("ntlm", &[])]
        );
    }

    #[test]
    fn realms_are_in_any_language() {
        let mut headers = HeaderMap::new();
        for line in ["Basic realm=\"Café\"".as_bytes(), b"Basic realm=\"Caf\xe9\""] {
            headers.append(WWW_AUTHENTICATE, HeaderValue::from_bytes(line).unwrap());
        }
        let found = challenges(&headers, &WWW_AUTHENTICATE);
        let realms: Vec<_> = found.iter().map(|it| it.param("realm").unwrap()).collect();
        assert_eq!(realms, ["Café", "Caf\u{fffd}"]);
    }

    #[test]
    fn nonsense_ends_its_line() {
        assert_eq!(parsed(&["", ",,,", "\"x\"", "=", "()"]), []);
        let open = [challenge("basic", &[]), challenge("realm", &[])];
        assert_eq!(parsed(&["Basic realm=\"open"]), open);
        assert_eq!(parsed(&["Basic realm=\"x\\"]).len(), 2);
    }
}
