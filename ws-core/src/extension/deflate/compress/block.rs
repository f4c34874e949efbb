//! Literals and matches to a block of DEFLATE data, RFC 1951 §3.2.3 to §3.2.7.

use super::bits::BitWriter;
use super::huffman::{self, Code, MAX_BITS};

/// Bytes of a match at most.
pub(super) const MAX_MATCH: usize = 258;

/// Bytes of the shortest match that DEFLATE knows.
const MIN_MATCH: usize = 3;

/// Literals and matches of a block; more would share a code that suits none of them.
const MAX_TOKENS: usize = 16 * 1024;

/// A block cannot be stored when it is longer; it would not be shorter either.
const MAX_STORED: usize = 1 << 20;

const END_OF_BLOCK: usize = 256;
const LITERALS: usize = 286;
const DISTANCES: usize = 30;

/// Longest code of the lengths of codes.
const MAX_BITS_OF_LENGTHS: usize = 7;

/// The order in which the lengths of the codes of lengths of codes are sent (§3.2.7).
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// Extra bits of each length symbol from 257 on, and the symbol of each length (§3.2.5).
const LENGTH_EXTRA: [u8; 29] =
    [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const LENGTH_BASE: [u16; 29] = length_bases();
const LENGTH_SYMBOL: [u8; MAX_MATCH - MIN_MATCH + 1] = length_symbols();

const fn length_bases() -> [u16; 29] {
    let mut bases = [0; 29];
    let (mut symbol, mut base) = (0, 0);
    while symbol < 28 {
        bases[symbol] = base;
        base += 1 << LENGTH_EXTRA[symbol];
        symbol += 1;
    }
    // The longest match has a symbol of its own, which cuts the one before short.
    bases[28] = 255;
    bases
}

#[expect(clippy::cast_possible_truncation, reason = "there are 29 symbols")]
const fn length_symbols() -> [u8; MAX_MATCH - MIN_MATCH + 1] {
    let mut symbols = [0; MAX_MATCH - MIN_MATCH + 1];
    let (mut len, mut symbol) = (0, 0);
    while len < symbols.len() {
        while symbol < 28 && len >= LENGTH_BASE[symbol + 1] as usize {
            symbol += 1;
        }
        symbols[len] = symbol as u8;
        len += 1;
    }
    symbols
}

/// A literal, or a match: its length less 3 above its distance less 1, with the top bit set.
type Token = u32;

const REPEAT: Token = 1 << 31;

/// A block that is being filled, and the memory to write it.
pub(super) struct Block {
    tokens: Vec<Token>,
    literals: [u32; LITERALS],
    distances: [u32; DISTANCES],
    /// The bytes it stands for.
    from: usize,
    to: usize,
}

impl Default for Block {
    fn default() -> Self {
        Self {
            tokens: Vec::new(),
            literals: [0; LITERALS],
            distances: [0; DISTANCES],
            from: 0,
            to: 0,
        }
    }
}

/// The codes of a block.
struct Codes {
    literals: [Code; 288],
    distances: [Code; DISTANCES],
}

impl Block {
    /// Begins a block at `from`.
    pub(super) fn clear(&mut self, from: usize) {
        self.tokens.clear();
        self.literals.fill(0);
        self.distances.fill(0);
        self.from = from;
        self.literals[END_OF_BLOCK] = 1;
    }

    #[inline]
    pub(super) const fn is_full(&self) -> bool {
        self.tokens.len() >= MAX_TOKENS
    }

    #[inline]
    pub(super) fn literal(&mut self, byte: u8) {
        self.literals[usize::from(byte)] += 1;
        self.tokens.push(Token::from(byte));
    }

    /// Adds a match of 3 to 258 bytes, from 1 to 32,768 bytes back.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "bounded as said")]
    pub(super) fn repeat(&mut self, len: usize, distance: usize) {
        let (len, distance) = ((len - MIN_MATCH) as u32, (distance - 1) as u32);
        self.literals[257 + usize::from(LENGTH_SYMBOL[len as usize])] += 1;
        self.distances[distance_symbol(distance)] += 1;
        self.tokens.push(REPEAT | (len << 16) | distance);
    }

    /// Ends the block before `to`.
    pub(super) const fn end(&mut self, to: usize) {
        self.to = to;
    }

    /// Writes the block, which stands for a part of `input`, in the shortest of the three forms.
    pub(super) fn write(&self, input: &[u8], bits: &mut BitWriter<'_>) {
        let mut lens = [0; LITERALS + DISTANCES];
        let (literals, distances) = lens.split_at_mut(LITERALS);
        huffman::lengths(&self.literals, MAX_BITS, literals);
        huffman::lengths(&self.distances, MAX_BITS, distances);
        let header = Header::of(literals, distances);
        let extra = self.extra_bits();
        let own_len = header.bits + extra + self.cost(literals, distances);
        let fixed_len = extra + self.cost(&FIXED.0, &FIXED.1);
        let stored = &input[self.from..self.to];
        let stored_bits = 8 * (stored.len() as u64 + 5 * stored.len().div_ceil(65_535) as u64);
        if stored.len() <= MAX_STORED && stored_bits < own_len.min(fixed_len) {
            return bits.stored(stored);
        }
        let mut codes =
            Codes { literals: [Code::default(); 288], distances: [Code::default(); DISTANCES] };
        if fixed_len <= own_len {
            bits.put(0b010, 3);
            huffman::codes(&FIXED.0, &mut codes.literals);
            huffman::codes(&FIXED.1, &mut codes.distances);
        } else {
            bits.put(0b100, 3);
            header.write(bits);
            huffman::codes(literals, &mut codes.literals);
            huffman::codes(distances, &mut codes.distances);
        }
        self.write_tokens(&codes, bits);
    }

    /// Bits that follow length and distance symbols, whatever the code.
    fn extra_bits(&self) -> u64 {
        let lengths = self.literals[257..].iter().zip(LENGTH_EXTRA);
        let lengths = lengths.map(|(&count, extra)| u64::from(count) * u64::from(extra));
        let distances = self.distances.iter().enumerate();
        let distances =
            distances.map(|(symbol, &count)| u64::from(count) * u64::from(distance_extra(symbol)));
        lengths.sum::<u64>() + distances.sum::<u64>()
    }

    /// Bits of all symbols in a code with these lengths.
    fn cost(&self, literals: &[u8], distances: &[u8]) -> u64 {
        let of = |counts: &[u32], lens: &[u8]| -> u64 {
            counts.iter().zip(lens).map(|(&count, &len)| u64::from(count) * u64::from(len)).sum()
        };
        of(&self.literals, literals) + of(&self.distances, distances)
    }

    fn write_tokens(&self, codes: &Codes, bits: &mut BitWriter<'_>) {
        for &token in &self.tokens {
            if token & REPEAT == 0 {
                let code = codes.literals[(token & 0xFF) as usize];
                bits.put(u32::from(code.bits), u32::from(code.len));
                continue;
            }
            let len = (token >> 16) & 0xFF;
            let symbol = usize::from(LENGTH_SYMBOL[len as usize]);
            let code = codes.literals[257 + symbol];
            let extra = len - u32::from(LENGTH_BASE[symbol]);
            let bits_of_len = u32::from(code.bits) | (extra << code.len);
            bits.put(bits_of_len, u32::from(code.len) + u32::from(LENGTH_EXTRA[symbol]));
            let distance = token & 0x7FFF;
            let symbol = distance_symbol(distance);
            let code = codes.distances[symbol];
            let extra_bits = distance_extra(symbol);
            let extra = distance & ((1 << extra_bits) - 1);
            let bits_of_distance = u32::from(code.bits) | (extra << code.len);
            bits.put(bits_of_distance, u32::from(code.len) + extra_bits);
        }
        let end = codes.literals[END_OF_BLOCK];
        bits.put(u32::from(end.bits), u32::from(end.len));
    }
}

/// The symbol of a distance less 1 (§3.2.5): two a power of two, from the fifth on.
#[inline]
const fn distance_symbol(distance: u32) -> usize {
    if distance < 4 {
        return distance as usize;
    }
    let power = distance.ilog2();
    (2 * power + ((distance >> (power - 1)) & 1)) as usize
}

/// The extra bits of a distance symbol.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "there are 30 symbols")]
const fn distance_extra(symbol: usize) -> u32 {
    if symbol < 4 { 0 } else { symbol as u32 / 2 - 1 }
}

/// The lengths of the fixed code (§3.2.6).
static FIXED: ([u8; 288], [u8; DISTANCES]) = fixed_lengths();

const fn fixed_lengths() -> ([u8; 288], [u8; DISTANCES]) {
    let mut literals = [8; 288];
    let mut symbol = 144;
    while symbol < 280 {
        literals[symbol] = if symbol < 256 { 9 } else { 7 };
        symbol += 1;
    }
    (literals, [5; DISTANCES])
}

/// The lengths of a block's own codes, as they are sent (§3.2.7).
struct Header {
    /// Symbols, and above them their extra bits, and how many of them from bit 16 on.
    symbols: [u32; LITERALS + DISTANCES],
    len: usize,
    literals: usize,
    distances: usize,
    lens: [u8; 19],
    sent: usize,
    bits: u64,
}

impl Header {
    fn of(literals: &[u8], distances: &[u8]) -> Self {
        let used = |lens: &[u8], least: usize| {
            lens.iter().rposition(|&len| len > 0).map_or(least, |last| (last + 1).max(least))
        };
        let mut header = Self {
            symbols: [0; LITERALS + DISTANCES],
            len: 0,
            literals: used(literals, 257),
            distances: used(distances, 1),
            lens: [0; 19],
            sent: 0,
            bits: 14,
        };
        let mut all = [0; LITERALS + DISTANCES];
        all[..header.literals].copy_from_slice(&literals[..header.literals]);
        let count = header.literals + header.distances;
        all[header.literals..count].copy_from_slice(&distances[..header.distances]);
        header.run_lengths(&all[..count]);
        let mut counts = [0; 19];
        for &symbol in &header.symbols[..header.len] {
            counts[(symbol & 0x1F) as usize] += 1;
            header.bits += u64::from(symbol >> 16);
        }
        huffman::lengths(&counts, MAX_BITS_OF_LENGTHS, &mut header.lens);
        let last = ORDER.iter().rposition(|&symbol| header.lens[symbol] > 0);
        header.sent = last.map_or(4, |last| (last + 1).max(4));
        header.bits += 3 * header.sent as u64;
        for (count, len) in counts.iter().zip(header.lens) {
            header.bits += u64::from(*count) * u64::from(len);
        }
        header
    }

    fn push(&mut self, symbol: u32, extra: usize, extra_bits: u32) {
        let extra = u32::try_from(extra).unwrap_or(0);
        self.symbols[self.len] = symbol | (extra << 8) | (extra_bits << 16);
        self.len += 1;
    }

    /// Puts runs of the same length together: 18 for 11 to 138 zeros, 17 for 3 to 10, 16 for 3 to 6
    /// times the length before.
    fn run_lengths(&mut self, all: &[u8]) {
        let mut at = 0;
        while at < all.len() {
            let len = all[at];
            let mut run = all[at..].iter().take_while(|&&other| other == len).count();
            at += run;
            if len > 0 {
                self.push(u32::from(len), 0, 0);
                run -= 1;
            }
            while run >= 3 {
                let taken = match (len, run) {
                    (0, 11..) => run.min(138),
                    (0, _) => run.min(10),
                    _ => run.min(6),
                };
                match (len, taken) {
                    (0, 11..) => self.push(18, taken - 11, 7),
                    (0, _) => self.push(17, taken - 3, 3),
                    _ => self.push(16, taken - 3, 2),
                }
                run -= taken;
            }
            for _ in 0..run {
                self.push(u32::from(len), 0, 0);
            }
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "counts of at most 286 symbols")]
    fn write(&self, bits: &mut BitWriter<'_>) {
        bits.put((self.literals - 257) as u32, 5);
        bits.put((self.distances - 1) as u32, 5);
        bits.put((self.sent - 4) as u32, 4);
        for &symbol in &ORDER[..self.sent] {
            bits.put(u32::from(self.lens[symbol]), 3);
        }
        let mut codes = [Code::default(); 19];
        huffman::codes(&self.lens, &mut codes);
        for &symbol in &self.symbols[..self.len] {
            let code = codes[(symbol & 0x1F) as usize];
            bits.put(u32::from(code.bits), u32::from(code.len));
            bits.put((symbol >> 8) & 0x7F, symbol >> 16);
        }
    }
}
