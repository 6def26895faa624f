//! The time that the proxy adds to a call: the same requests to a loopback vendor, straight and through the proxy, in turns.
//!
//! ```sh
//! cargo build --release -p ae-router --features anthropic,openai,gemini,openai-compatible,execute \
//!     --example proxy --example proxy_bench
//! taskset -c 1 target/release/examples/proxy_bench --cpu 0
//! ```
//!
//! With `--cpu` the proxy runs on that core alone; give this program, which is client and vendor, another one.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measurement: it starts the proxy and prints what it found"
)]

use std::{
    error::Error,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use ae_router::core::{Clock, SystemClock};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{Mutex, mpsc},
    time::MissedTickBehavior,
};

type Failure = Box<dyn Error + Send + Sync>;

const CONNECTIONS: usize = 64;
const USE: &str = "use: proxy_bench [--rate REQUESTS_A_SECOND] [--rounds N] [--seconds N] [--cpu CORE]";

const ANSWER: &str = r#"{"id":"c1","object":"chat.completion","model":"lab","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"The capital of France is Paris."}}],"usage":{"prompt_tokens":40,"completion_tokens":8,"total_tokens":48}}"#;

#[derive(Debug, Clone, Copy)]
struct Options {
    rate: u32,
    rounds: u32,
    seconds: u32,
    cpu: Option<u32>,
}

fn options(mut words: impl Iterator<Item = String>) -> Result<Options, Failure> {
    let mut options = Options { rate: 500, rounds: 5, seconds: 4, cpu: None };
    while let Some(word) = words.next() {
        let value = words.next().ok_or(USE)?.parse().map_err(|_| USE)?;
        match word.as_str() {
            "--rate" => options.rate = value,
            "--rounds" => options.rounds = value,
            "--seconds" => options.seconds = value,
            "--cpu" => options.cpu = Some(value),
            _ => return Err(USE.into()),
        }
    }
    if options.rate == 0 { Err(USE.into()) } else { Ok(options) }
}

/// The proxy, killed at the end.
#[derive(Debug)]
struct Proxy(Child);

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(vendor: &str, cpu: Option<u32>) -> Result<(Proxy, String), Failure> {
    let program = std::env::current_exe()?.with_file_name(format!("proxy{}", std::env::consts::EXE_SUFFIX));
    let mut command = match cpu {
        Some(cpu) => {
            let mut command = Command::new("taskset");
            command.arg("-c").arg(cpu.to_string()).arg(program);
            command
        }
        None => Command::new(program),
    };
    command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command.args(["--budget", "1000", "--listen", "127.0.0.1:0", "--threads", "1"]);
    command.args(["--local", &format!("lab=http://{vendor}/v1,lab")]).stdout(Stdio::piped());
    let mut proxy = Proxy(command.spawn()?);
    let mut line = String::new();
    BufReader::new(proxy.0.stdout.take().ok_or("no output")?).read_line(&mut line)?;
    let address = line.trim().strip_prefix("listening on http://").and_then(|rest| rest.strip_suffix("/v1"));
    Ok((proxy, address.ok_or("the proxy did not start")?.to_owned()))
}

/// Reads one message with a `content-length`; `None` at the end of the connection.
async fn message(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<()> {
    buffer.clear();
    loop {
        let head = buffer.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(head) = head {
            let text = String::from_utf8_lossy(buffer.get(..head)?).to_ascii_lowercase();
            let length =
                text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
            let whole = head + 4 + length.unwrap_or(0_usize);
            if buffer.len() >= whole {
                return Some(());
            }
        }
        let mut piece = [0; 4_096];
        let read = stream.read(&mut piece).await.ok().filter(|read| *read > 0)?;
        buffer.extend_from_slice(piece.get(..read)?);
    }
}

async fn vendor(listener: TcpListener) {
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{ANSWER}",
        ANSWER.len()
    );
    while let Ok((mut stream, _)) = listener.accept().await {
        let answer = answer.clone();
        let _ = stream.set_nodelay(true);
        tokio::spawn(async move {
            let mut buffer = Vec::new();
            while message(&mut stream, &mut buffer).await.is_some() {
                if stream.write_all(answer.as_bytes()).await.is_err() {
                    return;
                }
            }
        });
    }
}

/// Connections to one server.
#[derive(Debug)]
struct Client {
    free: Mutex<mpsc::Receiver<TcpStream>>,
    back: mpsc::Sender<TcpStream>,
    request: String,
}

impl Client {
    async fn new(address: &str) -> Result<Self, Failure> {
        let prompt = "What is the capital of France? Answer in one sentence, without a list. ".repeat(8);
        let body = format!(
            r#"{{"model":"lab","max_tokens":100,"messages":[{{"role":"user","content":"{prompt}"}}]}}"#
        );
        let length = body.len();
        let request = format!(
            "POST /v1/chat/completions HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n\r\n{body}"
        );
        let (back, free) = mpsc::channel(CONNECTIONS);
        for _ in 0..CONNECTIONS {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            back.send(stream).await?;
        }
        Ok(Self { free: Mutex::new(free), back, request })
    }

    /// The time of one call, the wait for a connection included.
    async fn call(&self) -> Result<Duration, Failure> {
        let began = SystemClock.monotonic();
        let mut stream = self.free.lock().await.recv().await.ok_or("no connection")?;
        stream.write_all(self.request.as_bytes()).await?;
        let mut buffer = Vec::new();
        message(&mut stream, &mut buffer).await.ok_or("the connection ended")?;
        let took = SystemClock.monotonic().saturating_sub(began);
        if !buffer.starts_with(b"HTTP/1.1 200") {
            return Err(String::from_utf8_lossy(&buffer).into());
        }
        self.back.send(stream).await?;
        Ok(took)
    }

    /// Calls at a steady rate, whether or not earlier ones have ended.
    async fn run(self: &Arc<Self>, rate: u32, count: u32, times: &mut Vec<Duration>) -> Result<(), Failure> {
        let mut ticks = tokio::time::interval(Duration::from_secs(1) / rate);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..count {
            ticks.tick().await;
            let client = Arc::clone(self);
            calls.spawn(async move { client.call().await });
        }
        while let Some(took) = calls.join_next().await {
            times.push(took??);
        }
        Ok(())
    }
}

fn at(times: &[Duration], share: usize) -> Duration {
    let index = times.len().saturating_mul(share).div_ceil(1_000).saturating_sub(1);
    times.get(index).copied().unwrap_or_default()
}

fn show(name: &str, times: &mut [Duration]) -> [Duration; 2] {
    times.sort_unstable();
    let [median, high] = [at(times, 500), at(times, 990)];
    println!("{name:8} median {median:>10.1?}   p99 {high:>10.1?}   ({} calls)", times.len());
    [median, high]
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let options = options(std::env::args().skip(1))?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let vendor_at = listener.local_addr()?.to_string();
    tokio::spawn(vendor(listener));
    let (_proxy, proxy_at) = start(&vendor_at, options.cpu)?;
    let (straight, through) =
        (Arc::new(Client::new(&vendor_at).await?), Arc::new(Client::new(&proxy_at).await?));
    let count = options.rate.saturating_mul(options.seconds);
    // Connections of the proxy to the vendor are made at first use.
    through.run(options.rate, options.rate, &mut Vec::new()).await?;
    let (mut direct, mut proxied) = (Vec::new(), Vec::new());
    for _ in 0..options.rounds {
        straight.run(options.rate, count, &mut direct).await?;
        through.run(options.rate, count, &mut proxied).await?;
    }
    println!("{} requests a second, in turns of {} s", options.rate, options.seconds);
    let [direct_median, direct_high] = show("straight", &mut direct);
    let [proxied_median, proxied_high] = show("proxy", &mut proxied);
    let added = [proxied_median.saturating_sub(direct_median), proxied_high.saturating_sub(direct_high)];
    println!("{:8} median {:>10.1?}   p99 {:>10.1?}", "added", added[0], added[1]);
    if let Ok(load) = std::fs::read_to_string("/proc/loadavg") {
        println!("load of the machine: {}", load.trim());
    }
    Ok(())
}
