//! Reads the parameters of an extension as what they mean.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use thiserror::Error;

use crate::extension::grammar::{ExtensionOffer, ExtensionParam};

/// Parameters that make no sense to the extension they are for.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("{0}")]
pub struct InvalidParams(Cow<'static, str>);

impl InvalidParams {
    /// Parameters that are wrong for this reason.
    pub fn new(why: impl Into<Cow<'static, str>>) -> Self {
        Self(why.into())
    }
}

/// Reads each parameter of an offer, or of an answer, at most once. What is left over, or comes
/// twice, is an error.
///
/// ```
/// use http::HeaderValue;
/// use ws_core::extension::{ExtensionOffer, ParamReader};
///
/// let field = HeaderValue::from_static("permessage-deflate; client_max_window_bits=\"12\"");
/// let offers = ExtensionOffer::parse_list([&field])?;
/// let mut params = ParamReader::new(&offers[0]);
/// assert_eq!(params.number("client_max_window_bits", 8..=15)?, Some(12));
/// assert!(!params.flag("server_no_context_takeover")?);
/// params.finish()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ParamReader<'a> {
    params: &'a [ExtensionParam],
    /// Parameters that were asked for and found.
    found: usize,
}

impl<'a> ParamReader<'a> {
    /// Reads the parameters of `offer`.
    #[must_use]
    pub fn new(offer: &'a ExtensionOffer) -> Self {
        Self { params: offer.params(), found: 0 }
    }

    /// Whether `name` is there; it may have no value.
    ///
    /// # Errors
    ///
    /// [`InvalidParams`] when it has one, or comes twice.
    pub fn flag(&mut self, name: &str) -> Result<bool, InvalidParams> {
        match self.any(name)? {
            None => Ok(false),
            Some(None) => Ok(true),
            Some(Some(_)) => Err(InvalidParams(format!("{name} takes no value").into())),
        }
    }

    /// The decimal number that is the value of `name`, without leading zeros; `None` without `name`.
    ///
    /// # Errors
    ///
    /// [`InvalidParams`] when it is no such number, outside of `range`, or comes twice.
    pub fn number(
        &mut self,
        name: &str,
        range: RangeInclusive<u32>,
    ) -> Result<Option<u32>, InvalidParams> {
        match self.optional_number(name, range)? {
            None => Ok(None),
            Some(Some(number)) => Ok(Some(number)),
            Some(None) => Err(InvalidParams(format!("{name} needs a value").into())),
        }
    }

    /// As [`number`](Self::number), for a parameter that may be there without a value, which is
    /// `Some(None)`.
    ///
    /// # Errors
    ///
    /// As [`number`](Self::number).
    pub fn optional_number(
        &mut self,
        name: &str,
        range: RangeInclusive<u32>,
    ) -> Result<Option<Option<u32>>, InvalidParams> {
        let Some(value) = self.any(name)? else { return Ok(None) };
        let Some(value) = value else { return Ok(Some(None)) };
        let decimal = value.bytes().all(|byte| byte.is_ascii_digit()) && !value.starts_with('0');
        let number = value.parse().ok().filter(|number| decimal && range.contains(number));
        number.map(|number| Some(Some(number))).ok_or_else(|| {
            let (from, to) = range.into_inner();
            InvalidParams(format!("{name} is a number from {from} to {to}").into())
        })
    }

    /// The value of `name`, `Some(None)` where it has none, `None` without `name`.
    ///
    /// # Errors
    ///
    /// [`InvalidParams`] when it comes twice.
    pub fn any(&mut self, name: &str) -> Result<Option<Option<&'a str>>, InvalidParams> {
        let mut values = self.params.iter().filter(|param| param.name() == name);
        let Some(param) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err(InvalidParams(format!("{name} comes twice").into()));
        }
        self.found += 1;
        Ok(Some(param.value()))
    }

    /// Ends reading.
    ///
    /// # Errors
    ///
    /// [`InvalidParams`] when there is a parameter that was not asked for.
    pub fn finish(self) -> Result<(), InvalidParams> {
        if self.found < self.params.len() {
            return Err(InvalidParams::new("there is an unknown parameter"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn numbers_are_decimal_and_in_their_range() {
        #[rustfmt::skip] // a table
        let cases: &[(&str, Option<Option<u32>>)] = &[
            ("x",            Some(None)),
            ("x; n=8",       Some(Some(8))),
            ("x; n=15",      Some(Some(15))),
            ("x; n=\"9\"",   Some(Some(9))),
            ("x; n",         None),
            ("x; n=7",       None),
            ("x; n=16",      None),
            ("x; n=08",      None),
            ("x; n=+8",      None),
            ("x; n=8x",      None),
            ("x; n=99999999999999999999", None),
            ("x; n=8; n=8",  None),
            ("x; n=8; m",    None),
        ];
        for (field, want) in cases {
            let field = HeaderValue::from_static(field);
            let offer = &ExtensionOffer::parse_list([&field]).unwrap()[0];
            let mut params = ParamReader::new(offer);
            let got = params.number("n", 8..=15).and_then(|n| params.finish().map(|()| n));
            assert_eq!(got.ok(), *want, "{field:?}");
        }
    }
}
