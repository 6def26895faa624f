//! Claude Code on a prompt in a folder, with live events. The line end (Enter) stops it.
//!
//! ```sh
//! ANTHROPIC_API_KEY=… cargo run --features claude --example agent -- FOLDER PROMPT
//! ```
//!
//! It runs without a sandbox, and with the permission to edit files only.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a program for the terminal reads its environment"
)]

use std::{env, error::Error, io, path::PathBuf, time::Duration};

use ae_harness::{
    AgentEvent, AgentLimits, AgentRequest, Claude, CliAgent, CliProvider, HostEnv, SandboxUse,
    core::{Cancel, Currency, IdempotencyKey, Money, RunId, Runtime, Secret},
    host::Endpoint,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (folder, prompt) = env::args().nth(1).zip(env::args().nth(2)).ok_or("usage: agent FOLDER PROMPT")?;
    let (runtime, state) = (Runtime::system(), env::temp_dir().join("ae-agents"));
    let url = env::var("ANTHROPIC_BASE_URL").unwrap_or("https://api.anthropic.com".to_owned());
    let endpoint = Endpoint::new(url, Secret::new(env::var("ANTHROPIC_API_KEY")?));
    let key = IdempotencyKey::derive(RunId::from_uuid(runtime.ids.new_uuid()), "example", "execute", 1);
    let agent =
        CliAgent::new(Claude::new(), HostEnv::of(env::vars_os()), state, runtime).with_endpoint(endpoint);
    let limits = AgentLimits::new().with_wall(Duration::from_secs(600)).with_turns(30);
    let limits = limits.with_cost(Money::parse("1.00", Currency::USD)?);
    let request = AgentRequest::new(PathBuf::from(folder).canonicalize()?, prompt).with_limits(limits);
    let cancel = stopped_by_enter();
    let report = agent.execute(&key, &request.with_sandbox(SandboxUse::Off), &show, &cancel).await?;
    println!("{}: {}\n{:?}, {:?}", report.stop, report.summary, report.usage, report.cost);
    println!("changed: {}", report.files_changed.join(", "));
    Ok(())
}

/// Shows an event on one line: its texts come from outside.
fn show(event: AgentEvent) {
    match event {
        AgentEvent::Text { text, partial: false } => println!("says    {}", text.one_line(200)),
        AgentEvent::ToolCall { name, input, .. } => {
            println!("calls   {name} {}", input.map(|input| input.to_string()).one_line(200));
        }
        AgentEvent::ToolResult { ok, output, .. } => println!("result  {ok} {}", output.one_line(200)),
        AgentEvent::Retry { attempt, cause, .. } => println!("retry   {attempt}: {}", cause.one_line(200)),
        AgentEvent::Warning(text) => println!("warning {}", text.one_line(200)),
        _ => {}
    }
}

fn stopped_by_enter() -> Cancel {
    let cancel = Cancel::new();
    let asked = cancel.clone();
    std::thread::spawn(move || {
        if io::stdin().read_line(&mut String::new()).is_ok_and(|read| read > 0) {
            asked.cancel();
        }
    });
    cancel
}
