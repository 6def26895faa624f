//! Finding an agent's program and its version.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use ae_core::{BackendError, Cancel, ErrorKind, Runtime};

use super::{HostEnv, error};
use crate::{
    agent::{AgentLimits, AgentReport, StopReason},
    atomic::io_error,
    dialect::{AgentExit, Decoder, Dialect, Interrupt, Outbox},
    supervise::{Cause, Finished, Job, Redactor, Rim, Start, run},
};

/// The most time that a program may take to print its version.
const TIME_MAX: Duration = Duration::from_secs(20);

/// An agent that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Detected {
    /// The place of its program.
    pub program: PathBuf,
    /// Its version, for example `2.1.330`; empty if the dialect accepts any and it did not print one.
    pub version: String,
}

/// The versions of programs that have not changed since.
#[derive(Debug, Default)]
pub(super) struct Versions(Mutex<BTreeMap<PathBuf, (Stamp, Detected)>>);

type Stamp = (Option<SystemTime>, u64);

impl Versions {
    /// The program and its version, from `--version` unless it is known. The program gets `private` as its home.
    pub(super) async fn detect(
        &self,
        dialect: &dyn Dialect,
        host: &HostEnv,
        private: &Path,
        runtime: &Runtime,
    ) -> Result<Detected, BackendError> {
        let Some(program) = dialect.programs().iter().find_map(|program| host.find(program)) else {
            let names = dialect.programs().join("` or `");
            let message = format!("there is no program `{names}`: {}", dialect.install_hint());
            return Err(error(ErrorKind::NotFound, "detect", message));
        };
        let meta = program
            .metadata()
            .map_err(|cause| io_error(super::NAME, "detect", "look at", &program, cause))?;
        let stamp = (meta.modified().ok(), meta.len());
        let known = self.known().get(&program).filter(|(seen, _)| *seen == stamp).cloned();
        if let Some((_, detected)) = known {
            return Ok(detected);
        }
        let version = version_of(&program, dialect, host, private, runtime).await?;
        let detected = Detected { program: program.clone(), version };
        self.known().insert(program, (stamp, detected.clone()));
        Ok(detected)
    }

    /// The last finding, without looking again.
    pub(super) fn last(&self, dialect: &dyn Dialect, host: &HostEnv) -> Option<Detected> {
        let program = dialect.programs().iter().find_map(|program| host.find(program))?;
        self.known().get(&program).map(|(_, detected)| detected.clone())
    }

    fn known(&self) -> std::sync::MutexGuard<'_, BTreeMap<PathBuf, (Stamp, Detected)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn version_of(
    program: &Path,
    dialect: &dyn Dialect,
    host: &HostEnv,
    private: &Path,
    runtime: &Runtime,
) -> Result<String, BackendError> {
    let (name, place) = (dialect.name(), program.display());
    let (printed, finished) = print_version(program, host, private, runtime).await?;
    let oldest = dialect.oldest_version();
    match finished.cause {
        Some(Cause::TimedOut(_)) => {
            let message =
                format!("{place} --version took more than {} s: run it by hand", TIME_MAX.as_secs());
            return Err(error(ErrorKind::Timeout, "detect", message));
        }
        Some(_) => {
            let message = format!("{place} --version printed too much: see that it is {name}");
            return Err(error(ErrorKind::Protocol, "detect", message));
        }
        None => {}
    }
    match version_in(&printed) {
        _ if oldest.is_empty() => Ok(version_in(&printed).unwrap_or_default()),
        Some(version) if numbers(&version) >= numbers(oldest) => Ok(version),
        Some(version) => {
            let message = format!("{name} at {place} is {version}, and {oldest} is needed: update it");
            Err(error(ErrorKind::Unsupported, "detect", message))
        }
        None => {
            let said = finished.exit.stderr.lines().next_back().unwrap_or("nothing on its error output");
            let message = format!(
                "{place} --version named no version (exit {:?}: {said}): {}",
                finished.exit.code,
                dialect.install_hint()
            );
            Err(error(ErrorKind::Protocol, "detect", message))
        }
    }
}

async fn print_version(
    program: &Path,
    host: &HostEnv,
    private: &Path,
    runtime: &Runtime,
) -> Result<(String, Finished), BackendError> {
    let id = runtime.ids.new_uuid().simple().to_string();
    let mut start = Start {
        path: program.to_path_buf(),
        arguments: vec!["--version".into()],
        environment: [("PATH", host.path()), ("HOME", private.as_os_str()), ("TMPDIR", private.as_os_str())]
            .map(|(name, value)| (name.into(), value.into()))
            .into(),
        folder: private.to_path_buf(),
        is_launcher: false,
    };
    start.mark(&id);
    let job = Job {
        start,
        id,
        file: None,
        input: Vec::new(),
        keeps_input: false,
        interrupt: Interrupt::Main,
        decoder: Box::new(Text::default()),
        redactor: Redactor::default(),
    };
    let limits = AgentLimits::new()
        .with_wall(TIME_MAX)
        .with_first_event(TIME_MAX)
        .with_idle(TIME_MAX)
        .with_output_bytes(64 * 1024);
    let rim = Rim { limits: &limits, events: &(), cancel: &Cancel::new(), runtime };
    let mut finished =
        run(job, rim).await.map_err(|cause| io_error(super::NAME, "detect", "start", program, cause))?;
    let exit = finished.exit.clone();
    let text = std::mem::replace(&mut finished.decoder, Box::new(Text::default())).finish(&exit);
    Ok((text.summary, finished))
}

/// Keeps the text.
#[derive(Debug, Default)]
struct Text(String);

impl Decoder for Text {
    fn line(&mut self, line: &[u8], _: &mut Outbox) {
        self.0.push_str(&String::from_utf8_lossy(line));
        self.0.push('\n');
    }

    fn finish(self: Box<Self>, _: &AgentExit) -> AgentReport {
        AgentReport::new(StopReason::Succeeded, self.0)
    }
}

/// The first `x.y.z` of a text.
fn version_in(text: &str) -> Option<String> {
    let is_part = |c: char| c.is_ascii_digit() || c == '.';
    text.split(|c: char| !is_part(c)).map(|word| word.trim_matches('.')).find_map(|word| {
        let parts: Vec<_> = word.split('.').take(3).collect();
        (parts.len() == 3 && parts.iter().all(|part| !part.is_empty())).then(|| parts.join("."))
    })
}

fn numbers(version: &str) -> Vec<u64> {
    version.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_whole_version_counts() {
        for (text, version) in [
            ("2.1.330 (Claude Code)", Some("2.1.330")),
            ("node 20. codex-cli 0.169.0-alpha.1", Some("0.169.0")),
            ("v1.2.3.4", Some("1.2.3")),
            ("1.2", None),
            ("...", None),
        ] {
            assert_eq!(version_in(text).as_deref(), version, "{text}");
        }
        assert!(numbers("2.10.0") > numbers("2.9.9") && numbers("1.0.0") >= numbers("1.0.0"));
    }
}
