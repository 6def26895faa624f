//! A run in the sandbox that calls its model, and tries to call the vendor by itself.

use ae_harness::{
    SandboxUse, StopReason,
    host::{SandboxKind, probe_local},
};

use crate::{
    answers::messages,
    fixture::{REAL_KEY, price, usd},
    scripted::Stage,
    vendor::{Answer, Vendor},
};

pub fn all() {
    let launcher = std::env::current_exe().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for kind in [SandboxKind::Bubblewrap("/usr/bin/bwrap".into()), SandboxKind::Landlock] {
        let folder = tempfile::tempdir().unwrap();
        if probe_local(std::slice::from_ref(&kind), &launcher, folder.path()).kind.is_none() {
            println!("skipped: {}", kind.name());
            continue;
        }
        runtime.block_on(its_proxy_and_nothing_else(&kind, &launcher));
        println!("ok: {}", kind.name());
    }
}

fn script_for(vendor: &Vendor) -> String {
    format!(
        "call; call; (exec 4<>/dev/tcp/127.0.0.1/{}) 2>/dev/null && echo reached; env; echo done",
        vendor.port
    )
}

async fn its_proxy_and_nothing_else(kind: &SandboxKind, launcher: &std::path::Path) {
    let vendor = Vendor::start([Answer::stream(messages().body.as_bytes().chunks(200))]).await;
    let stage = Stage::new("10", &vendor).await;
    let script = script_for(&vendor);
    let outside = stage.run(1, &stage.request(&script)).await;
    assert!(outside.summary.contains("reached"), "without walls it is possible: {}", outside.summary);
    let vendor = Vendor::start([Answer::stream(messages().body.as_bytes().chunks(200))]).await;
    let mut stage = Stage::new("10", &vendor).await;
    stage.agent = stage.agent.with_sandbox(kind.clone(), launcher);
    let script = script_for(&vendor);
    let request = stage.request(&script).with_sandbox(SandboxUse::Required);
    let report = stage.run(0, &request).await;
    assert_eq!(report.stop, StopReason::Succeeded, "{report:?}");
    assert!(!report.summary.contains("reached"), "{}", report.summary);
    assert!(!report.summary.contains(REAL_KEY), "{}", report.summary);
    let answer = std::fs::read_to_string(stage.workspace().join("answer")).unwrap();
    assert!(answer.contains("message_stop"), "{answer}");
    let call = ae_harness::CallAnswer::new().with_usage(messages().usage);
    let both = price().cost(&call).unwrap().unwrap().checked_mul(2).unwrap();
    assert_eq!((report.cost, stage.meter.spent(), vendor.seen().len()), (Some(both), both, 2));
    assert_eq!(stage.meter.set_aside(), usd("0"));
}
