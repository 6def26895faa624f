//! The ids that vendors put into their answers.

/// Gemini's API puts this before the id.
const RESOURCE: &str = "models/";

/// The ids under which a served model may be listed, best first: as it is, and without the date of its version.
pub(super) fn listed_as(served: &str) -> impl Iterator<Item = &str> {
    let plain = served.strip_prefix(RESOURCE).unwrap_or(served);
    [Some(served), Some(plain), undated(plain)].into_iter().flatten()
}

/// The id without a date at its end: `-20251001` or `-2025-12-11`.
fn undated(id: &str) -> Option<&str> {
    let (rest, last) = id.rsplit_once('-')?;
    if last.len() == 8 {
        let (year, day) = last.split_at_checked(4)?;
        let (month, day) = day.split_at_checked(2)?;
        return is_date(year, month, day).then_some(rest);
    }
    let (rest, month) = rest.rsplit_once('-')?;
    let (rest, year) = rest.rsplit_once('-')?;
    is_date(year, month, last).then_some(rest)
}

fn is_date(year: &str, month: &str, day: &str) -> bool {
    let within = |text: &str, digits: usize, low: u16, high: u16| {
        text.len() == digits
            && text.bytes().all(|byte| byte.is_ascii_digit())
            && text.parse().is_ok_and(|number: u16| (low..=high).contains(&number))
    };
    within(year, 4, 2020, 2099) && within(month, 2, 1, 12) && within(day, 2, 1, 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_date_at_the_end_is_taken_off() {
        for (id, base) in [
            ("claude-haiku-4-5-20251001", Some("claude-haiku-4-5")),
            ("gpt-5.2-2025-12-11", Some("gpt-5.2")),
            ("gpt-5.2", None),
            ("claude-haiku-4-5", None),
            ("x-12345678", None),
            ("x-20251301", None),
            ("x-2025-12-32", None),
            ("x-2025-1-01", None),
            ("gemini-2.5-flash-preview-09-2025", None),
            ("x-+0251001", None),
            ("x-ééé25é1", None),
            ("-", None),
            ("", None),
        ] {
            assert_eq!(undated(id), base, "{id}");
        }
        assert_eq!(
            listed_as("models/a-20250101").collect::<Vec<_>>(),
            ["models/a-20250101", "a-20250101", "a"]
        );
    }
}
