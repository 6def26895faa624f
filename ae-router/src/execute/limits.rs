//! Bounds of calls.

use std::time::Duration;

/// The bounds of a call: tries, pauses, times and the ceiling of its cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallLimits {
    /// Tries in all, over all models, hedges included.
    pub tries_max: u32,
    /// Tries of one model.
    pub tries_per_model_max: u32,
    /// The pause before the second try of a model; it doubles after that, with jitter between half and the whole.
    pub pause_base: Duration,
    /// No pause is longer than this, unless the vendor asked for more.
    pub pause_max: Duration,
    /// The longest pause that a vendor may ask for. One that asks for more is left for the next model.
    pub retry_after_max: Duration,
    /// The time of a stream until its first piece. Reasoning that the vendor does not show counts.
    pub first_piece: Duration,
    /// The time of a stream between two pieces. The reader's own pauses do not count.
    pub between_pieces: Duration,
    /// The time of one try.
    pub per_try: Duration,
    /// The time of the whole call, with all tries and pauses.
    pub total: Duration,
    /// The most tokens of an answer whose request sets none (`output_tokens_max` 0). With `None` such a request is refused,
    /// since nothing would bound its cost.
    pub output_tokens_max: Option<u64>,
    /// The most tokens that a vendor counts for one image. With `None` a request with an image is refused: its size is not
    /// known, and vendors count from 85 to more than 10,000.
    pub image_tokens_max: Option<u64>,
    /// The bytes of text that are taken for one token of input when its most is set aside. At 1 the reservation is never too
    /// small. Above, reservations are smaller and a call may cost more than was set aside: by at most the difference to 1,
    /// reported as [`Try::overshoot`](crate::Try::overshoot).
    pub bytes_per_token: u64,
    /// The time without an answer after which the next model is asked too. The first answer counts, the other call is
    /// cancelled and paid. Without, one model is asked at a time.
    pub hedge_after: Option<Duration>,
}

impl Default for CallLimits {
    /// 4 tries, 2 of a model; pauses of 0.5 to 5 s, up to 30 s for a vendor; 5 min to the first piece, 2 min between
    /// pieces, 10 min a try, 15 min in all; 4,096 tokens of output, no images, one token a byte, no hedging.
    fn default() -> Self {
        Self {
            tries_max: 4,
            tries_per_model_max: 2,
            pause_base: Duration::from_millis(500),
            pause_max: Duration::from_secs(5),
            retry_after_max: Duration::from_secs(30),
            first_piece: Duration::from_secs(300),
            between_pieces: Duration::from_secs(120),
            per_try: Duration::from_secs(600),
            total: Duration::from_secs(900),
            output_tokens_max: Some(4_096),
            image_tokens_max: None,
            bytes_per_token: 1,
            hedge_after: None,
        }
    }
}

ae_core::setters! { CallLimits {
    /// Sets the tries in all.
    fn with_tries_max(tries_max: u32);
    /// Sets the tries of one model.
    fn with_tries_per_model_max(tries_per_model_max: u32);
    /// Sets the pause before the second try of a model.
    fn with_pause_base(pause_base: Duration);
    /// Sets the longest pause that no vendor asked for.
    fn with_pause_max(pause_max: Duration);
    /// Sets the longest pause that a vendor may ask for.
    fn with_retry_after_max(retry_after_max: Duration);
    /// Sets the time of a stream until its first piece.
    fn with_first_piece(first_piece: Duration);
    /// Sets the time of a stream between two pieces.
    fn with_between_pieces(between_pieces: Duration);
    /// Sets the time of one try.
    fn with_per_try(per_try: Duration);
    /// Sets the time of the whole call.
    fn with_total(total: Duration);
    /// Sets the most tokens of an answer whose request sets none.
    fn with_output_tokens_max(output_tokens_max: Option<u64>);
    /// Sets the most tokens that a vendor counts for one image.
    fn with_image_tokens_max(image_tokens_max: some u64);
    /// Sets the bytes of text that are taken for one token of input.
    fn with_bytes_per_token(bytes_per_token: u64);
    /// Sets the time without an answer after which the next model is asked too.
    fn with_hedge_after(hedge_after: some Duration);
} }

/// The rules by which a model that fails is left alone for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RestLimits {
    /// Failures within the window after which a model rests. At least 1.
    pub failures_max: u32,
    /// The time for which a failure counts.
    pub window: Duration,
    /// The first rest. After it one call is let through as a probe; if that fails too, the next rest is twice as long.
    pub rest: Duration,
    /// The longest of these rests.
    pub rest_max: Duration,
    /// The rest of a provider whose account has no money left or whose key is refused, and of a model that does not exist
    /// for the key.
    pub account_rest: Duration,
}

impl Default for RestLimits {
    /// 5 failures within a minute; rests of 30 s to 10 min; an hour for the account.
    fn default() -> Self {
        Self {
            failures_max: 5,
            window: Duration::from_secs(60),
            rest: Duration::from_secs(30),
            rest_max: Duration::from_secs(600),
            account_rest: Duration::from_secs(3_600),
        }
    }
}

ae_core::setters! { RestLimits {
    /// Sets the failures within the window after which a model rests.
    fn with_failures_max(failures_max: u32);
    /// Sets the time for which a failure counts.
    fn with_window(window: Duration);
    /// Sets the first rest.
    fn with_rest(rest: Duration);
    /// Sets the longest rest.
    fn with_rest_max(rest_max: Duration);
    /// Sets the rest of a provider whose account fails.
    fn with_account_rest(account_rest: Duration);
} }
