//! The state of the simulator.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use serde_json::{Map, Value};

use super::account::Plan;

/// The state, shared by the server and those who look at it.
#[derive(Debug, Clone, Default)]
pub(super) struct Shared(Arc<Mutex<State>>);

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The DNS of a domain.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dns {
    /// Whether another account has the domain, so that a TXT record has to prove whose it is.
    pub claimed: bool,
    /// Whether that record is there.
    pub proven: bool,
    /// Whether it leads to the host.
    pub leads_here: bool,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) port: String,
    pub(super) plan: Plan,
    pub(super) building: u32,
    pub(super) failing: u32,
    pub(super) protected: bool,
    pub(super) dns: BTreeMap<String, Dns>,
    pub(super) files: BTreeMap<String, Bytes>,
    pub(super) projects: Vec<Project>,
    /// In the order in which they were made.
    pub(super) deployments: Vec<Deployment>,
    clock: u64,
    numbers: u64,
}

impl Default for State {
    fn default() -> Self {
        Self {
            port: String::new(),
            plan: Plan("pro".to_owned()),
            building: 1,
            failing: 0,
            protected: false,
            dns: BTreeMap::new(),
            files: BTreeMap::new(),
            projects: Vec::new(),
            deployments: Vec::new(),
            clock: 0,
            numbers: 0,
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Project {
    pub(super) id: String,
    pub(super) account: String,
    pub(super) name: String,
    pub(super) created: u64,
    pub(super) variables: Vec<Variable>,
    pub(super) domains: Vec<Domain>,
    /// The deployment that answers.
    pub(super) production: Option<String>,
    /// After a roll-back new deployments wait to be promoted.
    pub(super) rolled_back: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Variable {
    pub(super) key: String,
    pub(super) value: String,
    pub(super) kind: String,
    pub(super) target: Vec<String>,
}

#[derive(Debug, Clone)]
pub(super) struct Domain {
    pub(super) name: String,
    pub(super) created: u64,
    pub(super) verified: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Queued,
    Building,
    Ready,
    Error,
}

#[derive(Debug, Clone)]
pub(super) struct Deployment {
    pub(super) id: String,
    pub(super) project: String,
    /// Its own name, without port.
    pub(super) host: String,
    pub(super) is_production: bool,
    pub(super) created: u64,
    pub(super) meta: Map<String, Value>,
    pub(super) stage: Stage,
    pub(super) looks_left: u32,
    pub(super) fails: bool,
    pub(super) was_live: bool,
    /// Digests by path.
    pub(super) files: BTreeMap<String, String>,
    /// The variables as they were when it was made.
    pub(super) variables: BTreeMap<String, String>,
}

impl State {
    /// The time in milliseconds; each is later than the one before.
    pub(super) fn now(&mut self) -> u64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        self.clock = u64::try_from(now).unwrap_or_default().max(self.clock + 1);
        self.clock
    }

    /// A new id.
    pub(super) fn id(&mut self, prefix: &str) -> String {
        self.numbers += 1;
        format!("{prefix}Simulated{:08}", self.numbers)
    }

    /// A project of an account, by id or name.
    pub(super) fn project(&self, account: &str, name: &str) -> Option<usize> {
        self.projects.iter().position(|one| one.account == account && (one.id == name || one.name == name))
    }

    /// Makes a project with the domain that the host gives to it.
    pub(super) fn make_project(&mut self, account: &str, name: &str) -> usize {
        let created = self.now();
        let (id, port) = (self.id("prj_"), self.port.clone());
        let host = |name: &str| format!("{name}.localhost:{port}");
        let is_taken = self.projects.iter().flat_map(|one| &one.domains).any(|one| one.name == host(name));
        let given = if is_taken { host(&format!("{name}-{}", created % 1000)) } else { host(name) };
        self.projects.push(Project {
            id,
            account: account.to_owned(),
            name: name.to_owned(),
            created,
            variables: Vec::new(),
            domains: vec![Domain { name: given, created, verified: true }],
            production: None,
            rolled_back: false,
        });
        self.projects.len() - 1
    }

    /// Makes a deployment the one that answers at the addresses of its project.
    pub(super) fn go_live(&mut self, id: &str) {
        let Some(deployment) = self.deployments.iter_mut().find(|one| one.id == id) else { return };
        deployment.was_live = true;
        if let Some(project) = self.projects.iter_mut().find(|one| one.id == deployment.project) {
            project.production = Some(id.to_owned());
        }
    }
}
