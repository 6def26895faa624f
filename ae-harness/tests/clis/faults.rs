//! Answers that are errors, late or cut.

use std::time::Duration;

use ae_core::Cancel;
use ae_harness::{AgentEvent, FailureKind, StopReason, Timer};

use crate::{
    each,
    models::{Script, Turn},
    rig::{Kind, Ran, Rig},
};

each!(claude: limited_for_long, key_refused, rate_limited, rate_limited_once, server_error, unknown_model, no_credit, too_long, cut, cut_once, hang, stall);
each!(codex: limited_for_long, key_refused, rate_limited, rate_limited_once, server_error, unknown_model, no_credit, too_long, cut, hang, stall);
each!(gemini: limited_for_long, key_refused, rate_limited, unknown_model, no_credit, too_long, cut, hang, stall);

each!(acp: key_refused, hang);

async fn failed(rig: &Rig, turn: Turn, kind: FailureKind) -> Ran {
    let ran = rig.plain(Script::always(turn)).await;
    let found = ran.report.failure.as_ref().map(|failure| failure.kind);
    assert_eq!((ran.report.stop, found), (StopReason::Failed, Some(kind)), "{:?}", ran.report);
    assert_eq!(ran.report.files_changed, Vec::<String>::new());
    // An error is not on the bill.
    assert!(ran.report.usage.is_none_or(|usage| usage == Default::default()), "{:?}", ran.report.usage);
    ran
}

async fn key_refused(rig: Rig) {
    failed(&rig, Turn::status(401), FailureKind::Auth).await;
}

async fn rate_limited(rig: Rig) {
    let ran = failed(&rig, Turn::status(429).retry_after(1), FailureKind::RateLimited).await;
    assert!(ran.calls.len() <= 4, "{} calls", ran.calls.len());
}

async fn rate_limited_once(rig: Rig) {
    let ran = rig.plain(Script::turns([Turn::status(429).retry_after(1), Turn::text("Done.")])).await;
    assert_eq!((ran.report.stop, ran.calls.len()), (StopReason::Succeeded, 2), "{:?}", ran.report);
    let retry =
        ran.events.iter().any(|event| matches!(event, AgentEvent::Retry { .. } | AgentEvent::Warning(_)));
    assert!(retry, "{:?}", ran.events);
}

async fn server_error(rig: Rig) {
    failed(&rig, Turn::status(500), FailureKind::Overloaded).await;
}

async fn unknown_model(rig: Rig) {
    failed(&rig, Turn::status(404), FailureKind::ModelNotFound).await;
}

async fn no_credit(rig: Rig) {
    failed(&rig, Turn::no_credit(), FailureKind::Billing).await;
}

async fn too_long(rig: Rig) {
    failed(&rig, Turn::too_long(), FailureKind::ContextTooLong).await;
}

fn words() -> Turn {
    Turn::text("One two three four five six seven eight nine ten eleven twelve thirteen fourteen.")
}

async fn cut(rig: Rig) {
    let ran = rig.plain(Script::always(words().cut())).await;
    let found = ran.report.failure.as_ref().map(|failure| failure.kind);
    assert_eq!(
        (ran.report.stop, found),
        (StopReason::Failed, Some(FailureKind::Network)),
        "{:?}",
        ran.report
    );
}

async fn cut_once(rig: Rig) {
    let ran = rig.plain(Script::turns([words().cut(), Turn::text("Done.")])).await;
    assert_eq!(
        (ran.report.stop, ran.report.summary.as_str()),
        (StopReason::Succeeded, "Done."),
        "{:?}",
        ran.report
    );
}

/// The vendor asks for a longer pause than the run may be idle.
async fn limited_for_long(rig: Rig) {
    let ran = quiet(&rig, Turn::status(429).retry_after(55)).await;
    // On a machine under load Gemini at times gives the limit up by itself; it has no other way to end.
    if rig.kind != Kind::Gemini || ran.report.stop != StopReason::Failed {
        is_idle(&ran);
    }
    let failure = ran.report.failure.unwrap();
    assert_eq!(failure.kind, FailureKind::RateLimited, "{failure:?}");
    // The others do not say for how long.
    let pause = failure.retry_after.is_some_and(|pause| pause >= Duration::from_secs(55));
    assert_eq!(pause, rig.kind == Kind::Claude, "{failure:?}");
}

/// No agent ends by itself in time, so the supervisor has to.
async fn idle(rig: &Rig, turn: Turn) -> Ran {
    let ran = quiet(rig, turn).await;
    is_idle(&ran);
    ran
}

fn is_idle(ran: &Ran) {
    assert_eq!(
        (ran.report.stop, ran.report.timer),
        (StopReason::TimedOut, Some(Timer::Idle)),
        "{:?}",
        ran.report
    );
}

/// A run that may be idle for four seconds.
async fn quiet(rig: &Rig, turn: Turn) -> Ran {
    let mut request = rig.request();
    request.limits =
        request.limits.with_idle(Duration::from_secs(4)).with_first_event(Duration::from_secs(30));
    let ran = rig.run(Script::always(turn), &request, &Cancel::new()).await;
    assert!(ran.report.cost.is_none() || rig.kind == Kind::Claude, "{:?}", ran.report);
    ran
}

async fn hang(rig: Rig) {
    waited(idle(&rig, Turn::Hang).await);
}

async fn stall(rig: Rig) {
    waited(idle(&rig, words().stalled()).await);
}

/// The failure that an agent makes of being stopped is not a trouble with its model.
fn waited(ran: Ran) {
    let kind = ran.report.failure.as_ref().map(|failure| failure.kind);
    assert_eq!(kind, Some(FailureKind::Other), "{:?}", ran.report);
}
