//! A data directory on a read-only disk, and a terminal that draws nothing.

use std::process::Command;

use super::ae::{Ae, INTENT, finish};

#[test]
fn a_read_only_disk_is_looked_at_and_not_written() {
    let ae = Ae::new();
    let result = ae.main_job();
    let run = result["run_id"].as_str().unwrap();
    let commands = [
        ("runs".to_owned(), 0),
        (format!("status {run}"), 0),
        ("audit verify".to_owned(), 0),
        (format!("cancel {run}"), 4),
        (format!("resume {run}"), 4),
        ("run 'CSV tool' --signals sample".to_owned(), 4),
    ];
    for (command, code) in commands {
        let read_only = "cp -a \"$DATA\" \"$DISK/data\" && mount -o remount,ro \"$DISK\"";
        let script = format!("{read_only} && \"$AE\" {command} --json --data-dir \"$DISK/data\"");
        let Some(mut shell) = ae.on_small_disk(&script) else { return };
        let answer = finish(shell.spawn().unwrap()).expect(code).json();
        match code {
            0 => assert!(answer.get("error").is_none(), "{command}: {answer}"),
            _ => assert_eq!(answer["error"]["kind"], "permission_denied", "{command}: {answer}"),
        }
    }
}

#[test]
fn a_dumb_terminal_gets_plain_progress() {
    let ae = Ae::new();
    let command = format!(
        "'{}' run '{INTENT}' --signals sample --yes --no-serve --data-dir '{}'",
        env!("CARGO_BIN_EXE_ae"),
        ae.data().display()
    );
    // `script` gives the command a terminal.
    let Ok(output) =
        Command::new("script").args(["-qec", &command, "/dev/null"]).env("TERM", "dumb").output()
    else {
        eprintln!("skipped, since there is no `script` here");
        return;
    };
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("[ 1/17] prepare") && text.contains("[17/17] finish"), "{text}");
    assert!(!text.contains('\u{1b}'), "{text}");
}
