//! The load: connections that send and wait for all that comes back.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{sleep, timeout};

use crate::Failure;
use crate::rows::Row;
use crate::server::Server;
use crate::wire::{masked, open, plain};

/// How long the load runs before it is measured.
const WARM_UP: Duration = Duration::from_millis(300);

/// How long a server may take for anything.
const PATIENCE: Duration = Duration::from_secs(20);

/// Connections that stay open to see what they cost, and their one message.
const IDLE: usize = 2_000;
const IDLE_MESSAGE: usize = 64;

/// What one server did in one row.
#[derive(Debug)]
pub(crate) struct Counted {
    /// Of the server, for each message.
    pub(crate) cpu: Duration,
    pub(crate) messages_per_second: f64,
    /// Nanoseconds from the write of a batch to its last reply.
    pub(crate) round_trips: Histogram<u64>,
}

/// What the connections of a row share.
struct Shared {
    request: Vec<u8>,
    reply_len: usize,
    messages: Cell<u64>,
    round_trips: RefCell<Histogram<u64>>,
    measures: Cell<bool>,
    over: Cell<bool>,
}

/// Measures a row.
pub(crate) async fn echo(server: &Server, row: &Row, time: Duration) -> Result<Counted, Failure> {
    let payload = payload(row.text, row.size);
    let shared = Rc::new(Shared {
        request: masked(row.text, &payload).repeat(row.in_flight),
        reply_len: plain(row.text, &payload).len() * row.in_flight,
        messages: Cell::new(0),
        round_trips: RefCell::new(histogram()?),
        measures: Cell::new(false),
        over: Cell::new(false),
    });
    let mut streams = Vec::new();
    for _ in 0..row.connections {
        streams.push(open(server.port, server.path).await?);
    }
    let local = LocalSet::new();
    let mut running = JoinSet::new();
    for stream in streams {
        running.spawn_local_on(drive(stream, Rc::clone(&shared), row.in_flight as u64), &local);
    }
    let measured = local.run_until(async {
        sleep(WARM_UP).await;
        shared.measures.set(true);
        let (begun, cpu, messages) = (Instant::now(), server.cpu()?, shared.messages.get());
        sleep(time).await;
        let (cpu, messages) = (server.cpu()?.saturating_sub(cpu), shared.messages.get() - messages);
        let took = begun.elapsed();
        shared.over.set(true);
        let end = async {
            while let Some(ended) = running.join_next().await {
                ended??;
            }
            Ok::<_, Failure>(())
        };
        timeout(PATIENCE, end).await.map_err(|_| "replies are missing")??;
        Ok::<_, Failure>((cpu, messages, took))
    });
    let (cpu, messages, took) =
        measured.await.map_err(|error| format!("{}: {}: {error}", server.name, row.title))?;
    if messages == 0 {
        return Err(format!("{}: {}: no replies", server.name, row.title).into());
    }
    let nanos = cpu.as_nanos() / u128::from(messages);
    Ok(Counted {
        cpu: Duration::from_nanos(u64::try_from(nanos)?),
        messages_per_second: messages as f64 / took.as_secs_f64(),
        round_trips: shared.round_trips.replace(histogram()?),
    })
}

/// Up to as long as a server may take.
fn histogram() -> Result<Histogram<u64>, Failure> {
    Ok(Histogram::new_with_max(u64::try_from(PATIENCE.as_nanos())?, 3)?)
}

/// One connection: a batch, all replies, the next batch.
async fn drive(mut stream: TcpStream, shared: Rc<Shared>, in_flight: u64) -> io::Result<()> {
    let mut buffer = vec![0; 256 << 10];
    while !shared.over.get() {
        let begun = Instant::now();
        let (mut left, mut unsent) = (shared.reply_len, &shared.request[..]);
        // What comes back is taken while more is sent: else both sides might wait.
        while left > 0 {
            if unsent.is_empty() {
                left -= some(&mut stream, &mut buffer, left).await?;
                continue;
            }
            let (mut reader, mut writer) = stream.split();
            tokio::select! {
                biased;
                written = writer.write(unsent) => unsent = &unsent[written?..],
                read = reader.read(&mut buffer) => left = less(left, read?)?,
            }
        }
        if shared.measures.get() {
            let nanos = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
            shared.round_trips.borrow_mut().saturating_record(nanos);
        }
        shared.messages.set(shared.messages.get() + in_flight);
    }
    Ok(())
}

/// Reads some of the replies: how many bytes.
async fn some(stream: &mut TcpStream, buffer: &mut [u8], left: usize) -> io::Result<usize> {
    let read = stream.read(buffer).await?;
    less(left, read)?;
    Ok(read)
}

/// What is left behind `read` bytes.
fn less(left: usize, read: usize) -> io::Result<usize> {
    match left.checked_sub(read) {
        Some(left) if read > 0 => Ok(left),
        Some(_) => Err(io::Error::other("the server closed a connection")),
        None => Err(io::Error::other("more comes back than was sent")),
    }
}

/// Sees that all comes back as it was.
pub(crate) async fn check(server: &Server) -> Result<(), Failure> {
    let echoes = async {
        let mut stream = open(server.port, server.path).await?;
        for (text, len) in [(true, 0), (true, 10), (false, 125), (true, 126), (false, 70_000)] {
            let payload = payload(text, len);
            stream.write_all(&masked(text, &payload)).await?;
            let want = plain(text, &payload);
            let mut got = vec![0; want.len()];
            stream.read_exact(&mut got).await?;
            if got != want {
                return Err(io::Error::other(format!("{len} bytes come back changed")));
            }
        }
        Ok(())
    };
    Ok(timeout(PATIENCE, echoes).await.map_err(|_| "an echo is missing")??)
}

/// Makes room for connections, here and in the servers that are started from here.
pub(crate) fn raise_file_limit() -> io::Result<()> {
    let limit = getrlimit(Resource::Nofile);
    Ok(setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit })?)
}

/// Bytes of the server's memory for each connection that is idle behind a message.
pub(crate) async fn idle(server: &Server) -> Result<u64, Failure> {
    let payload = payload(false, IDLE_MESSAGE);
    let (request, len) = (masked(false, &payload), plain(false, &payload).len());
    let connect = async || {
        let mut stream = open(server.port, server.path).await?;
        stream.write_all(&request).await?;
        stream.read_exact(&mut vec![0; len]).await?;
        Ok::<_, io::Error>(stream)
    };
    // What a server keeps for itself is there before it is counted.
    for _ in 0..100 {
        connect().await?;
    }
    sleep(WARM_UP).await;
    let before = server.memory()?;
    let mut streams = Vec::new();
    for _ in 0..IDLE {
        streams.push(connect().await?);
    }
    sleep(WARM_UP).await;
    Ok(server.memory()?.saturating_sub(before) / IDLE as u64)
}

/// A payload of characters of one, two and three bytes, or of any bytes.
fn payload(text: bool, len: usize) -> Vec<u8> {
    if text {
        let mut text: String = "Grüße, 世界! ".chars().cycle().take(len).collect();
        while text.len() > len {
            text.pop();
        }
        text.extend(std::iter::repeat_n('.', len - text.len()));
        text.into_bytes()
    } else {
        (0..=255).cycle().take(len).collect()
    }
}
