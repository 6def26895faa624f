//! The places that a run may write, its environment, and runs that were lost.

use std::{collections::BTreeMap, fs, path::Path, time::Duration};

use ae_core::{Cancel, ErrorKind};
use ae_harness::{CliProvider as _, Snapshot};

use crate::played::{Stage, Texts, key};

#[tokio::test]
async fn the_environment_is_the_one_that_is_listed() {
    let stage = Stage::with(|played| played.environment = vec![("OF_PLAN".into(), "1".into())]);
    let report = stage
        .run("cat /proc/$$/environ > environment; pwd > folder; touch $TMPDIR/x $HOME/x; echo done")
        .await;
    assert!(report.succeeded());
    let text = fs::read_to_string(stage.workspace().join("environment")).unwrap();
    let variables: BTreeMap<_, _> =
        text.split_terminator('\0').filter_map(|one| one.split_once('=')).collect();
    let names: Vec<_> =
        variables.keys().copied().filter(|name| !["PWD", "_", "SHLVL", "OLDPWD"].contains(name)).collect();
    assert_eq!(
        names,
        ["AE_RUN_ID", "AE_TEST_MARK", "HOME", "KEY", "LANG", "OF_PLAN", "PATH", "SITE", "TMPDIR"]
    );
    for private in ["HOME", "TMPDIR", "SITE"] {
        assert!(Path::new(variables[private]).starts_with(stage.state()), "{private}");
    }
    let folder = fs::read_to_string(stage.workspace().join("folder")).unwrap();
    assert_eq!(Path::new(folder.trim()), stage.workspace());
}

#[tokio::test]
async fn private_files_are_private_and_written_within_their_folders() {
    let stage = Stage::with(|played| played.files = vec![("a/settings.json".into(), b"{}".to_vec())]);
    let report =
        stage.run("stat -c %a $SITE/a/settings.json $SITE $TMPDIR > modes; echo session s; echo done").await;
    assert!(report.succeeded(), "{report:?}");
    assert_eq!(fs::read_to_string(stage.workspace().join("modes")).unwrap(), "600\n700\n700\n");
    let stage = Stage::with(|played| played.files = vec![("../../../escaped".into(), Vec::new())]);
    let error =
        stage.agent().execute(&key(0), &stage.request("echo done"), &(), &Cancel::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
    assert!(!stage.folder.path().join("escaped").exists());
    stage.nothing_is_left();
}

#[tokio::test]
async fn nothing_else_is_written() {
    let stage = Stage::new();
    let before = Snapshot::take(stage.folder.path()).unwrap();
    stage.run("echo x > new; echo done").await;
    let changed = Snapshot::take(stage.folder.path()).unwrap().changed_since(&before);
    assert_eq!(changed, ["workspace/new"], "and no file of the state is left");
    for (state, workspace) in [("a/state", "a"), ("a", "a/workspace"), ("a", "a")] {
        let at = |name: &str| stage.folder.path().join(name);
        fs::create_dir_all(at(workspace)).unwrap();
        let agent = ae_harness::CliAgent::new(
            stage.dialect.clone(),
            stage.host(),
            at(state),
            ae_core::Runtime::system(),
        );
        let mut request = stage.request("echo done");
        request.workspace = at(workspace);
        let error = agent.execute(&key(0), &request, &(), &Cancel::new()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{state} {workspace}");
    }
}

#[tokio::test]
async fn a_full_argument_list_is_refused_by_name() {
    let stage = Stage::with(|played| played.by_argument = true);
    let request = stage.request(&"x".repeat(400_000));
    let error = stage.agent().execute(&key(0), &request, &(), &Cancel::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    stage.nothing_is_left();
}

/// The marks of a run stay when its program is killed, without a lock: that is what this leaves.
#[tokio::test]
async fn the_next_run_ends_what_a_lost_one_left() {
    let stage = Stage::new();
    let (agent, id) = (stage.agent(), "0123456789abcdef");
    fs::create_dir_all(stage.state().join("running")).unwrap();
    fs::create_dir_all(stage.state().join("tmp").join(id).join("t")).unwrap();
    fs::write(stage.state().join("running").join(id), "").unwrap();
    // Its process, started by a run of another folder, whose own sweep does not look for this mark.
    let other = Stage::with(|played| played.environment = vec![("AE_RUN_ID".into(), "other".into())]);
    let mark = stage.mark.replace('=', "='") + "'";
    let script = format!(
        "env -i AE_RUN_ID={id} {mark} setsid sleep 600 > /dev/null 2>&1 < /dev/null & sleep 0.2; echo done"
    );
    assert!(other.run(&script).await.succeeded());
    assert_eq!(stage.processes().len(), 1);
    let texts = Texts::default();
    let report = agent.execute(&key(0), &stage.request("echo done"), &texts, &Cancel::new()).await.unwrap();
    assert!(report.succeeded());
    assert_eq!(texts.taken(), ["ended 1 processes of a run that was lost"]);
    stage.nothing_is_left();
}

#[tokio::test]
async fn a_run_of_another_provider_is_not_taken_for_a_lost_one() {
    let stage = Stage::new();
    let (one, two, cancel, own) = (stage.agent(), stage.agent(), Cancel::new(), key(0));
    let request = stage.request("echo text on; while ! [ -e go ]; do sleep 0.01; done; echo done");
    let first = one.execute(&own, &request, &(), &cancel);
    let second = async {
        while stage.processes().is_empty() {
            tokio::time::timeout(Duration::from_millis(5), std::future::pending::<()>()).await.unwrap_err();
        }
        let mut other = stage.request("echo done");
        other.workspace = stage.folder.path().join("other");
        fs::create_dir(&other.workspace).unwrap();
        let report = two.execute(&key(1), &other, &(), &Cancel::new()).await.unwrap();
        fs::write(stage.workspace().join("go"), "").unwrap();
        report
    };
    let (first, second) = tokio::join!(first, second);
    assert!(first.unwrap().succeeded() && second.succeeded());
}
