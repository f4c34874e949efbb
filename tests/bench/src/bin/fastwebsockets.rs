//! An echo on fastwebsockets and hyper, as its own example has it. It does not say whether another
//! message is there, so that each reply is a write.

use std::process::ExitCode;

use bench::run;
use fastwebsockets::upgrade::{UpgradeFut, upgrade};
use fastwebsockets::{FragmentCollector, OpCode, WebSocketError};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;

fn main() -> ExitCode {
    run(|stream| async {
        let service = service_fn(async |mut request: Request<Incoming>| {
            let (response, socket) = upgrade(&mut request)?;
            tokio::task::spawn_local(echo(socket));
            Ok::<Response<_>, WebSocketError>(response)
        });
        let _ = http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades()
            .await;
    })
}

async fn echo(socket: UpgradeFut) -> Result<(), WebSocketError> {
    let mut socket = FragmentCollector::new(socket.await?);
    loop {
        let frame = socket.read_frame().await?;
        match frame.opcode {
            OpCode::Close => return Ok(()),
            OpCode::Text | OpCode::Binary => socket.write_frame(frame).await?,
            _ => {}
        }
    }
}
