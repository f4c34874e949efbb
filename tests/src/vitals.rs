//! What the system says of this process: threads, open files, memory, TCP connections.

use std::fs;
use std::net::SocketAddr;

fn status(field: &str) -> usize {
    status_of("self", field)
}

fn status_of(process: &str, field: &str) -> usize {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("Linux has /proc");
    let line = status.lines().find_map(|line| line.strip_prefix(field)).expect(field);
    let number = line.trim_start_matches(':').split_whitespace().next().expect(field);
    number.parse().expect(field)
}

/// Its threads.
#[must_use]
pub fn threads() -> usize {
    status("Threads")
}

/// Its memory that is resident now, in bytes.
#[must_use]
pub fn resident() -> usize {
    status("VmRSS") * 1024
}

/// The most that ever was, in bytes.
#[must_use]
pub fn peak_resident() -> usize {
    status("VmHWM") * 1024
}

/// Its open files, sockets included. The one that the count itself opens is not counted.
#[must_use]
pub fn open_files() -> usize {
    fs::read_dir("/proc/self/fd").expect("Linux has /proc").count() - 1
}

/// As [`resident`], of the process `id`.
#[must_use]
pub fn resident_of(id: u32) -> usize {
    status_of(&id.to_string(), "VmRSS") * 1024
}

/// The open files of the process `id`, sockets included.
#[must_use]
pub fn open_files_of(id: u32) -> usize {
    fs::read_dir(format!("/proc/{id}/fd")).expect("the process is there").count()
}

/// Connections to the IPv4 address `peer` that are being made (`SYN_SENT`) or are up
/// (`ESTABLISHED`), of any process.
///
/// A connection that its process has closed is in none of these states, though the kernel may keep
/// it until the peer has closed too.
#[must_use]
pub fn connections_to(peer: SocketAddr) -> usize {
    const ESTABLISHED: &str = "01";
    const SYN_SENT: &str = "02";
    let SocketAddr::V4(peer) = peer else { panic!("{peer} is not IPv4") };
    // The kernel prints the address as a number in the byte order of the machine.
    let number = u32::from_ne_bytes(peer.ip().octets());
    let wanted = format!("{number:08X}:{:04X}", peer.port());
    let table = fs::read_to_string("/proc/net/tcp").expect("Linux has /proc");
    let matches = |line: &&str| {
        let mut fields = line.split_whitespace().skip(2);
        fields.next() == Some(&wanted) && matches!(fields.next(), Some(ESTABLISHED | SYN_SENT))
    };
    table.lines().filter(matches).count()
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn what_is_there_is_counted() {
        assert!(threads() >= 1 && open_files() >= 1);
        assert!(resident() > 1 << 20 && peak_resident() >= resident() / 2);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        assert_eq!(connections_to(addr), 0);
        let near = TcpStream::connect(addr).unwrap();
        assert_eq!(connections_to(addr), 1);
        drop(near);
        assert_eq!(connections_to(addr), 0);
    }
}
