//! Answers to visitors.

use serde_json::Value;

use super::{
    functions::{Functions, Release},
    state::{Deployment, Shared, Stage, State},
};
use crate::server::{Reply, Seen};

/// The answer to a visitor of `host`, which has the port with it.
pub(super) async fn visit(shared: &Shared, functions: &Functions, host: &str, request: &Seen) -> Reply {
    let release = {
        let state = shared.lock();
        if state.protected {
            return Reply::html(401, "Sign in to the simulator\n");
        }
        found(&state, host).map(|deployment| release(&state, deployment))
    };
    let Some(release) = release else {
        return Reply::new(404, "text/plain", "DEPLOYMENT_NOT_FOUND (simulator)\n")
            .with_header("x-vercel-error", "DEPLOYMENT_NOT_FOUND");
    };
    let settings: Value = release.file("vercel.json").map(|bytes| parsed(bytes)).unwrap_or_default();
    let path = request.segments().join("/");
    let reply = match release.function(&path) {
        Some(module) => functions.call(&release, &module, host, request).await,
        None => page(&release, &settings, request, &path),
    };
    with_headers(reply, &settings)
}

fn parsed(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_default()
}

/// The deployment that answers for `host`.
fn found<'a>(state: &'a State, host: &str) -> Option<&'a Deployment> {
    let own = state.deployments.iter().find(|one| format!("{}:{}", one.host, state.port) == host);
    let live = || {
        let project = state.projects.iter().find(|one| one.domains.iter().any(|one| one.name == host))?;
        let id = project.production.as_ref()?;
        state.deployments.iter().find(|one| one.id == *id)
    };
    own.filter(|one| one.stage == Stage::Ready).or_else(live)
}

fn release(state: &State, deployment: &Deployment) -> Release {
    let files = deployment.files.iter();
    let content = |sha: &String| state.files.get(sha).cloned().unwrap_or_default();
    Release {
        id: deployment.id.clone(),
        is_production: deployment.is_production,
        files: files.map(|(path, sha)| (path.clone(), content(sha))).collect(),
        variables: deployment.variables.clone(),
    }
}

/// A file of the site.
fn page(release: &Release, settings: &Value, request: &Seen, path: &str) -> Reply {
    if request.method != http::Method::GET && request.method != http::Method::HEAD {
        return Reply::new(405, "text/plain", "METHOD_NOT_ALLOWED\n");
    }
    let folder = match settings["outputDirectory"].as_str() {
        Some(folder) => format!("{folder}/"),
        None => String::new(),
    };
    let clean = settings["cleanUrls"] == true;
    if let Some(bare) = path.strip_suffix(".html").filter(|_| clean) {
        let target = if bare == "index" { "" } else { bare.strip_suffix("/index").unwrap_or(bare) };
        return Reply::new(308, "text/plain", "").with_header("location", &format!("/{target}"));
    }
    let index = if path.is_empty() { "index.html".to_owned() } else { format!("{path}/index.html") };
    let mut names = vec![path.to_owned(), index];
    if clean {
        names.push(format!("{path}.html"));
    }
    for name in names {
        if let Some(content) = release.file(&format!("{folder}{name}")) {
            return Reply::new(200, content_type(&name), content.clone());
        }
    }
    match release.file(&format!("{folder}404.html")) {
        Some(content) => Reply::html(404, content.clone()),
        None => Reply::new(404, "text/plain", "NOT_FOUND (simulator)\n"),
    }
}

/// The headers that the settings give to every answer.
fn with_headers(mut reply: Reply, settings: &Value) -> Reply {
    for rule in settings["headers"].as_array().into_iter().flatten() {
        if rule["source"] != "/(.*)" {
            continue;
        }
        for header in rule["headers"].as_array().into_iter().flatten() {
            let (key, value) = (header["key"].as_str(), header["value"].as_str());
            reply = reply.with_header(key.unwrap_or_default(), value.unwrap_or_default());
        }
    }
    reply
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" | "map" => "application/json; charset=utf-8",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/vnd.microsoft.icon",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        "xml" => "application/xml",
        _ => "application/octet-stream",
    }
}
