//! The exact command lines, environments and files.

use std::{collections::BTreeMap, path::Path, time::Duration};

use ae_core::{Currency, ErrorKind, Money, Secret};
use ae_harness::{
    AgentLimits, AgentRequest, AgentSession, Claude, Codex, Gemini, NetworkPolicy, Permission,
    host::{Dialect, Endpoint, Interrupt, LaunchPlan, LaunchSite, OutputMode},
};
use serde_json::{Value, json};

fn site() -> LaunchSite {
    let mut site = LaunchSite::new("1.0.0", "/private", "/temporary");
    site.endpoint = Some(Endpoint::new("http://127.0.0.1:9/r/1", Secret::new("sk-secret".to_owned())));
    site.new_session = "0195a1d2-0000-7000-8000-000000000001".to_owned();
    site
}

fn sandboxed(inside: bool) -> LaunchSite {
    let mut site = site();
    site.sandboxed = inside;
    site
}

fn request() -> AgentRequest {
    AgentRequest::new("/workspace", "/cost: write it")
}

fn full() -> AgentRequest {
    let limits = AgentLimits::new().with_turns(7).with_cost(Money::parse("1.50", Currency::USD).unwrap());
    request()
        .with_model("the-model")
        .with_permission(Permission::Full)
        .with_network(NetworkPolicy::All)
        .with_system("Be \"brief\".\n\u{7f}")
        .with_session(AgentSession::Resume("old-session".to_owned()))
        .with_diagnosis("case 1 fails")
        .with_limits(limits.with_idle(Duration::from_secs(90)))
}

fn plan(dialect: &dyn Dialect, request: &AgentRequest, site: &LaunchSite) -> LaunchPlan {
    let plan = dialect.plan(request, site).unwrap();
    let shown = format!("{plan:?}");
    assert!(!shown.contains("sk-secret"), "{shown}");
    assert!(plan.input.starts_with(b"Task:\n/cost: write it\n"));
    assert!(
        plan.arguments.iter().all(|argument| argument.len() < 128 * 1024 && !argument.contains("write it"))
    );
    assert!(plan.files.keys().all(|file| file.starts_with("/private") || file.starts_with("/temporary")));
    assert!(!plan.keeps_input);
    plan
}

fn environment(plan: &LaunchPlan) -> String {
    plan.environment.iter().map(|(name, value)| format!("{name}={value}\n")).collect()
}

fn secrets(plan: &LaunchPlan) -> BTreeMap<&str, &str> {
    plan.secrets.iter().map(|(name, value)| (name.as_str(), value.expose().as_str())).collect()
}

fn file(plan: &LaunchPlan, path: &str) -> String {
    String::from_utf8(plan.files.get(Path::new(path)).unwrap().clone()).unwrap()
}

#[test]
fn claude_is_started_like_this() {
    let plan = plan(&Claude::new(), &request(), &site());
    assert_eq!(
        plan.arguments.join(" "),
        "-p --output-format stream-json --verbose --include-partial-messages --permission-mode dontAsk \
         --allowedTools Edit(./**) --disallowedTools AskUserQuestion WebFetch WebSearch \
         --session-id 0195a1d2-0000-7000-8000-000000000001 --setting-sources user --strict-mcp-config"
    );
    assert_eq!(
        environment(&plan),
        "ANTHROPIC_BASE_URL=http://127.0.0.1:9/r/1\nAPI_TIMEOUT_MS=120000\nCLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1\n\
         CLAUDE_CODE_MAX_RETRIES=2\nCLAUDE_CODE_STARTUP_FAILURE_RESULTS=1\nCLAUDE_CONFIG_DIR=/private\n\
         DISABLE_AUTOUPDATER=1\nDISABLE_ERROR_REPORTING=1\nDISABLE_TELEMETRY=1\n"
    );
    assert_eq!(secrets(&plan), BTreeMap::from([("ANTHROPIC_API_KEY", "sk-secret")]));
    assert_eq!((plan.output, plan.interrupt), (OutputMode::Pipe, Interrupt::Main));
    assert!(plan.files.is_empty());
}

#[test]
fn claude_takes_all_wishes() {
    let schema = json!({ "type": "object" });
    let request = full().with_output_schema(schema).with_allowed_tools(vec!["Bash(node:*)".to_owned()]);
    let plan = plan(&Claude::new(), &request, &sandboxed(true));
    assert_eq!(
        plan.arguments[5..].join(" "),
        "--model the-model --permission-mode bypassPermissions --allowedTools Bash(node:*) \
         --disallowedTools AskUserQuestion --resume old-session --append-system-prompt-file \
         /private/system.md --max-turns 7 --max-budget-usd 1.5 --json-schema {\"type\":\"object\"} --setting-sources \
         user --strict-mcp-config"
    );
    assert_eq!(plan.environment.get("IS_SANDBOX").map(String::as_str), Some("1"));
    assert_eq!(file(&plan, "/private/system.md"), "Be \"brief\".\n\u{7f}");
    assert!(plan.input.ends_with(b"\n```\ncase 1 fails\n```\n"));

    let outside = Claude::new().plan(&full(), &site()).unwrap();
    assert!(
        outside.arguments.join(" ").contains("dontAsk --allowedTools Bash Edit NotebookEdit Read Write --")
    );
    let reader = Claude::new().plan(&self::request().with_permission(Permission::ReadOnly), &site()).unwrap();
    assert!(!reader.arguments.contains(&"--allowedTools".to_owned()));
    assert_eq!(outside.environment.get("IS_SANDBOX"), None);
}

#[test]
fn codex_is_started_like_this() {
    let plan = plan(&Codex::new(), &request(), &site());
    assert_eq!(plan.arguments.join(" "), "exec --json --skip-git-repo-check -s workspace-write -");
    assert_eq!(environment(&plan), "CODEX_HOME=/private\n");
    assert_eq!(secrets(&plan), BTreeMap::from([("AE_KEY", "sk-secret")]));
    assert_eq!((plan.output, plan.interrupt), (OutputMode::Pipe, Interrupt::Group));
    assert_eq!(
        file(&plan, "/private/config.toml"),
        r#"approval_policy = "never"
check_for_update_on_startup = false
web_search = "disabled"
model_provider = "ae"

[features]
plugins = false

[analytics]
enabled = false

[feedback]
enabled = false

[shell_environment_policy]
inherit = "all"
exclude = ["AE_KEY", "CODEX_API_KEY", "OPENAI_API_KEY"]

[model_providers.ae]
name = "ae"
base_url = "http://127.0.0.1:9/r/1/v1"
env_key = "AE_KEY"
wire_api = "responses"
request_max_retries = 0
stream_max_retries = 1
stream_idle_timeout_ms = 120000
"#
    );
}

#[test]
fn codex_takes_all_wishes() {
    let mut request = full().with_output_schema(json!({ "type": "object" }));
    request.limits.turns = None;
    let plan = plan(&Codex::new(), &request, &sandboxed(true));
    assert_eq!(
        plan.arguments.join(" "),
        "exec --json --skip-git-repo-check -s danger-full-access -m the-model --output-schema \
         /temporary/output-schema.json resume old-session -"
    );
    assert_eq!(file(&plan, "/temporary/output-schema.json"), r#"{"type":"object"}"#);
    let settings = file(&plan, "/private/config.toml");
    assert!(settings.contains(r#"developer_instructions = "Be \"brief\".\n\u007f""#), "{settings}");
    assert!(settings.contains("network_access = true") && !settings.contains("web_search"), "{settings}");
    assert!(settings.contains("stream_idle_timeout_ms = 90000"), "{settings}");

    for (permission, inside, mode) in [
        (Permission::ReadOnly, false, "read-only"),
        (Permission::Edit, false, "workspace-write"),
        (Permission::Edit, true, "danger-full-access"),
        (Permission::Full, false, "danger-full-access"),
    ] {
        let request = self::request().with_permission(permission);
        let plan = Codex::new().plan(&request, &sandboxed(inside)).unwrap();
        assert_eq!(plan.arguments[4], mode, "{permission:?} {inside}");
    }
}

#[test]
fn gemini_is_started_like_this() {
    let plan = plan(&Gemini::new(), &request(), &site());
    assert_eq!(
        plan.arguments.join(" "),
        "-o stream-json --approval-mode auto_edit --session-id 0195a1d2-0000-7000-8000-000000000001"
    );
    assert_eq!(
        environment(&plan),
        "GEMINI_CLI_HOME=/private\nGEMINI_CLI_NO_RELAUNCH=true\nGEMINI_CLI_TRUST_WORKSPACE=true\n\
         GEMINI_TELEMETRY_ENABLED=false\nGOOGLE_GEMINI_BASE_URL=http://127.0.0.1:9/r/1\nNO_COLOR=1\n"
    );
    assert_eq!(secrets(&plan), BTreeMap::from([("GEMINI_API_KEY", "sk-secret")]));
    assert_eq!((plan.output, plan.interrupt), (OutputMode::File, Interrupt::Main));
    assert_eq!(file(&plan, "/private/.gemini/GEMINI.md"), "");
    assert_eq!(
        serde_json::from_str::<Value>(&file(&plan, "/private/.gemini/settings.json")).unwrap(),
        json!({
            "general": { "enableAutoUpdate": false, "enableAutoUpdateNotification": false, "maxAttempts": 2 },
            "privacy": { "usageStatisticsEnabled": false },
            "telemetry": { "enabled": false },
            "security": {
                "auth": { "selectedType": "gemini-api-key" },
                "environmentVariableRedaction": { "enabled": true }
            },
            "tools": { "allowed": [], "exclude": ["google_web_search", "web_fetch"] },
            "model": { "maxSessionTurns": -1 },
        })
    );
}

#[test]
fn gemini_takes_all_wishes() {
    let plan = plan(&Gemini::new(), &full(), &sandboxed(true));
    assert_eq!(
        plan.arguments.join(" "),
        "-o stream-json --approval-mode yolo -m the-model --resume old-session"
    );
    assert_eq!(file(&plan, "/private/.gemini/GEMINI.md"), "Be \"brief\".\n\u{7f}");
    let settings: Value = serde_json::from_str(&file(&plan, "/private/.gemini/settings.json")).unwrap();
    assert_eq!(settings["model"]["maxSessionTurns"], 7);
    assert_eq!(settings["tools"], json!({ "allowed": [], "exclude": [] }));

    let outside = Gemini::new().plan(&full(), &site()).unwrap();
    assert_eq!(outside.arguments[3], "auto_edit");
    let settings: Value = serde_json::from_str(&file(&outside, "/private/.gemini/settings.json")).unwrap();
    assert_eq!(settings["tools"]["allowed"], json!(["run_shell_command"]));
}

#[test]
fn an_own_log_in_is_left_alone() {
    let mut site = site();
    site.endpoint = None;
    for dialect in [&Claude::new() as &dyn Dialect, &Codex::new(), &Gemini::new()] {
        let plan = dialect.plan(&request(), &site).unwrap();
        assert!(plan.secrets.is_empty(), "{}", dialect.name());
        assert!(!environment(&plan).contains("BASE_URL"), "{}", dialect.name());
        for text in plan.files.values().map(|text| String::from_utf8_lossy(text)) {
            assert!(!text.contains("model_provider") && !text.contains("selectedType"), "{text}");
        }
    }
}

#[test]
fn what_an_agent_can_not_do_is_refused() {
    let schema = request().with_output_schema(json!({ "type": "object" }));
    let huge = request().with_output_schema(json!({ "description": "x".repeat(130_000) }));
    let tools = request().with_allowed_tools(vec!["shell".to_owned()]);
    let reader = request().with_permission(Permission::ReadOnly);
    let refused = Codex::new().plan(&reader, &sandboxed(true)).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unsupported);
    for (dialect, request, kind) in [
        (&Gemini::new() as &dyn Dialect, schema, ErrorKind::Unsupported),
        (&Claude::new(), huge, ErrorKind::InvalidInput),
        (&Codex::new(), tools, ErrorKind::Unsupported),
    ] {
        assert_eq!(dialect.plan(&request, &site()).unwrap_err().kind(), kind, "{}", dialect.name());
    }
}
