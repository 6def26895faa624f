//! `ae agents`.

use super::{Exit, output::Output};
use crate::{
    error::Result,
    glue::agents_here::{AgentHere, AgentsHere},
};

pub(super) fn show(output: &Output, here: &AgentsHere) -> Result<Exit> {
    let mut text = String::new();
    for agent in &here.agents {
        text.push_str(&format!("{:<8} {}\n", agent.name, in_words(agent)));
    }
    let sandbox = &here.sandbox;
    let rules: Vec<_> = sandbox.enforced.iter().map(|rule| rule.as_str().replace('_', " ")).collect();
    let enforces = if rules.is_empty() { String::new() } else { format!("; it holds {}", rules.join(", ")) };
    text.push_str(&format!("sandbox  {} ({}){enforces}\n", sandbox.means, sandbox.isolation));
    for note in &sandbox.notes {
        text.push_str(&format!("         {note}\n"));
    }
    output.result(here, text.trim_end())?;
    Ok(Exit::Verified)
}

fn in_words(agent: &AgentHere) -> String {
    let program = match (&agent.version, &agent.problem) {
        (Some(version), _) => format!("version {version}, {}", agent.program.as_deref().unwrap_or_default()),
        (None, Some(problem)) => problem.clone(),
        (None, None) => "not installed".to_owned(),
    };
    let key = match agent.has_key {
        true => format!("{} is set", agent.key),
        false => format!("{} is not set", agent.key),
    };
    format!("{program}; {key}; model {}", agent.model)
}
