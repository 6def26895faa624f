//! Runs whose own program is killed.

use std::{
    env, fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use ae_core::{Cancel, Runtime};
use ae_harness::{AgentEvent, CliAgent, CliProvider as _, SandboxUse, host::SandboxKind};

use crate::{
    played::{Stage, Texts, key},
    walls::{kinds, launcher},
};

const HOST: &str = "run-as-host";

const SCRIPT: &str = "setsid sleep 600 & (sleep 600 &) ; echo text on; while :; do sleep 0.05; done";

/// Runs an agent, if this program was started for that.
pub fn run_if_host() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [word, folder, mark, kind] = arguments.as_slice() else { return };
    if word != HOST {
        return;
    }
    let stage = Stage::new();
    let folder = Path::new(folder);
    let (name, value) = mark.split_once('=').unwrap();
    let host = stage.host().with_variable(name, value);
    let mut agent = CliAgent::new(stage.dialect.clone(), host, folder.join("state"), Runtime::system());
    let mut request = stage.request(SCRIPT);
    request.workspace = folder.join("workspace");
    if let Some(kind) = kinds().into_iter().find(|one| one.name() == kind) {
        agent = agent.with_sandbox(kind, launcher());
        request = request.with_sandbox(SandboxUse::Required);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let begun = |_: AgentEvent| println!("begun");
    runtime.block_on(agent.execute(&key(0), &request, &begun, &Cancel::new())).unwrap();
}

pub fn all() {
    let none: Option<SandboxKind> = None;
    for kind in kinds().into_iter().map(Some).chain([none]) {
        let stage = Stage::new();
        let name = kind.as_ref().map_or("none", SandboxKind::name);
        let folder = stage.folder.path().to_str().unwrap();
        let mut host = Command::new(launcher())
            .args([HOST, folder, &stage.mark, name])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(host.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "begun\n", "{name}");
        assert!(!stage.processes().is_empty(), "{name}");
        host.kill().unwrap();
        host.wait().unwrap();
        // The namespaces end by themselves.
        if matches!(kind, Some(SandboxKind::Bubblewrap(_))) {
            let begun = Instant::now();
            while !stage.processes().is_empty() {
                assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", stage.processes());
            }
        }
        let lost = stage.processes().len();
        let texts = Texts::default();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let agent = stage.agent();
        let request = stage.request("echo done");
        let report = runtime.block_on(agent.execute(&key(1), &request, &texts, &Cancel::new())).unwrap();
        assert!(report.succeeded());
        assert_eq!(texts.taken().len(), usize::from(lost > 0), "{name}: {:?}", texts.taken());
        stage.nothing_is_left();
        // The session of the lost run is kept, and nothing else of it.
        assert_eq!(fs::read_dir(stage.state().join("sessions")).unwrap().count(), 2, "{name}");
        println!("ok: killed, {name}, {lost} processes were left");
    }
}
