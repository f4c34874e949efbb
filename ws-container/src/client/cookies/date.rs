//! The date of `Expires`, as leniently as RFC 6265 §5.1.1 reads it.

use std::time::{Duration, SystemTime};

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// The moment that `text` names; `None` when it names none. What lies before 1970 is 1970: that a
/// cookie is to go is all that such a date says.
pub(super) fn parse(text: &str) -> Option<SystemTime> {
    let is_delimiter = |c: char| !c.is_ascii_alphanumeric() && c != ':' && (c as u32) < 0x7F;
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    for token in text.split(is_delimiter).filter(|token| !token.is_empty()) {
        // Each token is the first of these that is still missing and that it can be.
        if time.is_none() && clock(token).is_some() {
            time = clock(token);
        } else if day.is_none() && number(token, 1..=2).is_some() {
            day = number(token, 1..=2);
        } else if month.is_none() && month_of(token).is_some() {
            month = month_of(token);
        } else if year.is_none() {
            year = number(token, 2..=4);
        }
    }
    let (time, day, month, year) = (time?, day?, month?, in_full(year?));
    if !(1..=days_of(year, month)).contains(&day) || year < 1601 {
        return None;
    }
    let days = days_before(year, month) + i64::from(day) - 1;
    let seconds = u64::try_from(days * 86_400 + i64::from(time)).unwrap_or(0);
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

/// The digits that `token` begins with, if there are so many.
fn number(token: &str, digits: std::ops::RangeInclusive<usize>) -> Option<u32> {
    let end = token.find(|c: char| !c.is_ascii_digit()).unwrap_or(token.len());
    digits.contains(&end).then(|| token[..end].parse().ok()).flatten()
}

/// `hour:minute:second`, in seconds.
fn clock(token: &str) -> Option<u32> {
    let mut fields = token.splitn(3, ':');
    let hour = fields.next().filter(|it| it.bytes().all(|byte| byte.is_ascii_digit()))?;
    let minute = fields.next().filter(|it| it.bytes().all(|byte| byte.is_ascii_digit()))?;
    let (hour, minute) = (number(hour, 1..=2)?, number(minute, 1..=2)?);
    let second = number(fields.next()?, 1..=2)?;
    (hour <= 23 && minute <= 59 && second <= 59).then_some((hour * 60 + minute) * 60 + second)
}

/// 1 for January.
fn month_of(token: &str) -> Option<u32> {
    let token = token.get(..3)?.to_ascii_lowercase();
    (1..).zip(MONTHS).find(|(_, month)| *month == token).map(|(number, _)| number)
}

/// A year of two digits is of the time around 2000.
const fn in_full(year: u32) -> u32 {
    match year {
        0..=69 => year + 2000,
        70..=99 => year + 1900,
        _ => year,
    }
}

const fn is_leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

const fn days_of(year: u32, month: u32) -> u32 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1 January 1970 to the first of the month; negative before.
fn days_before(year: u32, month: u32) -> i64 {
    let years = i64::from(year) - 1;
    let to_year = years * 365 + years / 4 - years / 100 + years / 400;
    // The same for 1970.
    let in_year: u32 = (1..month).map(|month| days_of(year, month)).sum();
    to_year - 719_162 + i64::from(in_year)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_all_kinds() {
        let seconds = |text: &str| {
            let date = parse(text)?;
            Some(date.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs())
        };
        #[rustfmt::skip] // a table
        let cases = [
            ("Sun, 06 Nov 1994 08:49:37 GMT",   Some(784_111_777)),
            ("Sunday, 06-Nov-94 08:49:37 GMT",  Some(784_111_777)),
            ("Sun Nov  6 08:49:37 1994",        Some(784_111_777)),
            ("Sun, 06-Nov-1994 08:49:37 GMT",   Some(784_111_777)),
            ("6 november 94 8:49:37",           Some(784_111_777)),
            ("1994-ish 6 Nov 08:49:37",         Some(784_111_777)),
            ("Thu, 01 Jan 1970 00:00:00 GMT",   Some(0)),
            ("Wed, 31-Dec-69 23:59:59 GMT",     Some(3_155_759_999)),
            ("Wed, 31 Dec 1969 23:59:59 GMT",   Some(0)),
            ("Fri, 29 Feb 2008 00:00:00 GMT",   Some(1_204_243_200)),
            ("Thu, 29 Feb 2007 00:00:00 GMT",   None),
            ("Fri, 01 Jan 1600 00:00:00 GMT",   None),
            ("Sun, 06 Nov 1994 24:00:00 GMT",   None),
            ("Sun, 06 Nov 1994",                None),
            ("never",                           None),
            ("",                                None),
        ];
        for (text, expected) in cases {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
