//! Compressed payloads as zlib makes and reads them (RFC 7692 §7.2), without context takeover.

use std::io::Read as _;
use std::io::Write as _;

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

/// The header line that offers what these payloads need.
pub const OFFER: &str = "Sec-WebSocket-Extensions: permessage-deflate\r\n";

/// What a sender leaves out at the end, and a receiver adds.
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// `bytes` as the payload of a compressed message.
#[must_use]
pub fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("memory takes all");
    encoder.flush().expect("memory takes all");
    let mut payload = encoder.get_ref().clone();
    let end = payload.len() - TAIL.len();
    assert_eq!(payload[end..], TAIL, "a flush ends with an empty block");
    payload.truncate(end);
    payload
}

/// What the payload of a compressed message holds.
///
/// # Errors
///
/// When it is no compressed data.
pub fn inflated(payload: &[u8]) -> std::io::Result<Vec<u8>> {
    // An empty last block ends the stream for a reader that expects an end.
    const END: [u8; 2] = [3, 0];
    let wire = [payload, &TAIL, &END].concat();
    let mut bytes = Vec::new();
    DeflateDecoder::new(&wire[..]).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_samples_of_rfc_7692() {
        let hello = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
        assert_eq!(inflated(&hello).unwrap(), b"Hello");
        assert_eq!(deflated(b"Hello"), hello);
        for bytes in [vec![], vec![7; 100_000]] {
            assert_eq!(inflated(&deflated(&bytes)).unwrap(), bytes);
        }
    }
}
