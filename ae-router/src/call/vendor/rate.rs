//! The room left in a vendor's limits, from the headers of an answer. Pure.

use std::time::Duration;

use ae_core::Timestamp;
use ae_core_wire::duration;

use crate::RateState;

/// Reads the headers of Anthropic, or those of OpenAI and the vendors that took them over.
///
/// A moment counts from `date`, the time of the answer by the vendor's own clock: ours may differ.
pub(super) fn rate<'h>(header: impl Fn(&str) -> Option<&'h str>, date: Option<Timestamp>) -> RateState {
    let count = |names: [&str; 2]| names.iter().find_map(|name| header(name)?.trim().parse().ok());
    let reset = |names: [&str; 2]| names.iter().find_map(|name| until(header(name)?.trim(), date));
    RateState::default()
        .with_requests_left(count([
            "anthropic-ratelimit-requests-remaining",
            "x-ratelimit-remaining-requests",
        ]))
        .with_requests_reset(reset(["anthropic-ratelimit-requests-reset", "x-ratelimit-reset-requests"]))
        .with_tokens_left(count(["anthropic-ratelimit-tokens-remaining", "x-ratelimit-remaining-tokens"]))
        .with_tokens_reset(reset(["anthropic-ratelimit-tokens-reset", "x-ratelimit-reset-tokens"]))
}

/// The time until a reset, stated as such or as a moment.
fn until(text: &str, date: Option<Timestamp>) -> Option<Duration> {
    duration(text).or_else(|| {
        let left = text.parse::<Timestamp>().ok()?.duration_since(date?);
        Some(Duration::try_from(left).unwrap_or_default())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headers: &[(&str, &'static str)]) -> RateState {
        let header = |name: &str| headers.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        rate(header, Some("2026-11-24T12:00:00Z".parse().unwrap()))
    }

    #[test]
    fn moments_and_times_are_read_alike() {
        let anthropic = read(&[
            ("anthropic-ratelimit-requests-remaining", "49"),
            ("anthropic-ratelimit-requests-reset", "2026-11-24T12:00:07Z"),
            ("anthropic-ratelimit-tokens-remaining", "38000"),
            ("anthropic-ratelimit-tokens-reset", "2026-11-24T11:59:00Z"),
        ]);
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!((anthropic.requests_left, anthropic.requests_reset), (Some(49), seconds(7)));
        assert_eq!((anthropic.tokens_left, anthropic.tokens_reset), (Some(38_000), seconds(0)), "past");
        let openai = read(&[
            ("x-ratelimit-remaining-requests", "59"),
            ("x-ratelimit-reset-requests", "20ms"),
            ("x-ratelimit-remaining-tokens", "149984"),
            ("x-ratelimit-reset-tokens", "6m0s"),
        ]);
        assert_eq!(
            (openai.requests_left, openai.requests_reset),
            (Some(59), Some(Duration::from_millis(20)))
        );
        assert_eq!((openai.tokens_left, openai.tokens_reset), (Some(149_984), seconds(360)));
    }

    #[test]
    fn what_is_not_understood_is_not_known() {
        let odd = read(&[("x-ratelimit-remaining-requests", "-1"), ("x-ratelimit-reset-requests", "soon")]);
        assert_eq!(odd, RateState::default());
        let no_clock = rate(|_| Some("2026-11-24T12:00:07Z"), None);
        assert_eq!((no_clock.requests_reset, no_clock.requests_left), (None, None));
    }
}
