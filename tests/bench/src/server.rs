//! One server: a process of its own, with its clock and its memory.

use std::fs;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::Failure;
use crate::programs::Programs;

/// The server under test.
pub(crate) const OURS: &str = "ws-container";

/// The others; `floor` does the least that a WebSocket echo can do.
pub(crate) const PEERS: [&str; 7] = [
    "floor",
    "tokio-tungstenite",
    "fastwebsockets",
    "tokio-websockets",
    "sockudo-ws",
    "axum",
    "actix-ws",
];

/// How long a server may take to listen.
const START: Duration = Duration::from_secs(10);

/// A running server.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) name: &'static str,
    pub(crate) port: u16,
    pub(crate) path: &'static str,
    process: Child,
}

impl Server {
    /// Starts it on the first processor, and waits until it listens.
    pub(crate) async fn start(name: &'static str, programs: &Programs) -> Result<Self, Failure> {
        let program = programs.get(name).ok_or_else(|| format!("{name} was not built"))?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut command = Command::new(program);
        let path = if name == OURS {
            command.args(["test-server", "--threads", "1", "--port", &port.to_string()]);
            "/echo"
        } else {
            command.arg(port.to_string());
            "/"
        };
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // It inherits where this process may run.
        pin(0)?;
        let process = command.spawn();
        pin(1)?;
        let server = Self { name, port, path, process: process? };
        let listens = async {
            while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(START, listens).await.map_err(|_| format!("{name} does not listen"))?;
        Ok(server)
    }

    /// Processor time that its threads have taken that are alive, the kernel's share as well.
    pub(crate) fn cpu(&self) -> Result<Duration, Failure> {
        let mut nanos = 0;
        for thread in fs::read_dir(format!("/proc/{}/task", self.process.id()))? {
            // Threads come and go.
            let Ok(times) = fs::read_to_string(thread?.path().join("schedstat")) else { continue };
            nanos += times.split(' ').next().unwrap_or_default().parse::<u64>()?;
        }
        Ok(Duration::from_nanos(nanos))
    }

    /// Bytes of memory of its own that are resident.
    pub(crate) fn memory(&self) -> Result<u64, Failure> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")).ok_or("no RssAnon")?;
        Ok(kib.parse::<u64>()? << 10)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The processors that this process might use when it started.
fn processors() -> Result<&'static [usize], Failure> {
    static FOUND: OnceLock<Vec<usize>> = OnceLock::new();
    if let Some(found) = FOUND.get() {
        return Ok(found);
    }
    let set = sched_getaffinity(None)?;
    Ok(FOUND.get_or_init(|| (0..CpuSet::MAX_CPU).filter(|&at| set.is_set(at)).collect()))
}

/// Lets this process, and those that it starts from now on, run on one processor: the servers' is the
/// first, that of the load the second, if there is one. Whether there is.
pub(crate) fn pin(to: usize) -> Result<bool, Failure> {
    let Some(processor) = processors()?.get(to) else { return Ok(false) };
    let mut set = CpuSet::new();
    set.set(*processor);
    sched_setaffinity(None, &set)?;
    Ok(true)
}
