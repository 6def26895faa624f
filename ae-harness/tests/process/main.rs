//! Apps that are programs, under load.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub
)]
#![cfg(unix)]

#[path = "../serve/client.rs"]
mod client;

use std::{
    fs,
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use ae_core::{ErrorKind, Runtime, Secret};
use ae_harness::{AppLimits, AppRelease, ConnectionLimits, ProcessApp};
use tokio::net::TcpListener;

use crate::client::Client;

/// Answers with the name of its release; `/slow` takes its time, `/die` ends the program, `/echo` sends back.
const PROGRAM: &str = r#"
import http.server, os, sys, time
name = os.environ["NAME"]
print("starting", name, os.environ.get("KEY", ""), flush=True)
if name == "ill": sys.exit(3)
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def answer(self, body, status=200):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_GET(self):
        if self.path == "/die": os._exit(1)
        if self.path == "/slow": time.sleep(1)
        if self.path == "/up" and name == "sick": return self.answer(b"no", 503)
        self.answer(name.encode())
    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers["Content-Length"])))
    def log_message(self, *_): pass
class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128
Server(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"#;

fn release(folder: &Path, name: &str) -> AppRelease {
    fs::write(folder.join("app.py"), PROGRAM).unwrap();
    AppRelease::new(name, folder, ["python3", "app.py"])
        .with_health("/up")
        .with_variable("NAME", Secret::new(name.to_owned()))
        .with_variable("PATH", Secret::new("/usr/local/bin:/usr/bin:/bin".to_owned()))
}

async fn served(limits: AppLimits) -> (ProcessApp, SocketAddr) {
    let app = ProcessApp::new(limits, Runtime::system());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = app.clone();
    tokio::spawn(async move {
        // A slow machine does not meet these.
        let hour = Duration::from_secs(3600);
        let limits = ConnectionLimits::new().with_head_time_max(hour).with_connection_time_max(hour);
        serving.serve(listener, limits, false, std::future::pending()).await.unwrap();
    });
    (app, address)
}

async fn get(address: SocketAddr, path: &str) -> (u16, String) {
    let answer = Client::connect(address).await.get("app.example", path).await;
    (answer.status, answer.text())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn switches_under_load_fail_no_request() {
    let folder = tempfile::tempdir().unwrap();
    let (app, address) = served(AppLimits::new()).await;
    app.release(release(folder.path(), "start")).await.unwrap();
    let (done, served) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let clients: Vec<_> = (0..4)
        .map(|number| {
            let (done, served) = (Arc::clone(&done), Arc::clone(&served));
            tokio::spawn(async move {
                let mut client = Client::connect(address).await;
                while !done.load(Ordering::SeqCst) {
                    let answer = match number {
                        0 => {
                            let head = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
                            client.send(head).await
                        }
                        _ => client.get("app.example", "/").await,
                    };
                    assert_eq!(answer.status, 200, "{}", answer.text());
                    served.fetch_add(1, Ordering::SeqCst);
                }
            })
        })
        .collect();
    let slow = tokio::spawn(async move { get(address, "/slow").await });
    for round in 0..8 {
        let name = format!("release-{round}");
        app.release(release(folder.path(), &name)).await.unwrap();
        assert_eq!((app.live(), get(address, "/").await), (Some(name.clone()), (200, name)));
    }
    assert_eq!(slow.await.unwrap().0, 200, "a request that was under way is answered to its end");
    app.roll_back().await.unwrap();
    assert_eq!(get(address, "/").await, (200, "release-6".to_owned()));
    done.store(true, Ordering::SeqCst);
    for client in clients {
        client.await.unwrap();
    }
    assert!(served.load(Ordering::SeqCst) > 100, "there was load");
    app.stop().await;
    assert_eq!(get(address, "/").await.0, 503);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_healthy_never_goes_live() {
    let folder = tempfile::tempdir().unwrap();
    let (app, address) = served(AppLimits::new().with_start(Duration::from_secs(3))).await;
    let missing = app.roll_back().await.unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound);
    app.release(release(folder.path(), "good")).await.unwrap();
    let built = |command: &str| {
        let build = ["sh", "-c", command].map(str::to_owned).to_vec();
        release(folder.path(), "built").with_build(build)
    };
    let key = Secret::new("sk_live_secret".to_owned());
    let ill = release(folder.path(), "ill").with_variable("KEY", key);
    for (wrong, says) in [
        (ill, "starting ill [secret]"),
        (release(folder.path(), "sick"), "not healthy in time"),
        (built("echo no compiler >&2; exit 2"), "no compiler"),
        (AppRelease::new("none", folder.path(), ["/no/such/program"]), "can't be started"),
    ] {
        let error = app.release(wrong).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
        assert!(error.message().contains(says) && !error.message().contains("sk_live"), "{error}");
        assert_eq!(get(address, "/").await, (200, "good".to_owned()));
    }
    let empty = app.release(AppRelease::new("none", folder.path(), [""; 0])).await.unwrap_err();
    assert_eq!(empty.kind(), ErrorKind::InvalidInput);
    app.release(built("echo done > built.txt")).await.unwrap();
    assert_eq!(get(address, "/").await, (200, "built".to_owned()));
    assert_eq!(fs::read_to_string(folder.path().join("built.txt")).unwrap(), "done\n");
    assert_eq!(app.log(), ["starting built"]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_dies_is_started_again_and_requests_wait() {
    let folder = tempfile::tempdir().unwrap();
    let (app, address) = served(AppLimits::new().with_wait(Duration::from_secs(20))).await;
    app.release(release(folder.path(), "mortal")).await.unwrap();
    for _ in 0..2 {
        assert_eq!(get(address, "/die").await.0, 502, "the request that ended it is not sent again");
        // While the system takes the dead program's socket down, it may still accept a connection.
        let mut answer = get(address, "/").await;
        while answer.0 == 502 {
            answer = get(address, "/").await;
        }
        assert_eq!(answer, (200, "mortal".to_owned()));
    }
    app.stop().await;
}
