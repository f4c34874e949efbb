//! An echo on actix-ws.

use actix_web::web::{self, Payload};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, rt};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, Closed, Session};

const LONGEST: usize = 16 << 20;

async fn open(request: HttpRequest, body: Payload) -> actix_web::Result<HttpResponse> {
    let (response, session, messages) = actix_ws::handle(&request, body)?;
    let messages =
        messages.max_frame_size(LONGEST).aggregate_continuations().max_continuation_size(LONGEST);
    rt::spawn(echo(session, messages));
    Ok(response)
}

async fn echo(mut session: Session, mut messages: AggregatedMessageStream) -> Result<(), Closed> {
    while let Some(Ok(message)) = messages.recv().await {
        match message {
            AggregatedMessage::Text(text) => session.text(text).await?,
            AggregatedMessage::Binary(payload) => session.binary(payload).await?,
            AggregatedMessage::Ping(payload) => session.pong(&payload).await?,
            AggregatedMessage::Close(reason) => return session.close(reason).await,
            AggregatedMessage::Pong(_) => {}
        }
    }
    session.close(None).await
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let port = bench::port().ok_or_else(|| std::io::Error::other("name the port"))?;
    HttpServer::new(|| App::new().route("/", web::get().to(open)))
        .workers(1)
        .tcp_nodelay(true)
        .backlog(4096)
        .bind(("127.0.0.1", port))?
        .run()
        .await
}
