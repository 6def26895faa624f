//! The limits on clients.

use std::time::Duration;

/// The limits on the clients of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectionLimits {
    /// Connections that are open at once. One more takes the place of the connection that has been open the longest
    /// without an answer under way; without such a connection it waits.
    pub connections_max: usize,
    /// The head of a request, in bytes; at least 8192, which the HTTP library asks for.
    pub head_bytes_max: usize,
    /// How long a connection may take to open, and the head of each request to arrive.
    pub head_time_max: Duration,
    /// How long a connection may be used. An answer that is under way then gets [`grace`](Self::grace), so that a client
    /// that sends or reads without end gives its place back.
    pub connection_time_max: Duration,
    /// How long open connections may go on after the stop.
    pub grace: Duration,
    /// Whether a connection may carry more than one request.
    pub keep_alive: bool,
}

impl ConnectionLimits {
    /// 256 connections of a minute and many requests each, heads of 16 KiB within 10 s, 2 s to end.
    pub const fn new() -> Self {
        Self {
            connections_max: 256,
            head_bytes_max: 16 * 1024,
            head_time_max: Duration::from_secs(10),
            connection_time_max: Duration::from_secs(60),
            grace: Duration::from_secs(2),
            keep_alive: true,
        }
    }
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self::new()
    }
}

ae_core::setters! { ConnectionLimits {
    /// Sets the most connections that are open at once.
    fn with_connections_max(connections_max: usize);
    /// Sets the most bytes of the head of a request.
    fn with_head_bytes_max(head_bytes_max: usize);
    /// Sets the time for opening, and for the head of a request.
    fn with_head_time_max(head_time_max: Duration);
    /// Sets the time for which a connection may be used.
    fn with_connection_time_max(connection_time_max: Duration);
    /// Sets the time for what is under way at the stop.
    fn with_grace(grace: Duration);
    /// Sets whether a connection may carry more than one request.
    fn with_keep_alive(keep_alive: bool);
} }
