//! The bounds of a call.

use std::time::Duration;

/// The bounds of every call of a [`VendorClient`](crate::VendorClient).
///
/// Models that reason can be silent for minutes before their first word, so the times are long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct VendorLimits {
    /// The time to connect.
    pub connect: Duration,
    /// The time to the head of a stream, and from there to the first byte of its body. An answer that is not a stream
    /// begins when it is whole, so `whole` bounds it.
    pub first_byte: Duration,
    /// The time between two pieces of an answer. A vendor's keep-alive is a piece.
    pub between: Duration,
    /// The time for the whole exchange. For a stream it includes the time that the reader takes.
    pub whole: Duration,
    /// The bytes of an answer, after decompression. A stream needs about 300 bytes for each token.
    pub answer_bytes_max: usize,
}

impl Default for VendorLimits {
    /// 10 s to connect, 3 minutes to the first byte and between pieces, 15 minutes in all, 64 MiB.
    fn default() -> Self {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        Self {
            connect: Duration::from_secs(10),
            first_byte: minutes(3),
            between: minutes(3),
            whole: minutes(15),
            answer_bytes_max: 64 << 20,
        }
    }
}

ae_core::setters! { VendorLimits {
    /// Sets the time to connect.
    fn with_connect(connect: Duration);
    /// Sets the time to the first byte of a stream.
    fn with_first_byte(first_byte: Duration);
    /// Sets the time between two pieces of an answer.
    fn with_between(between: Duration);
    /// Sets the time for the whole exchange.
    fn with_whole(whole: Duration);
    /// Sets the bytes of an answer.
    fn with_answer_bytes_max(answer_bytes_max: usize);
} }
