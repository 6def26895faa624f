//! A coding agent of one's own: any program that reads a prompt from its standard input, works in the current folder
//! and prints its words as plain text. The supervisor does the rest.
//!
//! ```sh
//! cargo run --features agents --example custom_provider -- FOLDER PROMPT sh -c 'cat > notes.txt && echo "I wrote it
//! down."'
//! ```
//!
//! It runs without a sandbox.
#![allow(clippy::print_stdout, reason = "a program for the terminal")]

use std::{env, error::Error, path::PathBuf};

use ae_harness::{
    Abilities, AgentEvent, AgentFailure, AgentReport, AgentRequest, CliAgent, CliProvider, FailureKind,
    HostEnv, SandboxUse, StopReason,
    core::{BackendError, Cancel, IdempotencyKey, Origin, RunId, Runtime, Untrusted},
    host::{AgentExit, Decoder, Dialect, LaunchPlan, LaunchSite, Outbox},
};

/// The program and its arguments.
#[derive(Debug)]
struct Plain(Vec<String>);

impl Dialect for Plain {
    fn name(&self) -> &str {
        "plain"
    }

    fn programs(&self) -> &[String] {
        self.0.get(..1).unwrap_or_default()
    }

    /// Any version, even none.
    fn oldest_version(&self) -> &str {
        ""
    }

    fn abilities(&self, _: &str) -> Abilities {
        Abilities::new()
    }

    fn plan(&self, request: &AgentRequest, _: &LaunchSite) -> Result<LaunchPlan, BackendError> {
        let mut plan = LaunchPlan::new(self.0.iter().skip(1).cloned());
        plan.input = format!("Task:\n{}\n", request.prompt).into_bytes();
        Ok(plan)
    }

    fn decoder(&self, _: &AgentRequest, _: &LaunchSite) -> Box<dyn Decoder> {
        Box::new(Lines(Vec::new()))
    }
}

/// The lines so far.
#[derive(Debug)]
struct Lines(Vec<String>);

impl Decoder for Lines {
    fn line(&mut self, line: &[u8], out: &mut Outbox) {
        let line = String::from_utf8_lossy(line).into_owned();
        let text = Untrusted::new(Origin::Agent("plain".to_owned()), line.clone());
        out.events.push(AgentEvent::Text { text, partial: false });
        self.0.push(line);
    }

    fn finish(self: Box<Self>, exit: &AgentExit) -> AgentReport {
        let stop = if exit.code == Some(0) { StopReason::Succeeded } else { StopReason::Failed };
        let failure = AgentFailure::new(FailureKind::Other, exit.stderr.clone());
        let report = AgentReport::new(stop, self.0.join("\n"));
        if report.succeeded() { report } else { report.with_failure(failure) }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut words = env::args().skip(1);
    let (folder, prompt) =
        words.next().zip(words.next()).ok_or("usage: custom_provider FOLDER PROMPT PROGRAM …")?;
    let plain = Plain(words.collect());
    let runtime = Runtime::system();
    let key = IdempotencyKey::derive(RunId::from_uuid(runtime.ids.new_uuid()), "example", "execute", 1);
    let agent = CliAgent::new(plain, HostEnv::of(env::vars_os()), env::temp_dir().join("ae-agents"), runtime);
    let request =
        AgentRequest::new(PathBuf::from(folder).canonicalize()?, prompt).with_sandbox(SandboxUse::Off);
    let report = agent.execute(&key, &request, &|event| println!("{event:?}"), &Cancel::new()).await?;
    println!("{}: {} (changed: {})", report.stop, report.summary, report.files_changed.join(", "));
    Ok(())
}
