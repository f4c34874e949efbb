//! A client in its two forms: a type with handlers, and closures.
//!
//! Run a server, and then this:
//!
//! ```text
//! cargo run --release --bin echo &
//! cargo run --release --bin client ws://127.0.0.1:8080/echo
//! ```
//!
//! The server returns what each says. You see `Reader heard one`, `Reader heard two` and
//! `closures heard three`, and how each session ended.
#![expect(clippy::print_stdout, reason = "what it heard is what it shows")]

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use ws_container::client::on;
use ws_container::prelude::*;

/// Says two things, and leaves when both came back.
#[client_endpoint]
struct Reader {
    wanted: usize,
    /// Ends when the endpoint is dropped, behind its last handler.
    heard: UnboundedSender<String>,
}

#[handlers]
impl Reader {
    #[on_open]
    async fn open(&mut self, session: &Session) -> Result<()> {
        session.send("one").await?;
        session.send("two").await
    }

    #[on_message]
    fn text(&mut self, session: &Session, text: &str) -> Result<()> {
        self.heard.send(format!("Reader heard {text}")).map_err(std::io::Error::other)?;
        self.wanted -= 1;
        if self.wanted == 0 {
            session.close(CloseReason::default());
        }
        Ok(())
    }

    #[on_close]
    fn close(&mut self, reason: &CloseReason) -> Result<()> {
        Ok(self.heard.send(format!("over: {reason}")).map_err(std::io::Error::other)?)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let uri = std::env::args().nth(1).ok_or("name a server: client ws://127.0.0.1:8080/echo")?;
    let client = Client::new();

    let (heard, mut lines) = unbounded_channel();
    client.connect(Reader { wanted: 2, heard }, &uri).await?;
    while let Some(line) = lines.recv().await {
        println!("{line}");
    }

    let (heard, mut lines) = unbounded_channel();
    let told = heard.clone();
    let closures = on()
        .open(|session| async move { session.send("three").await })
        .text(move |session, text| {
            session.close(CloseReason::default());
            let sent = heard.send(format!("closures heard {}", text.as_str()));
            async move { sent.map_err(std::io::Error::other) }
        })
        .close(move |_, reason| {
            let sent = told.send(format!("over: {reason}"));
            async move { sent.map_err(std::io::Error::other) }
        });
    client.connect(closures, &uri).await?;
    while let Some(line) = lines.recv().await {
        println!("{line}");
    }
    Ok(())
}
