//! Takes messages apart.

use ws_container::OpCode;
use ws_container::prelude::*;

/// Sends each message back in two frames of half its length. Halves of text may begin or end inside
/// a code point.
#[server_endpoint("/", subprotocols = ["org.ietf.websocket.test-echo-fragment", "echo-fragment"])]
#[derive(Debug, Default)]
struct Fragment;

#[handlers]
impl Fragment {
    #[on_message(max_size = "64 MiB")]
    async fn text(&mut self, session: &Session, text: &str) -> Result<()> {
        send_halves(session, OpCode::Text, text.as_bytes()).await
    }

    #[on_message(max_size = "64 MiB")]
    async fn binary(&mut self, session: &Session, payload: &[u8]) -> Result<()> {
        send_halves(session, OpCode::Binary, payload).await
    }
}

async fn send_halves(session: &Session, opcode: OpCode, payload: &[u8]) -> Result<()> {
    let (first, second) = payload.split_at(payload.len() / 2);
    let first = Frame { opcode, ..Frame::binary(first) };
    session.send_frame(first.unfinished()).await?;
    session.send_frame(Frame::continuation(second)).await
}
