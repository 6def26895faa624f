//! One run of an agent.

use std::{collections::BTreeMap, io};

use ae_core::{BackendError, Cancel, Effect, ErrorKind, IdempotencyKey, Isolation, Origin, Untrusted};

use super::{
    CliAgent, Detected, NAME, error,
    folders::{RunFolder, failed, make_private, write_private},
    report::report,
    session::Session,
    way::Way,
};
use crate::{
    agent::{AgentEvent, AgentFailure, AgentReport, AgentRequest, AgentSink, FailureKind, StopReason},
    atomic::io_error,
    dialect::{LaunchPlan, LaunchSite, OutputMode},
    supervise::{Job, MARKER, Redactor, Rim, Start, run},
    workspace::Snapshot,
};

/// Variables that a request can't set.
const OWN: [&str; 5] = ["PATH", "HOME", "TMPDIR", "LANG", MARKER];

/// One run of an agent.
pub(super) struct Attempt<'a> {
    pub(super) agent: &'a CliAgent,
    pub(super) key: &'a IdempotencyKey,
    pub(super) request: &'a AgentRequest,
    pub(super) detected: &'a Detected,
    pub(super) isolation: Isolation,
    pub(super) events: &'a dyn AgentSink,
    pub(super) cancel: &'a Cancel,
}

impl Attempt<'_> {
    pub(super) async fn run(&self) -> Result<AgentReport, BackendError> {
        let (folders, ids) = (&self.agent.folders, &self.agent.runtime.ids);
        let lost = blocking({
            let folders = folders.clone();
            move || folders.sweep_lost()
        });
        match lost.await? {
            0 => {}
            killed => self.warn(format!("ended {killed} processes of a run that was lost")).await,
        }
        let id = ids.new_uuid().simple().to_string();
        let folder = folders.begin(&id)?;
        let session = Session::open(folders, &self.request.session, &ids.new_uuid().to_string())?;
        let result = self.within(&id, &folder, &session).await;
        match &result {
            Ok(report) => {
                if let Err(problem) = session.close(report) {
                    self.warn(format!("the session can't be gone on with: {problem}")).await;
                }
            }
            Err(_) => session.remove(),
        }
        result
    }

    async fn within(
        &self,
        id: &str,
        folder: &RunFolder,
        session: &Session,
    ) -> Result<AgentReport, BackendError> {
        let request = self.request;
        let way = Way::open(self.agent, self.key, request, folder)?;
        let site = self.site(folder, session, &way)?;
        let plan = self.agent.dialect.plan(request, &site)?;
        let workspace = request.workspace.clone();
        let before = blocking(move || Snapshot::take(&workspace)).await?;
        // Nothing has been begun up to here, and the look at a large workspace takes its time.
        if self.cancel.is_cancelled() {
            return Ok(request.free_report(StopReason::Cancelled, "cancelled before it began"));
        }
        let job = self.job(id, folder, &site, &way, plan)?;
        let (agent, limits) = (self.agent, &request.limits);
        let rim = Rim { limits, events: self.events, cancel: self.cancel, runtime: &agent.runtime };
        let finished = run(job, rim).await.map_err(|cause| self.not_started(cause))?;
        let left = finished.survivors.left;
        let mut report = report(finished, limits, self.isolation, &session.before);
        way.measure(&mut report, request, &session.before).await;
        self.report(report, left, folder, before).await
    }

    /// The surroundings for the dialect.
    fn site(&self, folder: &RunFolder, session: &Session, way: &Way) -> Result<LaunchSite, BackendError> {
        let agent = self.agent;
        let (home, temp) = (session.folder.join("home"), folder.temp());
        make_private(&home).map_err(|cause| failed("make", &home, cause))?;
        let mut site = LaunchSite::new(self.detected.version.clone(), &session.folder, &temp);
        let named = self.request.environment.iter().filter(|name| !OWN.contains(&name.as_str()));
        let named = named.filter_map(|name| Some((name.clone(), agent.host.variable(name)?.to_owned())));
        site.environment = named.collect();
        let lang = agent.host.variable("LANG").unwrap_or("C.UTF-8");
        for (name, value) in [
            ("PATH", agent.host.path().to_string_lossy().as_ref()),
            ("HOME", home.to_string_lossy().as_ref()),
            ("TMPDIR", temp.to_string_lossy().as_ref()),
            ("LANG", lang),
        ] {
            site.environment.insert(name.to_owned(), value.to_owned());
        }
        site.endpoint.clone_from(&way.endpoint);
        site.new_session.clone_from(&session.name);
        site.before = session.before.clone();
        site.sandboxed = self.isolation.is_sandbox();
        Ok(site)
    }

    /// The work of the supervisor, with the files of the plan in place.
    fn job(
        &self,
        id: &str,
        folder: &RunFolder,
        site: &LaunchSite,
        way: &Way,
        plan: LaunchPlan,
    ) -> Result<Job, BackendError> {
        for (path, content) in &plan.files {
            write_private(path, content, &[&site.private, &site.temp])?;
        }
        let secrets = plan.secrets.values().chain(site.endpoint.iter().map(|endpoint| &endpoint.key));
        let redactor = Redactor::new(secrets);
        let variables = site.environment.iter().chain(&plan.environment);
        let secrets = plan.secrets.iter().map(|(name, value)| (name, value.expose()));
        let environment: BTreeMap<_, _> =
            variables.chain(secrets).map(|(name, value)| (name.into(), value.into())).collect();
        let mut start = Start {
            path: self.detected.program.clone(),
            arguments: plan.arguments.into_iter().map(Into::into).collect(),
            environment,
            folder: self.request.workspace.clone(),
            is_launcher: false,
        };
        start.mark(id);
        Ok(Job {
            start: self.confined(start, site, way)?,
            id: id.to_owned(),
            file: match plan.output {
                OutputMode::Pipe => None,
                OutputMode::File => Some(folder.output()?),
            },
            input: plan.input,
            keeps_input: plan.keeps_input,
            interrupt: plan.interrupt,
            decoder: self.agent.dialect.decoder(self.request, site),
            redactor,
        })
    }

    #[cfg(feature = "sandbox")]
    fn confined(&self, start: Start, site: &LaunchSite, way: &Way) -> Result<Start, BackendError> {
        match &self.agent.walls {
            Some(walls) if self.isolation.is_sandbox() => {
                let egress = super::walls::Walls::egress(self.request, way)?;
                let private = [site.private.clone(), site.temp.clone()];
                walls.confine(start, &self.request.workspace, private, egress, &self.agent.host)
            }
            _ => Ok(start),
        }
    }

    #[cfg(not(feature = "sandbox"))]
    #[expect(
        clippy::unused_self,
        clippy::unnecessary_wraps,
        reason = "the signature of the one with the sandbox"
    )]
    fn confined(&self, start: Start, _: &LaunchSite, _: &Way) -> Result<Start, BackendError> {
        Ok(start)
    }

    /// Adds the facts of the workspace to a report.
    async fn report(
        &self,
        mut report: AgentReport,
        left: u32,
        folder: &RunFolder,
        before: Snapshot,
    ) -> Result<AgentReport, BackendError> {
        let request = self.request;
        if left > 0 {
            self.warn(format!(
                "{left} processes of the run could not be ended: look for {MARKER} in their environment"
            ))
            .await;
        }
        let is_there = std::fs::symlink_metadata(&request.workspace).is_ok_and(|meta| meta.is_dir());
        let measured = if is_there { request.workspace.clone() } else { folder.empty()? };
        let after = blocking(move || Ok((Snapshot::take_after(&measured, &before)?, before))).await;
        let (after, before) = after.map_err(|problem| {
            let known = match report.cost {
                Some(cost) => problem.with_cost(cost),
                None => problem,
            };
            known.with_effect(Effect::Unknown)
        })?;
        report.files_changed = after.changed_since(&before);
        report.tree = Some(after.tree());
        if !is_there {
            let message = "the agent removed its workspace: make it again from what was there before the run";
            report.stop = StopReason::Failed;
            report.failure = Some(AgentFailure::new(FailureKind::Other, message));
        }
        Ok(report)
    }

    fn not_started(&self, cause: io::Error) -> BackendError {
        let program = &self.detected.program;
        match cause.kind() {
            io::ErrorKind::ArgumentListTooLong => {
                let message = format!(
                    "can't start {}: its arguments are too long: shorten the system text or the schema",
                    program.display()
                );
                error(ErrorKind::InvalidInput, "execute", message).with_source(cause)
            }
            _ => io_error(NAME, "execute", "start", program, cause),
        }
    }

    /// Tells the caller, who may not be listening any more.
    async fn warn(&self, text: String) {
        let origin = Origin::Agent(self.agent.dialect.name().to_owned());
        tokio::select! {
            () = self.events.event(AgentEvent::Warning(Untrusted::new(origin, text))) => {}
            () = self.cancel.cancelled() => {}
        }
    }
}

/// Runs work that blocks on a thread of its own.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BackendError> + Send + 'static,
) -> Result<T, BackendError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|cause| {
        Err(error(ErrorKind::Internal, "execute", "a task of the supervisor ended early: report it")
            .with_source(cause))
    })
}
