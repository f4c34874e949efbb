//! Bytes to a header.

use crate::frame::header::{FrameHeader, MAX_CONTROL_LEN, Rsv};
use crate::opcode::OpCode;
use crate::protocol_error::ProtocolError;

/// What [`decode_header`] found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "there is a header, or there is not")]
pub enum Decoded {
    /// A header, and the number of bytes it takes.
    Header(FrameHeader, usize),
    /// At least this many more bytes are needed.
    NeedMore(usize),
}

/// Decodes one frame header from the front of `input`, consuming nothing.
///
/// Whether reserved bits are claimed, masking fits the role and frames come in order is the
/// caller's to judge: this function knows one frame only (RFC 6455 §5.2).
///
/// # Errors
///
/// [`ProtocolError`] as soon as the bytes at hand can no longer begin a legal frame.
#[inline]
pub fn decode_header(input: &[u8]) -> Result<Decoded, ProtocolError> {
    let &[first, second, ref rest @ ..] = input else {
        return Ok(Decoded::NeedMore(2 - input.len()));
    };
    let opcode = OpCode::from_bits(first).ok_or(ProtocolError::ReservedOpCode(first & 0x0F))?;
    let fin = first & 0x80 != 0;
    let short = second & 0x7F;
    if opcode.is_control() && (!fin || usize::from(short) > MAX_CONTROL_LEN) {
        return Err(ProtocolError::IllegalControl(opcode));
    }
    let (payload_len, rest) = match short {
        126 => match rest.split_first_chunk::<2>() {
            Some((len, rest)) => (minimal(u64::from(u16::from_be_bytes(*len)), 126)?, rest),
            None => return Ok(Decoded::NeedMore(2 - rest.len())),
        },
        127 => match rest.split_first_chunk::<8>() {
            Some((len, rest)) => (minimal(u64::from_be_bytes(*len), 1 << 16)?, rest),
            None => return early(rest),
        },
        short => (u64::from(short), rest),
    };
    let (mask, rest) = if second & 0x80 == 0 {
        (None, rest)
    } else {
        match rest.split_first_chunk::<4>() {
            Some((key, rest)) => (Some(*key), rest),
            None => return Ok(Decoded::NeedMore(4 - rest.len())),
        }
    };
    let header = FrameHeader { fin, rsv: Rsv::from_first_byte(first), opcode, mask, payload_len };
    Ok(Decoded::Header(header, input.len() - rest.len()))
}

/// A data frame that is a whole message without extension bits, and that lies whole in its bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct WholeMessage {
    pub(crate) opcode: OpCode,
    pub(crate) key: [u8; 4],
    /// Where its payload begins and ends.
    pub(crate) payload: (usize, usize),
}

/// The commonest frame at the front of `input`, which is masked when `masked`. Whatever is not just
/// that, be it legal or not, is for [`decode_header`] to see.
#[inline(always)] // the way of nearly every message begins here
pub(crate) fn decode_whole_message(input: &[u8], masked: bool) -> Option<WholeMessage> {
    let &[first, second, ref rest @ ..] = input else { return None };
    let opcode = match first {
        0x81 => OpCode::Text,
        0x82 => OpCode::Binary,
        _ => return None,
    };
    if (second & 0x80 != 0) != masked {
        return None;
    }
    let (len, at) = match second & 0x7F {
        126 => (usize::from(u16::from_be_bytes(*rest.first_chunk()?)), 4),
        127 => (usize::try_from(u64::from_be_bytes(*rest.first_chunk()?)).ok()?, 10),
        short => (usize::from(short), 2),
    };
    if at > 2 && len < if at == 4 { 126 } else { 1 << 16 } {
        return None; // not the shortest form
    }
    let (key, at) = if masked { (*input.get(at..)?.first_chunk()?, at + 4) } else { ([0; 4], at) };
    (len <= input.len().checked_sub(at)?).then(|| WholeMessage {
        opcode,
        key,
        payload: (at, at + len),
    })
}

/// The shortest form that can hold a length must be used, and its top bit is 0 (§5.2).
const fn minimal(len: u64, least: u64) -> Result<u64, ProtocolError> {
    if len < least || len >> 63 != 0 { Err(ProtocolError::NonMinimalLength) } else { Ok(len) }
}

/// An eight-byte length of which not all is there: its first byte may already be wrong.
fn early(partial: &[u8]) -> Result<Decoded, ProtocolError> {
    match partial.first() {
        Some(top) if top & 0x80 != 0 => Err(ProtocolError::NonMinimalLength),
        _ => Ok(Decoded::NeedMore(8 - partial.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::ProtocolError::{IllegalControl, NonMinimalLength, ReservedOpCode};
    use super::*;

    /// RSV bits, opcode, payload length.
    type Want = Result<(u8, OpCode, u64), ProtocolError>;

    #[rustfmt::skip] // a table
    const CASES: &[(&str, &[u8], Want)] = &[
        ("empty text",                   &[0x81, 0],                              Ok((0, OpCode::Text, 0))),
        ("RSV1 is reported, not judged", &[0xC1, 0],                              Ok((4, OpCode::Text, 0))),
        ("RSV2 and RSV3",                &[0xB1, 0],                              Ok((3, OpCode::Text, 0))),
        ("masked",                       &[0x81, 0x81, 1, 2, 3, 4],               Ok((0, OpCode::Text, 1))),
        ("125 is the last short length", &[0x82, 125],                            Ok((0, OpCode::Binary, 125))),
        ("126 takes two bytes",          &[0x82, 126, 0, 126],                    Ok((0, OpCode::Binary, 126))),
        ("125 in the two-byte form",     &[0x82, 126, 0, 125],                    Err(NonMinimalLength)),
        ("65535 in the two-byte form",   &[0x82, 126, 255, 255],                  Ok((0, OpCode::Binary, 65535))),
        ("65535 in the eight-byte form", &[0x82, 127, 0, 0, 0, 0, 0, 0, 255, 255], Err(NonMinimalLength)),
        ("65536 takes eight bytes",      &[0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0],    Ok((0, OpCode::Binary, 65536))),
        ("63 bits",                      &[0x82, 127, 127, 255, 255, 255, 255, 255, 255, 255], Ok((0, OpCode::Binary, u64::MAX >> 1))),
        ("top bit of the long form",     &[0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 1], Err(NonMinimalLength)),
        ("masked, long form",            &[0x82, 255, 0, 0, 0, 0, 0, 1, 0, 0, 1, 2, 3, 4], Ok((0, OpCode::Binary, 65536))),
        ("opcode 3",                     &[0x83, 0],                              Err(ReservedOpCode(3))),
        ("opcode 15",                    &[0x8F, 0],                              Err(ReservedOpCode(15))),
        ("ping without FIN",             &[0x09, 0],                              Err(IllegalControl(OpCode::Ping))),
        ("ping of 126 bytes",            &[0x89, 126, 0, 126],                    Err(IllegalControl(OpCode::Ping))),
        ("close of 125 bytes",           &[0x88, 125],                            Ok((0, OpCode::Close, 125))),
        ("unfinished continuation",      &[0x00, 1],                              Ok((0, OpCode::Continuation, 1))),
    ];

    /// The answer must not depend on how the stream was sliced: whole, with more behind it, or cut
    /// at any byte.
    #[test]
    fn decodes_every_case_however_it_is_sliced() {
        for (name, wire, want) in CASES {
            let whole = decode_header(wire);
            let with_more = decode_header(&[wire, &[0xFF; 9][..]].concat());
            assert_eq!(whole, with_more, "{name}: with more behind it");

            for cut in 0..wire.len() {
                match decode_header(&wire[..cut]) {
                    Ok(Decoded::NeedMore(n)) => {
                        assert!(cut + n <= wire.len(), "{name}: cut at {cut}")
                    }
                    early => assert_eq!(early, whole, "{name}: cut at {cut}"),
                }
            }

            let got = whole.map(|out| match out {
                Decoded::Header(header, used) if used == wire.len() => {
                    (header.rsv.bits(), header.opcode, header.payload_len)
                }
                other => panic!("{name}: {other:?}"),
            });
            assert_eq!(got, *want, "{name}");
        }
    }

    /// Both decoders agree on what is whole, however the bytes are cut.
    #[test]
    fn whole_messages_are_what_headers_say() {
        let lens = [0_usize, 1, 125, 126, 127, 300, 65_535, 65_536, 70_000];
        let mut wires: Vec<Vec<u8>> = CASES.iter().map(|(_, wire, _)| wire.to_vec()).collect();
        for (len, first) in lens.iter().flat_map(|len| [(len, 0x81), (len, 0x82)]) {
            for mask in [None, Some([1, 2, 3, 4])] {
                let header = FrameHeader {
                    fin: true,
                    rsv: Rsv::NONE,
                    opcode: if first == 0x81 { OpCode::Text } else { OpCode::Binary },
                    mask,
                    payload_len: *len as u64,
                };
                let (head, head_len) = crate::frame::encode_header(&header);
                wires.push([&head[..head_len], &vec![7; *len]].concat());
            }
        }
        for wire in wires {
            for cut in (0..wire.len().min(20)).chain([wire.len().saturating_sub(1), wire.len()]) {
                let input = &wire[..cut];
                for masked in [false, true] {
                    let want = match decode_header(input) {
                        Ok(Decoded::Header(header, used))
                            if header.fin
                                && header.rsv.is_empty()
                                && matches!(header.opcode, OpCode::Text | OpCode::Binary)
                                && header.mask.is_some() == masked
                                && header.payload_len <= (cut - used) as u64 =>
                        {
                            let end = used + usize::try_from(header.payload_len).unwrap();
                            Some((header.opcode, header.mask.unwrap_or_default(), (used, end)))
                        }
                        _ => None,
                    };
                    let got = decode_whole_message(input, masked)
                        .map(|message| (message.opcode, message.key, message.payload));
                    assert_eq!(got, want, "{:?} of {} bytes", &input[..cut.min(14)], wire.len());
                }
            }
        }
    }
}
