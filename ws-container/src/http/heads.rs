//! Where the lines of request heads end.
//!
//! The HTTP parser takes a line feed alone for the end of a line, and proxies do not: what is one
//! field to them would be two to us. It does not say which it found, so that the bytes are looked at
//! before it gets them.

use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderName};

/// What a line feed without a carriage return becomes: nothing that a head may hold, so that the
/// parser refuses the request.
const REFUSED: u8 = 0;

/// Fields behind whose head something else may follow, frames or a body: nothing is looked at from
/// there on, and such a request is the last of its connection.
static LAST: [HeaderName; 3] = [UPGRADE, CONTENT_LENGTH, TRANSFER_ENCODING];

/// Whether a request with these fields has to be the last of its connection.
pub(super) fn is_last(headers: &HeaderMap) -> bool {
    LAST.iter().any(|name| headers.contains_key(name))
}

/// Whether a line, in lower case, begins with one of these fields.
fn names_last(line: &[u8]) -> bool {
    LAST.iter().any(|name| {
        line.strip_prefix(name.as_str().as_bytes()).is_some_and(|rest| rest.first() == Some(&b':'))
    })
}

/// Follows a connection's request heads.
#[derive(Debug, Default)]
pub(super) struct Heads {
    /// The last byte.
    last: u8,
    /// The beginning of the line, as far as a field's name may be of interest; in lower case.
    line: [u8; 18],
    /// Bytes of the line, its end not among them.
    len: usize,
    /// The head has begun: before it there may be empty lines.
    begun: bool,
    /// What follows this head is none.
    is_last: bool,
    /// Nothing is looked at any more.
    over: bool,
}

impl Heads {
    /// Follows `bytes`, and spoils what ends a line wrongly.
    pub(super) fn follow(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            if self.over {
                return;
            }
            if *byte == b'\n' && self.last != b'\r' {
                *byte = REFUSED;
                self.over = true;
                return;
            }
            self.next(*byte);
        }
    }

    fn next(&mut self, byte: u8) {
        self.last = byte;
        match byte {
            b'\n' if self.len > 0 => {
                self.begun = true;
                self.is_last |= names_last(&self.line);
                (self.line, self.len) = ([0; 18], 0);
            }
            b'\n' => {
                self.over = self.begun && self.is_last;
                self.begun = false;
            }
            b'\r' => {}
            byte => {
                if let Some(place) = self.line.get_mut(self.len) {
                    *place = byte.to_ascii_lowercase();
                }
                self.len += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What becomes of `bytes` that come in pieces of `size`.
    fn followed(bytes: &str, size: usize) -> String {
        let mut bytes = bytes.as_bytes().to_vec();
        let mut heads = Heads::default();
        bytes.chunks_mut(size).for_each(|piece| heads.follow(piece));
        String::from_utf8(bytes).unwrap()
    }

    const HEAD: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    const UPGRADE: &str = "GET / HTTP/1.1\r\nuPgrade: websocket\r\n\r\n";
    const BODY: &str = "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n";

    #[test]
    fn a_line_feed_alone_is_refused_wherever_it_comes() {
        for head in [HEAD, UPGRADE, BODY, "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"] {
            for (at, _) in head.match_indices("\r\n") {
                let bare = [&head[..at], &head[at + 1..]].concat();
                let refused = [&head[..at], "\0", &head[at + 2..]].concat();
                for size in 1..bare.len() {
                    assert_eq!(followed(&bare, size), refused, "{bare:?} by {size}");
                    let second = [HEAD, &bare].concat();
                    assert_eq!(followed(&second, size), [HEAD, &refused].concat(), "{second:?}");
                }
            }
        }
    }

    #[test]
    fn what_is_right_stays_and_so_does_what_is_no_head() {
        for size in 1..80 {
            for last in [UPGRADE, BODY] {
                let right = ["\r\n", HEAD, HEAD, last, "a\nb\n\r\n\r\n\nc"].concat();
                assert_eq!(followed(&right, size), right);
            }
        }
    }
}
