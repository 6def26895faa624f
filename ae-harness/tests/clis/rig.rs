//! An installed agent, a model server, a workspace.
#![allow(
    clippy::disallowed_methods,
    reason = "the tests look at processes, and the environment names the agents"
)]
#![allow(clippy::print_stderr, reason = "a test that skips says so")]

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use ae_core::{Cancel, Currency, Digest, IdempotencyKey, Money, RunId, Runtime, Secret, TokenUsage};
use ae_harness::{
    Acp, AgentEvent, AgentLimits, AgentReport, AgentRequest, AgentSession, BudgetMeter, Claude, CliAgent,
    CliProvider as _, Codex, Gemini, HostEnv, MeterProxy, ModelPrice, NetworkPolicy, Permission,
    ProxyOptions, SandboxUse, SessionPlan,
    host::{Endpoint, SandboxKind, probe_local},
    wire::Api,
};

use crate::{
    models::{Heard, ModelServer, Script, Usage},
    processes::{Process, of_folder, tree},
};

/// The vendor's key. It may stand nowhere in what agents leave.
pub const KEY: &str = "sk-ant-dummy-0123456789abcdef";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Claude,
    Codex,
    Gemini,
    /// Gemini by the Agent Client Protocol.
    Acp,
    /// By the Agent Client Protocol, and the model by OpenAI Chat Completions.
    Opencode,
}

impl Kind {
    pub fn named(name: &str) -> Self {
        match name {
            "claude" => Self::Claude,
            "codex" => Self::Codex,
            "gemini" => Self::Gemini,
            "acp" => Self::Acp,
            "opencode" => Self::Opencode,
            other => panic!("{other} is not an agent of these tests"),
        }
    }

    /// The model as the vendor knows it.
    pub fn model(self) -> &'static str {
        match self {
            Self::Claude => "claude-sonnet-4-5",
            Self::Codex => "gpt-6-sol",
            Self::Gemini | Self::Acp => "gemini-3.1-pro-preview",
            Self::Opencode => "scripted",
        }
    }

    /// The model as the agent knows it.
    fn own_model(self) -> &'static str {
        if self == Self::Opencode { "own/scripted" } else { self.model() }
    }

    fn api(self) -> Api {
        match self {
            Self::Claude => Api::AnthropicMessages,
            Self::Codex => Api::OpenAiResponses,
            Self::Gemini | Self::Acp => Api::Gemini,
            Self::Opencode => Api::OpenAiChat,
        }
    }

    fn agent(self, host: HostEnv, state: PathBuf) -> CliAgent {
        let runtime = Runtime::system();
        match self {
            Self::Claude => CliAgent::new(Claude::new(), host, state, runtime),
            Self::Codex => CliAgent::new(Codex::new(), host, state, runtime),
            Self::Gemini => CliAgent::new(Gemini::new(), host, state, runtime),
            Self::Acp => CliAgent::new(gemini_by_protocol(), host, state, runtime),
            Self::Opencode => CliAgent::new(opencode(), host, state, runtime),
        }
    }
}

fn gemini_by_protocol() -> Acp {
    let settings = r#"{"general": {"enableAutoUpdate": false, "maxAttempts": 2}, "privacy": {"usageStatisticsEnabled": false},
        "security": {"auth": {"selectedType": "gemini-api-key"}}}"#;
    Acp::new(["gemini", "--acp", "-m", "gemini-3.1-pro-preview"])
        .with_key_variable("GEMINI_API_KEY")
        .with_auth_method("gemini-api-key")
        .with_environment(variables(&[
            ("GOOGLE_GEMINI_BASE_URL", "{base_url}"),
            ("GEMINI_CLI_HOME", "{private}"),
            ("GEMINI_CLI_TRUST_WORKSPACE", "true"),
            ("GEMINI_CLI_NO_RELAUNCH", "true"),
        ]))
        .with_files(variables(&[(".gemini/settings.json", settings)]))
}

fn opencode() -> Acp {
    let settings = r#"{"model": "own/scripted", "small_model": "own/scripted", "autoupdate": false, "share": "disabled",
        "enabled_providers": ["own"], "permission": {"edit": "ask", "bash": "ask", "webfetch": "deny"},
        "provider": {"own": {"npm": "@ai-sdk/openai-compatible", "name": "own", "options": {"baseURL": "{base_url}/v1",
        "apiKey": "{env:OWN_KEY}"}, "models": {"scripted": {"name": "scripted", "limit": {"context": 200000, "output": 8000}}}}}}"#;
    Acp::new(["opencode", "acp"]).with_key_variable("OWN_KEY").with_environment(variables(&[
        ("OPENCODE_CONFIG_CONTENT", settings),
        ("OPENCODE_DISABLE_AUTOUPDATE", "1"),
        ("OPENCODE_DISABLE_DEFAULT_PLUGINS", "1"),
        ("OPENCODE_DISABLE_LSP_DOWNLOAD", "1"),
        ("OPENCODE_DISABLE_MODELS_FETCH", "1"),
        ("XDG_CACHE_HOME", "{private}/cache"),
        ("XDG_CONFIG_HOME", "{private}/config"),
        ("XDG_DATA_HOME", "{private}/data"),
        ("XDG_STATE_HOME", "{private}/state"),
    ]))
}

fn variables(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The folder of the installed agents, `current` or `older`.
pub fn installed(group: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("AE_AGENTS_DIR").map(|folder| PathBuf::from(folder).join(group));
    let folder = folder.filter(|folder| folder.join("claude").exists());
    if folder.is_none() {
        let required = std::env::var("AE_REQUIRE_SERVICES").is_ok_and(|value| value == "1");
        assert!(!required, "AE_AGENTS_DIR does not name a folder made by .ci/agents");
        eprintln!("skipped: AE_AGENTS_DIR does not name a folder made by .ci/agents");
    }
    folder
}

pub struct Rig {
    pub kind: Kind,
    pub models: ModelServer,
    pub agent: CliAgent,
    folder: tempfile::TempDir,
    runs: std::cell::Cell<u32>,
    /// The budget behind the metering proxy.
    pub meter: Option<Arc<BudgetMeter>>,
}

/// A run with everything that was seen of it.
#[derive(Debug)]
pub struct Ran {
    pub report: AgentReport,
    pub events: Vec<AgentEvent>,
    pub calls: Vec<Heard>,
}

impl Rig {
    pub fn new(kind: Kind) -> Option<Self> {
        Self::of(kind, "current")
    }

    /// With the agents of a group.
    pub fn of(kind: Kind, group: &str) -> Option<Self> {
        let programs = installed(group)?;
        let models = ModelServer::start();
        // The link's own name would be short, and processes are found by this path.
        let folder = tempfile::Builder::new().prefix("ae-agents-").tempdir().unwrap();
        std::fs::create_dir(folder.path().join("work")).unwrap();
        let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
        let agent = kind
            .agent(HostEnv::new(path), folder.path().join("state"))
            .with_model(kind.own_model())
            .with_endpoint(Endpoint::new(
                format!("http://{}/run", models.address()),
                Secret::new(KEY.to_owned()),
            ));
        Some(Self { kind, models, agent, folder, runs: std::cell::Cell::new(0), meter: None })
    }

    /// Puts the metering proxy between agent and model, with a budget in US dollars and the prices 3, 0.3 and 15 for a
    /// million tokens in, from the cache, and out.
    pub async fn metered(mut self, budget: &str) -> Self {
        let usd = |amount: &str| Money::parse(amount, Currency::USD).unwrap();
        let price = ModelPrice::per_million(usd("3"), usd("15"))
            .with_cache_read(usd("0.3"))
            .with_output_tokens_max(8_000);
        let meter = Arc::new(BudgetMeter::new(usd(budget)).with_price(self.kind.model(), price));
        let proxy = MeterProxy::start(&Runtime::system(), ProxyOptions::new()).await.unwrap();
        let vendor = format!("http://{}/run", self.models.address());
        let plan = SessionPlan::new(meter.clone(), [self.kind.api()], vendor, Secret::new(KEY.to_owned()));
        self.agent = self.agent.with_meter(proxy, plan);
        self.meter = Some(meter);
        self
    }

    /// Puts the walls of the sandbox around the agent: bubblewrap, which this machine has to give.
    pub fn walled(mut self) -> Self {
        let kind = SandboxKind::Bubblewrap("/usr/bin/bwrap".into());
        let probe = probe_local(std::slice::from_ref(&kind), &launcher(), &self.work());
        assert!(probe.kind.is_some(), "{:?}", probe.report.notes);
        self.agent = self.agent.with_sandbox(kind, launcher());
        self
    }

    pub fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// A place beside the workspace.
    pub fn outside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Commands and files are permitted, and there is no sandbox: the supervisor has to do without its help.
    pub fn request(&self) -> AgentRequest {
        let patient = Duration::from_secs(60);
        let limits = AgentLimits::new().with_wall(patient * 2).with_idle(patient).with_first_event(patient);
        AgentRequest::new(self.work(), "Do the task of this scenario.")
            .with_permission(Permission::Full)
            .with_sandbox(SandboxUse::Off)
            .with_limits(limits)
    }

    /// In the sandbox, with the way to the model and no other.
    pub fn walled_request(&self) -> AgentRequest {
        self.request().with_sandbox(SandboxUse::Required).with_network(NetworkPolicy::None)
    }

    /// A run with nothing special about it.
    pub async fn plain(&self, script: Script) -> Ran {
        self.run(script, &self.request(), &Cancel::new()).await
    }

    pub async fn run(&self, script: Script, request: &AgentRequest, cancel: &Cancel) -> Ran {
        self.models.play("run", script);
        let before = self.models.heard().len();
        let events = Arc::new(Mutex::new(Vec::new()));
        let sink = events.clone();
        let keep = move |event: AgentEvent| sink.lock().unwrap().push(event);
        let report = self.agent.execute(&self.key(), request, &keep, cancel).await.unwrap();
        assert_eq!(self.survivors(), Vec::<String>::new(), "processes are left");
        let heard = self.models.heard().split_off(before);
        for request in &heard {
            let known = request.asked.is_some() || request.method == "HEAD";
            assert!(known, "{} asks for {} {}", self.kind.model(), request.method, request.path);
            assert!(request.asked.is_none() || request.key.as_deref() == Some(KEY), "{:?}", request.key);
        }
        let events = events.lock().unwrap().clone();
        assert!(!format!("{report:?} {events:?}").contains(KEY), "the key is in the report or in an event");
        let calls = heard.into_iter().filter(|heard| heard.asked.is_some() && !heard.aside).collect();
        Ran { report, events, calls }
    }

    pub fn key(&self) -> IdempotencyKey {
        self.runs.set(self.runs.get() + 1);
        let run = RunId::from_digest(&Digest::of_bytes("test", b"agents"));
        IdempotencyKey::derive(run, "build", "execute", self.runs.get())
    }

    /// The files of the workspace with their texts.
    pub fn files(&self) -> BTreeMap<String, String> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.work()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(self.work()).unwrap().to_string_lossy().into_owned();
                    files.insert(name, std::fs::read_to_string(&path).unwrap());
                }
            }
        }
        files
    }

    /// The processes that belong to a run of this rig: their environment, folder or arguments name it.
    pub fn survivors(&self) -> Vec<String> {
        of_folder(self.folder.path()).into_iter().map(|process| process.arguments).collect()
    }

    /// The number of a process whose arguments have this in them.
    pub fn process(&self, part: &str) -> Option<u32> {
        let found = of_folder(self.folder.path());
        found.into_iter().find(|process| process.arguments.contains(part)).map(|process| process.id)
    }

    /// These processes, and all that descend from them, the oldest first.
    pub fn tree(&self) -> Vec<Process> {
        tree(self.folder.path())
    }

    /// Waits for a file of the workspace.
    pub async fn appears(&self, name: &str) {
        let path = self.work().join(name);
        for _ in 0..1200 {
            if path.exists() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{name} did not appear in a minute");
    }

    /// The tokens of that many ordinary answers, as far as they can be known: Anthropic does not say how many were for
    /// reasoning, and Gemini says nothing by the protocol.
    pub fn usage(&self, answers: u64) -> Option<TokenUsage> {
        if self.kind == Kind::Acp && self.meter.is_none() {
            return None;
        }
        let each = Usage::EACH;
        let mut one = TokenUsage::new(each.input, each.output).with_cache_read(each.cached);
        one.reasoning = if self.kind == Kind::Claude { 0 } else { each.reasoning };
        (0..answers).try_fold(TokenUsage::default(), |sum, _| sum.checked_add(one))
    }

    pub fn resume(&self, session: &Option<String>) -> AgentRequest {
        self.request().with_session(AgentSession::Resume(session.clone().expect("a session")))
    }
}

/// The example of this package that confines itself; cargo builds it with the tests.
fn launcher() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let program = test.parent().and_then(Path::parent).unwrap().join("examples/sandbox");
    assert!(
        program.exists(),
        "{} is missing: run `cargo test -p ae-harness --all-features`",
        program.display()
    );
    program
}
