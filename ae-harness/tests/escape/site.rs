//! A host with secrets and services, and a workspace in it.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    os::unix::fs::{PermissionsExt as _, chown},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use ae_harness::{
    SandboxLimits,
    host::{Confinement, Egress, ProgramToStart, SandboxKind, confine},
};
use serde_json::{Value, json};

pub const PYTHON: &str = "/usr/bin/python3";
pub const TOKEN: &str = "token-of-the-agent-0123456789";
const BWRAP: &str = "/usr/bin/bwrap";
const USER: u32 = 54_321;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Root,
    User,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wall {
    Bubblewrap,
    Landlock,
    None,
}

impl Wall {
    pub fn kind(self) -> SandboxKind {
        match self {
            Self::Landlock => SandboxKind::Landlock,
            _ => SandboxKind::Bubblewrap(BWRAP.into()),
        }
    }
}

pub fn is_root() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    status.lines().any(|line| line.starts_with("Uid:\t0\t"))
}

pub struct Site {
    folder: tempfile::TempDir,
    pub who: Who,
    host: Child,
    facts: Value,
}

impl Site {
    pub fn new(who: Who) -> Self {
        let folder = tempfile::Builder::new().prefix("ae-escape-").tempdir_in("/tmp").unwrap();
        let at = folder.path();
        fs::set_permissions(at, fs::Permissions::from_mode(0o755)).unwrap();
        fs::copy(std::env::current_exe().unwrap(), at.join("launcher")).unwrap();
        for name in ["ws/inner", "ws2", "sibling", "home/.ssh", "tools"] {
            fs::create_dir_all(at.join(name)).unwrap();
        }
        for (name, content) in
            [("sibling/secret", "secret"), ("home/.ssh/id_ed25519", "secret key"), ("tools/tool", "tool")]
        {
            fs::write(at.join(name), content).unwrap();
        }
        let mut site = Self {
            host: command(who, &["/bin/sleep".into(), "0".into()]).spawn().unwrap(),
            facts: Value::Null,
            folder,
            who,
        };
        site.renew();
        if is_root() && who == Who::User {
            own(site.folder.path());
        }
        site.serve();
        site
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The files that acts may use up.
    pub fn renew(&self) {
        for name in ["ws/file", "ws/tool", "ws/other", "ws/cut", "ws/mine", "sibling/other", "sibling/secret"]
        {
            let _ = fs::remove_file(self.path(name));
            fs::write(self.path(name), if name.ends_with("secret") { "secret" } else { "text" }).unwrap();
            if is_root() && self.who == Who::User {
                chown(self.path(name), Some(USER), Some(USER)).unwrap();
            }
        }
        let kept = ["file", "tool", "other", "cut", "mine", "inner"];
        for entry in fs::read_dir(self.path("ws")).unwrap().flatten() {
            if !kept.contains(&entry.file_name().to_str().unwrap()) {
                let _ = fs::remove_file(entry.path()).or_else(|_| fs::remove_dir_all(entry.path()));
            }
        }
    }

    /// Starts the host's services.
    fn serve(&mut self) {
        let key = (0x00ae_0000 + std::process::id() * 2 + u32::from(self.who == Who::User)).to_string();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/escape/host.py");
        // The tree may be out of the other user's reach.
        fs::copy(script, self.path("host.py")).unwrap();
        let arguments = [PYTHON.into(), "-I".into(), self.path("host.py").to_str().unwrap().to_owned()];
        let mut arguments = arguments.to_vec();
        arguments.extend([self.folder.path().to_str().unwrap().to_owned(), key, self.mark()]);
        let mut host = command(self.who, &arguments);
        host.env("SECRET", "planted-in-host").stdin(Stdio::piped()).stdout(Stdio::piped());
        self.host = host.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(self.host.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        self.facts =
            serde_json::from_str(&line).unwrap_or_else(|problem| panic!("the host's services: {problem}"));
    }

    fn mark(&self) -> String {
        format!("mark-of-host-{}", std::process::id())
    }

    pub fn confinement(&self) -> Confinement {
        let limits = SandboxLimits::new()
            .with_memory_bytes(400 << 20)
            .with_processes(64)
            .with_file_bytes(2 << 20)
            .with_open_files(256)
            .with_cpu(Duration::from_secs(2));
        Confinement::new(self.path("ws"))
            .with_read_only(vec![self.path("tools")])
            .with_limits(limits)
            .with_temp_bytes(4 << 20)
    }

    pub fn proxy(&self) -> Egress {
        Egress::Proxy {
            socket: self.path("proxy.sock"),
            port: u16::try_from(self.facts["TCP"].as_u64().unwrap()).unwrap(),
        }
    }

    /// The program as it is started: confined, and as this user.
    pub fn started(&self, wall: Wall, confinement: &Confinement, arguments: &[String]) -> ProgramToStart {
        let (path, arguments) = arguments.split_first().unwrap();
        let program = ProgramToStart::new(path, self.path("ws"))
            .with_arguments(arguments)
            .with_variable("TOKEN", TOKEN)
            .with_variable("LC_ALL", "C.UTF-8")
            .with_variable("PATH", "/usr/bin:/bin");
        match wall {
            Wall::None => program,
            _ => confine(&wall.kind(), program, confinement, &self.path("launcher")).unwrap(),
        }
    }

    /// Runs Python with the names of this site.
    pub fn python(
        &self,
        wall: Wall,
        who: Who,
        confinement: &Confinement,
        number: usize,
        code: &str,
    ) -> Output {
        let mut names = self.facts.clone();
        let out = self.folder.path().to_str().unwrap();
        for (name, value) in [
            ("OUT", json!(out)),
            ("WS", json!(self.path("ws"))),
            ("RO", json!(self.path("tools"))),
            ("SECRET", json!(self.path("sibling/secret"))),
            ("LAUNCHER", json!(self.path("launcher"))),
            ("MARK", json!(self.mark().chars().rev().collect::<String>())),
            ("CONFINED", json!(wall != Wall::None)),
            ("NUMBER", json!(number)),
        ] {
            names[name] = value;
        }
        let code = format!("{}\nGIVEN = {{'TOKEN', 'LC_ALL', 'PATH'}}\n{code}\n", include_str!("prelude.py"));
        let arguments = [PYTHON, "-I", "-S", "-c", &code, &names.to_string()].map(str::to_owned);
        self.started_as(wall, who, confinement, &arguments).output().unwrap()
    }

    /// The program with a time-out, and with a file that was left open on the host.
    pub fn started_as(
        &self,
        wall: Wall,
        who: Who,
        confinement: &Confinement,
        arguments: &[String],
    ) -> Command {
        let program = self.started(wall, confinement, arguments);
        let mut all = ["/usr/bin/timeout", "-s", "KILL", "60", "/bin/sh", "-c", r#"exec 9<"$0"; exec "$@""#]
            .map(str::to_owned)
            .to_vec();
        all.push(self.path("sibling/secret").to_str().unwrap().to_owned());
        all.push(program.path.to_str().unwrap().to_owned());
        all.extend(program.arguments.iter().map(|argument| argument.to_str().unwrap().to_owned()));
        let mut command = command(who, &all);
        command.envs(program.environment).current_dir(program.folder).stdin(Stdio::null());
        command
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        // Its input ends, so it ends.
        drop(self.host.stdin.take());
        let _ = self.host.wait();
    }
}

fn command(who: Who, arguments: &[String]) -> Command {
    let user = format!("--reuid={USER}");
    let group = format!("--regid={USER}");
    let setpriv = ["/usr/bin/setpriv", &user, &group, "--clear-groups"].map(str::to_owned);
    let change = if who == Who::User && is_root() { setpriv.to_vec() } else { Vec::new() };
    let all: Vec<_> = change.iter().chain(arguments).collect();
    let (path, arguments) = all.split_first().unwrap();
    let mut command = Command::new(path);
    command.args(arguments).env_clear();
    command
}

fn own(path: &Path) {
    chown(path, Some(USER), Some(USER)).unwrap();
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap().flatten() {
            own(&entry.path());
        }
    }
}

/// The processes whose arguments hold `text`.
pub fn processes_with(text: &str) -> Vec<String> {
    let all = fs::read_dir("/proc").unwrap().flatten();
    let ids = all.filter_map(|entry| entry.file_name().into_string().ok());
    ids.filter(|id| {
        id.bytes().all(|byte| byte.is_ascii_digit())
            && fs::read(format!("/proc/{id}/cmdline"))
                .is_ok_and(|line| String::from_utf8_lossy(&line).replace('\0', " ").contains(text))
    })
    .collect()
}
