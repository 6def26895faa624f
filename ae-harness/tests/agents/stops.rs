//! Cancels, times, and sinks that hold a run up.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use ae_core::Cancel;
use ae_harness::{AgentEvent, AgentSink, CliProvider as _, StopReason, Timer, host::Interrupt};

use crate::played::{Stage, key};

#[tokio::test]
async fn each_time_has_its_name() {
    for (script, wall, idle, timer) in [
        ("echo text begun; sleep 600", 1000, 3, Timer::Idle),
        ("while :; do echo text on; sleep 0.05; done", 5, 1000, Timer::Wall),
        ("echo text begun; exec >&- 2>&-; sleep 600", 1000, 3, Timer::Idle),
    ] {
        let stage = Stage::new();
        let mut request = stage.request(script);
        let secs = Duration::from_secs;
        request.limits = request.limits.with_wall(secs(wall)).with_idle(secs(idle));
        let report = stage.play(&request).await;
        assert_eq!((report.stop, report.timer), (StopReason::TimedOut, Some(timer)), "{script}: {report:?}");
    }
}

/// Cancels at the first event.
struct AtFirst<'a>(&'a Cancel, AtomicBool);

#[async_trait::async_trait]
impl AgentSink for AtFirst<'_> {
    async fn event(&self, _: AgentEvent) {
        if !self.1.swap(true, Ordering::SeqCst) {
            self.0.cancel();
        }
    }
}

#[tokio::test]
async fn a_cancel_asks_then_ends_then_kills() {
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
            "echo text on; read -r word; echo usage 5; [ \"$word\" = stop ] && exit 0; sleep 600",
            Interrupt::Protocol,
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
        (
            "trap '' INT TERM; echo text on; (setsid sleep 600 &); while :; do :; done",
            Interrupt::Group,
            false,
        ),
    ] {
        let stage = Stage::with(|played| {
            played.interrupt = interrupt;
            played.keeps_input = interrupt == Interrupt::Protocol;
        });
        let cancel = Cancel::new();
        let sink = AtFirst(&cancel, AtomicBool::new(false));
        let report = stage.agent().execute(&key(0), &stage.request(script), &sink, &cancel).await.unwrap();
        assert_eq!(report.stop, StopReason::Cancelled, "{script}");
        assert_eq!(report.usage.is_some(), saved, "{script}: {report:?}");
        stage.nothing_is_left();
    }
}

/// Takes nothing, ever.
struct Stuck;

#[async_trait::async_trait]
impl AgentSink for Stuck {
    async fn event(&self, _: AgentEvent) {
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_stuck_sink_stops_neither_a_cancel_nor_the_wall() {
    for script in
        ["echo text on; sleep 600", "echo text on; echo text on; echo done", "while :; do echo text on; done"]
    {
        let stage = Stage::new();
        let agent = stage.agent();
        let (request, cancel, own) = (stage.request(script), Cancel::new(), key(0));
        let run = agent.execute(&own, &request, &Stuck, &cancel);
        let later = async {
            tokio::time::timeout(Duration::from_millis(300), std::future::pending::<()>()).await.unwrap_err();
            cancel.cancel();
        };
        let (report, ()) = tokio::join!(run, later);
        let stop = report.unwrap().stop;
        let is_done = script.contains("done");
        assert!(
            stop == StopReason::Cancelled || is_done && stop == StopReason::Succeeded,
            "{script}: {stop}"
        );

        let mut request = stage.request(script);
        request.limits = request.limits.with_wall(Duration::from_secs(2)).with_idle(Duration::from_secs(1));
        let report = agent.execute(&key(1), &request, &Stuck, &Cancel::new()).await.unwrap();
        let is_wall = report.timer == Some(Timer::Wall);
        assert!(is_wall || is_done && report.succeeded(), "waiting for the sink is not silence: {report:?}");
        stage.nothing_is_left();
    }
}

/// Takes an event in its own time.
struct Slow;

#[async_trait::async_trait]
impl AgentSink for Slow {
    async fn event(&self, _: AgentEvent) {
        let _ = tokio::time::timeout(Duration::from_secs(1), std::future::pending::<()>()).await;
    }
}

#[tokio::test]
async fn waiting_for_the_sink_is_not_silence() {
    let stage = Stage::new();
    let mut request =
        stage.request("echo text 1; echo text 2; echo text 3; sleep 3.2; echo text 4; echo done");
    request.limits = request.limits.with_idle(Duration::from_secs(10));
    let report = stage.agent().execute(&key(0), &request, &Slow, &Cancel::new()).await.unwrap();
    assert!(report.succeeded(), "{report:?}");
    assert_eq!(report.summary, "4");
}
