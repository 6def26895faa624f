//! The `ae` command: the only place that reads the environment and the terminal.

mod agents;
pub mod args;
mod exit;
mod go;
mod launch;
mod look;
mod numbers;
mod orders;
mod output;
mod progress;
mod serve;
mod stop;
mod summary;
mod terminal;

use std::{
    ffi::OsString, fmt, future::Future, net::SocketAddr, path::PathBuf, pin::Pin, process::ExitCode,
    sync::Arc,
};

use clap::{CommandFactory, Parser};
use tokio::net::TcpListener;

pub use self::exit::{Exit, TABLE};
use self::{
    args::{AuditCommand, Cli, Command, Global, Go},
    output::Output,
    terminal::Terminal,
};
use crate::{
    error::{Error, Result},
    glue::{
        agents_here::AgentsHere,
        approver::{Absent, Approver, Standing},
        progress::Progress,
    },
    service::{Installation, RunIndex, RunOptions, Sale},
    setup::{DataDir, default_data_dir},
};

/// The parts of the program that the command line uses without a name for them.
pub trait Program: Sync {
    /// Opens the stores in `dir`.
    fn open(&self, dir: DataDir) -> Result<Installation>;

    /// Opens the stores in `dir` for reading: nothing is made or changed.
    fn open_read_only(&self, dir: DataDir) -> Result<Installation>;

    /// The coding agents that can work on this machine, and its sandbox.
    fn agents(&self) -> Pin<Box<dyn Future<Output = Result<AgentsHere>> + Send + '_>>;

    /// Serves what was published, until it is stopped.
    fn serve<'a>(&'a self, sale: Sale, serving: Serving<'a>)
    -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>;
}

/// Where and how long to serve.
pub struct Serving<'a> {
    /// The listening socket.
    pub listener: TcpListener,
    /// Its address.
    pub addr: SocketAddr,
    /// The socket of the operator's page.
    pub operator: TcpListener,
    /// Its address.
    pub operator_addr: SocketAddr,
    /// The names that it answers to besides its own.
    pub hosts: &'a [String],
    /// Completes when it is to stop.
    pub stop: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl fmt::Debug for Serving<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serving").field("addr", &self.addr).finish_non_exhaustive()
    }
}

/// Parses the command line, does what it says and gives the exit code.
pub fn main(program: &dyn Program) -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return not_a_command(&error),
    };
    let folder = cli.global.data_dir.as_ref().map(|dir| dir.display().to_string());
    let output = Output { json: cli.global.json, quiet: cli.global.quiet, folder };
    let exit = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => {
            let result = runtime.block_on(dispatch(program, cli, output.clone()));
            // A thread may still wait for a line on standard input; the process must not.
            runtime.shutdown_background();
            result.unwrap_or_else(|error| output.error(&error))
        }
        Err(error) => output.error(&Error::io("the async runtime can't be started", error)),
    };
    ExitCode::from(exit.code())
}

/// Answers a command line that can't be read, or a request for help.
fn not_a_command(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    if !error.use_stderr() {
        return ExitCode::from(Exit::Verified.code());
    }
    // The command line could not be read, so whether JSON is wanted is seen from its words.
    if std::env::args_os().any(|word| word == "--json") {
        let text = error.to_string();
        let message = text.split("\n\n").next().unwrap_or_default();
        let message = message.trim_start_matches("error: ").split_whitespace().collect::<Vec<_>>().join(" ");
        Output::usage(&message);
    }
    ExitCode::from(Exit::Usage.code())
}

async fn dispatch(program: &dyn Program, cli: Cli, output: Output) -> Result<Exit> {
    if let Command::Completions { shell } = &cli.command {
        let mut script = Vec::new();
        clap_complete::generate(*shell, &mut Cli::command(), "ae", &mut script);
        let script = String::from_utf8_lossy(&script).into_owned();
        output.result(&serde_json::json!({ "shell": shell.to_string(), "script": script }), &script)?;
        return Ok(Exit::Verified);
    }
    if let Command::Agents = &cli.command {
        return agents::show(&output, &program.agents().await?);
    }
    let path = data_dir(&cli.global)?;
    if let Command::Audit(AuditCommand::Verify) = cli.command {
        return look::audit_verify(&output, &path);
    }
    if let Command::Runs(args) = &cli.command {
        let dir = DataDir::existing(&path)?;
        let runs = RunIndex::open_read_only(&dir.database("runs"))?;
        return look::list(&output, dir.path(), &runs, args).await;
    }
    // Only a run makes a data directory: another command would hide that its folder is mistyped.
    let dir = match &cli.command {
        Command::Run(_) => DataDir::open(&path)?,
        _ => DataDir::existing(&path)?,
    };
    for warning in dir.warnings() {
        output.warning(&warning);
    }
    let installation = match &cli.command {
        Command::Status { .. } | Command::Plan { .. } => program.open_read_only(dir)?,
        _ => program.open(dir)?,
    };
    let session = Session { program, installation, output, person: person() };
    match cli.command {
        Command::Run(args) => go::start(&session, *args).await,
        Command::Resume { run, go } => go::resume(&session, &run, go).await,
        Command::Approve(args) => go::approve(&session, args).await,
        Command::Cancel { run } => look::cancel(&session, &run).await,
        Command::Plan { run } => launch::plan(&session, &run).await,
        Command::Undo { run, yes } => launch::undo(&session, &run, yes).await,
        Command::Status { run } => look::status(&session, &run).await,
        Command::Serve(args) => serve::serve(&session, &args).await,
        Command::Paid(args) => orders::paid(&session, &args).await,
        Command::Refund(args) => orders::refund(&session, &args.order).await,
        Command::Licence(args) => orders::licence(&session, &args.order).await,
        Command::WebhookSecret(args) => orders::webhook_secret(&session, &args).await,
        Command::Revenue(args) => numbers::revenue(&session, &args).await,
        Command::Decide(args) => numbers::decide(&session, &args).await,
        Command::Agents | Command::Audit(_) | Command::Runs(_) | Command::Completions { .. } => {
            Ok(Exit::Verified)
        }
    }
}

/// One invocation of the command on an open data directory.
struct Session<'p> {
    program: &'p dyn Program,
    installation: Installation,
    output: Output,
    /// The name of the person at the command line, for the record.
    person: String,
}

impl Session<'_> {
    /// Who decides (a person in advance, a person at a terminal, or a person later), and the display.
    fn options(&self, go: Go) -> RunOptions {
        let draws = variable("TERM").is_none_or(|term| term != "dumb");
        let progress: Arc<dyn Progress> = Arc::from(progress::on_stderr(self.output.quiet, draws));
        let decided_by = self.person.clone();
        let otherwise: Arc<dyn Approver> = if self.at_terminal() {
            let sleeper = Arc::clone(&self.installation.runtime.sleeper);
            let decided_by = decided_by.clone();
            Arc::new(Terminal { decided_by, progress: Arc::clone(&progress), sleeper })
        } else {
            Arc::new(Absent)
        };
        let (launches, despite_evidence) = (go.yes, go.despite_evidence);
        let approver = Arc::new(Standing { decided_by, launches, despite_evidence, otherwise });
        RunOptions { approver, progress }
    }

    /// Whether a person can be asked.
    fn at_terminal(&self) -> bool {
        use std::io::IsTerminal;
        std::io::stdin().is_terminal() && std::io::stderr().is_terminal() && !self.output.json
    }
}

fn data_dir(global: &Global) -> Result<PathBuf> {
    match &global.data_dir {
        Some(path) => Ok(path.clone()),
        None => match variable("AE_DATA_DIR").filter(|path| !path.is_empty()) {
            Some(path) => Ok(path.into()),
            None => default_data_dir(variable("XDG_DATA_HOME"), variable("HOME")),
        },
    }
}

/// The name under which decisions of this invocation are recorded.
fn person() -> String {
    let name = variable("USER").or_else(|| variable("LOGNAME")).unwrap_or_default();
    let clean: String = name.chars().filter(|c| c.is_alphanumeric() || "-_.".contains(*c)).take(64).collect();
    if clean.is_empty() { "person:at-this-machine".to_owned() } else { format!("person:{clean}") }
}

#[expect(clippy::disallowed_methods, reason = "the binary hands the environment in")]
fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(OsString::into_string).and_then(std::result::Result::ok)
}
