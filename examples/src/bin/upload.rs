//! Messages that are larger than memory: a decoder reads them while they come.
//!
//! Run it:
//!
//! ```text
//! cargo run --release --bin upload
//! ```
//!
//! You see `listening on ws://127.0.0.1:8080`. Open <http://127.0.0.1:8080>, and in the console of the
//! browser's developer tools send 500 MB as one message:
//!
//! ```text
//! const socket = new WebSocket("ws://127.0.0.1:8080/upload");
//! socket.onmessage = (message) => console.log(message.data);
//! socket.onopen = () => socket.send(new Blob([new Uint8Array(500e6)]));
//! ```
//!
//! The answer is `500000000 bytes, 0 lines, FNV-1a 89b0ae1e71cd8725`, and the program has not
//! grown by them: it holds no more than a few pieces of 64 KiB at a time.

use ws_container::prelude::*;

/// What is told of a message; the hash is FNV-1a of 64 bits.
struct Summary {
    bytes: u64,
    lines: u64,
    hash: u64,
}

/// Makes a summary of a message, whatever its length.
#[derive(Default)]
struct Summarizer;

impl BinaryStreamDecoder for Summarizer {
    type Message = Summary;
    type Error = Error;

    async fn decode(&mut self, mut reader: MessageReader) -> Result<Summary> {
        let mut summary = Summary { bytes: 0, lines: 0, hash: 0xcbf2_9ce4_8422_2325 };
        while let Some(chunk) = reader.chunk().await? {
            summary.add(&chunk);
        }
        Ok(summary)
    }
}

impl Summary {
    fn add(&mut self, chunk: &[u8]) {
        self.bytes += chunk.len() as u64;
        for byte in chunk {
            self.lines += u64::from(*byte == b'\n');
            self.hash = (self.hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn told(&self) -> String {
        format!("{} bytes, {} lines, FNV-1a {:016x}", self.bytes, self.lines, self.hash)
    }
}

#[server_endpoint("/upload", decoders = [Summarizer])]
#[derive(Default)]
struct Upload;

#[handlers]
impl Upload {
    #[on_message]
    fn binary(&mut self, summary: Summary) -> String {
        summary.told()
    }

    #[on_message(kind = "text")] // without a decoder the handler has the reader
    async fn text(&mut self, text: MessageReader) -> Result<String> {
        Ok(Summarizer.decode(text).await?.told())
    }
}

fn main() -> ExitCode {
    ws_container::main()
}
