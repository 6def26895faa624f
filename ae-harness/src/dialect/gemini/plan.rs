//! The command line and the settings of Gemini CLI.

use ae_core::{BackendError, ErrorKind};
use serde_json::{Value, json};

use super::NAME;
use crate::{
    agent::{AgentRequest, AgentSession, Permission},
    dialect::{
        Interrupt, LaunchPlan, LaunchSite, OutputMode,
        shared::{prompt, url_with},
    },
    sandbox::NetworkPolicy,
};

/// Variables of each run: the folder is trusted, since an untrusted one voids the approval mode, and one process instead
/// of two.
const ENVIRONMENT: &[(&str, &str)] = &[
    ("GEMINI_CLI_NO_RELAUNCH", "true"),
    ("GEMINI_CLI_TRUST_WORKSPACE", "true"),
    ("GEMINI_TELEMETRY_ENABLED", "false"),
    ("NO_COLOR", "1"),
];

pub(super) fn plan(request: &AgentRequest, site: &LaunchSite) -> Result<LaunchPlan, BackendError> {
    if request.output_schema.is_some() {
        let message = "this agent has no answers by schema: leave it out, or use another agent";
        return Err(BackendError::new(ErrorKind::Unsupported, NAME, "plan", message));
    }
    let mut plan = LaunchPlan::new(["-o", "stream-json", "--approval-mode", mode(request, site)]);
    plan.input = prompt(request).into_bytes();
    // On a pipe, the end of the output is lost.
    plan.output = OutputMode::File;
    plan.interrupt = Interrupt::Main;
    if let Some(model) = &request.model {
        plan.arguments.extend(["-m".to_owned(), model.clone()]);
    }
    match &request.session {
        AgentSession::New if site.new_session.is_empty() => {}
        AgentSession::New => plan.arguments.extend(["--session-id".to_owned(), site.new_session.clone()]),
        AgentSession::Resume(id) => plan.arguments.extend(["--resume".to_owned(), id.clone()]),
    }
    let folder = site.private.join(".gemini");
    plan.files.insert(folder.join("settings.json"), settings(request, site).to_string().into_bytes());
    // The context file of the user goes into the system prompt. It is written always, so that none stays from a run
    // before.
    plan.files.insert(folder.join("GEMINI.md"), request.system.clone().unwrap_or_default().into_bytes());
    let set = &mut plan.environment;
    set.extend(ENVIRONMENT.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    set.insert("GEMINI_CLI_HOME".to_owned(), site.private.to_string_lossy().into_owned());
    if let Some(endpoint) = &site.endpoint {
        set.insert("GOOGLE_GEMINI_BASE_URL".to_owned(), url_with(&endpoint.base_url, ""));
        plan.secrets.insert("GEMINI_API_KEY".to_owned(), endpoint.key.clone());
    }
    Ok(plan)
}

fn mode(request: &AgentRequest, site: &LaunchSite) -> &'static str {
    match request.permission {
        Permission::ReadOnly => "default",
        Permission::Full if site.sandboxed => "yolo",
        Permission::Edit | Permission::Full => "auto_edit",
    }
}

fn settings(request: &AgentRequest, site: &LaunchSite) -> Value {
    let mut allowed = request.allowed_tools.clone();
    if request.permission == Permission::Full && !site.sandboxed {
        allowed.push("run_shell_command".to_owned());
    }
    let excluded: &[&str] = match request.network {
        NetworkPolicy::All => &[],
        _ => &["google_web_search", "web_fetch"],
    };
    let mut security = json!({ "environmentVariableRedaction": { "enabled": true } });
    if let (Some(_), Some(security)) = (&site.endpoint, security.as_object_mut()) {
        // Without it, an address of one's own makes it look for a gateway.
        security.insert("auth".to_owned(), json!({ "selectedType": "gemini-api-key" }));
    }
    json!({
        "general": { "enableAutoUpdate": false, "enableAutoUpdateNotification": false, "maxAttempts": 2 },
        "privacy": { "usageStatisticsEnabled": false },
        "telemetry": { "enabled": false },
        // Variables with keys are hidden from the commands of the model.
        "security": security,
        "tools": { "allowed": allowed, "exclude": excluded },
        "model": { "maxSessionTurns": request.limits.turns.map_or(-1, i64::from) },
    })
}
