//! The command line and the settings of Codex.

use ae_core::{BackendError, ErrorKind};

use super::NAME;
use crate::{
    agent::{AgentRequest, AgentSession, Permission},
    dialect::{
        Interrupt, LaunchPlan, LaunchSite,
        shared::{prompt, url_with},
    },
    sandbox::NetworkPolicy,
};

/// The variable with the key.
const KEY: &str = "AE_KEY";

pub(super) fn plan(request: &AgentRequest, site: &LaunchSite) -> Result<LaunchPlan, BackendError> {
    let refuse = |message: &str| Err(BackendError::new(ErrorKind::Unsupported, NAME, "plan", message));
    if !request.allowed_tools.is_empty() {
        return refuse(
            "this agent has no list of allowed tools: leave it out, and choose the permission instead",
        );
    }
    if request.permission == Permission::ReadOnly && site.sandboxed {
        return refuse(
            "this agent keeps to reading by a sandbox of its own, which does not work within another one: run it without \
             one, or use another agent",
        );
    }
    let mut plan = LaunchPlan::new(["exec", "--json", "--skip-git-repo-check", "-s", mode(request, site)]);
    plan.input = prompt(request).into_bytes();
    plan.interrupt = Interrupt::Group;
    if let Some(model) = &request.model {
        plan.arguments.extend(["-m".to_owned(), model.clone()]);
    }
    if let Some(schema) = &request.output_schema {
        let file = site.temp.join("output-schema.json");
        plan.arguments.extend(["--output-schema".to_owned(), file.to_string_lossy().into_owned()]);
        plan.files.insert(file, schema.to_string().into_bytes());
    }
    if let AgentSession::Resume(id) = &request.session {
        plan.arguments.extend(["resume".to_owned(), id.clone()]);
    }
    plan.arguments.push("-".to_owned());
    plan.files.insert(site.private.join("config.toml"), settings(request, site).into_bytes());
    plan.environment.insert("CODEX_HOME".to_owned(), site.private.to_string_lossy().into_owned());
    if let Some(endpoint) = &site.endpoint {
        plan.secrets.insert(KEY.to_owned(), endpoint.key.clone());
    }
    Ok(plan)
}

fn mode(request: &AgentRequest, site: &LaunchSite) -> &'static str {
    match (request.permission, site.sandboxed) {
        (Permission::ReadOnly, _) => "read-only",
        (Permission::Edit, false) => "workspace-write",
        (Permission::Edit, true) | (Permission::Full, _) => "danger-full-access",
    }
}

/// The settings. They stand in a file and not among the arguments, which are limited in length and which other users of
/// the host can read: the address of a metering proxy is the run's own.
///
/// The commands of the model see the whole environment but the key. The narrower presets would take the variables of
/// the request away, and the mark by which the supervisor finds what is left over.
fn settings(request: &AgentRequest, site: &LaunchSite) -> String {
    let mut lines =
        vec!["approval_policy = \"never\"".to_owned(), "check_for_update_on_startup = false".to_owned()];
    if let Some(system) = &request.system {
        lines.push(format!("developer_instructions = {}", quoted(system)));
    }
    if request.network != NetworkPolicy::All {
        lines.push("web_search = \"disabled\"".to_owned());
    }
    if site.endpoint.is_some() {
        lines.push("model_provider = \"ae\"".to_owned());
    }
    // The catalogue of plugins is asked for at each start, from hosts other than the model's.
    lines.extend(["", "[features]", "plugins = false"].map(str::to_owned));
    lines.extend(
        ["", "[analytics]", "enabled = false", "", "[feedback]", "enabled = false"].map(str::to_owned),
    );
    lines.extend(
        [
            "",
            "[shell_environment_policy]",
            "inherit = \"all\"",
            "exclude = [\"AE_KEY\", \"CODEX_API_KEY\", \"OPENAI_API_KEY\"]",
        ]
        .map(str::to_owned),
    );
    if request.network == NetworkPolicy::All {
        lines.extend(["", "[sandbox_workspace_write]", "network_access = true"].map(str::to_owned));
    }
    if let Some(endpoint) = &site.endpoint {
        lines.extend([
            String::new(),
            "[model_providers.ae]".to_owned(),
            "name = \"ae\"".to_owned(),
            format!("base_url = {}", quoted(&url_with(&endpoint.base_url, "/v1"))),
            format!("env_key = {}", quoted(KEY)),
            "wire_api = \"responses\"".to_owned(),
            "request_max_retries = 0".to_owned(),
            "stream_max_retries = 1".to_owned(),
            format!("stream_idle_timeout_ms = {}", request.limits.idle.as_millis().max(1000)),
        ]);
    }
    lines.push(String::new());
    lines.join("\n")
}

/// `text` as a basic string of TOML: that of JSON, but for DEL, which has to be escaped.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}
