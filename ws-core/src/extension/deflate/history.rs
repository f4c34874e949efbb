//! The last bytes of messages, which later ones may refer to.

/// At most `window` bytes; none until there is something to keep.
#[derive(Debug)]
pub(super) struct History {
    bytes: Vec<u8>,
    window: usize,
}

impl History {
    pub(super) const fn new(window: usize) -> Self {
        Self { bytes: Vec::new(), window }
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        &self.bytes
    }

    /// Adds `data`, and drops what is too far back then.
    pub(super) fn push(&mut self, data: &[u8]) {
        let data = &data[data.len().saturating_sub(self.window)..];
        let dropped = (self.bytes.len() + data.len()).saturating_sub(self.window);
        self.bytes.drain(..dropped);
        let len = self.bytes.len() + data.len();
        if self.bytes.capacity() < len {
            // Never beyond the window, as a vector's own growth would.
            self.bytes.reserve_exact((2 * len).min(self.window) - self.bytes.len());
        }
        self.bytes.extend_from_slice(data);
    }

    /// Forgets everything, and gives its memory back.
    pub(super) fn clear(&mut self) {
        self.bytes = Vec::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_last_bytes_and_no_more_memory() {
        let mut history = History::new(4);
        for (data, want) in [
            ("", ""),
            ("ab", "ab"),
            ("c", "abc"),
            ("de", "bcde"),
            ("fghijk", "hijk"),
            ("l", "ijkl"),
        ] {
            history.push(data.as_bytes());
            assert_eq!(history.as_slice(), want.as_bytes());
            assert!(history.bytes.capacity() <= 4, "{data}");
        }
        history.clear();
        assert_eq!((history.as_slice(), history.bytes.capacity()), (&b""[..], 0));
    }
}
