//! The port and the limits of a proxy.

use std::time::Duration;

/// The port and the limits of a proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProxyOptions {
    /// The port on 127.0.0.1; 0 for any.
    pub port: u16,
    /// The most connections at a time; further ones wait.
    pub connections_max: usize,
    /// The time for the head of a request, and the longest pause between two requests on a connection.
    pub head: Duration,
    /// The time for the body of a request.
    pub request: Duration,
    /// The most bytes of a request's body. There is room for eight times as many in all; further requests wait.
    pub request_bytes_max: usize,
    /// The time to connect to the vendor.
    pub connect: Duration,
    /// The time until the vendor begins an answer that is a stream.
    pub first_byte: Duration,
    /// The time until the vendor begins an answer that comes as a whole, which is when the model is done.
    pub whole_answer: Duration,
    /// The longest pause between two pieces of an answer.
    pub idle: Duration,
    /// The time in which an agent must have read its answer.
    pub delivery: Duration,
    /// The time in which an answer is read to its end for the books after its reader has gone.
    pub drain: Duration,
}

impl ProxyOptions {
    /// Any port, 256 connections, 2 minutes for a head, 1 for a body of 32 MiB, 10 s to connect, 2 minutes for a first byte
    /// and between two pieces, 10 for a whole answer, 30 to deliver it, 2 to drain it.
    pub const fn new() -> Self {
        Self {
            port: 0,
            connections_max: 256,
            head: Duration::from_secs(120),
            request: Duration::from_secs(60),
            request_bytes_max: 32 << 20,
            connect: Duration::from_secs(10),
            first_byte: Duration::from_secs(120),
            whole_answer: Duration::from_secs(600),
            idle: Duration::from_secs(120),
            delivery: Duration::from_secs(1_800),
            drain: Duration::from_secs(120),
        }
    }
}

impl Default for ProxyOptions {
    fn default() -> Self {
        Self::new()
    }
}

ae_core::setters! { ProxyOptions {
    /// Sets the port.
    fn with_port(port: u16);
    /// Sets the most connections at a time.
    fn with_connections_max(connections_max: usize);
    /// Sets the time for the head of a request.
    fn with_head(head: Duration);
    /// Sets the time for the body of a request.
    fn with_request(request: Duration);
    /// Sets the most bytes of a request's body.
    fn with_request_bytes_max(request_bytes_max: usize);
    /// Sets the time to connect to the vendor.
    fn with_connect(connect: Duration);
    /// Sets the time until the vendor begins an answer that is a stream.
    fn with_first_byte(first_byte: Duration);
    /// Sets the time until the vendor begins an answer that comes as a whole.
    fn with_whole_answer(whole_answer: Duration);
    /// Sets the longest pause between two pieces of an answer.
    fn with_idle(idle: Duration);
    /// Sets the time in which an agent must have read its answer.
    fn with_delivery(delivery: Duration);
    /// Sets the time in which an answer is read to its end after its reader has gone.
    fn with_drain(drain: Duration);
} }
