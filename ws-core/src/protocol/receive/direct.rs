//! Long binary frames that the caller reads straight to their place.

use crate::mask;
use crate::message::{Binary, MessageKind};
use crate::protocol::buffers::Buffers;
use crate::protocol::receive::{Current, Receiver};
use crate::protocol_error::ProtocolError;

/// From this many bytes on, the rest of a binary frame is worth being read straight to its place.
const DIRECT_MIN: u64 = 16 * 1024;

impl<B: Buffers> Receiver<B> {
    /// Where the next bytes of a long binary frame belong, and at most how many of them: the caller
    /// may append them there itself, and then calls [`filled`](Self::filled). There is room for some
    /// of them, growing with what came, not with what was announced.
    #[inline]
    pub fn direct(&mut self) -> Option<(&mut Vec<u8>, u64)> {
        if self.resting { None } else { self.direct_in_frame() }
    }

    fn direct_in_frame(&mut self) -> Option<(&mut Vec<u8>, u64)> {
        let Current { header, kind, .. } = self.current?;
        let missing = self.missing();
        if header.opcode.is_control()
            || self.in_pieces
            || kind == MessageKind::Text
            || !self.wants.binary.is_whole()
            || self.is_transformed(&header)
            || missing < DIRECT_MIN
        {
            return None;
        }
        let binary = &mut self.assembly.binary;
        if ((binary.capacity() - binary.len()) as u64) < DIRECT_MIN {
            let room = missing.min((binary.len() as u64).max(4 * DIRECT_MIN));
            binary.reserve_exact(usize::try_from(room).unwrap_or(0));
        }
        Some((binary, missing))
    }

    /// Takes the `len` bytes that were appended to [`direct`](Self::direct).
    ///
    /// # Errors
    ///
    /// As [`receive`](Self::receive).
    pub fn filled(&mut self, len: usize) -> Result<Option<Binary<'_>>, ProtocolError> {
        let Some(current) = &mut self.current else { return Ok(None) };
        let binary = &mut self.assembly.binary;
        let at = binary.len() - len;
        if let Some(key) = current.header.mask {
            mask::apply(&mut binary[at..], key, current.seen);
        }
        current.seen += len as u64;
        if current.seen < current.header.payload_len {
            return Ok(None);
        }
        self.end_frame()?;
        if self.ready.take().is_none() {
            return Ok(None); // more fragments are to come
        }
        self.lent = true;
        Ok(Some(Binary::Assembled(&mut self.assembly.binary)))
    }
}
