//! PostgreSQL servers for the tests: the one that `AE_POSTGRES_URL` names, or a private one.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "the tests start servers of what is installed, as the environment says, and say what they leave out"
)]

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    os::unix::{fs::chown, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{
        LazyLock, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

/// The superuser's password, asked for over TCP alone.
pub const PASSWORD: &str = "correct horse";

/// Makes a server in a folder, says so, obeys, and stops it and removes the folder once its input ends: when the tests
/// do, however they end.
const KEEPER: &str = r#"
    bin=$1 dir=$2 port=$3
    umask 077
    cd "$dir"
    {
        if command -v openssl; then
            key="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
            openssl req -x509 $key -keyout ca.key -out ca.crt -subj /CN=tests -days 2 &&
            openssl req $key -keyout server.key -out server.csr -subj /CN=localhost &&
            echo subjectAltName=DNS:localhost >names &&
            openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile names \
                -out server.crt &&
            tls="-c ssl=on -c ssl_cert_file=$dir/server.crt -c ssl_key_file=$dir/server.key"
        fi
        "$bin/initdb" -N -D data -U postgres -A trust --auth-host=scram-sha-256 --pwfile=password -E UTF8 --locale=C
    } >log 2>&1
    options="-F -p $port -k $dir -c listen_addresses=127.0.0.1 -c max_connections=100 $tls"
    start() {
        if "$bin/pg_ctl" -D data -w -l log -o "$options" start >>log 2>&1; then echo ready; else cat log >&2; fi
    }
    stop() { "$bin/pg_ctl" -D data -w -m immediate stop >>log 2>&1; }
    start
    while read -r word; do
        case $word in
            stop) stop; echo ready ;;
            start) start ;;
        esac
    done
    stop
    rm -rf "$dir"
"#;

/// A server, and the process that stops it.
pub struct Server {
    folder: PathBuf,
    port: u16,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    _keeper: Child,
}

impl Server {
    /// A private server; none when PostgreSQL is not installed.
    pub fn start() -> Option<Self> {
        let bin = binaries()?;
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = tempfile::Builder::new().prefix("ae-pg").tempdir().unwrap().keep();
        std::fs::write(folder.join("password"), PASSWORD).unwrap();
        let mut command = not_as_root(&[&folder, &folder.join("password")]);
        command.arg("sh");
        let mut keeper = command
            .args(["-c", KEEPER, "keeper"])
            .args([bin.as_path(), folder.as_path()])
            .arg(port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Whoever interrupts the tests does not interrupt the cleaning up.
            .process_group(0)
            .spawn()
            .unwrap();
        let (input, output) = (keeper.stdin.take().unwrap(), keeper.stdout.take().unwrap());
        let mut server = Self { folder, port, input, output: BufReader::new(output), _keeper: keeper };
        server.await_word();
        Some(server)
    }

    /// The address of its socket.
    pub fn url(&self) -> String {
        format!("host={} port={} user=postgres dbname=postgres", self.folder.display(), self.port)
    }

    /// The path of its socket.
    pub fn socket(&self) -> String {
        format!("{}/.s.PGSQL.{}", self.folder.display(), self.port)
    }

    /// Its address over TCP, for which the password is asked.
    pub fn tcp(&self, password: &str, more: &str) -> String {
        let password = password.replace(' ', "%20");
        format!("postgres://postgres:{password}@localhost:{}/postgres{more}", self.port)
    }

    /// The certificate that vouches for it; none without OpenSSL.
    #[cfg(feature = "postgres-tls")]
    pub fn root_certificate(&self) -> Option<Vec<u8>> {
        std::fs::read(self.folder.join("ca.crt")).ok()
    }

    /// Stops it as a crash would.
    pub fn crash(&mut self) {
        self.tell("stop");
    }

    /// Starts it again.
    pub fn restart(&mut self) {
        self.tell("start");
    }

    fn tell(&mut self, word: &str) {
        writeln!(self.input, "{word}").unwrap();
        self.await_word();
    }

    fn await_word(&mut self) {
        let mut word = String::new();
        self.output.read_line(&mut word).unwrap();
        assert_eq!(word, "ready\n", "the PostgreSQL server did not start");
    }
}

/// The address of a server that all tests share; none without one.
pub fn url() -> Option<String> {
    static SHARED: LazyLock<Option<Mutex<Server>>> = LazyLock::new(|| Server::start().map(Mutex::new));
    if let Ok(url) = std::env::var("AE_POSTGRES_URL") {
        return Some(url);
    }
    SHARED.as_ref().map(|server| server.lock().unwrap().url())
}

/// The beginning of a command that does not run as root, and owns these files.
pub fn not_as_root(files: &[&Path]) -> Command {
    if number("-u", &[]) != Some(0) {
        return Command::new("env");
    }
    let user = if number("-u", &["postgres"]).is_some() { "postgres" } else { "nobody" };
    let (uid, gid) = (number("-u", &[user]).unwrap(), number("-g", &[user]).unwrap());
    for path in files {
        chown(path, Some(uid), Some(gid)).unwrap();
    }
    let mut command = Command::new("setpriv");
    command.args([format!("--reuid={uid}"), format!("--regid={gid}")]).arg("--clear-groups");
    command
}

/// Says that a test does nothing, and fails where nothing may be left out.
pub fn skip(what: &str) {
    assert!(
        !std::env::var("AE_REQUIRE_SERVICES").is_ok_and(|value| value == "1"),
        "{what} is missing: install PostgreSQL (and OpenSSL), or name a server in AE_POSTGRES_URL"
    );
    eprintln!("skipped: {what} is missing");
}

/// A schema's name that no other test has.
pub fn fresh_schema() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("ae_test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst))
}

/// Where `initdb` and the server are.
fn binaries() -> Option<PathBuf> {
    let here =
        |folder: &PathBuf| ["initdb", "pg_ctl", "postgres"].iter().all(|name| folder.join(name).is_file());
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<_> = std::env::split_paths(&path).collect();
    // Debian keeps them apart by version.
    if let Ok(versions) = std::fs::read_dir(Path::new("/usr/lib/postgresql")) {
        let mut installed: Vec<_> = versions.map(|version| version.unwrap().path().join("bin")).collect();
        installed.sort();
        folders.extend(installed.into_iter().rev());
    }
    folders.into_iter().find(here)
}

/// The output of `id`.
fn number(what: &str, user: &[&str]) -> Option<u32> {
    let output = Command::new("id").arg(what).args(user).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
