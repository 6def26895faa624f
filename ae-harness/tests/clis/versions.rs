//! The older versions that are known to work.

use ae_harness::StopReason;

use crate::{
    models::{Script, Turn},
    rig::{Kind, Rig},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn older_versions_write_a_file() {
    for kind in [Kind::Claude, Kind::Codex, Kind::Gemini] {
        let Some(rig) = Rig::of(kind, "older") else { return };
        let ran = rig.plain(Script::turns([Turn::write("a.txt", "a\n"), Turn::text("Written.")])).await;
        assert_eq!(
            (ran.report.stop, ran.report.summary.as_str()),
            (StopReason::Succeeded, "Written."),
            "{ran:?}"
        );
        assert_eq!(ran.report.files_changed, ["a.txt"]);
        assert_eq!((ran.report.usage, ran.report.unknown_events), (rig.usage(2), 0), "{:?}", ran.report);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn versions_are_detected() {
    for (kind, group, version) in [
        (Kind::Claude, "current", "2.1.330"),
        (Kind::Codex, "current", "0.169.0"),
        (Kind::Gemini, "current", "0.61.0"),
        (Kind::Claude, "older", "2.1.197"),
        (Kind::Codex, "older", "0.160.1"),
        (Kind::Gemini, "older", "0.56.0"),
    ] {
        let Some(rig) = Rig::of(kind, group) else { return };
        assert_eq!(rig.agent.detect().await.unwrap().version, version, "{kind:?}");
        assert!(rig.models.heard().is_empty());
    }
}
