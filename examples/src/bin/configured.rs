//! Who may connect: an authenticator, roles, a configurator, and state that all sessions share.
//!
//! Run it:
//!
//! ```text
//! cargo run --release --bin configured
//! ```
//!
//! You see `listening on ws://127.0.0.1:8080`. At `/board/news`, who sends `Authorization: Bearer
//! editor` may write, and who sends `Bearer reader` may read; all others are answered with 401.

use std::sync::atomic::{AtomicUsize, Ordering};

use ws_container::prelude::*;

/// State of the application: how many lines were written.
struct Lines(AtomicUsize);

/// Knows two tokens. A real one asks a database: it may wait.
struct Tokens;

#[async_trait]
impl Authenticator for Tokens {
    async fn authenticate(&self, request: &HandshakeRequest) -> Result<Option<Principal>, Reject> {
        let header = request.headers().get("Authorization");
        Ok(match header.map(HeaderValue::as_bytes) {
            Some(b"Bearer editor") => Some(Principal::new("ada").with_role("editor")),
            Some(b"Bearer reader") => Some(Principal::new("bob")),
            _ => None,
        })
    }
}

/// Refuses boards that are not there.
#[derive(Default)]
struct Boards;

#[async_trait]
impl ServerConfigurator for Boards {
    async fn modify_handshake(&self, handshake: &mut Handshake<'_>) -> Result<(), Reject> {
        match handshake.request().path_param("name") {
            Some("news" | "sports") => Ok(()),
            _ => Err(Reject::new(StatusCode::NOT_FOUND).body("There is no such board.\n")),
        }
    }
}

#[server_endpoint("/board/{name}", configurator = Boards)]
#[requires(authenticated)]
#[derive(Default)]
struct Board;

#[handlers]
impl Board {
    #[on_open]
    fn open(&mut self, session: &Session, who: &Principal) -> Result<String> {
        session.subscribe(session.path())?;
        Ok(format!("welcome, {who}"))
    }

    #[on_message]
    #[requires(role = "editor")]
    async fn line(&mut self, session: &Session, lines: State<Lines>, text: &str) -> Result<()> {
        let Lines(count) = &*lines;
        let number = count.fetch_add(1, Ordering::Relaxed) + 1;
        session.publish(session.path(), &format!("{number}: {text}")).await
    }

    #[on_error]
    fn error(&mut self, session: &Session, error: &Error) -> Result<()> {
        session.try_send(error.to_string())
    }
}

fn main() -> ExitCode {
    let lines = Lines(AtomicUsize::new(0));
    Container::builder().discover().authenticator(Tokens).state(lines).main()
}
