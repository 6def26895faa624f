//! No agent looks for anything but its model.
#![allow(clippy::disallowed_methods, reason = "the test starts itself again in a network of its own")]

use std::{net::UdpSocket, process::Command};

use crate::{
    models::{Script, Turn},
    rig::{Kind, Rig, installed},
};

const INSIDE: &str = "AE_TEST_OWN_NETWORK";

/// Attempts to send to an address that there is no way to: in a network with loopback only, all others.
fn attempts() -> u64 {
    let table = std::fs::read_to_string("/proc/self/net/snmp").unwrap();
    let mut rows = table.lines().filter(|line| line.starts_with("Ip:"));
    let names = rows.next().unwrap().split_whitespace();
    let column = names.into_iter().position(|name| name == "OutNoRoutes").unwrap();
    let old: u64 = rows.next().unwrap().split_whitespace().nth(column).unwrap().parse().unwrap();
    let table = std::fs::read_to_string("/proc/self/net/snmp6").unwrap_or_default();
    let new = table.lines().find_map(|line| line.strip_prefix("Ip6OutNoRoutes"));
    old + new.map_or(0, |count| count.trim().parse().unwrap())
}

/// The same program in a namespace of the kernel that has loopback alone. Names are asked for at a documentation address.
#[test]
fn nothing_but_the_model_is_asked() {
    if installed("current").is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let names = folder.path().join("resolv.conf");
    std::fs::write(&names, "nameserver 192.0.2.53\n").unwrap();
    let resolv = std::fs::canonicalize("/etc/resolv.conf").unwrap();
    let output = Command::new("bwrap")
        .args(["--unshare-net", "--dev-bind", "/", "/", "--ro-bind"])
        .args([&names, &resolv])
        .arg("--")
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "network::inside", "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inside() {
    if std::env::var_os(INSIDE).is_none() {
        return;
    }
    assert_eq!(attempts(), 0);
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    assert!(socket.send_to(b"x", "192.0.2.1:53").is_err(), "this network has a way out");
    assert_eq!(attempts(), 1, "an attempt is not counted");
    let kinds = [Kind::Claude, Kind::Codex, Kind::Gemini, Kind::Acp];
    for (kind, group) in kinds.into_iter().flat_map(|kind| [(kind, "current"), (kind, "older")]) {
        let rig = Rig::of(kind, group).unwrap();
        rig.plain(Script::turns([Turn::write("a.txt", "a\n"), Turn::text("Done.")])).await;
        assert_eq!(attempts(), 1, "{kind:?}, {group}");
    }
}
