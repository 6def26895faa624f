//! A simulator of Vercel: projects, files by their digests, deployments that take their time, variables, domains and
//! switches. It serves what was deployed at `http://<project>.localhost:<port>/`, and runs the functions with Node.

#![allow(clippy::indexing_slicing, reason = "a simulator for tests: a defect of its own may end it")]

mod account;
mod api;
mod deployments;
mod domains;
mod functions;
mod projects;
mod site;
mod state;

use std::{io, sync::Arc};

use async_trait::async_trait;

use self::{account::Plan, functions::Functions, state::Shared};
use crate::server::{Faults, Handler, Reply, Seen, Server};

pub use self::state::Dns;

/// The running simulator. It knows one token and one team.
#[derive(Debug)]
pub struct Vercel {
    server: Server,
    shared: Shared,
}

impl Vercel {
    /// The token that it accepts.
    pub const TOKEN: &str = "simulated-vercel-token";
    /// The team that it has.
    pub const TEAM: &str = "team_Simulated";

    /// Starts it on `port`, 0 for a free one.
    pub fn start(port: u16) -> io::Result<Self> {
        let shared = Shared::default();
        let own = shared.clone();
        let server = Server::start_with(port, move |url| {
            let port = url.rsplit(':').next().unwrap_or_default();
            own.lock().port = port.to_owned();
            Simulator { shared: own, functions: Arc::default() }
        })?;
        Ok(Self { server, shared })
    }

    /// The address of its API.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Every request so far: those of the API, and those of visitors.
    pub fn seen(&self) -> Vec<Seen> {
        self.server.seen()
    }

    /// Its faults.
    pub const fn faults(&self) -> &Faults {
        self.server.faults()
    }

    /// Sets the plan of the team: `hobby`, `pro` or `enterprise`.
    pub fn set_plan(&self, plan: &str) {
        self.shared.lock().plan = Plan(plan.to_owned());
    }

    /// Sets how many looks at a deployment find it on its way; 1 at first.
    pub fn set_building(&self, looks: u32) {
        self.shared.lock().building = looks;
    }

    /// Lets the next `count` builds fail.
    pub fn fail_builds(&self, count: u32) {
        self.shared.lock().failing = count;
    }

    /// Sets what the DNS says for a domain.
    pub fn set_dns(&self, domain: &str, dns: Dns) {
        self.shared.lock().dns.insert(domain.to_owned(), dns);
    }

    /// Has visitors sign in, as the deployment protection of a team does.
    pub fn protect(&self, on: bool) {
        self.shared.lock().protected = on;
    }

    /// Makes a project by other means than the API, as a person does.
    pub fn make_project(&self, name: &str) {
        self.shared.lock().make_project(Self::TEAM, name);
    }

    /// The names of the projects.
    pub fn projects(&self) -> Vec<String> {
        self.shared.lock().projects.iter().map(|project| project.name.clone()).collect()
    }

    /// The number of deployments of a project, whatever their state.
    pub fn deployments(&self, project: &str) -> usize {
        let state = self.shared.lock();
        let id = state.projects.iter().find(|one| one.name == project).map(|one| one.id.clone());
        state.deployments.iter().filter(|one| Some(&one.project) == id.as_ref()).count()
    }

    /// The variables of a project, by name, kind and value.
    pub fn variables(&self, project: &str) -> Vec<(String, String, String)> {
        let state = self.shared.lock();
        let found = state.projects.iter().find(|one| one.name == project);
        let variables = found.into_iter().flat_map(|project| &project.variables);
        variables.map(|one| (one.key.clone(), one.kind.clone(), one.value.clone())).collect()
    }
}

/// The handler of all requests.
#[derive(Debug)]
struct Simulator {
    shared: Shared,
    functions: Arc<Functions>,
}

#[async_trait]
impl Handler for Simulator {
    async fn answer(&self, request: &Seen) -> Reply {
        let host = request.header("host");
        if host.split(':').next().unwrap_or_default().ends_with(".localhost") {
            return site::visit(&self.shared, &self.functions, host, request).await;
        }
        api::answer(&mut self.shared.lock(), request)
    }
}
