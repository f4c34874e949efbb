//! Headers, masks, text and the bodies of Close frames.

use ws_core::frame::{Decoded, decode_header, encode_header};
use ws_core::{CloseFrame, mask as masking, utf8};

use super::cut;

/// A header that decodes encodes to the bytes it came from; one that needs more bytes is not wrong
/// yet, and asks for no more than there can be.
pub fn frame_header(data: &[u8]) {
    match decode_header(data) {
        Ok(Decoded::Header(header, used)) => {
            let (bytes, len) = encode_header(&header);
            assert_eq!(bytes[..len], data[..used], "{header:?}");
            for cut in 0..used {
                let early = decode_header(&data[..cut]);
                assert!(matches!(early, Ok(Decoded::NeedMore(n)) if n > 0 && cut + n <= used));
            }
        }
        Ok(Decoded::NeedMore(n)) => assert!(n > 0 && data.len() + n <= 14),
        Err(error) => {
            let with_more = [data, &[0; 14]].concat();
            assert_eq!(decode_header(&with_more), Err(error), "more bytes heal nothing");
        }
    }
}

/// A payload is masked alike byte by byte, at once, and in two parts.
pub fn mask(data: &[u8]) {
    let Some((key, rest)) = data.split_first_chunk::<4>() else { return };
    let Some((&[cut, phase], payload)) = rest.split_first_chunk::<2>() else { return };
    // Offsets of every phase, near both ends of their range.
    let offset = if phase & 0x80 == 0 { u64::from(phase) } else { u64::MAX - u64::from(phase) };
    let mut plain = payload.to_vec();
    for (n, byte) in plain.iter_mut().enumerate() {
        *byte ^= key[((offset & 3) as usize + n) & 3];
    }
    let mut whole = payload.to_vec();
    masking::apply(&mut whole, *key, offset);
    assert_eq!(whole, plain);
    let at = usize::from(cut).min(payload.len());
    let mut parts = payload.to_vec();
    masking::apply(&mut parts[..at], *key, offset);
    masking::apply(&mut parts[at..], *key, offset.wrapping_add(at as u64));
    assert_eq!(parts, plain);
}

/// Text that comes in pieces is judged as by the standard library, and at the first byte that
/// cannot be right.
pub fn utf8_incremental(data: &[u8]) {
    let (whole, pieces) = cut(data);
    let (mut text, mut partial) = (String::new(), utf8::Partial::default());
    let result = pieces.iter().try_for_each(|piece| utf8::append(&mut text, &mut partial, piece));
    match std::str::from_utf8(whole) {
        Ok(valid) => assert!(result.is_ok() && partial.is_empty() && text == valid),
        Err(error) => {
            assert_eq!(result.is_err(), error.error_len().is_some());
            assert!(result.is_err() || !partial.is_empty());
            assert_eq!(text.as_bytes(), &whole[..error.valid_up_to()]);
        }
    }
    assert_eq!(utf8::whole(whole).ok(), std::str::from_utf8(whole).ok());
    // The slow way to the first bad byte is quadratic.
    let short = &whole[..whole.len().min(200)];
    let bad = |end: usize| {
        std::str::from_utf8(&short[..=end]).is_err_and(|error| error.error_len().is_some())
    };
    let (mut text, mut partial) = (String::new(), utf8::Partial::default());
    let ours = short.iter().position(|b| utf8::append(&mut text, &mut partial, &[*b]).is_err());
    assert_eq!(ours, (0..short.len()).find(|end| bad(*end)));
}

/// The body of a Close frame that is accepted is one that may be sent, and says the same again.
pub fn close_payload(data: &[u8]) {
    let Ok(frame) = CloseFrame::parse(data) else { return };
    assert!(frame.code.is_none_or(|code| code.is_sendable()));
    let mut body = Vec::new();
    frame.write_body(&mut body);
    assert_eq!(body, data);
}
