//! Agents in the local sandbox.

use std::{
    ffi::OsString,
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

use ae_core::{BackendError, ErrorKind};

use super::{HostEnv, error, folders::failed, way::Way};
use crate::{
    agent::AgentRequest,
    sandbox::{Confinement, Egress, NetworkPolicy, ProgramToStart, SandboxKind, confine, shown_for},
    supervise::Start,
};

/// The sandbox of an agent.
#[derive(Debug, Clone)]
pub(super) struct Walls {
    pub(super) kind: SandboxKind,
    pub(super) launcher: PathBuf,
}

impl Walls {
    /// The network of a run.
    pub(super) fn egress(request: &AgentRequest, way: &Way) -> Result<Egress, BackendError> {
        let refuse = |message: &str| Err(error(ErrorKind::Unsupported, "execute", message));
        match (&request.network, &way.proxy) {
            (NetworkPolicy::All, _) => return Ok(Egress::All),
            (NetworkPolicy::None, Some((socket, port))) => {
                return Ok(Egress::Proxy { socket: socket.clone(), port: *port });
            }
            _ => {}
        }
        match &request.network {
            NetworkPolicy::None if way.endpoint.is_none() => Ok(Egress::None),
            NetworkPolicy::None => refuse(
                "the sandbox closes the network, so the model is reached through a meter only: give the agent a meter, or \
                 open the network of the request",
            ),
            _ => refuse(
                "the local sandbox can't open the network to some hosts only: ask for none or all of it",
            ),
        }
    }

    /// The launcher that puts up the walls around the program: it may write the workspace and `private`.
    pub(super) fn confine(
        &self,
        mut start: Start,
        workspace: &Path,
        private: [PathBuf; 2],
        egress: Egress,
        host: &HostEnv,
    ) -> Result<Start, BackendError> {
        let look = |path: &Path| shown_for(path).map_err(|cause| failed("look at", path, cause));
        let (program, mut shown) = look(&start.path)?;
        if let Some(interpreter) = interpreter(&program, host) {
            let (real, more) = look(&interpreter)?;
            if let (Some(folder), false) = (real.parent(), more.is_empty()) {
                // The name by which it was found may be a link that can't be seen inside.
                let mut path = OsString::from(folder);
                path.push(":");
                path.push(host.path());
                start.environment.insert("PATH".into(), path);
            }
            shown.extend(more.into_iter().filter(|path| !shown.contains(path)).collect::<Vec<_>>());
        }
        let confinement = Confinement::new(workspace)
            .with_read_only(shown)
            .with_writable(private.to_vec())
            .with_egress(egress);
        let mut inside = ProgramToStart::new(program, start.folder).with_arguments(start.arguments);
        inside.environment = start.environment;
        let outside = confine(&self.kind, inside, &confinement, &self.launcher)?;
        Ok(Start {
            path: outside.path,
            arguments: outside.arguments,
            environment: outside.environment,
            folder: outside.folder,
            is_launcher: true,
        })
    }
}

/// The program that runs a script, by its first line: `#!/usr/bin/env node`, for example.
fn interpreter(program: &Path, host: &HostEnv) -> Option<PathBuf> {
    let mut head = Vec::new();
    File::open(program).ok()?.take(256).read_to_end(&mut head).ok()?;
    let line = head.split(|byte| *byte == b'\n').next()?.strip_prefix(b"#!")?;
    let line = std::str::from_utf8(line).ok()?;
    let mut words = line.split_whitespace();
    let first = words.next()?;
    if first.ends_with("/env") {
        return words.find(|word| !word.starts_with('-')).and_then(|name| host.find(name));
    }
    host.find(first)
}
