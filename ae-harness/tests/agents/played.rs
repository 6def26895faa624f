//! An agent that is a shell, with the prompt as its script, and a host for it.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Mutex,
    time::Duration,
};

use ae_core::{
    BackendError, Cancel, Clock, IdempotencyKey, Origin, RunId, Runtime, Secret, Sleep, Sleeper, SystemClock,
    SystemIds, SystemSleeper, Timestamp, TokenUsage, Untrusted,
};
use ae_harness::{
    Abilities, AgentEvent, AgentFailure, AgentLimits, AgentReport, AgentRequest, CliAgent, CliProvider as _,
    FailureKind, HostEnv, SandboxUse, StopReason,
    host::{AgentExit, Decoder, Dialect, Endpoint, Interrupt, LaunchPlan, LaunchSite, Outbox, OutputMode},
};

pub const SECRET: &str = "sk-secret-0123456789";

/// Its program: prints its version, or runs its input as a script.
const PROGRAM: &str = "#!/bin/sh
[ \"$1\" = --version ] && { echo 'played 1.2.3'; exit; }
[ \"$1\" = -c ] && exec /bin/sh -c \"$2\"
exec /bin/sh -s
";

/// Runs five times as fast as the machine's time.
#[derive(Debug)]
struct Fast;

const SPEED: u32 = 5;

impl Clock for Fast {
    fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    fn monotonic(&self) -> Duration {
        SystemClock.monotonic() * SPEED
    }
}

impl Sleeper for Fast {
    fn sleep(&self, pause: Duration) -> Sleep {
        SystemSleeper.sleep(pause / SPEED)
    }
}

/// The dialect: `text X`, `session X`, `usage N`, `ask X`, `done` and `fail` are lines that it knows.
#[derive(Debug, Clone)]
pub struct Played {
    pub programs: Vec<String>,
    pub oldest: String,
    pub output: OutputMode,
    pub interrupt: Interrupt,
    pub keeps_input: bool,
    /// Whether the script comes as an argument, and the input is only what it may read.
    pub by_argument: bool,
    pub environment: Vec<(String, String)>,
    pub files: Vec<(PathBuf, Vec<u8>)>,
}

impl Dialect for Played {
    fn name(&self) -> &str {
        "played"
    }

    fn programs(&self) -> &[String] {
        &self.programs
    }

    fn install_hint(&self) -> &str {
        "npm install -g played"
    }

    fn oldest_version(&self) -> &str {
        &self.oldest
    }

    fn abilities(&self, _: &str) -> Abilities {
        Abilities::new().with_resume(true)
    }

    fn plan(&self, request: &AgentRequest, site: &LaunchSite) -> Result<LaunchPlan, BackendError> {
        let mut plan = LaunchPlan::new(Vec::<String>::new());
        if self.by_argument {
            plan.arguments = vec!["-c".to_owned(), request.prompt.clone()];
            plan.input = vec![b'x'; 1 << 20];
        } else {
            plan.input = format!("{}\n", request.prompt).into_bytes();
        }
        plan.environment.extend(self.environment.clone());
        plan.environment.insert("SITE".to_owned(), site.private.display().to_string());
        plan.secrets.insert("KEY".to_owned(), Secret::new(SECRET.to_owned()));
        plan.files = self.files.iter().map(|(path, text)| (site.private.join(path), text.clone())).collect();
        (plan.output, plan.interrupt, plan.keeps_input) = (self.output, self.interrupt, self.keeps_input);
        Ok(plan)
    }

    fn decoder(&self, _: &AgentRequest, site: &LaunchSite) -> Box<dyn Decoder> {
        Box::new(Reader { before: site.before.usage, ..Reader::default() })
    }
}

#[derive(Debug, Default)]
struct Reader {
    report: Option<StopReason>,
    text: String,
    session: Option<String>,
    usage: Option<TokenUsage>,
    before: Option<TokenUsage>,
    unknown: u64,
}

fn data(text: &str) -> Untrusted<String> {
    Untrusted::new(Origin::Agent("played".into()), text.to_owned())
}

impl Decoder for Reader {
    fn line(&mut self, line: &[u8], out: &mut Outbox) {
        let line = String::from_utf8_lossy(line);
        let (word, rest) = line.split_once(' ').unwrap_or((&line, ""));
        match word {
            "text" => {
                self.text = rest.chars().take(99).collect();
                out.events.push(AgentEvent::Text { text: data(&self.text), partial: false });
            }
            "session" => self.session = Some(rest.to_owned()),
            "usage" => self.usage = Some(TokenUsage::new(rest.parse().unwrap(), 0)),
            "ask" => out.input.extend_from_slice(format!("answer {rest}\n").as_bytes()),
            "done" => {
                self.report = Some(StopReason::Succeeded);
                out.is_finished = true;
            }
            "fail" => self.report = Some(StopReason::Failed),
            _ => {
                self.unknown += 1;
                out.is_unknown = true;
            }
        }
    }

    fn interrupt(&mut self, out: &mut Outbox) {
        out.input.extend_from_slice(b"stop\n");
    }

    fn finish(self: Box<Self>, exit: &AgentExit) -> AgentReport {
        let stop = match self.report {
            Some(StopReason::Succeeded) if exit.code == Some(0) => StopReason::Succeeded,
            Some(_) => StopReason::Failed,
            None => StopReason::Incomplete,
        };
        let mut report = AgentReport::new(stop, self.text)
            .with_session(self.session)
            .with_usage(self.usage)
            .with_unknown_events(self.unknown);
        if stop != StopReason::Succeeded {
            let message = format!("code {:?}, signal {:?}: {}", exit.code, exit.signal, exit.stderr);
            report = report.with_failure(AgentFailure::new(FailureKind::Crashed, message));
        }
        let _ = self.before;
        report
    }
}

/// A host with the played agent, and the folders of a run.
pub struct Stage {
    pub folder: tempfile::TempDir,
    pub dialect: Played,
    /// In the environment of every process of its runs.
    pub mark: String,
}

impl Stage {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let stage = |name: &str| folder.path().join(name);
        let program = stage("bin/played");
        fs::create_dir_all(program.parent().unwrap()).unwrap();
        fs::create_dir(stage("workspace")).unwrap();
        fs::write(&program, PROGRAM).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let mark = format!("AE_TEST_MARK={}", folder.path().display());
        let dialect = Played {
            programs: vec!["played".to_owned()],
            oldest: "1.2.0".to_owned(),
            output: OutputMode::Pipe,
            interrupt: Interrupt::Main,
            keeps_input: false,
            by_argument: false,
            environment: Vec::new(),
            files: Vec::new(),
        };
        Self { dialect, mark, folder }
    }

    pub fn with(change: impl FnOnce(&mut Played)) -> Self {
        let mut stage = Self::new();
        change(&mut stage.dialect);
        stage
    }

    pub fn workspace(&self) -> PathBuf {
        self.folder.path().join("workspace")
    }

    pub fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    pub fn host(&self) -> HostEnv {
        let (name, value) = self.mark.split_once('=').unwrap();
        HostEnv::new(format!("{}:/usr/bin:/bin", self.folder.path().join("bin").display()))
            .with_variable(name, value)
            .with_variable("HIDDEN", "hidden")
    }

    pub fn agent(&self) -> CliAgent {
        CliAgent::new(self.dialect.clone(), self.host(), self.state(), Runtime::new(Fast, Fast, SystemIds))
    }

    /// A request with the prompt as the script, with times that a busy machine does not use up.
    pub fn request(&self, script: &str) -> AgentRequest {
        let long = Duration::from_secs(1000);
        AgentRequest::new(self.workspace(), script)
            .with_sandbox(SandboxUse::Off)
            .with_environment(vec!["AE_TEST_MARK".to_owned()])
            .with_limits(AgentLimits::new().with_wall(long).with_idle(long).with_first_event(long))
    }

    pub async fn run(&self, script: &str) -> AgentReport {
        self.play(&self.request(script)).await
    }

    pub async fn play(&self, request: &AgentRequest) -> AgentReport {
        let report = self.agent().execute(&key(0), request, &(), &Cancel::new()).await.unwrap();
        self.nothing_is_left();
        report
    }

    /// The script's processes that are still there.
    pub fn processes(&self) -> Vec<String> {
        let pids = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
        let has = |path: &Path| {
            let environment = fs::read(path.join("environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|variable| variable == self.mark.as_bytes())
        };
        let found = pids.filter(|path| has(path));
        found.map(|path| fs::read_to_string(path.join("stat")).unwrap_or_default()).collect()
    }

    pub fn nothing_is_left(&self) {
        assert_eq!(self.processes(), Vec::<String>::new(), "processes");
        for folder in ["running", "tmp"] {
            let left = fs::read_dir(self.state().join(folder)).into_iter().flatten().count();
            assert_eq!(left, 0, "{folder}");
        }
    }
}

pub fn key(sequence: u32) -> IdempotencyKey {
    let run = RunId::from_digest(&ae_core::Digest::of_bytes("test", b"agents"));
    IdempotencyKey::derive(run, "build", "execute", sequence)
}

/// Keeps the texts.
#[derive(Default)]
pub struct Texts(pub Mutex<Vec<String>>);

impl Texts {
    pub fn taken(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

#[async_trait::async_trait]
impl ae_harness::AgentSink for Texts {
    async fn event(&self, event: AgentEvent) {
        if let AgentEvent::Text { text, .. } | AgentEvent::Warning(text) = event {
            self.0.lock().unwrap().push(text.as_data().clone());
        }
    }
}

pub fn endpoint() -> Endpoint {
    Endpoint::new("http://127.0.0.1:1", Secret::new("sk-endpoint-key".to_owned()))
}
