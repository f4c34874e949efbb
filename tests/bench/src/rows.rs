//! What is measured.

/// Messages that are echoed.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    /// Bytes of a message.
    pub(crate) size: usize,
    pub(crate) connections: usize,
    /// Messages that a connection sends in one write, before it waits for all replies.
    pub(crate) in_flight: usize,
    /// Text of characters of several bytes, instead of bytes.
    pub(crate) text: bool,
    /// Part of the short run.
    pub(crate) quick: bool,
}

const fn row(
    name: &'static str,
    title: &'static str,
    (size, connections, in_flight): (usize, usize, usize),
) -> Row {
    Row { name, title, size, connections, in_flight, text: false, quick: false }
}

const fn quick(row: Row) -> Row {
    Row { quick: true, ..row }
}

/// All rows.
pub(crate) const ROWS: [Row; 10] = [
    quick(row("16", "16 B, 1 in flight", (16, 100, 1))),
    quick(row("16x16", "16 B, 16 in flight", (16, 100, 16))),
    row("16x64", "16 B, 64 in flight", (16, 100, 64)),
    row("125x16", "125 B, 16 in flight", (125, 100, 16)),
    quick(row("1k", "1 KiB, 1 in flight", (1 << 10, 100, 1))),
    quick(row("1kx16", "1 KiB, 16 in flight", (1 << 10, 100, 16))),
    Row { text: true, ..row("text", "1 KiB of text, 16 in flight", (1 << 10, 100, 16)) },
    row("16k", "16 KiB, 1 in flight", (16 << 10, 100, 1)),
    row("64k", "64 KiB, 1 in flight", (64 << 10, 32, 1)),
    row("1m", "1 MiB, 1 in flight", (1 << 20, 8, 1)),
];
