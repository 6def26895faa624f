//! An agent that is a script, which speaks HTTP by the shell's own means, behind the proxy.

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf, sync::Arc};

use ae_core::{BackendError, Cancel, Digest, IdempotencyKey, RunId, Runtime};
use ae_harness::{
    Abilities, AgentReport, AgentRequest, BudgetMeter, CliAgent, CliProvider, HostEnv, MeterProxy,
    ProxyOptions, SandboxUse, StopReason,
    host::{AgentExit, Decoder, Dialect, LaunchPlan, LaunchSite, Outbox},
};

use crate::{
    answers::messages,
    fixture::{meter, plan, soon},
    vendor::Vendor,
};

/// `call` makes a call of a model; the prompt is the script.
const PROGRAM: &str = r#"#!/bin/bash
[ "$1" = --version ] && { echo 'scripted 1.0.0'; exit; }
call() {
    local rest=${BASE_URL#http://*:}
    exec 3<>"/dev/tcp/127.0.0.1/${rest%%/*}"
    printf 'POST /%s/v1/messages HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-api-key: %s\r\ncontent-length: %d\r\n\r\n%s' \
        "${rest#*/}" "$API_KEY" "${#BODY}" "$BODY" >&3
    head -c "${1:-1000000}" <&3 > answer
    exec 3>&-
}
. /dev/stdin
"#;

#[derive(Debug)]
struct Scripted(Vec<String>);

impl Dialect for Scripted {
    fn name(&self) -> &str {
        "scripted"
    }

    fn programs(&self) -> &[String] {
        &self.0
    }

    fn oldest_version(&self) -> &str {
        "1.0.0"
    }

    fn abilities(&self, _: &str) -> Abilities {
        Abilities::new().with_resume(true)
    }

    fn plan(&self, request: &AgentRequest, site: &LaunchSite) -> Result<LaunchPlan, BackendError> {
        let mut plan = LaunchPlan::new(Vec::<String>::new());
        plan.input = format!("{}\n", request.prompt).into_bytes();
        let endpoint = site.endpoint.as_ref().unwrap();
        plan.environment.insert("BASE_URL".to_owned(), endpoint.base_url.clone());
        plan.environment.insert("BODY".to_owned(), messages().request.to_owned());
        plan.secrets.insert("API_KEY".to_owned(), endpoint.key.clone());
        Ok(plan)
    }

    fn decoder(&self, _: &AgentRequest, _: &LaunchSite) -> Box<dyn Decoder> {
        Box::new(Lines::default())
    }
}

/// `done` is a good end; everything else is a text.
#[derive(Debug, Default)]
struct Lines(String);

impl Decoder for Lines {
    fn line(&mut self, line: &[u8], _: &mut Outbox) {
        self.0.push_str(&String::from_utf8_lossy(line));
        self.0.push('\n');
    }

    fn finish(self: Box<Self>, _: &AgentExit) -> AgentReport {
        let stop = if self.0.contains("done") { StopReason::Succeeded } else { StopReason::Failed };
        AgentReport::new(stop, self.0).with_session(Some("s".to_owned()))
    }
}

/// The agent, its workspace and its meter.
pub struct Stage {
    pub folder: tempfile::TempDir,
    pub agent: CliAgent,
    pub meter: Arc<BudgetMeter>,
}

impl Stage {
    pub async fn new(limit: &str, vendor: &Vendor) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["bin", "workspace"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let program = folder.path().join("bin/scripted");
        fs::write(&program, PROGRAM).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let meter = meter(limit);
        let plan = plan(&meter, vendor);
        let proxy = MeterProxy::start(&Runtime::system(), ProxyOptions::new()).await.unwrap();
        let host = HostEnv::new(format!("{}:/usr/bin:/bin", program.parent().unwrap().display()));
        let agent = CliAgent::new(
            Scripted(vec!["scripted".to_owned()]),
            host,
            folder.path().join("state"),
            Runtime::system(),
        )
        .with_meter(proxy, plan);
        Self { folder, agent, meter }
    }

    pub fn workspace(&self) -> PathBuf {
        self.folder.path().join("workspace")
    }

    pub fn request(&self, script: &str) -> AgentRequest {
        AgentRequest::new(self.workspace(), script).with_sandbox(SandboxUse::Off)
    }

    pub async fn run(&self, sequence: u32, request: &AgentRequest) -> AgentReport {
        soon(self.agent.execute(&key(sequence), request, &(), &Cancel::new())).await.unwrap()
    }
}

pub fn key(sequence: u32) -> IdempotencyKey {
    let run = RunId::from_digest(&Digest::of_bytes("test", b"run"));
    IdempotencyKey::derive(run, "test", "agent", sequence)
}
