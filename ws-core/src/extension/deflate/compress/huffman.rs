//! Code lengths and codes, RFC 1951 §3.2.2.

/// Longest code of a literal, length or distance.
pub(super) const MAX_BITS: usize = 15;

/// A symbol's code, its first bit the lowest, and how many bits it has; none when 0.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Code {
    pub(super) bits: u16,
    pub(super) len: u8,
}

/// Finds code lengths of at most `max_bits` for symbols that occur `counts` times, none for those
/// that do not occur. At least two symbols get one, because not every receiver takes a code that
/// leaves bits unused.
pub(super) fn lengths(counts: &[u32], max_bits: usize, lens: &mut [u8]) {
    lens.fill(0);
    // A count with its symbol, so that they are sorted together; 288 symbols at most.
    let mut sorted = [0_u64; 288];
    let mut used = 0;
    for (symbol, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        sorted[used] = (u64::from(count) << 16) | symbol as u64;
        used += 1;
    }
    for (symbol, _) in counts.iter().enumerate().take(2).filter(|(_, count)| **count == 0) {
        if used < 2 {
            sorted[used] = (1 << 16) | symbol as u64;
            used += 1;
        }
    }
    let sorted = &mut sorted[..used];
    sorted.sort_unstable();
    let mut weights = [0_u32; 288];
    for (weight, entry) in weights.iter_mut().zip(sorted.iter()) {
        *weight = u32::try_from(entry >> 16).unwrap_or(u32::MAX);
    }
    let weights = &mut weights[..used];
    depths(weights);
    let mut of_len = [0_u32; 33];
    for &depth in weights.iter() {
        of_len[(depth as usize).min(max_bits)] += 1;
    }
    shorten(&mut of_len, max_bits);
    // The rarest first: they get the longest codes.
    let mut symbols = sorted.iter().map(|entry| (entry & 0xFFFF) as usize);
    for len in (1..=max_bits).rev() {
        for symbol in symbols.by_ref().take(of_len[len] as usize) {
            lens[symbol] = u8::try_from(len).unwrap_or(0);
        }
    }
}

/// Replaces weights, the lightest first and at least two, by their depths in the tree of least cost:
/// the algorithm of Moffat and Katajainen, which needs no memory but this.
fn depths(weights: &mut [u32]) {
    let len = weights.len();
    let (mut leaf, mut root) = (0, 0);
    // Inner nodes take the place of leaves that have their parent.
    for next in 0..len - 1 {
        let mut sum = 0;
        for _ in 0..2 {
            if leaf >= len || (root < next && weights[root] < weights[leaf]) {
                sum += weights[root];
                weights[root] = u32::try_from(next).unwrap_or(0);
                root += 1;
            } else {
                sum += weights[leaf];
                leaf += 1;
            }
        }
        weights[next] = sum;
    }
    // Parents to depths, from the root downwards.
    weights[len - 2] = 0;
    for node in (0..len - 2).rev() {
        weights[node] = weights[weights[node] as usize] + 1;
    }
    let (mut available, mut used, mut depth) = (1_usize, 0, 0);
    let mut inner = len.wrapping_sub(2);
    let mut next = len;
    while available > 0 {
        while inner < len && weights[inner] == depth {
            used += 1;
            inner = inner.wrapping_sub(1);
        }
        for _ in used..available {
            next -= 1;
            weights[next] = depth;
        }
        available = 2 * used;
        depth += 1;
        used = 0;
    }
}

/// Lengthens short codes until the code is one again, after longer ones were counted among those of
/// `max_bits`.
fn shorten(of_len: &mut [u32; 33], max_bits: usize) {
    let taken = |of_len: &[u32; 33]| -> u32 {
        (1..=max_bits).map(|len| of_len[len] << (max_bits - len)).sum()
    };
    let mut total = taken(of_len);
    while total > 1 << max_bits {
        of_len[max_bits] -= 1;
        if let Some(len) = (1..max_bits).rev().find(|&len| of_len[len] > 0) {
            of_len[len] -= 1;
            of_len[len + 1] += 2;
        }
        total -= 1;
    }
}

/// The codes that follow from the lengths of all symbols.
pub(super) fn codes(lens: &[u8], codes: &mut [Code]) {
    let mut next = [0_u16; MAX_BITS + 2];
    for &len in lens {
        if len > 0 {
            next[usize::from(len) + 1] += 1;
        }
    }
    let mut code = 0_u16;
    for slot in &mut next[1..] {
        code = (code + *slot) << 1;
        *slot = code;
    }
    for (code, &len) in codes.iter_mut().zip(lens) {
        let next = &mut next[usize::from(len)];
        // Of most symbols nothing is known but that they have no code: no branch for these.
        let reversed = u32::from(*next).reverse_bits() >> 1 >> (31 - len);
        *code = Code { bits: u16::try_from(reversed).unwrap_or(0), len };
        *next = next.wrapping_add(u16::from(len > 0));
    }
}
