//! An authority on this machine, with a DNS of its own in which every name is this machine.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use tokio::net::TcpStream;

pub struct Pebble {
    folder: tempfile::TempDir,
    children: Vec<Child>,
    directory: u16,
    management: u16,
}

impl Drop for Pebble {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a test starts its own servers")]
fn command(program: &str) -> Command {
    Command::new(program)
}

#[expect(clippy::disallowed_methods, reason = "a test says by its environment what must be there")]
fn required() -> bool {
    std::env::var_os("AE_REQUIRE_SERVICES").is_some_and(|value| value == "1")
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Pebble {
    /// Starts an authority that asks for names at the port `http` of this machine. `None`, said aloud, where there is no
    /// `pebble` here and none is required.
    pub async fn start(http: u16) -> Option<Self> {
        let there = |program| command(program).arg("-h").stderr(Stdio::null()).status().is_ok();
        if !there("pebble") || !there("pebble-challtestsrv") {
            assert!(!required(), "pebble and pebble-challtestsrv are not installed (Debian package: pebble)");
            eprintln!("skipped: pebble and pebble-challtestsrv are not installed (Debian package: pebble)");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        authority_of_its_own_server(&folder);
        let (directory, management, dns, control) = (free_port(), free_port(), free_port(), free_port());
        let at = |file: &str| folder.path().join(file);
        let config = serde_json::json!({ "pebble": {
            "listenAddress": format!("127.0.0.1:{directory}"),
            "managementListenAddress": format!("127.0.0.1:{management}"),
            "certificate": at("server.pem"),
            "privateKey": at("server.key"),
            "httpPort": http,
            "tlsPort": free_port(),
            "ocspResponderURL": "",
            "externalAccountBindingRequired": false,
        }});
        fs::write(at("config.json"), config.to_string()).unwrap();
        let quiet = |command: &mut Command| {
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
        };
        let names = quiet(command("pebble-challtestsrv").args([
            "-defaultIPv6",
            "",
            "-http01",
            "",
            "-https01",
            "",
            "-tlsalpn01",
            "",
            "-dns01",
            &format!("127.0.0.1:{dns}"),
            "-management",
            &format!("127.0.0.1:{control}"),
        ]));
        let authority = quiet(
            command("pebble")
                .args(["-config", at("config.json").to_str().unwrap()])
                .args(["-dnsserver", &format!("127.0.0.1:{dns}")])
                .env("PEBBLE_VA_NOSLEEP", "1")
                .env("PEBBLE_AUTHZREUSE", "0"),
        );
        let pebble = Self { folder, children: vec![names, authority], directory, management };
        for port in [directory, management, control] {
            pebble.answers(port).await;
        }
        Some(pebble)
    }

    async fn answers(&self, port: u16) {
        for _ in 0..300 {
            if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                return;
            }
            tokio::task::yield_now().await;
            ae_core::Sleeper::sleep(&ae_core::SystemSleeper, Duration::from_millis(100)).await;
        }
        panic!("the authority does not answer at port {port}");
    }

    pub fn directory(&self) -> String {
        format!("https://localhost:{}/dir", self.directory)
    }

    /// The root by which the authority's server is known.
    pub fn root(&self) -> PathBuf {
        self.folder.path().join("root.pem")
    }

    /// The root of the certificates that it issues.
    pub async fn issuer(&self) -> String {
        let address = SocketAddr::from(([127, 0, 0, 1], self.management));
        let io = crate::connect(address, &fs::read(self.root()).unwrap(), "localhost").await.unwrap();
        let answer = crate::get(io, "localhost", "/roots/0").await;
        let from = answer.find("-----BEGIN").unwrap();
        answer[from..].to_owned()
    }
}

/// A root and a certificate for `localhost`.
fn authority_of_its_own_server(folder: &tempfile::TempDir) {
    let openssl = |arguments: &[&str]| {
        let done = command("openssl").current_dir(folder.path()).args(arguments).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    let key = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"];
    openssl(&[&key[..], &["-subj", "/CN=test root", "-keyout", "root.key", "-out", "root.pem"]].concat());
    openssl(
        &[
            &key[..],
            &["-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.pem"],
            &["-CA", "root.pem", "-CAkey", "root.key"],
            &["-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"],
        ]
        .concat(),
    );
}
