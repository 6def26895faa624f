//! The stages of a run, one node of the lifecycle graph each. A stage reads the state, performs its effects through
//! the ports and returns what changed; run again after a crash it finds its effects by their keys and repeats none.

mod approve;
mod build;
mod deploy;
mod discover;
mod finish;
mod monetize;
mod plan;
mod prepare;
mod specify;
mod validate;

use std::sync::Arc;

use ae_core::{BackendError, ErrorKind, Outcome};
use ae_harness::LivingSpec;
use ae_langflow::{Cx, Stop};
use ae_safety::{AuditEvent, Refusal};

pub use self::{
    approve::{approve_launch, approve_spec},
    build::build,
    deploy::deploy,
    discover::discover,
    finish::finish,
    monetize::monetize,
    plan::plan,
    prepare::prepare,
    specify::specify,
    validate::validate,
};
use crate::{
    glue::build_nodes::outcome_of,
    run::Ports,
    run::{End, Life, LifeUpdate, Seed},
};

/// What a stage gets: the backends, the state and the graph's context.
#[derive(Debug, Clone)]
pub struct Stage {
    /// The backends.
    pub ports: Arc<Ports>,
    /// What the run knows.
    pub life: Arc<Life>,
    /// The graph's context: questions, cancellation.
    pub cx: Cx,
    /// The stage's name.
    pub name: &'static str,
}

impl Stage {
    /// What the run started from.
    fn seed(&self) -> Result<&Seed, Stop> {
        self.life.seed.as_ref().ok_or_else(|| self.missing("seed"))
    }

    /// An error for a part of the state that an earlier stage must have left.
    fn missing(&self, part: &'static str) -> Stop {
        Stop::failed(BackendError::new(
            ErrorKind::Protocol,
            "lifecycle",
            self.name,
            format!("the checkpoint of this run has no {part}; restore checkpoints.db from a backup"),
        ))
    }

    /// Ends the run here.
    fn end(&self, outcome: Outcome, reason: impl Into<String>) -> LifeUpdate {
        let reason = self.ports.redactor.redact(&reason.into()).into_owned();
        Life::update().end(Some(End { outcome, reason, stage: self.name.to_owned() }))
    }

    /// Ends the run when a gate refused.
    fn refused(&self, refusal: &Refusal) -> LifeUpdate {
        self.end(outcome_of(refusal), refusal.to_string())
    }

    /// Enters `phase` in the living spec, logs `line` and renders CLAUDE.md into the workspace.
    fn living(&self, phase: &str, outcome: &str, line: &str) -> Result<Option<LivingSpec>, Stop> {
        let seed = self.seed()?;
        let mut living = self.life.living.clone().ok_or_else(|| self.missing("living spec"))?;
        living.enter(phase);
        living.log(self.ports.runtime.now(), self.name, outcome, self.ports.redactor.redact(line));
        let workspace = self.ports.dir.workspace(seed.run).map_err(Stop::failed)?;
        living.write_to(&workspace)?;
        Ok(Some(living))
    }

    /// Records `kind` in the audit log before going on.
    async fn audit(&self, kind: &str, detail: serde_json::Value) -> Result<(), Stop> {
        let event = AuditEvent::new(kind, "ae").with_run(self.seed()?.run).with_detail(detail);
        self.ports.keeper.audit().append(&event).await?;
        Ok(())
    }

    /// Says something worth a line.
    fn note(&self, line: &str) {
        self.ports.progress.note(line);
    }
}
