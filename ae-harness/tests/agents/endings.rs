//! Each way to end.

use ae_harness::{FailureKind, StopReason, host::OutputMode};

use crate::played::{SECRET, Stage, key};

#[tokio::test]
async fn an_end_without_a_result_is_incomplete_and_shows_the_error_output() {
    let stage = Stage::new();
    let report = stage.run(&format!("printf '\\033[31mfault\\033[0m {SECRET}\\n' >&2; exit 7")).await;
    assert_eq!(report.stop, StopReason::Incomplete);
    assert_eq!(report.failure.unwrap().message, "code Some(7), signal None: fault ***");
    let report = stage.run("kill -9 $$").await;
    assert!(report.failure.unwrap().message.contains("signal Some(9)"));
    let report = stage.run("echo done; exit 1").await;
    assert_eq!(report.stop, StopReason::Failed);
}

#[tokio::test]
async fn what_it_starts_does_not_outlive_it() {
    let stage = Stage::new();
    for (script, least) in [
        // In its group, in a session of its own, without its streams, and a whole crowd.
        ("sleep 600 &", 1),
        ("setsid sleep 600 &", 1),
        ("(setsid sh -c 'sleep 600 & sleep 600' < /dev/null > /dev/null 2>&1 &) &", 2),
        ("for i in 1 2 3 4 5 6 7 8; do (setsid sh -c 'sleep 600 & sleep 600' &) & done; wait", 16),
        // Without the marker, but in its group.
        ("env -i sleep 600 &", 0),
    ] {
        let report = stage.run(&format!("{script}\nsleep 0.3; echo text ok; echo done")).await;
        assert!(report.succeeded(), "{script}: {report:?}");
        assert!(report.survivors_killed >= least, "{script}: {report:?}");
    }
}

#[tokio::test]
async fn an_agent_that_is_done_and_stays_keeps_its_result() {
    let stage = Stage::new();
    let report = stage.run("echo text all; echo done; trap '' TERM INT; sleep 600").await;
    assert!(report.succeeded(), "{report:?}");
    assert_eq!(report.summary, "all");
}

#[tokio::test]
async fn input_that_is_not_read_does_no_harm() {
    let stage = Stage::with(|played| played.by_argument = true);
    assert!(stage.run("echo done; exit 0").await.succeeded());
    assert!(stage.run("exec 0<&-; sleep 0.1; echo done").await.succeeded());
}

#[tokio::test]
async fn a_dialogue_is_answered() {
    let stage = Stage::with(|played| played.keeps_input = true);
    let report = stage.run("echo ask me; read -r a b; echo text $a $b; echo done; cat > /dev/null").await;
    assert_eq!((report.stop, report.summary.as_str()), (StopReason::Succeeded, "answer me"));
}

#[tokio::test]
async fn a_workspace_that_is_gone_is_a_failure_with_its_files() {
    let stage = Stage::new();
    std::fs::write(stage.workspace().join("kept.txt"), "x").unwrap();
    let report = stage.run("cd /; rm -r \"$OLDPWD\"; echo text removed; echo done").await;
    assert_eq!(report.stop, StopReason::Failed);
    assert_eq!(report.files_changed, ["kept.txt"]);
    let failure = report.failure.unwrap();
    assert_eq!(failure.kind, FailureKind::Other);
    assert!(failure.message.contains("removed its workspace"));
}

#[tokio::test]
async fn runs_at_the_same_time_do_not_touch_each_other() {
    let stage = Stage::with(|played| played.output = OutputMode::File);
    let agent = stage.agent();
    let request = |n: u32| {
        let mut request = stage
            .request(&format!("echo {n} > file; setsid sleep 600 & sleep 0.1; echo text {n}; echo done"));
        request.workspace = stage.folder.path().join(format!("w{n}"));
        std::fs::create_dir(&request.workspace).unwrap();
        request
    };
    let requests: Vec<_> = (0..8).map(request).collect();
    let cancel = ae_core::Cancel::new();
    let runs = requests.iter().zip(0..).map(|(request, n)| {
        let (agent, cancel) = (&agent, &cancel);
        async move { ae_harness::CliProvider::execute(agent, &key(n), request, &(), cancel).await.unwrap() }
    });
    let mut runs: Vec<_> = runs.map(Box::pin).collect();
    let mut reports = Vec::new();
    // Polled together by hand: no other crate is needed for it.
    std::future::poll_fn(|cx| {
        runs.retain_mut(|run| match run.as_mut().poll(cx) {
            std::task::Poll::Ready(report) => {
                reports.push(report);
                false
            }
            std::task::Poll::Pending => true,
        });
        if runs.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    reports.sort_by(|a, b| a.summary.cmp(&b.summary));
    for (n, report) in reports.iter().enumerate() {
        assert!(report.succeeded(), "{report:?}");
        assert_eq!((report.summary.clone(), report.survivors_killed), (n.to_string(), 1));
        assert_eq!(report.files_changed, ["file"]);
    }
    stage.nothing_is_left();
}
