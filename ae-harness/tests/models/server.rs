//! The server, on a thread of its own, so that tests with and without a runtime can have one.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
};

use http_body_util::BodyExt as _;
use hyper::{Request, Response, body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::sync::{oneshot, watch};

use super::{
    Api, Asked, Script, Turn, Usage,
    answer::Reply,
    anthropic,
    body::{Body, End},
    chat, gemini,
    route::{self, Route},
    script::Fault,
};

/// Ends with its last owner's drop, and the connections with it.
#[derive(Debug)]
pub struct ModelServer {
    shared: Arc<Shared>,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    runs: Mutex<Runs>,
    changed: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct Runs {
    scripts: BTreeMap<String, Playing>,
    heard: Vec<Heard>,
}

#[derive(Debug, Clone)]
struct Playing {
    script: Script,
    /// Requests before it.
    since: usize,
}

/// A request and what it was answered with.
#[derive(Debug, Clone)]
pub struct Heard {
    pub script: String,
    pub method: String,
    /// Without the script's name.
    pub path: String,
    pub key: Option<String>,
    /// None: not for an answer of a model.
    pub asked: Option<Asked>,
    /// Not a step of the conversation but a title, a summary and the like: an agent's request that offers no tools. It is
    /// answered with a short text.
    pub aside: bool,
    /// 0 for none at all.
    pub status: u16,
    /// The tokens on the bill.
    pub usage: Usage,
}

impl Runs {
    fn play(&mut self, name: &str, script: Script) {
        let since = self.heard.len();
        self.scripts.insert(name.to_owned(), Playing { script, since });
    }

    /// The number of the next step of a script.
    fn next(&self, name: &str, since: usize) -> usize {
        let steps = self.heard[since..].iter();
        steps.filter(|heard| heard.script == name && heard.asked.is_some() && !heard.aside).count() + 1
    }
}

impl ModelServer {
    pub fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared { runs: Mutex::default(), changed: watch::channel(0).0 });
        let (stop, stopped) = oneshot::channel();
        let serving = shared.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                tokio::select! {
                    () = serve(listener, serving) => {}
                    _ = stopped => {}
                }
            });
        });
        Self { shared, address, stop: Some(stop), thread: Some(thread) }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base URL of a run with this script, without a slash at the end; the name is a segment of the path. The same
    /// name again starts another script; requests are kept.
    pub fn play(&self, name: &str, script: Script) -> String {
        assert!(!name.is_empty() && !name.contains('/') && !name.starts_with("v1"), "{name}");
        self.runs().play(name, script);
        format!("http://{}/{name}", self.address)
    }

    /// The script for requests whose path names none.
    pub fn play_root(&self, script: Script) -> String {
        self.runs().play("", script);
        format!("http://{}", self.address)
    }

    /// All requests, in order.
    pub fn heard(&self) -> Vec<Heard> {
        self.runs().heard.clone()
    }

    /// The requests of a script that were for an answer.
    pub fn calls(&self, name: &str) -> Vec<Heard> {
        self.runs()
            .heard
            .iter()
            .filter(|heard| heard.script == name && heard.asked.is_some())
            .cloned()
            .collect()
    }

    /// The tokens on the bill of a script.
    pub fn spent(&self, name: &str) -> Usage {
        self.runs().heard.iter().filter(|heard| heard.script == name).map(|heard| heard.usage).sum()
    }

    /// Waits for that many calls of a script.
    pub async fn reached(&self, name: &str, calls: usize) {
        let mut changed = self.shared.changed.subscribe();
        while self.calls(name).len() < calls {
            changed.changed().await.unwrap();
        }
    }

    fn runs(&self) -> std::sync::MutexGuard<'_, Runs> {
        self.shared.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ModelServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}

async fn serve(listener: std::net::TcpListener, shared: Arc<Shared>) {
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    loop {
        let Ok((connection, _)) = listener.accept().await else { continue };
        let shared = shared.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| handle(request, &shared));
            let _ended = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(connection), service)
                .await;
        });
    }
}

async fn handle(request: Request<Incoming>, shared: &Shared) -> Result<Response<Body>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let headers: BTreeMap<String, String> = head
        .headers
        .iter()
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    let answer = answer(shared, head.method.as_str(), head.uri.path(), headers, body);
    match answer {
        Some(response) => Ok(response),
        // Dropped with the connection.
        None => std::future::pending().await,
    }
}

/// None for an answer that never comes.
fn answer(
    shared: &Shared,
    method: &str,
    path: &str,
    headers: BTreeMap<String, String>,
    body: Value,
) -> Option<Response<Body>> {
    let runs = shared.runs.lock().unwrap_or_else(PoisonError::into_inner);
    let (script, path) = named(&runs.scripts, path);
    let mut heard = Heard {
        script: script.clone(),
        method: method.to_owned(),
        path: path.clone(),
        key: route::key(&headers),
        asked: None,
        aside: false,
        status: 0,
        usage: Usage::default(),
    };
    let (api, play) = match (route::route(method, &path, &body), runs.scripts.get(&script).cloned()) {
        (Route::Call(api), Some(play)) => (api, play),
        (Route::Call(_), None) => {
            return Some(free(shared, runs, heard, 404, &Value::from("no such script")));
        }
        (Route::Free(status, answer), _) => return Some(free(shared, runs, heard, status, &answer)),
    };
    let mut asked = route::asked(api, &path, headers, body);
    asked.number = runs.next(&script, play.since);
    heard.aside = asked.tools.is_empty() && !play.script.bare;
    let turn = if heard.aside {
        Turn::text("A short text.").with_usage(Usage::new(10, 5))
    } else {
        (play.script.decide)(&asked)
    };
    let response = respond(turn, &asked, &mut heard);
    heard.asked = Some(asked);
    keep(shared, runs, heard);
    response
}

/// The script that the path names, and the rest of the path.
fn named(scripts: &BTreeMap<String, Playing>, path: &str) -> (String, String) {
    let (first, rest) =
        path.trim_start_matches('/').split_once('/').unwrap_or((path.trim_start_matches('/'), ""));
    match scripts.contains_key(first) {
        true => (first.to_owned(), format!("/{rest}")),
        false => (String::new(), path.to_owned()),
    }
}

fn respond(turn: Turn, asked: &Asked, heard: &mut Heard) -> Option<Response<Body>> {
    let (answer, end) = match turn {
        Turn::Hang => return None,
        Turn::Fault(fault) => return Some(fault_response(&fault, asked, heard)),
        Turn::Answer(answer) => (answer, End::Whole),
        Turn::Stall(answer) => (answer, End::Silence),
        Turn::Cut(answer) => (answer, End::Cut),
        Turn::Late(answer) => (answer, End::Late),
    };
    heard.status = 200;
    heard.usage = answer.usage;
    let mut pieces = Reply::new(answer, asked).pieces(asked.api, asked.stream);
    if matches!(end, End::Cut | End::Silence) {
        halve(&mut pieces);
    }
    let kind = if asked.stream { "text/event-stream" } else { "application/json" };
    Some(response(200, kind, Body::new(pieces, end), None))
}

/// Half of the pieces, and half of the last one of these.
fn halve(pieces: &mut Vec<String>) {
    pieces.truncate(pieces.len().div_ceil(2));
    if let Some(last) = pieces.last_mut() {
        let at = (last.len() / 2..last.len()).find(|at| last.is_char_boundary(*at)).unwrap_or(0);
        last.truncate(at);
    }
}

fn fault_response(fault: &Fault, asked: &Asked, heard: &mut Heard) -> Response<Body> {
    let (status, body) = match asked.api {
        Api::Anthropic => anthropic::fault(fault),
        Api::Responses | Api::Chat => chat::fault(fault),
        Api::Gemini => gemini::fault(fault),
    };
    heard.status = status;
    response(status, "application/json", Body::whole(body.to_string()), fault.retry_after)
}

fn free(
    shared: &Shared,
    runs: std::sync::MutexGuard<'_, Runs>,
    mut heard: Heard,
    status: u16,
    answer: &Value,
) -> Response<Body> {
    heard.status = status;
    keep(shared, runs, heard);
    let text = if answer.is_null() { String::new() } else { answer.to_string() };
    response(status, "application/json", Body::whole(text), None)
}

fn keep(shared: &Shared, mut runs: std::sync::MutexGuard<'_, Runs>, heard: Heard) {
    runs.heard.push(heard);
    let count = runs.heard.len();
    drop(runs);
    shared.changed.send_replace(count);
}

fn response(status: u16, kind: &str, body: Body, retry_after: Option<u64>) -> Response<Body> {
    let mut response =
        Response::builder().status(status).header("content-type", kind).header("request-id", "req_fake");
    if let Some(seconds) = retry_after {
        response = response.header("retry-after", seconds);
    }
    response.body(body).expect("a status and plain headers")
}
