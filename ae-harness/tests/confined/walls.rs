//! The promises of the sandbox, kept for agents.

use std::{env, fs, path::Path, time::Duration};

use ae_core::{Cancel, Isolation};
use ae_harness::{
    AgentEvent, CliAgent, CliProvider as _, FailureKind, SandboxUse, StopReason,
    host::{Interrupt, OutputMode, SandboxKind, probe_local},
};

use crate::played::{Stage, Texts, endpoint, key};

/// The kinds that work on this machine.
pub fn kinds() -> Vec<SandboxKind> {
    let folder = tempfile::tempdir().unwrap();
    let both = [SandboxKind::Bubblewrap("/usr/bin/bwrap".into()), SandboxKind::Landlock];
    let works = |kind: &SandboxKind| {
        let probe = probe_local(std::slice::from_ref(kind), &launcher(), folder.path());
        if probe.kind.is_none() {
            println!("skipped: {} {:?}", kind.name(), probe.report.notes);
        }
        probe.kind.is_some()
    };
    both.into_iter().filter(works).collect()
}

pub fn launcher() -> std::path::PathBuf {
    env::current_exe().unwrap()
}

fn confined(stage: &Stage, kind: &SandboxKind) -> CliAgent {
    stage.agent().with_sandbox(kind.clone(), launcher())
}

pub fn all() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    for kind in kinds() {
        runtime.block_on(async {
            it_works_within_its_folders(&kind).await;
            a_closed_network_is_said(&kind).await;
            a_stop_reaches_the_program_inside(&kind).await;
            drops_leave_nothing(&kind).await;
            a_missing_wall_is_a_failure(&kind).await;
        });
        println!("ok: {}", kind.name());
    }
}

async fn it_works_within_its_folders(kind: &SandboxKind) {
    for output in [OutputMode::Pipe, OutputMode::File] {
        let stage = Stage::with(|played| played.output = output);
        let secret = stage.folder.path().join("secret");
        fs::write(&secret, "host's").unwrap();
        let script = format!(
            "echo x > page; echo x > $HOME/own; echo x > $TMPDIR/own; \
             cat {0} > read 2>/dev/null; echo x 2>/dev/null > {0}; echo x 2>/dev/null > $SITE/../other; \
             setsid sleep 600 & sleep 600 & echo session s; echo text built; echo done",
            secret.display()
        );
        let request = stage.request(&script).with_sandbox(SandboxUse::Required);
        let agent = confined(&stage, kind);
        let report = agent.execute(&key(0), &request, &(), &Cancel::new()).await.unwrap();
        assert!(report.succeeded(), "{kind:?} {report:?}");
        assert_eq!(
            (report.files_changed, report.isolation),
            (vec!["page".to_owned(), "read".to_owned()], Some(Isolation::Process))
        );
        assert_eq!(fs::read_to_string(stage.workspace().join("read")).unwrap(), "", "{kind:?}");
        assert_eq!(fs::read_to_string(&secret).unwrap(), "host's");
        assert!(!stage.state().join("sessions/other").exists());
        stage.nothing_is_left();
    }
}

async fn a_closed_network_is_said(kind: &SandboxKind) {
    let stage = Stage::new();
    let agent = confined(&stage, kind).with_endpoint(endpoint());
    let request = stage.request("echo done").with_sandbox(SandboxUse::Required);
    let error = agent.execute(&key(0), &request, &(), &Cancel::new()).await.unwrap_err();
    assert!(error.message().contains("through a meter only"), "{error}");
    let open = request.with_network(ae_harness::NetworkPolicy::All);
    assert!(agent.execute(&key(1), &open, &(), &Cancel::new()).await.unwrap().succeeded());
    stage.nothing_is_left();
}

async fn a_stop_reaches_the_program_inside(kind: &SandboxKind) {
    for (script, interrupt, saved) in [
        (
            "trap 'echo usage 5; exit 0' INT; echo text on; while :; do sleep 0.05; done",
            Interrupt::Main,
            true,
        ),
        (
            "trap 'echo usage 5; exit 0' INT; echo text on; while :; do sleep 0.05; done",
            Interrupt::Group,
            true,
        ),
        (
            "trap '' INT; trap 'echo usage 5; exit 0' TERM; echo text on; while :; do sleep 0.05; done",
            Interrupt::Main,
            true,
        ),
        (
            "trap '' INT TERM; echo text on; (setsid sleep 600 &); while :; do sleep 0.05; done",
            Interrupt::Main,
            false,
        ),
    ] {
        let stage = Stage::with(|played| played.interrupt = interrupt);
        let (cancel, events) = (Cancel::new(), Texts::default());
        let request = stage.request(script).with_sandbox(SandboxUse::Required);
        let (agent, own) = (confined(&stage, kind), key(0));
        let sink = |event: AgentEvent| {
            events.0.lock().unwrap().push(format!("{event:?}"));
            cancel.cancel();
        };
        let report = agent.execute(&own, &request, &sink, &cancel).await.unwrap();
        assert_eq!(report.stop, StopReason::Cancelled, "{kind:?} {script}");
        assert_eq!(report.usage.is_some(), saved, "{kind:?} {script}: {report:?}");
        stage.nothing_is_left();
    }
}

async fn drops_leave_nothing(kind: &SandboxKind) {
    let stage = Stage::new();
    let agent = confined(&stage, kind);
    agent.check().await.unwrap();
    let script =
        "setsid sleep 600 & (sleep 600 &) ; trap '' INT TERM; while :; do echo text on; sleep 0.01; done";
    let request = stage.request(script).with_sandbox(SandboxUse::Required);
    for number in 0..25_u32 {
        let (own, cancel) = (key(number), Cancel::new());
        let run = agent.execute(&own, &request, &(), &cancel);
        let ended = tokio::time::timeout(Duration::from_millis(u64::from(number) * 6), run).await;
        assert!(ended.is_err(), "{ended:?}");
        assert_eq!(stage.processes(), Vec::<String>::new(), "{kind:?} drop {number}");
    }
    stage.nothing_is_left();
}

async fn a_missing_wall_is_a_failure(kind: &SandboxKind) {
    let stage = Stage::new();
    let gone = match kind {
        SandboxKind::Bubblewrap(_) => SandboxKind::Bubblewrap(Path::new("/nowhere/bwrap").into()),
        _ => return,
    };
    let request = stage.request("echo done").with_sandbox(SandboxUse::Required);
    let report = confined(&stage, &gone).execute(&key(0), &request, &(), &Cancel::new()).await.unwrap();
    let failure = report.failure.unwrap();
    assert_eq!((report.stop, failure.kind), (StopReason::Failed, FailureKind::Config), "{}", failure.message);
    stage.nothing_is_left();
}
