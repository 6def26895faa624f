//! The command line of Claude Code.

use ae_core::{BackendError, Currency, ErrorKind};

use super::NAME;
use crate::{
    agent::{AgentRequest, AgentSession, Permission},
    dialect::{
        Interrupt, LaunchPlan, LaunchSite,
        shared::{prompt, url_with},
    },
    sandbox::NetworkPolicy,
};

/// The longest argument: the system takes 128 KiB.
const ARGUMENT_MAX: usize = 120 * 1024;

/// Variables of each run: no traffic but for the model, few retries, and a result line for failures of the start.
const ENVIRONMENT: &[(&str, &str)] = &[
    ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
    ("CLAUDE_CODE_MAX_RETRIES", "2"),
    ("CLAUDE_CODE_STARTUP_FAILURE_RESULTS", "1"),
    ("DISABLE_AUTOUPDATER", "1"),
    ("DISABLE_ERROR_REPORTING", "1"),
    ("DISABLE_TELEMETRY", "1"),
];

pub(super) fn plan(request: &AgentRequest, site: &LaunchSite) -> Result<LaunchPlan, BackendError> {
    let mut plan =
        LaunchPlan::new(["-p", "--output-format", "stream-json", "--verbose", "--include-partial-messages"]);
    plan.input = prompt(request).into_bytes();
    plan.interrupt = Interrupt::Main;
    if let Some(model) = &request.model {
        add(&mut plan, ["--model", model]);
    }
    permissions(request, site, &mut plan);
    match &request.session {
        AgentSession::New if site.new_session.is_empty() => {}
        AgentSession::New => add(&mut plan, ["--session-id", &site.new_session]),
        AgentSession::Resume(id) => add(&mut plan, ["--resume", id]),
    }
    if let Some(system) = &request.system {
        let file = site.private.join("system.md");
        add(&mut plan, ["--append-system-prompt-file", &file.to_string_lossy()]);
        plan.files.insert(file, system.clone().into_bytes());
    }
    limits(request, &mut plan);
    if let Some(schema) = &request.output_schema {
        let schema = schema.to_string();
        if schema.len() > ARGUMENT_MAX {
            let message = format!(
                "the output schema has {} bytes, and the agent takes {ARGUMENT_MAX}: make it smaller",
                schema.len()
            );
            return Err(BackendError::new(ErrorKind::InvalidInput, NAME, "plan", message));
        }
        add(&mut plan, ["--json-schema", &schema]);
    }
    add(&mut plan, ["--setting-sources", "user", "--strict-mcp-config"]);
    environment(request, site, &mut plan);
    Ok(plan)
}

fn add<const N: usize>(plan: &mut LaunchPlan, arguments: [&str; N]) {
    plan.arguments.extend(arguments.map(str::to_owned));
}

/// The mode without checks refuses to run as root unless it is said that it runs in a sandbox, which has to be true. In
/// the other mode, what is not allowed by name is denied, but for reading in the workspace. `Edit` without a place
/// would allow writing anywhere; with it, the rule holds for all tools that write.
fn permissions(request: &AgentRequest, site: &LaunchSite, plan: &mut LaunchPlan) {
    let own: &[&str] = match request.permission {
        Permission::Full if site.sandboxed => {
            plan.environment.insert("IS_SANDBOX".to_owned(), "1".to_owned());
            &[]
        }
        Permission::Full => &["Bash", "Edit", "NotebookEdit", "Read", "Write"],
        Permission::Edit => &["Edit(./**)"],
        Permission::ReadOnly => &[],
    };
    let is_free = plan.environment.contains_key("IS_SANDBOX");
    add(plan, ["--permission-mode", if is_free { "bypassPermissions" } else { "dontAsk" }]);
    let allowed = own.iter().map(|tool| (*tool).to_owned()).chain(request.allowed_tools.iter().cloned());
    let allowed = allowed.collect::<Vec<_>>();
    if !allowed.is_empty() {
        add(plan, ["--allowedTools"]);
        plan.arguments.extend(allowed);
    }
    add(plan, ["--disallowedTools", "AskUserQuestion"]);
    if request.network != NetworkPolicy::All {
        add(plan, ["WebFetch", "WebSearch"]);
    }
}

fn limits(request: &AgentRequest, plan: &mut LaunchPlan) {
    if let Some(turns) = request.limits.turns {
        add(plan, ["--max-turns", &turns.to_string()]);
    }
    if let Some(most) = request.limits.cost.filter(|most| most.currency() == Currency::USD) {
        add(plan, ["--max-budget-usd", &most.to_decimal().to_string()]);
    }
}

fn environment(request: &AgentRequest, site: &LaunchSite, plan: &mut LaunchPlan) {
    let set = &mut plan.environment;
    set.extend(ENVIRONMENT.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    set.insert("CLAUDE_CONFIG_DIR".to_owned(), site.private.to_string_lossy().into_owned());
    set.insert("API_TIMEOUT_MS".to_owned(), request.limits.idle.as_millis().max(1000).to_string());
    if let Some(endpoint) = &site.endpoint {
        set.insert("ANTHROPIC_BASE_URL".to_owned(), url_with(&endpoint.base_url, ""));
        plan.secrets.insert("ANTHROPIC_API_KEY".to_owned(), endpoint.key.clone());
    }
}
