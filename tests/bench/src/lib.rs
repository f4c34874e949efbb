//! What the servers that are compared have in common: one thread, one task a connection.

use std::process::ExitCode;

use futures_util::future::poll_immediate;
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use tokio::net::{TcpListener, TcpStream};

/// The one argument.
#[must_use]
pub fn port() -> Option<u16> {
    std::env::args().nth(1)?.parse().ok()
}

/// Serves each connection with `serve`, on one thread. What ends a connection is of no interest.
pub fn run<F: Future + 'static>(serve: impl Fn(TcpStream) -> F) -> ExitCode {
    let Some(port) = port() else {
        eprintln!("name the port to listen on");
        return ExitCode::FAILURE;
    };
    let local = tokio::task::LocalSet::new();
    let serving = async {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let serving = serve(stream);
            tokio::task::spawn_local(async move {
                serving.await;
            });
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let served: std::io::Result<()> = runtime.and_then(|runtime| local.block_on(&runtime, serving));
    if let Err(error) = served {
        eprintln!("{error}");
    }
    ExitCode::FAILURE
}

/// Echoes what `data` picks of the messages. All that are there go out with one flush: how these
/// libraries want to be used where many messages are on their way.
pub async fn echo<S, M>(mut socket: S, data: impl Fn(S::Item) -> Option<Option<M>>)
where
    S: Stream + Sink<M> + Unpin,
{
    loop {
        let next = match poll_immediate(socket.next()).await {
            Some(next) => next,
            None => {
                if socket.flush().await.is_err() {
                    return;
                }
                socket.next().await
            }
        };
        match next.and_then(&data) {
            None => return,
            Some(None) => {}
            Some(Some(message)) => {
                if socket.feed(message).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Picks messages for [`echo`], and sees the end in an error.
pub fn messages<M, E>(is_data: impl Fn(&M) -> bool) -> impl Fn(Result<M, E>) -> Option<Option<M>> {
    move |next| next.ok().map(|message| Some(message).filter(&is_data))
}
