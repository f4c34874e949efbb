//! Amounts of bytes and of time.

use syn::{Lit, LitInt, LitStr};

/// A literal that says how much.
pub(crate) enum Quantity {
    Int(LitInt),
    Str(LitStr),
}

impl syn::parse::Parse for Quantity {
    fn parse(input: syn::parse::ParseStream<'_>) -> syn::Result<Self> {
        match input.parse()? {
            Lit::Int(int) => Ok(Self::Int(int)),
            Lit::Str(text) => Ok(Self::Str(text)),
            other => Err(syn::Error::new_spanned(other, "expected a string or an integer")),
        }
    }
}

/// The bytes of `64 KiB`; `None` when it is no size, or no `u64`.
pub(crate) fn size(text: &str) -> Option<u64> {
    measure(text, &[("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)])
}

/// The milliseconds of `30s`; `None` when it is no duration, or no `u64`.
pub(crate) fn milliseconds(text: &str) -> Option<u64> {
    const S: u64 = 1000;
    measure(text, &[("ms", 1), ("s", S), ("m", 60 * S), ("min", 60 * S), ("h", 3600 * S)])
}

fn measure(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let (_, factor) = units.iter().find(|(name, _)| *name == unit.trim_start())?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        #[rustfmt::skip] // a table
        let cases = [
            ("512 B",    Some(512)),
            ("64 KiB",   Some(65_536)),
            ("64KiB",    Some(65_536)),
            ("1 MiB",    Some(1_048_576)),
            ("2 GiB",    Some(2_147_483_648)),
            ("64",       None),
            ("64 KB",    None),
            ("64 kib",   None),
            ("KiB",      None),
            ("-1 B",     None),
            ("1.5 KiB",  None),
            ("",         None),
            ("18446744073709551615 KiB", None),
            ("99999999999999999999 B",   None),
        ];
        for (text, want) in cases {
            assert_eq!(size(text), want, "{text}");
        }
    }

    #[test]
    fn durations() {
        #[rustfmt::skip] // a table
        let cases = [
            ("250ms",  Some(250)),
            ("30s",    Some(30_000)),
            ("30 s",   Some(30_000)),
            ("5m",     Some(300_000)),
            ("5 min",  Some(300_000)),
            ("1h",     Some(3_600_000)),
            ("30",     None),
            ("s",      None),
            ("30 sec", None),
            ("1h30m",  None),
        ];
        for (text, want) in cases {
            assert_eq!(milliseconds(text), want, "{text}");
        }
    }
}
