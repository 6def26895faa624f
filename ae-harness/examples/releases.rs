//! Measures the local deployer and the server of releases: how soon a site of 1,000 files is live, how long a roll-back
//! takes, and how many answers fail or mix releases while 100 switches happen under load.
//!
//! ```sh
//! cargo run --release -p ae-harness --features local,serve --example releases
//! ```
#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a program that measures")]

use std::{
    error::Error,
    fs, io,
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use ae_harness::core::{IdempotencyKey, RunId, Runtime};
use ae_harness::{
    Bundle, DeploySpec, Deployer, Deployment, LocalDeployer, NewSite, ReleaseStore, ServeOptions, SiteId,
    serve_releases,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::oneshot,
};

const FILES: usize = 1_000;
const SWITCHES: u32 = 100;
const CLIENTS: usize = 8;
const RELEASES: [&str; 3] = ["one", "two", "three"];

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let (root, scratch, runtime) = (tempfile::tempdir()?, tempfile::tempdir()?, Runtime::system());
    let run = RunId::from_uuid(runtime.ids.new_uuid());
    let key = |sequence| IdempotencyKey::derive(run, "releases", "measure", sequence);
    let deployer = LocalDeployer::open(root.path(), runtime.clone())?;
    let site = NewSite::new("shop".parse::<SiteId>()?, &deployer.info());
    let site = deployer.ensure_site(&key(0), &site).await?;

    let mut releases = Vec::new();
    for (sequence, release) in (1..).zip(RELEASES) {
        let folder = scratch.path().join(release);
        write_site(&folder, release)?;
        let started = Instant::now();
        let bundle = Bundle::scan(&folder)?;
        let plan = deployer.plan(&bundle, &DeploySpec::new(site.id.clone(), site.url.clone())).await?;
        let live = deployer.deploy(&key(sequence), &plan, &bundle).await?;
        println!("release {release}: {} files live in {} ms", plan.files, millis(started.elapsed()));
        releases.push(live);
    }

    let mut times = Vec::new();
    for (sequence, to) in (100..110).zip(releases.iter().cycle()) {
        times.push(switch(&deployer, &key(sequence), to).await?);
    }
    times.sort();
    let (middle, last) = (times.get(5).copied().unwrap_or_default(), times.pop().unwrap_or_default());
    println!("roll-back of {FILES} files: {} ms, the slowest of 10 {} ms", millis(middle), millis(last));

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(serve(ReleaseStore::open(root.path())?, listener, runtime, stopped));
    let done = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..CLIENTS).map(|_| tokio::spawn(load(address, Arc::clone(&done)))).collect();

    let started = Instant::now();
    let mut slowest = Duration::ZERO;
    let mut wrong = 0;
    let mut client = Client::connect(address).await?;
    for (sequence, release) in (1_000..1_000 + SWITCHES).zip((0..RELEASES.len()).cycle()) {
        let (Some(to), Some(text)) = (releases.get(release), RELEASES.get(release)) else { continue };
        slowest = slowest.max(switch(&deployer, &key(sequence), to).await?);
        let answer = client.get("/").await?;
        wrong += u32::from(answer.as_deref() != Some(page(text, 0).as_str()));
    }
    let took = started.elapsed();
    done.store(true, Ordering::SeqCst);
    let (mut answers, mut bad) = (0_u64, 0_u64);
    for client in clients {
        let (good, failed) = client.await??;
        (answers, bad) = (answers + good, bad + failed);
    }
    println!(
        "{SWITCHES} switches in {} ms, the slowest {} ms, {wrong} not seen at once",
        millis(took),
        millis(slowest)
    );
    println!("{answers} answers over HTTP from {CLIENTS} clients meanwhile, {bad} failed or mixed");
    stop.send(()).map_err(|()| "the server is gone")?;
    serving.await??;
    if wrong > 0 || bad > 0 { Err("an answer was wrong".into()) } else { Ok(()) }
}

async fn serve(
    store: ReleaseStore,
    listener: TcpListener,
    runtime: Runtime,
    stopped: oneshot::Receiver<()>,
) -> Result<(), Failure> {
    let stop = async { drop(stopped.await) };
    Ok(serve_releases(store, listener, ServeOptions::new(), &runtime, stop).await?)
}

async fn switch(
    deployer: &LocalDeployer,
    key: &IdempotencyKey,
    to: &Deployment,
) -> Result<Duration, Failure> {
    let started = Instant::now();
    deployer.activate(key, &to.site, &to.id).await?;
    Ok(started.elapsed())
}

/// Asks for pages until it is done; counts the answers that are whole and from one release, and the others.
async fn load(address: SocketAddr, done: Arc<AtomicBool>) -> Result<(u64, u64), Failure> {
    let (mut client, mut good, mut bad) = (Client::connect(address).await?, 0, 0);
    for file in (0..FILES).cycle() {
        if done.load(Ordering::SeqCst) {
            break;
        }
        let answer = client.get(&format!("/{}", name(file))).await;
        let whole = answer.as_ref().is_ok_and(|answer| {
            RELEASES.iter().any(|release| answer.as_deref() == Some(page(release, file).as_str()))
        });
        if whole {
            good += 1;
            continue;
        }
        bad += 1;
        if answer.is_err() {
            client = Client::connect(address).await?;
        }
    }
    Ok((good, bad))
}

struct Client(BufReader<TcpStream>);

impl Client {
    async fn connect(address: SocketAddr) -> io::Result<Self> {
        Ok(Self(BufReader::new(TcpStream::connect(address).await?)))
    }

    /// The body of a page; `None` unless it answers 200.
    async fn get(&mut self, path: &str) -> io::Result<Option<String>> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: shop.localhost\r\n\r\n");
        self.0.get_mut().write_all(request.as_bytes()).await?;
        let (mut head, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().map_err(io::Error::other)?;
            }
            if line == "\r\n" {
                break;
            }
            head.push_str(&line);
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await?;
        Ok(head.starts_with("HTTP/1.1 200 ").then(|| String::from_utf8_lossy(&body).into_owned()))
    }
}

/// A site of [`FILES`] pages of about 10 kB.
fn write_site(folder: &Path, release: &str) -> io::Result<()> {
    for file in 0..FILES {
        let path = folder.join(name(file));
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(path, page(release, file))?;
    }
    Ok(())
}

fn name(file: usize) -> String {
    if file == 0 { "index.html".to_owned() } else { format!("docs/{}/{file}.html", file % 50) }
}

fn page(release: &str, file: usize) -> String {
    format!("<!DOCTYPE html>{}", format!("{release} {file} ").repeat(1_000))
}

fn millis(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1_000.0)
}
