//! `Sec-WebSocket-Key` and what answers it, RFC 6455 §1.3.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use sha1::{Digest as _, Sha1};

/// Length of a key, in characters.
pub const KEY_LEN: usize = 24;

/// Length of the value that answers a key, in characters.
pub const ACCEPT_LEN: usize = 28;

/// The constant that RFC 6455 §1.3 has the server append to the key.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Reads keys. The last character may carry bits that say nothing: the example of RFC 6455 §4.1
/// itself, `AQIDBAUGBwgJCgsMDQ4PEC==`, does.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// A legal `Sec-WebSocket-Key`: the base64 form of 16 bytes.
///
/// ```
/// use ws_core::handshake::HandshakeKey;
///
/// let key = HandshakeKey::parse(b"dGhlIHNhbXBsZSBub25jZQ==").ok_or("not a key")?;
/// assert_eq!(&key.accept_value(), b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Copy, Eq, PartialEq)]
#[doc(alias = "nonce")]
pub struct HandshakeKey([u8; KEY_LEN]);

impl HandshakeKey {
    /// A client's key, from 16 bytes that must be random and new for every connection (§4.1).
    #[must_use]
    pub fn from_random(nonce: [u8; 16]) -> Self {
        let mut key = [0; KEY_LEN];
        encode(&nonce, &mut key);
        Self(key)
    }

    /// The key in a header field, `None` unless it is the padded base64 form of 16 bytes.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Self> {
        let key = value.try_into().ok()?;
        // The decoder estimates 18 bytes for 24 characters before it looks at the padding.
        let mut nonce = [0; 18];
        let len = LENIENT.decode_slice(value, &mut nonce).ok()?;
        (len == 16).then_some(Self(key))
    }

    /// The characters.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; KEY_LEN] {
        &self.0
    }

    /// The `Sec-WebSocket-Accept` that answers it.
    #[must_use]
    pub fn accept_value(&self) -> [u8; ACCEPT_LEN] {
        accept_value(&self.0)
    }
}

impl fmt::Debug for HandshakeKey {
    /// Leaves the key out: it must not be guessed by others while the handshake runs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HandshakeKey(..)")
    }
}

/// The `Sec-WebSocket-Accept` that answers the characters `key`, whatever they are (§4.2.2).
#[must_use]
pub fn accept_value(key: &[u8]) -> [u8; ACCEPT_LEN] {
    let digest = Sha1::new().chain_update(key).chain_update(GUID).finalize();
    let mut value = [0; ACCEPT_LEN];
    encode(&digest, &mut value);
    value
}

/// Writes the base64 form of `bytes`, which must fill `out`.
fn encode(bytes: &[u8], out: &mut [u8]) {
    let written = STANDARD.encode_slice(bytes, out);
    debug_assert!(written.is_ok(), "{} bytes need more characters than given", bytes.len());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_rfc() {
        let key = HandshakeKey::from_random(*b"the sample nonce");
        assert_eq!(key.as_bytes(), b"dGhlIHNhbXBsZSBub25jZQ==");
        assert_eq!(&key.accept_value(), b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert_eq!(HandshakeKey::parse(key.as_bytes()), Some(key));
        assert_eq!(format!("{key:?}"), "HandshakeKey(..)");
    }

    #[test]
    fn only_sixteen_bytes_are_a_key() {
        #[rustfmt::skip] // a table
        let cases: &[(&str, &[u8])] = &[
            ("empty",                  b""),
            ("15 bytes",               b"MTIzNDU2Nzg5MDEyMzQ1"),
            ("17 bytes",               b"MTIzNDU2Nzg5MDEyMzQ1Njc="),
            ("18 bytes",               b"MTIzNDU2Nzg5MDEyMzQ1Njc4"),
            ("no padding",             b"dGhlIHNhbXBsZSBub25jZQ"),
            ("half the padding",       b"dGhlIHNhbXBsZSBub25jZQ="),
            ("more padding",           b"dGhlIHNhbXBsZSBub25j===="),
            ("URL-safe alphabet",      b"__________________-_-w=="),
            ("not base64",             b"this is no base64 text!!"),
            ("space inside",           b"dGhlIHNhbXBs ZSBub25jZQ="),
            ("space behind",           b"dGhlIHNhbXBsZSBub25jZQ== "),
        ];
        for (name, value) in cases {
            assert_eq!(HandshakeKey::parse(value), None, "{name}");
        }
        assert!(HandshakeKey::parse(b"AQIDBAUGBwgJCgsMDQ4PEC==").is_some(), "the RFC's own");
        for byte in 0..=255 {
            let key = HandshakeKey::from_random([byte; 16]);
            assert_eq!(HandshakeKey::parse(key.as_bytes()), Some(key));
        }
    }
}
