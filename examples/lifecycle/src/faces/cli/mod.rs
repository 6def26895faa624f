//! The `ae` command: the only place that reads the environment and the terminal.

pub mod args;
mod exit;
mod output;
mod run;
mod runs;
mod stop;

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use ae_core::{ErrorKind, RunId, Runtime};
use clap::{CommandFactory, Parser};

pub use self::exit::{Exit, TABLE};
use self::{
    args::{AuditCommand, Cli, Command, Global},
    output::Output,
};
use crate::{
    error::{Error, Result},
    glue::approver::{Absent, Approver, Standing, Terminal},
    run::{self, Progress},
    wiring::{Host, default_data_dir},
};

/// Parses the command line, does what it says and gives the exit code.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            if !error.use_stderr() {
                return ExitCode::from(Exit::Verified.code());
            }
            // The command line could not be read, so whether JSON is wanted is seen from its words.
            let json = std::env::args_os().any(|word| word == "--json");
            Output { json }.usage(&error.kind().to_string());
            return ExitCode::from(Exit::Usage.code());
        }
    };
    let output = Output { json: cli.global.json };
    let exit = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => {
            let result = runtime.block_on(dispatch(cli, output));
            // A thread may still wait for a line on standard input; the process must not.
            runtime.shutdown_background();
            result.unwrap_or_else(|error| output.error(&error))
        }
        Err(error) => output.error(&Error::io("the async runtime can't be started", error)),
    };
    ExitCode::from(exit.code())
}

async fn dispatch(cli: Cli, output: Output) -> Result<Exit> {
    let command = match cli.command {
        Command::Completions(args) => {
            let mut script = Vec::new();
            clap_complete::generate(args.shell, &mut Cli::command(), "ae", &mut script);
            let script = String::from_utf8_lossy(&script).into_owned();
            output
                .result(&serde_json::json!({ "shell": args.shell.to_string(), "script": script }), &script)?;
            return Ok(Exit::Verified);
        }
        command => command,
    };
    if let Command::Audit(AuditCommand::Verify) = command {
        return runs::audit_verify(output, &data_dir(&cli.global)?);
    }
    let session = Session::open(&cli.global, output)?;
    match command {
        Command::Run(args) => run::start(&session, args).await,
        Command::Resume(args) => run::resume(&session, &args.run, args.go).await,
        Command::Approve(args) => run::approve(&session, args).await,
        Command::Cancel(args) => runs::cancel(&session, &args.run).await,
        Command::Runs(args) => runs::list(&session, args.limit),
        Command::Status(args) => runs::status(&session, &args.run).await,
        Command::Serve(args) => run::serve(&session, args.addr).await,
        Command::Audit(_) | Command::Completions(_) => Ok(Exit::Verified),
    }
}

/// One invocation of the command on an open data directory.
#[derive(Debug)]
struct Session {
    host: Host,
    output: Output,
    /// Who gave the command, for the record.
    person: String,
}

impl Session {
    fn open(global: &Global, output: Output) -> Result<Self> {
        let host = Host::open(&data_dir(global)?, Runtime::system())?;
        Ok(Self { host, output, person: person() })
    }

    /// The run that `text` names: a whole id, or the beginning of exactly one.
    fn run_id(&self, text: &str) -> Result<RunId> {
        if let Ok(id) = text.parse() {
            return Ok(id);
        }
        let prefix = text.to_ascii_lowercase();
        if prefix.len() < 4 || !prefix.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-') {
            return Err(Error::new(ErrorKind::InvalidInput, format!("{text:?} is not a run id"))
                .with_hint("list the runs with `ae runs`"));
        }
        let found: Vec<_> = self
            .host
            .runs
            .list(u32::MAX)?
            .into_iter()
            .map(|row| row.run_id)
            .filter(|id| id.to_string().starts_with(&prefix))
            .collect();
        match found.as_slice() {
            [one] => Ok(*one),
            [] => Err(Error::new(ErrorKind::NotFound, format!("no run begins with {text:?}"))
                .with_hint("list the runs with `ae runs`")),
            _ => {
                Err(Error::new(ErrorKind::InvalidInput, format!("{} runs begin with {text:?}", found.len()))
                    .with_hint("write more of the id"))
            }
        }
    }

    fn progress(&self) -> Arc<dyn Progress> {
        Arc::from(run::on_stderr())
    }

    /// Who decides: `--yes` in advance, a person at a terminal, or somebody later.
    fn approver(&self, yes: bool, progress: &Arc<dyn Progress>) -> Arc<dyn Approver> {
        use std::io::IsTerminal;
        let at_terminal =
            std::io::stdin().is_terminal() && std::io::stderr().is_terminal() && !self.output.json;
        if yes {
            Arc::new(Standing { decided_by: self.person.clone() })
        } else if at_terminal {
            Arc::new(Terminal {
                decided_by: self.person.clone(),
                progress: Arc::clone(progress),
                sleeper: Arc::clone(&self.host.runtime.sleeper),
            })
        } else {
            Arc::new(Absent)
        }
    }
}

fn data_dir(global: &Global) -> Result<PathBuf> {
    match &global.data_dir {
        Some(path) => Ok(path.clone()),
        None => platform_data_dir(),
    }
}

#[expect(clippy::disallowed_methods, reason = "the binary hands the environment in")]
fn platform_data_dir() -> Result<PathBuf> {
    default_data_dir(std::env::var("XDG_DATA_HOME").ok(), std::env::var("HOME").ok())
}

/// The name under which decisions of this invocation are recorded.
#[expect(clippy::disallowed_methods, reason = "the binary hands the environment in")]
fn person() -> String {
    let name = std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_default();
    let clean: String = name.chars().filter(|c| c.is_alphanumeric() || "-_.".contains(*c)).take(64).collect();
    if clean.is_empty() { "person:at-this-machine".to_owned() } else { format!("person:{clean}") }
}
