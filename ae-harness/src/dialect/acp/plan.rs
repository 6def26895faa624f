//! The start of an agent of the protocol.

use std::path::{Component, Path};

use ae_core::{BackendError, ErrorKind};

use super::Acp;
use crate::{
    agent::AgentRequest,
    dialect::{Interrupt, LaunchPlan, LaunchSite, shared::url_with},
};

pub(super) fn plan(
    agent: &Acp,
    request: &AgentRequest,
    site: &LaunchSite,
) -> Result<LaunchPlan, BackendError> {
    let wants = [
        (request.output_schema.is_some(), "answers by schema"),
        (request.limits.turns.is_some(), "limit of turns"),
    ];
    if let Some((_, what)) = wants.iter().find(|(wanted, _)| *wanted) {
        let message = format!("the protocol has no {what}: leave it out, or use another agent");
        return Err(BackendError::new(ErrorKind::Unsupported, "acp", "plan", message));
    }
    let mut plan = LaunchPlan::new(agent.arguments.iter().cloned());
    plan.keeps_input = true;
    plan.interrupt = Interrupt::Protocol;
    let filled = |text: &str| {
        let base =
            site.endpoint.as_ref().map(|endpoint| url_with(&endpoint.base_url, "")).unwrap_or_default();
        text.replace("{base_url}", &base).replace("{private}", &site.private.to_string_lossy())
    };
    for (name, value) in &agent.environment {
        // Without an address of its own, the agent is not pointed to none.
        if site.endpoint.is_some() || !value.contains("{base_url}") {
            plan.environment.insert(name.clone(), filled(value));
        }
    }
    for (path, content) in &agent.files {
        if !Path::new(path).components().all(|part| matches!(part, Component::Normal(_))) {
            let message =
                format!("the file {path:?} is not below the private folder: give a plain relative path");
            return Err(BackendError::new(ErrorKind::InvalidInput, "acp", "plan", message));
        }
        plan.files.insert(site.private.join(path), filled(content).into_bytes());
    }
    if let (Some(name), Some(endpoint)) = (&agent.key_variable, &site.endpoint) {
        plan.secrets.insert(name.clone(), endpoint.key.clone());
    }
    Ok(plan)
}
