//! The environment of this process: the only place that reads keys.

use std::path::PathBuf;

use ae_core::{ErrorKind, Secret};
use ae_harness::HostEnv;

use crate::error::{Error, Result};

/// A variable that is set and not empty.
#[expect(clippy::disallowed_methods, reason = "the wiring reads keys and addresses")]
pub(super) fn setting(name: &str) -> Option<String> {
    std::env::var_os(name)?.into_string().ok().filter(|value| !value.trim().is_empty())
}

/// A variable that has to be set: a key, or what belongs to one. `what` says what it holds.
///
/// # Errors
///
/// `Unauthenticated` naming the variable.
pub(super) fn required(name: &str, what: &str) -> Result<Secret<String>> {
    setting(name).map(|value| Secret::new(value.trim().to_owned())).ok_or_else(|| {
        Error::new(ErrorKind::Unauthenticated, format!("{name} is not set: {what}"))
            .with_hint(format!("set {name} in the environment of this command; nothing was sent"))
    })
}

/// The machine as coding agents may know it: nothing but where programs are, and the language.
pub(super) fn host() -> HostEnv {
    let host = HostEnv::new(setting("PATH").unwrap_or_default());
    setting("LANG").into_iter().fold(host, |host, lang| host.with_variable("LANG", lang))
}

/// The program that runs.
pub(super) fn this_program() -> Result<PathBuf> {
    std::env::current_exe().map_err(|error| Error::io("the program that runs can't be found", error))
}
