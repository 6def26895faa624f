//! Serving over HTTP: bounded connections, and the releases of a folder behind them.

mod accept;
#[cfg(feature = "acme")]
mod acme;
#[cfg(all(feature = "process", unix))]
mod app;
mod body;
mod connections;
mod limits;
mod places;
mod releases;

#[cfg(feature = "acme")]
pub use self::acme::{AcmeOptions, Certificates, TlsListener};
#[cfg(all(feature = "process", unix))]
pub use self::app::{AppLimits, AppRelease, ProcessApp};
pub use self::{
    accept::Accept,
    connections::serve_connections,
    limits::ConnectionLimits,
    releases::{ServeOptions, serve_releases},
};
