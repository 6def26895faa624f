//! Output of every size and shape.

use ae_core::Cancel;
use ae_harness::{CliProvider as _, FailureKind, StopReason, Timer, host::OutputMode};

use crate::played::{SECRET, Stage, Texts, endpoint, key};

const MODES: [OutputMode; 2] = [OutputMode::Pipe, OutputMode::File];

#[tokio::test]
async fn nothing_is_lost_by_a_pipe_or_a_file() {
    for mode in MODES {
        let stage = Stage::with(|played| played.output = mode);
        let texts = Texts::default();
        let script =
            "i=0; while [ $i -lt 3000 ]; do echo \"text $i\"; i=$((i+1)); done; printf 'text last\\ndone'";
        let request = stage.request(script);
        let report = stage.agent().execute(&key(0), &request, &texts, &Cancel::new()).await.unwrap();
        assert!(report.succeeded(), "{mode:?} {report:?}");
        let mut expected: Vec<_> = (0..3000).map(|n| n.to_string()).collect();
        expected.push("last".to_owned());
        assert_eq!(texts.taken(), expected, "{mode:?}");
    }
}

#[tokio::test]
async fn foreign_bytes_and_long_lines_are_counted_and_passed_over() {
    for mode in MODES {
        let stage = Stage::with(|played| played.output = mode);
        let report = stage
            .run(
                "printf '\\377\\376\\000 broken\\n'; head -c 17000000 /dev/zero | tr '\\0' x; echo; \
                 printf 'text '; head -c 16000000 /dev/zero | tr '\\0' y; echo; echo done",
            )
            .await;
        assert!(report.succeeded(), "{mode:?} {report:?}");
        assert_eq!(report.unknown_events, 2, "{mode:?}");
        assert_eq!(report.summary, "y".repeat(99), "{mode:?}");
    }
}

#[tokio::test]
async fn too_much_output_is_a_failure_of_that_name() {
    for mode in MODES {
        for script in [
            "head -c 1000000000 /dev/zero; echo done",
            "while :; do echo text flood; done",
            "cat /dev/zero >&2; echo done",
        ] {
            let stage = Stage::with(|played| played.output = mode);
            let mut request = stage.request(script);
            request.limits = request.limits.with_output_bytes(3_000_000);
            let report = stage.play(&request).await;
            assert_eq!(report.stop, StopReason::Failed, "{mode:?} {script}");
            let failure = report.failure.unwrap();
            assert_eq!(failure.kind, FailureKind::TooMuchOutput, "{mode:?} {script}");
            assert!(failure.message.contains("3000000 bytes"), "{}", failure.message);
        }
    }
}

#[tokio::test]
async fn secrets_are_taken_out_of_everything() {
    let stage = Stage::new();
    let agent = stage.agent().with_endpoint(endpoint());
    let texts = Texts::default();
    let script =
        format!("[ $KEY = {SECRET} ] && echo text $KEY sk-endpoint-key; echo $KEY sk-endpoint-key >&2");
    let request = stage.request(&script);
    let report = agent.execute(&key(0), &request, &texts, &Cancel::new()).await.unwrap();
    assert_eq!((texts.taken(), report.summary.as_str()), (vec!["*** ***".to_owned()], "*** ***"));
    assert!(report.failure.unwrap().message.ends_with(": *** ***"));
    assert!(!format!("{agent:?}").contains("sk-"));
}

#[tokio::test]
async fn a_closed_output_is_no_end_and_a_held_one_no_hang() {
    for mode in MODES {
        let stage = Stage::with(|played| played.output = mode);
        let report = stage.run("echo text on; echo done; exec >&- 2>&-; sleep 0.2; echo late > late").await;
        assert!(report.succeeded(), "{report:?}");
        assert_eq!(report.files_changed, ["late"]);
        // By a process that neither the sweep nor the group reaches.
        let (folder, free) = (stage.folder.path(), stage.folder.path().join("free"));
        let script = format!(
            "env -i setsid sh -c 'echo $$ > {0}; exec sleep 600' & while ! [ -s {0} ]; do sleep 0.01; done; \
             echo text on; echo done",
            free.display()
        );
        let report = stage.run(&script).await;
        let pid = std::fs::read_to_string(&free).unwrap();
        let killed = std::fs::write(folder.join("kill"), format!("kill -9 {pid}"));
        killed.unwrap();
        assert!(report.succeeded(), "{report:?}");
        stage.run(&format!("kill -9 {pid}")).await;
    }
}

#[tokio::test]
async fn only_error_output_is_no_first_event() {
    let stage = Stage::new();
    for script in [
        "while :; do echo busy >&2; sleep 0.1; done",
        "while :; do echo unknown; sleep 0.1; done",
        "sleep 600",
    ] {
        let mut request = stage.request(script);
        request.limits = request.limits.with_first_event(std::time::Duration::from_secs(3));
        let report = stage.play(&request).await;
        assert_eq!((report.stop, report.timer), (StopReason::TimedOut, Some(Timer::FirstEvent)), "{script}");
        assert!(report.failure.unwrap().message.contains("first_event"));
    }
}
