//! Files: those of the sandbox, and a folder of the host.

use std::fs;

use ae_core::ErrorKind;
use ae_harness::{
    CommandEnd, Enforced, NetworkPolicy, RunCommand, Sandbox as _, SandboxExt as _, SandboxSpec,
    host::SandboxKind,
};

use crate::{Site, key, open};

crate::for_each_kind! {
    a_folder_of_the_host_is_worked_on_and_kept: super::bound;
    links_of_commands_lead_nowhere: super::links;
    private_folders_are_not_shown: super::private;
    the_report_names_the_rules: super::report;
}

async fn bound(kinds: &[SandboxKind]) {
    let work = tempfile::tempdir().unwrap();
    fs::write(work.path().join("given"), "given").unwrap();
    let site = Site::new(kinds, SandboxSpec::new().with_folder(work.path())).await;
    let output = site.shell("cat given; echo made > made; chmod 700 made").await;
    assert_eq!((output.end, output.stdout.as_slice()), (CommandEnd::Exited(0), &b"given"[..]));
    assert_eq!(fs::read(work.path().join("made")).unwrap(), b"made\n");
    site.sandbox.destroy(&key(2), &site.id).await.unwrap();
    assert_eq!(fs::read_dir(work.path()).unwrap().count(), 2);
}

async fn links(kinds: &[SandboxKind]) {
    let site = Site::new(kinds, SandboxSpec::new()).await;
    let output =
        site.shell("ln -s /etc/hostname link; ln -s / root; mkfifo pipe; mkdir -p a/b; chmod 500 a").await;
    assert_eq!(output.end, CommandEnd::Exited(0));
    for path in ["link", "root/etc/hostname", "pipe"] {
        assert_eq!(
            site.sandbox.read(&site.id, path).await.unwrap_err().kind(),
            ErrorKind::NotFound,
            "{path}"
        );
    }
    assert!(site.sandbox.write(&key(1), &site.id, "root/tmp/x", b"x").await.is_err());
    assert_eq!(site.sandbox.list(&site.id).await.unwrap(), ["link", "pipe", "root"]);
    site.sandbox.destroy(&key(2), &site.id).await.unwrap();
}

async fn private(kinds: &[SandboxKind]) {
    let state = tempfile::tempdir().unwrap();
    let sandbox = open(state.path(), kinds);
    for folder in ["/", "/root", "/etc", "/usr/lib", "/proc/self", "/home", state.path().to_str().unwrap()] {
        let spec = SandboxSpec::new().with_folder(folder);
        let refused = sandbox.create(&key(0), &spec).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidInput, "{folder}: {refused}");
    }
    let spec = SandboxSpec::new().with_network(NetworkPolicy::AllowList(vec!["example.com:443".to_owned()]));
    assert_eq!(sandbox.create(&key(0), &spec).await.unwrap_err().kind(), ErrorKind::Unsupported);
    let shown = tempfile::tempdir().unwrap();
    let tool = shown.path().join("tool");
    fs::copy("/usr/bin/true", &tool).unwrap();
    let id = sandbox.create(&key(1), &SandboxSpec::new()).await.unwrap();
    let command = RunCommand::new([tool.to_str().unwrap()]);
    let hidden = sandbox.run(&key(2), &id, &command).await.unwrap();
    assert!(matches!(hidden.end, CommandEnd::Exited(126 | 127)), "{hidden:?}");
    let sandbox = open(state.path(), kinds).with_read_only([tool.clone()]);
    assert_eq!(sandbox.run(&key(2), &id, &command).await.unwrap().end, CommandEnd::Exited(0));
}

async fn report(kinds: &[SandboxKind]) {
    let state = tempfile::tempdir().unwrap();
    let sandbox = open(state.path(), kinds);
    let report = sandbox.probe().await.unwrap();
    assert_eq!(report.means, kinds[0].name());
    assert!(report.isolation.is_sandbox() && sandbox.info().isolation == report.isolation);
    for rule in [Enforced::Writes, Enforced::Reads, Enforced::NoNetwork, Enforced::DiskSize] {
        assert!(report.enforced.contains(&rule), "{report:?}");
    }
    assert_eq!(report.enforced.contains(&Enforced::Processes), kinds[0] != SandboxKind::Landlock);
    // All but the list of allowed hosts.
    assert_eq!(report.notes.is_empty(), report.enforced.len() == 10, "{report:?}");
}
