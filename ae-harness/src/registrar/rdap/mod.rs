//! Availability without an account: the registries' own answers over RDAP (RFC 9082 and 9083).

mod bootstrap;
mod client;

pub use self::{bootstrap::RdapBootstrap, client::RdapRegistrar};

/// The name of this registrar in errors.
const NAME: &str = "rdap";
