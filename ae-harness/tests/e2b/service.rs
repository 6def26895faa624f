//! The service: its control plane, its files, and a log of all requests.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard},
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, combinators::BoxBody};
use hyper::{HeaderMap, Request, Response, StatusCode, body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::commands::Commands;

pub(crate) type Answer = Response<BoxBody<Bytes, Infallible>>;

/// The folder of a sandbox's files, as its commands name it.
const FOLDER: &str = "/home/user/workspace";
/// The headers that say something about the protocol.
const COMPARED: [&str; 13] = [
    "x-api-key",
    "idempotency-key",
    "e2b-sandbox-id",
    "e2b-sandbox-port",
    "x-access-token",
    "content-type",
    "content-encoding",
    "connect-protocol-version",
    "connect-timeout-ms",
    "connect-content-encoding",
    "connect-accept-encoding",
    "keepalive-ping-interval",
    "authorization",
];

/// A request, in a form that can be compared.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
    pub(crate) status: u16,
}

/// The running service. It ends with the test's runtime.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    api_key: String,
    /// Files and environment.
    boxes: BTreeMap<String, (TempDir, Value)>,
    keys: BTreeMap<String, String>,
    made: usize,
    heard: Vec<Heard>,
    commands: Arc<Commands>,
    fail_next: Option<u16>,
}

impl Service {
    pub(crate) async fn start(api_key: &str) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = State {
            api_key: api_key.to_owned(),
            boxes: BTreeMap::new(),
            keys: BTreeMap::new(),
            made: 0,
            heard: Vec::new(),
            commands: Arc::default(),
            fail_next: None,
        };
        let service = Self { address, state: Arc::new(Mutex::new(state)) };
        let serving = service.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let serving = serving.clone();
                tokio::spawn(async move {
                    let answer = service_fn(move |request| {
                        let serving = serving.clone();
                        async move { Ok::<_, Infallible>(serving.answer(request).await) }
                    });
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), answer)
                        .await;
                });
            }
        });
        service
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.locked().heard.clone()
    }

    /// The next request of the control plane fails with this status.
    pub(crate) fn fail_next(&self, status: u16) {
        self.locked().fail_next = Some(status);
    }

    /// The next command's stream breaks off after its first output.
    pub(crate) fn cut_next_stream(&self) {
        self.locked().commands.cut_next();
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    async fn answer(&self, request: Request<Incoming>) -> Answer {
        let (head, body) = request.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let path = head.uri.path_and_query().unwrap().to_string();
        let answer = self.route(head.method.as_str(), head.uri.path(), &path, &head.headers, &body);
        let headers = COMPARED.iter().filter_map(|name| {
            let value = head.headers.get(*name)?.to_str().ok()?.to_owned();
            Some(((*name).to_owned(), value))
        });
        let heard = Heard {
            method: head.method.to_string(),
            path,
            headers: headers.collect(),
            body: String::from_utf8_lossy(&body).into_owned(),
            status: answer.status().as_u16(),
        };
        self.locked().heard.push(comparable(heard));
        answer
    }

    fn route(&self, method: &str, path: &str, full: &str, headers: &HeaderMap, body: &[u8]) -> Answer {
        if headers.contains_key("e2b-sandbox-id") {
            return self.inside(method, path, full, headers, body);
        }
        let mut state = self.locked();
        if headers.get("x-api-key").is_none_or(|key| key.as_bytes() != state.api_key.as_bytes()) {
            return answer(401, &json!({ "code": 401, "message": "Invalid API key" }));
        }
        if let Some(status) = state.fail_next.take() {
            return answer(status, &json!({ "code": status, "message": "later" }));
        }
        match (method, path.split('/').skip(1).collect::<Vec<_>>().as_slice()) {
            ("POST", ["v2", "sandboxes"]) => {
                let key = headers.get("idempotency-key").map(|key| key.to_str().unwrap().to_owned());
                let known = key.as_ref().and_then(|key| state.keys.get(key).cloned());
                let asked: Value = serde_json::from_slice(body).unwrap();
                let id = known.unwrap_or_else(|| state.make(asked["envVars"].clone()));
                state.keys.extend(key.map(|key| (key, id.clone())));
                answer(201, &described(&id))
            }
            ("POST", ["v2", "sandboxes", id, "connect"]) if state.boxes.contains_key(*id) => {
                answer(200, &described(id))
            }
            ("POST", ["sandboxes", id, "timeout"]) if state.boxes.contains_key(*id) => empty(204),
            ("DELETE", ["sandboxes", id]) if state.boxes.remove(*id).is_some() => empty(204),
            _ => answer(404, &json!({ "code": 404, "message": "not found" })),
        }
    }

    /// A call of `envd` in a sandbox.
    fn inside(&self, method: &str, path: &str, full: &str, headers: &HeaderMap, body: &[u8]) -> Answer {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let id = text("e2b-sandbox-id");
        let (root, environment, commands) = {
            let state = self.locked();
            let Some((folder, environment)) = state.boxes.get(id) else {
                return answer(502, &json!({ "code": 502 }));
            };
            (folder.path().to_path_buf(), environment.clone(), Arc::clone(&state.commands))
        };
        if text("x-access-token") != format!("token-of-{id}") {
            return answer(401, &json!({ "code": "unauthenticated" }));
        }
        let message = || serde_json::from_slice::<Value>(body).unwrap();
        match (method, path) {
            ("GET", "/health") => empty(204),
            ("GET", "/files") => match fs::read(at(&root, &asked_path(full))) {
                Ok(bytes) => bytes_answer(bytes),
                Err(_) => answer(404, &json!({ "code": 404, "message": "file not found" })),
            },
            ("POST", "/files") => {
                let path = asked_path(full);
                let target = at(&root, &path);
                fs::create_dir_all(target.parent().unwrap()).unwrap();
                fs::write(&target, part(body)).unwrap();
                answer(200, &json!([{ "name": path, "path": path, "type": "file" }]))
            }
            ("POST", "/filesystem.Filesystem/MakeDir") => {
                fs::create_dir_all(at(&root, message()["path"].as_str().unwrap())).unwrap();
                answer(
                    200,
                    &json!({ "entry": { "path": FOLDER, "name": "workspace", "type": "FILE_TYPE_DIRECTORY" } }),
                )
            }
            ("POST", "/filesystem.Filesystem/ListDir") => {
                let mut entries = Vec::new();
                list(&root, &root, &mut entries);
                answer(200, &json!({ "entries": entries }))
            }
            ("POST", "/process.Process/Start") => commands.start(&root, &environment, headers, body),
            ("POST", call) => match commands.call(call, &message()) {
                Some(()) => answer(200, &json!({})),
                None => answer(404, &json!({ "code": "not_found", "message": "no such process" })),
            },
            _ => answer(404, &json!({ "code": 404 })),
        }
    }
}

impl State {
    fn make(&mut self, environment: Value) -> String {
        self.made += 1;
        let id = format!("isbx{}", self.made);
        self.boxes.insert(id.clone(), (tempfile::tempdir().unwrap(), environment));
        id
    }
}

fn described(id: &str) -> Value {
    json!({
        "templateID": "base", "sandboxID": id, "clientID": "client", "envdVersion": "0.6.3",
        "envdAccessToken": format!("token-of-{id}"), "domain": null
    })
}

/// The request without what differs from run to run.
fn comparable(mut heard: Heard) -> Heard {
    if let Some(kind) = heard.headers.get_mut("content-type") {
        if let Some((plain, boundary)) = kind.clone().split_once("; boundary=") {
            heard.body = heard.body.replace(boundary, "BOUNDARY");
            *kind = format!("{plain}; boundary=BOUNDARY");
        }
    }
    // A message of a stream is preceded by five bytes; the order of fields and the numbers of processes say nothing.
    let start = if heard.headers.get("content-type").is_some_and(|kind| kind.contains("connect+json")) {
        5
    } else {
        0
    };
    if let Some(Ok(mut value)) = heard.body.get(start..).map(serde_json::from_str::<Value>) {
        if let Some(pid) = value.pointer_mut("/process/pid") {
            *pid = json!(0);
        }
        heard.body = value.to_string();
    }
    heard
}

/// A path of the sandbox in the folder that stands for it.
fn at(root: &Path, path: &str) -> PathBuf {
    root.join(path.strip_prefix(FOLDER).unwrap().trim_start_matches('/'))
}

fn asked_path(full: &str) -> String {
    let query = full.split_once("path=").unwrap().1.split('&').next().unwrap();
    query.replace("%2F", "/")
}

/// The content of a form's only part.
fn part(body: &[u8]) -> &[u8] {
    let find =
        |from: usize, what: &[u8]| from + body[from..].windows(what.len()).position(|w| w == what).unwrap();
    let boundary = &body[..find(0, b"\r\n")];
    let start = find(0, b"\r\n\r\n") + 4;
    let end = [b"\r\n", boundary].concat();
    &body[start..find(start, &end)]
}

fn list(root: &Path, folder: &Path, entries: &mut Vec<Value>) {
    let mut found: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    for path in found {
        let name = format!("{FOLDER}/{}", path.strip_prefix(root).unwrap().display());
        let kind = if path.is_dir() { "FILE_TYPE_DIRECTORY" } else { "FILE_TYPE_FILE" };
        let size = path.metadata().unwrap().len().to_string();
        entries.push(
            json!({ "name": path.file_name().unwrap().to_str(), "path": name, "type": kind, "size": size }),
        );
        if path.is_dir() {
            list(root, &path, entries);
        }
    }
}

fn answer(status: u16, body: &Value) -> Answer {
    let mut answer = bytes_answer(body.to_string().into_bytes());
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    answer.headers_mut().insert("content-type", "application/json".parse().unwrap());
    answer
}

fn empty(status: u16) -> Answer {
    let mut answer = bytes_answer(Vec::new());
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    answer
}

fn bytes_answer(bytes: Vec<u8>) -> Answer {
    Response::new(Full::new(Bytes::from(bytes)).boxed())
}
