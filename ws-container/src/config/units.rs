//! Sizes and durations as people write them.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;
use ws_core::CloseCode;
#[cfg(feature = "deflate")]
use ws_core::extension::WindowBits;

/// A size or a duration that was not understood.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum UnitError {
    /// No size.
    #[error("`{0}` is no size; write bytes as in `65536`, or a number with B, KiB, MiB or GiB")]
    Size(String),
    /// A size of nothing, or of more than can be counted.
    #[error("`{0}` is out of range; a size is at least 1 byte and below 8 EiB")]
    SizeRange(String),
    /// No duration.
    #[error("`{0}` is no duration; write seconds as in `30`, or a number with ms, s, m or h")]
    Duration(String),
    /// Nothing, or more than can be waited for.
    #[error("`{0}` is out of range; a duration is at least 1 ms and at most 1 year")]
    DurationRange(String),
    /// No close code that says why a server ends.
    #[error(
        "`{0}` does not say that a server ends; write 1001, going away, or 1012, service restart"
    )]
    DrainCode(String),
    /// No level of compression.
    #[error("`{0}` is no level; write a number from `1` to `9`")]
    Level(String),
    /// No window of compression.
    #[error("`{0}` is no window; write its bits, from `8` to `15`, or `off`")]
    Window(String),
}

/// A number of bytes, at least one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct ByteSize(pub(crate) u64);

/// How much work goes into compression, 1 to 9.
#[cfg(feature = "deflate")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Level(pub(crate) u8);

/// The bits of a window that messages may refer back through, or `off`.
#[cfg(feature = "deflate")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Window(pub(crate) Option<WindowBits>);

/// A wait that cannot be switched off, 1 ms to 1 year.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Wait(pub(crate) Duration);

/// A wait that can be switched off by the word `off`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Optional(pub(crate) Option<Duration>);

/// The code with which a server that ends closes its sessions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct DrainCode(pub(crate) CloseCode);

impl From<CloseCode> for DrainCode {
    fn from(code: CloseCode) -> Self {
        Self(code)
    }
}

impl FromStr for DrainCode {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        match text.trim() {
            "1001" => Ok(Self(CloseCode::GOING_AWAY)),
            "1012" => Ok(Self(CloseCode::SERVICE_RESTART)),
            _ => Err(UnitError::DrainCode(text.into())),
        }
    }
}

impl fmt::Display for DrainCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.as_u16())
    }
}

impl From<u64> for ByteSize {
    fn from(bytes: u64) -> Self {
        Self(bytes)
    }
}

impl From<Duration> for Wait {
    fn from(wait: Duration) -> Self {
        Self(wait)
    }
}

impl From<Option<Duration>> for Optional {
    fn from(wait: Option<Duration>) -> Self {
        Self(wait)
    }
}

/// Splits `text` into digits and unit.
fn split(text: &str) -> Option<(u64, &str)> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    Some((digits.parse().ok()?, unit.trim_start()))
}

impl FromStr for ByteSize {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let (number, unit) = split(text).ok_or_else(|| UnitError::Size(text.into()))?;
        let factor: u64 = match unit {
            "" | "B" => 1,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "GiB" => 1 << 30,
            _ => return Err(UnitError::Size(text.into())),
        };
        number
            .checked_mul(factor)
            .filter(|bytes| (1..1 << 63).contains(bytes))
            .map(Self)
            .ok_or_else(|| UnitError::SizeRange(text.into()))
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (shift, unit) in [(30, "GiB"), (20, "MiB"), (10, "KiB")] {
            if self.0.trailing_zeros() >= shift {
                return write!(f, "{} {unit}", self.0 >> shift);
            }
        }
        write!(f, "{} B", self.0)
    }
}

impl FromStr for Wait {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let (number, unit) = split(text).ok_or_else(|| UnitError::Duration(text.into()))?;
        let millis: u64 = match unit {
            "ms" => 1,
            "" | "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return Err(UnitError::Duration(text.into())),
        };
        let year = Duration::from_secs(365 * 24 * 3600);
        number
            .checked_mul(millis)
            .map(Duration::from_millis)
            .filter(|wait| !wait.is_zero() && *wait <= year)
            .map(Self)
            .ok_or_else(|| UnitError::DurationRange(text.into()))
    }
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.as_millis();
        if millis.is_multiple_of(1_000) {
            write!(f, "{}s", millis / 1_000)
        } else {
            write!(f, "{millis}ms")
        }
    }
}

impl FromStr for Optional {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        if text.trim() == "off" {
            return Ok(Self(None));
        }
        Wait::from_str(text).map(|wait| Self(Some(wait.0)))
    }
}

impl fmt::Display for Optional {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("off"),
            Some(wait) => Wait(wait).fmt(f),
        }
    }
}

#[cfg(feature = "deflate")]
impl FromStr for Level {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let level = text.trim().parse().ok().filter(|level| (1..=9).contains(level));
        level.map(Self).ok_or_else(|| UnitError::Level(text.into()))
    }
}

#[cfg(feature = "deflate")]
impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(feature = "deflate")]
impl FromStr for Window {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        if text.trim() == "off" {
            return Ok(Self(None));
        }
        let bits = text.trim().parse().ok().and_then(|bits| WindowBits::new(bits).ok());
        bits.map(|bits| Self(Some(bits))).ok_or_else(|| UnitError::Window(text.into()))
    }
}

#[cfg(feature = "deflate")]
impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("off"),
            Some(bits) => bits.get().fmt(f),
        }
    }
}

/// In a file, each may be a string as on the command line, or a plain number.
macro_rules! serde_as_text {
    ($($type:ident, $expected:literal;)*) => {$(
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                struct Visitor;

                impl serde::de::Visitor<'_> for Visitor {
                    type Value = $type;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($expected)
                    }

                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$type, E> {
                        text.parse().map_err(E::custom)
                    }

                    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<$type, E> {
                        self.visit_str(&number.to_string())
                    }
                }

                from.deserialize_any(Visitor)
            }
        }
    )*};
}

serde_as_text! {
    ByteSize, "a size such as \"64 KiB\"";
    Wait, "a duration such as \"30s\"";
    Optional, "a duration such as \"30s\", or \"off\"";
    DrainCode, "1001 or 1012";
}

#[cfg(feature = "deflate")]
serde_as_text! {
    Level, "a level from 1 to 9";
    Window, "the bits of a window, from 8 to 15, or \"off\"";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, bytes, shown) in [
            ("65536", 65_536, "64 KiB"),
            ("64 KiB", 65_536, "64 KiB"),
            ("64KiB", 65_536, "64 KiB"),
            ("1MiB", 1 << 20, "1 MiB"),
            (" 2 GiB ", 2 << 30, "2 GiB"),
            ("1000", 1_000, "1000 B"),
            ("1000 B", 1_000, "1000 B"),
        ] {
            assert_eq!(text.parse(), Ok(ByteSize(bytes)), "{text}");
            assert_eq!(ByteSize(bytes).to_string(), shown, "{text}");
        }
        for text in ["", "KiB", "-1", "1.5 MiB", "64 KB", "64 kib", "1 TiB", "0x10", "1 MiB x"] {
            assert_eq!(text.parse::<ByteSize>(), Err(UnitError::Size(text.into())), "{text}");
        }
        for text in ["0", "0 KiB", "9223372036854775808", "17179869184 GiB"] {
            assert_eq!(text.parse::<ByteSize>(), Err(UnitError::SizeRange(text.into())), "{text}");
        }
    }

    #[test]
    fn drain_codes() {
        for text in ["1001", "1012"] {
            assert_eq!(text.parse::<DrainCode>().unwrap().to_string(), text);
        }
        for text in ["", "1000", "1006", "4000", "restart"] {
            assert_eq!(text.parse::<DrainCode>(), Err(UnitError::DrainCode(text.into())), "{text}");
        }
    }

    #[test]
    fn durations() {
        for (text, millis, shown) in [
            ("30", 30_000, "30s"),
            ("30s", 30_000, "30s"),
            ("1500ms", 1_500, "1500ms"),
            ("2 m", 120_000, "120s"),
            ("1h", 3_600_000, "3600s"),
        ] {
            let wait = Duration::from_millis(millis);
            assert_eq!(text.parse(), Ok(Wait(wait)), "{text}");
            assert_eq!(text.parse(), Ok(Optional(Some(wait))), "{text}");
            assert_eq!(Wait(wait).to_string(), shown, "{text}");
        }
        for text in ["", "s", "-1s", "1.5s", "1 day", "off"] {
            assert_eq!(text.parse::<Wait>(), Err(UnitError::Duration(text.into())), "{text}");
        }
        for text in ["0", "0ms", "9000h", "99999999999999999h"] {
            assert_eq!(text.parse::<Wait>(), Err(UnitError::DurationRange(text.into())), "{text}");
        }
        assert_eq!("off".parse(), Ok(Optional(None)));
        assert_eq!(Optional(None).to_string(), "off");
    }
}
