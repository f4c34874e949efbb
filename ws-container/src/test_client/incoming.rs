//! A message that is coming.

use ws_container::OpCode;

use crate::test_client::plan::Body;

/// A message that is coming, compared with ours frame by frame: it is never put together.
#[derive(Debug)]
pub(super) struct Incoming {
    pub(super) frames: u64,
    pub(super) len: usize,
    pub(super) opcode: OpCode,
    /// It is ours so far.
    pub(super) same: bool,
}

impl Default for Incoming {
    fn default() -> Self {
        Self { frames: 0, len: 0, opcode: OpCode::Continuation, same: true }
    }
}

impl Incoming {
    pub(super) fn add(&mut self, opcode: OpCode, payload: &[u8], ours: &Body) {
        if self.frames == 0 {
            self.opcode = opcode;
        }
        self.frames += 1;
        let rest = ours.as_bytes().get(self.len..).unwrap_or_default();
        self.same &= rest.starts_with(payload);
        self.len = self.len.saturating_add(payload.len());
    }

    /// Whether it is what was sent, now that it is complete.
    pub(super) fn is(&self, ours: &Body) -> bool {
        self.same && self.len == ours.as_bytes().len() && self.opcode == ours.opcode()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_compared_as_they_come() {
        let ours = Body::Text("abcdef".into());
        let came = |parts: &[&str]| {
            let mut incoming = Incoming::default();
            for (index, part) in parts.iter().enumerate() {
                let opcode = if index == 0 { OpCode::Text } else { OpCode::Continuation };
                incoming.add(opcode, part.as_bytes(), &ours);
            }
            (incoming.is(&ours), incoming.frames, incoming.len)
        };
        assert_eq!(came(&["abcdef"]), (true, 1, 6));
        assert_eq!(came(&["ab", "", "cdef"]), (true, 3, 6));
        assert_eq!(came(&["abcde"]), (false, 1, 5), "too short");
        assert_eq!(came(&["abcdef", "g"]), (false, 2, 7), "too long");
        assert_eq!(came(&["abc", "xef"]), (false, 2, 6));
        let mut binary = Incoming::default();
        binary.add(OpCode::Binary, b"abcdef", &ours);
        assert!(!binary.is(&ours), "of another kind");
    }
}
