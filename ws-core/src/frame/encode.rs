//! A header to bytes.

use crate::frame::header::{FrameHeader, MAX_HEADER_LEN};

/// Encodes `header` in its shortest form: the bytes, and how many of them are in use.
#[inline]
#[must_use]
pub fn encode_header(header: &FrameHeader) -> ([u8; MAX_HEADER_LEN], usize) {
    let mut bytes = [0; MAX_HEADER_LEN];
    let fin = if header.fin { 0x80 } else { 0 };
    bytes[0] = fin | header.rsv.in_first_byte() | header.opcode.bits();
    let long = header.payload_len.to_be_bytes();
    let mut len = match header.payload_len {
        0..=125 => {
            bytes[1] = long[7];
            2
        }
        126..=0xFFFF => {
            bytes[1] = 126;
            bytes[2..4].copy_from_slice(&long[6..]);
            4
        }
        _ => {
            bytes[1] = 127;
            bytes[2..10].copy_from_slice(&long);
            10
        }
    };
    if let Some(key) = header.mask {
        bytes[1] |= 0x80;
        bytes[len..len + 4].copy_from_slice(&key);
        len += 4;
    }
    (bytes, len)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::frame::decode::{Decoded, decode_header};
    use crate::frame::header::Rsv;
    use crate::opcode::OpCode;

    fn round_trip(header: FrameHeader) {
        let (bytes, len) = encode_header(&header);
        assert_eq!(decode_header(&bytes[..len]), Ok(Decoded::Header(header, len)));
    }

    #[test]
    fn lengths_at_the_borders() {
        for payload_len in [0, 1, 125, 126, 127, 0xFFFF, 0x1_0000, u64::MAX >> 1] {
            for mask in [None, Some([1, 2, 3, 4])] {
                let opcode = OpCode::Binary;
                round_trip(FrameHeader { fin: true, rsv: Rsv::NONE, opcode, mask, payload_len });
            }
        }
    }

    proptest! {
        #[test]
        fn decode_undoes_encode(
            fin: bool, rsv in 0u8..8, data in 0u8..3, mask: Option<[u8; 4]>, len in 0..=u64::MAX >> 1,
        ) {
            let opcode = OpCode::from_bits(data).unwrap();
            let rsv = Rsv::from_first_byte(rsv << 4);
            round_trip(FrameHeader { fin, rsv, opcode, mask, payload_len: len });
        }
    }
}
