//! Where to connect, as it may be shown.

/// What is shown of a URL that is none and may hold a password.
const NO_URL: &str = "(not a URL)";

/// `uri` as it may be shown and kept: without user, password and query. It may be anything: where it
/// does not show what of it is a password, nothing is left.
pub(crate) fn without_secrets(uri: &str) -> String {
    let (shown, fragment) = uri.split_once('#').unwrap_or((uri, ""));
    let shown = shown.split('?').next().unwrap_or_default();
    let lowercase = shown.to_ascii_lowercase();
    if lowercase.starts_with("ws+unix:") || lowercase.starts_with("wss+unix:") {
        return shown.to_owned();
    }
    let no_user = |text: &str| if text.contains('@') { NO_URL.into() } else { shown.to_owned() };
    let Some((scheme, rest)) = shown.split_once("://") else { return no_user(uri) };
    if !scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return no_user(uri);
    }
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    match authority.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://{host}{path}"),
        // A password may hold what ends the authority.
        None if is_host(authority) => no_user(fragment),
        None => no_user(uri),
    }
}

/// Whether there is a host, with a port or without.
fn is_host(authority: &str) -> bool {
    let port = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((_, port)) => port,
        None => authority.find(':').map_or("", |at| &authority[at..]),
    };
    let digits = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    port.is_empty() || port.strip_prefix(':').is_some_and(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_left_out() {
        assert_eq!(without_secrets("wss://ann:hush@h:1/a@b?token=hush#x"), "wss://h:1/a@b");
        assert_eq!(without_secrets("ws://h"), "ws://h");
        assert_eq!(without_secrets("ws+unix:/a:/b?c"), "ws+unix:/a:/b");
        assert_eq!(without_secrets("ws://[::1]:9/a@b?x=a@b"), "ws://[::1]:9/a@b");
    }

    #[test]
    fn a_password_in_what_is_no_url_is_left_out() {
        for uri in [
            "ann:hush@h/",
            "ws//ann:hush@h/",
            "ws:/ann:hush@h/",
            "ws:ann:hush@h://x",
            "ws://ann:hush/@h",
            "ws://ann:hush?@h",
            "ws://ann:1#hush@h",
            "ws://ann:hush#@h/",
            "ws://[ann:hush/@h",
        ] {
            let shown = without_secrets(uri);
            assert!(!shown.contains("hush") && !shown.contains("ann"), "{uri}: {shown}");
        }
        assert_eq!(without_secrets("nonsense"), "nonsense");
        assert_eq!(without_secrets("ws://h:port/"), "ws://h:port/");
    }
}
