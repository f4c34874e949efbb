//! UTF-8 checked piece by piece: fails at the first byte that cannot be right, RFC 6455 §8.1.

use crate::protocol_error::ProtocolError;

/// The beginning of a code point whose end has not come: at most three bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Partial {
    bytes: [u8; 4],
    len: u8,
}

impl Partial {
    /// Whether no code point is cut, so that text may end here.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// Appends the text in `piece` to `text`, keeping a code point cut at its end in `partial` for the
/// next piece.
///
/// # Errors
///
/// [`ProtocolError::InvalidUtf8`] at the first byte that no valid text can have there, without
/// waiting for the rest of its code point. `text` then holds what was valid.
pub fn append(text: &mut String, partial: &mut Partial, piece: &[u8]) -> Result<(), ProtocolError> {
    let mut rest = piece;
    while partial.len > 0 {
        let Some((&byte, behind)) = rest.split_first() else { return Ok(()) };
        rest = behind;
        complete(text, partial, byte)?;
    }
    match simdutf8::compat::from_utf8(rest) {
        Ok(valid) => text.push_str(valid),
        Err(error) => {
            let (valid, cut) = rest.split_at(error.valid_up_to());
            // Checked a moment ago; the second look is at no more than one piece, once.
            text.push_str(
                simdutf8::basic::from_utf8(valid).map_err(|_| ProtocolError::InvalidUtf8)?,
            );
            if error.error_len().is_some() {
                return Err(ProtocolError::InvalidUtf8);
            }
            for &byte in cut {
                partial.bytes[usize::from(partial.len)] = byte;
                partial.len += 1;
            }
        }
    }
    Ok(())
}

/// Adds one byte to the cut code point.
fn complete(text: &mut String, partial: &mut Partial, byte: u8) -> Result<(), ProtocolError> {
    let len = usize::from(partial.len);
    partial.bytes[len] = byte;
    match std::str::from_utf8(&partial.bytes[..=len]) {
        Ok(valid) => {
            text.push_str(valid);
            partial.len = 0;
        }
        Err(error) if error.error_len().is_some() => return Err(ProtocolError::InvalidUtf8),
        Err(_) => partial.len += 1,
    }
    Ok(())
}

/// The text in `whole`, which is a message's whole payload.
///
/// # Errors
///
/// [`ProtocolError::InvalidUtf8`] when it is none.
#[inline]
pub fn whole(whole: &[u8]) -> Result<&str, ProtocolError> {
    simdutf8::basic::from_utf8(whole).map_err(|_| ProtocolError::InvalidUtf8)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The number of bytes after which it failed, or the text with whether it may end there.
    fn bytewise(bytes: &[u8]) -> Result<(String, bool), usize> {
        let (mut text, mut partial) = (String::new(), Partial::default());
        for (i, byte) in bytes.iter().enumerate() {
            append(&mut text, &mut partial, &[*byte]).map_err(|_| i)?;
        }
        Ok((text, partial.is_empty()))
    }

    #[test]
    fn fails_at_the_byte_that_cannot_be_right() {
        assert_eq!(bytewise(b"ab\xF4\x90"), Err(3), "above U+10FFFF");
        assert_eq!(bytewise(b"\xED\xA0"), Err(1), "a surrogate");
        assert_eq!(bytewise(b"\xC0"), Err(0), "an overlong form");
        assert_eq!(bytewise(b"\xE2\x82"), Ok((String::new(), false)), "cut");
        assert_eq!(bytewise("κόσμε".as_bytes()), Ok(("κόσμε".into(), true)));
    }

    /// Checkers have shortcuts for short text, for whole words of it, and for ASCII.
    #[test]
    fn agrees_with_std_on_short_text_with_any_byte_anywhere() {
        for len in 0..=80 {
            // Behind something, so that it does not begin at the border of a word.
            for begin in [0, 1, 6] {
                let mut bytes = vec![b'x'; begin + len];
                agrees_with_std(&bytes[begin..]);
                for at in 0..len {
                    for byte in ['a', 'é', '€', '🦀'].map(|it| it.to_string()) {
                        if at + byte.len() <= len {
                            bytes[begin + at..][..byte.len()].copy_from_slice(byte.as_bytes());
                            agrees_with_std(&bytes[begin..]);
                        }
                        bytes[begin..].fill(b'x');
                    }
                    for byte in [0, 0x7F, 0x80, 0xC3, 0xE2, 0xF0, 0xFF] {
                        bytes[begin + at] = byte;
                        agrees_with_std(&bytes[begin..]);
                    }
                    bytes[begin + at] = b'x';
                }
            }
        }
    }

    fn agrees_with_std(bytes: &[u8]) {
        let want = std::str::from_utf8(bytes);
        assert_eq!(whole(bytes).ok(), want.ok(), "{bytes:x?}");
        let (mut text, mut partial) = (String::new(), Partial::default());
        let ours = append(&mut text, &mut partial, bytes);
        match want {
            Ok(want) => {
                assert!(ours.is_ok() && partial.is_empty(), "{bytes:x?}");
                assert_eq!(text, want);
            }
            Err(error) => {
                assert_eq!(ours.is_err(), error.error_len().is_some(), "{bytes:x?}");
                assert_eq!(text.as_bytes(), &bytes[..error.valid_up_to()], "{bytes:x?}");
                assert!(ours.is_err() || !partial.is_empty(), "{bytes:x?}");
            }
        }
    }

    proptest! {
        #[test]
        fn agrees_with_std_at_every_cut(
            bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(0xE2), Just(0x82), Just(0xAC), Just(b'a')], 0..24),
            cut in 0usize..24,
        ) {
            let cut = cut.min(bytes.len());
            let (mut text, mut partial) = (String::new(), Partial::default());
            let ours = append(&mut text, &mut partial, &bytes[..cut])
                .and_then(|()| append(&mut text, &mut partial, &bytes[cut..]));
            match std::str::from_utf8(&bytes) {
                Ok(std) => {
                    prop_assert!(ours.is_ok() && partial.is_empty());
                    prop_assert_eq!(text, std);
                }
                Err(e) if e.error_len().is_none() => prop_assert!(ours.is_ok() && !partial.is_empty()),
                Err(_) => prop_assert!(ours.is_err()),
            }
        }
    }
}
