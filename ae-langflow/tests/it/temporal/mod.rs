//! Graphs as workflows, against a real server.

mod cancel;
mod failures;
mod histories;
mod kills;
mod promote;
mod questions;
mod runs;
mod server;
mod shapes;
mod signals;
mod sizes;
mod tls;
