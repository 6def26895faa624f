//! Dates as files of signals write them.

use ae_core::Timestamp;
use jiff::{civil::DateTime, tz::Offset};

/// RFC 3339, `8/4/2016 11:52` (month first, UTC), `2016-08-04[ 11:52[:00]]` (UTC), or seconds since 1970.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) && text.len() > 4 {
        return Timestamp::from_second(text.parse().ok()?).ok();
    }
    if text.contains('/') {
        return month_first(text);
    }
    text.parse::<Timestamp>().ok().or_else(|| utc(text.parse::<DateTime>().ok()?))
}

fn month_first(text: &str) -> Option<Timestamp> {
    let (date, time) = text.split_once(' ').unwrap_or((text, "0:00"));
    let mut date = date.split('/');
    let (month, day, year) =
        (date.next()?.parse().ok()?, date.next()?.parse().ok()?, date.next()?.parse().ok()?);
    let mut time = time.trim().split(':');
    let (hour, minute) = (time.next()?.parse().ok()?, time.next()?.parse().ok()?);
    let second = time.next().map_or(Some(0), |second| second.parse().ok())?;
    if date.next().is_some() || time.next().is_some() {
        return None;
    }
    utc(DateTime::new(year, month, day, hour, minute, second, 0).ok()?)
}

fn utc(civil: DateTime) -> Option<Timestamp> {
    Offset::UTC.to_timestamp(civil).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_usual_spellings_are_read() {
        for text in [
            "8/4/2016 11:52",
            "2016-08-04T11:52:00Z",
            "2016-08-04T13:52:00+02:00",
            "2016-08-04 11:52:00",
            "1470311520",
        ] {
            assert_eq!(
                parse(text).map(|at| at.to_string()).as_deref(),
                Some("2016-08-04T11:52:00Z"),
                "{text}"
            );
        }
        assert_eq!(parse("2016-08-04").map(|at| at.to_string()).as_deref(), Some("2016-08-04T00:00:00Z"));
        for text in
            ["", "yesterday", "13/13/2016 1:00", "1/1/2016 25:00", "1/2", "2016", "1/1/2016 1:00:00:00", "-5"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,40}") {
            let _ = parse(&text);
        }
    }
}
