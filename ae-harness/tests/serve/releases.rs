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

use ae_core::{Digest, ErrorKind, IdempotencyKey, RunId, Runtime};
use ae_harness::{
    Bundle, ConnectionLimits, DeploySpec, Deployer, Deployment, LocalDeployer, ReleaseStore, ServeOptions,
    SiteId, serve_releases,
};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use crate::client::Client;

fn key(sequence: u32) -> IdempotencyKey {
    IdempotencyKey::derive(RunId::from_digest(&Digest::of_bytes("test", b"run")), "test", "effect", sequence)
}

fn site(label: &str) -> SiteId {
    label.parse().unwrap()
}

fn deployer(root: &Path) -> LocalDeployer {
    LocalDeployer::open(root, Runtime::system()).unwrap()
}

async fn publish(root: &Path, label: &str, text: &str, sequence: u32) -> Deployment {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("docs/[id]")).unwrap();
    for name in ["index.html", "404.html", "docs/[id]/index.html"] {
        fs::write(folder.path().join(name), format!("{text} {name}")).unwrap();
    }
    let local = deployer(root);
    let bundle = Bundle::scan(folder.path()).unwrap();
    let spec = DeploySpec::new(site(label), format!("http://{label}.localhost/"));
    let plan = local.plan(&bundle, &spec).await.unwrap();
    local.deploy(&key(sequence), &plan, &bundle).await.unwrap()
}

struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

/// Limits that a slow machine does not meet.
fn patient() -> ServeOptions {
    let hour = Duration::from_secs(3600);
    ServeOptions::new()
        .with_limits(ConnectionLimits::new().with_head_time_max(hour).with_connection_time_max(hour))
}

async fn server(root: &Path, options: ServeOptions) -> Server {
    let store = ReleaseStore::open(root).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let serving = tokio::spawn(async move {
        let stop = async { drop(stopped.await) };
        serve_releases(store, listener, options, &Runtime::system(), stop).await.unwrap();
    });
    Server { address, stop, serving }
}

#[tokio::test]
async fn a_site_answers_under_its_own_name_only() {
    let root = tempfile::tempdir().unwrap();
    publish(root.path(), "one", "first", 0).await;
    publish(root.path(), "two", "second", 1).await;
    let server = server(root.path(), ServeOptions::new()).await;
    let mut client = Client::connect(server.address).await;
    for (host, path, status, text) in [
        ("one.localhost", "/", 200, "first index.html"),
        ("ONE.localhost:8080", "/?x=1", 200, "first index.html"),
        ("two.localhost.", "/", 200, "second index.html"),
        ("one.localhost", "/docs/%5Bid%5D/", 200, "first docs/[id]/index.html"),
        ("one.localhost", "/docs/[id]/", 200, "first docs/[id]/index.html"),
        ("one.localhost", "/docs/%5Bid%5D", 308, "Moved.\n"),
        ("one.localhost", "/docs%2f[id]/", 404, "first 404.html"),
        ("one.localhost", "/../two/", 404, "first 404.html"),
        ("three.localhost", "/", 404, "No such site.\n"),
        ("localhost", "/", 421, "This server does not answer to that name.\n"),
        ("one.localhost.evil.example", "/", 421, "This server does not answer to that name.\n"),
        ("a.one.localhost", "/", 421, "This server does not answer to that name.\n"),
        ("[::1]:80", "/", 421, "This server does not answer to that name.\n"),
    ] {
        let answer = client.get(host, path).await;
        assert_eq!((answer.status, answer.text().as_str()), (status, text), "{host}{path}");
        assert!(answer.head.contains("x-content-type-options: nosniff"), "{}", answer.head);
    }
    let moved = client.get("one.localhost", "/docs/%5Bid%5D").await;
    assert!(moved.head.contains("location: ./%5bid%5d/\r\n"), "{}", moved.head);
    let head = client.send("HEAD / HTTP/1.1\r\nHost: one.localhost\r\n\r\n").await;
    assert!(head.status == 200 && head.head.contains("content-length: 16"), "{}", head.head);
    let post = client.send("POST / HTTP/1.1\r\nHost: one.localhost\r\nContent-Length: 0\r\n\r\n").await;
    assert!(post.status == 405 && post.head.contains("allow: get, head"), "{}", post.head);
    let two = client.send("GET / HTTP/1.1\r\nHost: one.localhost\r\nHost: two.localhost\r\n\r\n").await;
    assert!(two.status >= 400, "a request for two names is for none");
}

#[tokio::test]
async fn names_are_given_and_other_machines_are_let_in_on_purpose() {
    let root = tempfile::tempdir().unwrap();
    publish(root.path(), "one", "first", 0).await;
    let options = ServeOptions::new().with_hosts(|host| (host == "shop.example").then(|| site("one")));
    let server = server(root.path(), options.clone()).await;
    let mut client = Client::connect(server.address).await;
    assert_eq!(client.get("Shop.Example:443", "/").await.text(), "first index.html");
    assert_eq!(client.get("one.localhost", "/").await.status, 421);
    for (options, kind) in
        [(options.clone(), Some(ErrorKind::PermissionDenied)), (options.with_public(), None)]
    {
        let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
        let store = ReleaseStore::open(root.path()).unwrap();
        let answer =
            serve_releases(store, listener, options, &Runtime::system(), std::future::ready(())).await;
        assert_eq!(answer.err().map(|error| error.kind()), kind);
    }
}

#[tokio::test]
async fn a_stop_ends_idle_connections_and_the_server() {
    let root = tempfile::tempdir().unwrap();
    publish(root.path(), "one", "first", 0).await;
    let server = server(root.path(), ServeOptions::new()).await;
    let mut client = Client::connect(server.address).await;
    assert_eq!(client.get("one.localhost", "/").await.status, 200);
    server.stop.send(()).unwrap();
    server.serving.await.unwrap();
    assert!(tokio::net::TcpStream::connect(server.address).await.is_err(), "nothing listens any more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_switches_under_load_fail_and_mix_no_answer() {
    let root = tempfile::tempdir().unwrap();
    let texts = ["one", "two", "three"];
    let mut ids = Vec::new();
    for (sequence, text) in (0..).zip(texts) {
        ids.push(publish(root.path(), "shop", text, sequence).await.id);
    }
    let server = server(root.path(), patient()).await;
    let (done, served) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let clients: Vec<_> = (0..4)
        .map(|_| {
            let (done, served, address) = (Arc::clone(&done), Arc::clone(&served), server.address);
            tokio::spawn(async move {
                let mut client = Client::connect(address).await;
                while !done.load(Ordering::SeqCst) {
                    for (path, name) in [("/", "index.html"), ("/docs/[id]/", "docs/[id]/index.html")] {
                        let answer = client.get("shop.localhost", path).await;
                        let text = answer.text();
                        let whole = texts.iter().any(|release| text == format!("{release} {name}"));
                        assert!(answer.status == 200 && whole, "{} {text}", answer.status);
                        served.fetch_add(1, Ordering::SeqCst);
                    }
                }
            })
        })
        .collect();
    let (local, mut client) = (deployer(root.path()), Client::connect(server.address).await);
    for switch in 0..100_u32 {
        let at = switch as usize % ids.len();
        local.activate(&key(100 + switch), &site("shop"), &ids[at]).await.unwrap();
        assert_eq!(client.get("shop.localhost", "/").await.text(), format!("{} index.html", texts[at]));
    }
    done.store(true, Ordering::SeqCst);
    for client in clients {
        client.await.unwrap();
    }
    assert!(served.load(Ordering::SeqCst) > 100, "there was load");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn releases_that_are_pruned_and_removed_under_load_leave_no_damaged_answer() {
    let root = tempfile::tempdir().unwrap();
    publish(root.path(), "shop", "start", 0).await;
    let server = server(root.path(), patient()).await;
    let done = Arc::new(AtomicBool::new(false));
    let stop = Arc::clone(&done);
    let reader = tokio::spawn(async move {
        let mut client = Client::connect(server.address).await;
        while !stop.load(Ordering::SeqCst) {
            let answer = client.get("shop.localhost", "/").await;
            assert!([200, 404].contains(&answer.status), "{} {}", answer.status, answer.text());
        }
    });
    for round in 0..20_u32 {
        publish(root.path(), "shop", &format!("release {round}"), 10 + round).await;
        if round % 5 == 4 {
            deployer(root.path()).remove(&key(100 + round), &site("shop")).await.unwrap();
        }
    }
    done.store(true, Ordering::SeqCst);
    reader.await.unwrap();
}
