//! The API.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    SUBDOMAIN,
    parts::{Part, parts},
    state::{Script, State, Switch, Version, Zone},
};
use crate::server::{Reply, Seen};

/// The fields of a version's description that are known here.
const KNOWN: [&str; 7] =
    ["main_module", "bindings", "compatibility_date", "keep_bindings", "annotations", "assets", "tags"];
/// The longest notes.
const TAG_MAX: usize = 100;
const MESSAGE_MAX: usize = 100;

type Answered = Result<Reply, Reply>;

fn ok(result: &Value) -> Answered {
    Ok(Reply::json(200, &json!({ "success": true, "errors": [], "messages": [], "result": result })))
}

fn refused(status: u16, code: u32, message: &str) -> Reply {
    let errors = json!([{ "code": code, "message": message }]);
    Reply::json(status, &json!({ "success": false, "errors": errors, "messages": [], "result": null }))
}

fn missing() -> Reply {
    refused(404, 10007, "This Worker does not exist on your account.")
}

/// The answer to a request of the API.
pub(super) fn answer(state: &mut State, request: &Seen) -> Answered {
    let segments = request.segments();
    let path: Vec<&str> = segments.iter().map(String::as_str).skip(2).collect();
    let path = path.as_slice();
    if let ["accounts", _, "workers", "assets", "upload"] = path {
        return upload(state, request);
    }
    if request.bearer() != state.token {
        return Err(refused(403, 10000, "Authentication error"));
    }
    match (request.method.as_str(), path) {
        ("GET", ["zones"]) => zones(state, request),
        ("POST", ["zones"]) => make_zone(state, &request.json()),
        (_, ["accounts", account, ..]) if *account != state.account => {
            Err(refused(403, 10000, "Authentication error"))
        }
        ("GET", ["accounts", _, "workers", "subdomain"]) => ok(&json!({ "subdomain": SUBDOMAIN })),
        ("GET", ["accounts", _, "workers", "domains"]) => domains(state, request),
        ("PUT", ["accounts", _, "workers", "domains"]) => attach(state, &request.json()),
        (method, ["accounts", _, "workers", "scripts", name, rest @ ..]) => {
            script(state, method, name, rest, request)
        }
        _ => Err(refused(404, 7003, "No route for that URI")),
    }
}

fn script(state: &mut State, method: &str, name: &str, rest: &[&str], request: &Seen) -> Answered {
    match (method, rest) {
        ("PUT", []) => put(state, name, request),
        ("DELETE", []) => {
            state.domains.retain(|_, service| service != name);
            state.scripts.remove(name).map_or_else(|| Err(missing()), |_| ok(&Value::Null))
        }
        ("POST", ["assets-upload-session"]) => session(state, request),
        ("GET", ["script-settings"]) => {
            let script = state.scripts.get(name).ok_or_else(missing)?;
            ok(&json!({ "logpush": false, "tags": script.tags }))
        }
        ("GET", ["versions"]) => {
            let script = state.scripts.get(name).ok_or_else(missing)?;
            let items: Vec<Value> = script.versions.iter().rev().take(100).map(Version::shown).collect();
            ok(&json!({ "items": items }))
        }
        ("POST", ["versions"]) => {
            state.scripts.get(name).ok_or_else(missing)?;
            let version = version(state, request)?;
            ok(&state.add_version(name, version).shown())
        }
        ("GET", ["deployments"]) => {
            let script = state.scripts.get(name).ok_or_else(missing)?;
            let shown = |switch: &Switch| {
                json!({
                    "strategy": "percentage", "source": "api", "annotations": switch.annotations,
                    "versions": [{ "version_id": switch.version, "percentage": 100 }],
                })
            };
            let deployments: Vec<Value> = script.switches.iter().rev().map(shown).collect();
            ok(&json!({ "deployments": deployments }))
        }
        ("POST", ["deployments"]) => switch(state, name, &request.json()),
        ("POST", ["subdomain"]) => {
            let script = state.scripts.get_mut(name).ok_or_else(missing)?;
            script.enabled = request.json()["enabled"] == true;
            ok(&json!({ "enabled": script.enabled, "previews_enabled": true }))
        }
        ("PUT", ["secrets"]) => secret(state, name, &request.json()),
        _ => Err(refused(404, 7003, "No route for that URI")),
    }
}

/// Makes a Worker, or replaces it, at once live.
fn put(state: &mut State, name: &str, request: &Seen) -> Answered {
    let version = version(state, request)?;
    let tags = tags(request);
    state.scripts.insert(name.to_owned(), Script { tags, ..Script::default() });
    let made = state.add_version(name, version);
    if let Some(script) = state.scripts.get_mut(name) {
        script.switches.push(Switch { version: made.id, annotations: Value::Null });
    }
    ok(&json!({ "id": name }))
}

fn described(request: &Seen) -> Result<(Value, Vec<Part>), Reply> {
    let invalid = || refused(400, 10021, "The body is not one of several parts with metadata");
    let mut parts = parts(request.header("content-type"), &request.body).ok_or_else(invalid)?;
    let at = parts.iter().position(|part| part.name == "metadata").ok_or_else(invalid)?;
    let metadata: Value = serde_json::from_slice(&parts.remove(at).content).map_err(|_| invalid())?;
    let unknown =
        metadata.as_object().is_none_or(|fields| fields.keys().any(|key| !KNOWN.contains(&key.as_str())));
    if unknown {
        Err(refused(400, 10021, "The metadata has an unknown field"))
    } else {
        Ok((metadata, parts))
    }
}

fn tags(request: &Seen) -> Vec<String> {
    let described = described(request).map(|(metadata, _)| metadata["tags"].clone()).unwrap_or_default();
    described.as_array().into_iter().flatten().filter_map(|tag| tag.as_str().map(str::to_owned)).collect()
}

fn version(state: &State, request: &Seen) -> Result<Version, Reply> {
    let (metadata, parts) = described(request)?;
    let main = metadata["main_module"].as_str().unwrap_or_default();
    if !parts.iter().any(|part| part.name == main && part.content_type == "application/javascript+module") {
        return Err(refused(400, 10021, "The main module is not there"));
    }
    let too_long = |name: &str, most: usize| {
        metadata["annotations"][name].as_str().is_some_and(|note| note.len() > most)
    };
    if too_long("workers/tag", TAG_MAX) || too_long("workers/message", MESSAGE_MAX) {
        return Err(refused(400, 10021, "A note is too long"));
    }
    let files = match metadata["assets"]["jwt"].as_str() {
        None => BTreeMap::new(),
        Some(jwt) => {
            let files = state.sessions.get(jwt).cloned().unwrap_or_default();
            if files.is_empty() || files.values().any(|hash| !state.files.contains_key(hash)) {
                return Err(refused(400, 10021, "The token of the files is not complete"));
            }
            files
        }
    };
    let mut modules: Vec<(String, String)> = parts
        .into_iter()
        .map(|part| (part.name, String::from_utf8_lossy(&part.content).into_owned()))
        .collect();
    modules.sort_by_key(|(name, _)| name != main);
    Ok(Version {
        id: String::new(),
        number: 0,
        annotations: metadata["annotations"].clone(),
        files,
        config: metadata["assets"]["config"].clone(),
        modules,
    })
}

fn switch(state: &mut State, name: &str, body: &Value) -> Answered {
    let script = state.scripts.get_mut(name).ok_or_else(missing)?;
    let [share] = body["versions"].as_array().map(Vec::as_slice).unwrap_or_default() else {
        return Err(refused(400, 10021, "One version is taken here"));
    };
    let id = share["version_id"].as_str().unwrap_or_default().to_owned();
    if share["percentage"] != 100 || body["strategy"] != "percentage" {
        return Err(refused(400, 10021, "A version takes all of the traffic here"));
    }
    if !script.versions.iter().any(|version| version.id == id) {
        return Err(refused(404, 10137, "This version does not exist"));
    }
    script.switches.push(Switch { version: id, annotations: body["annotations"].clone() });
    ok(&json!({ "strategy": "percentage", "versions": body["versions"] }))
}

/// Sets a secret, which makes a version of the one that answers, and switches to it.
fn secret(state: &mut State, name: &str, body: &Value) -> Answered {
    let (Some(secret), Some(text)) = (body["name"].as_str(), body["text"].as_str()) else {
        return Err(refused(400, 10021, "A secret has a name and a text"));
    };
    let script = state.scripts.get_mut(name).ok_or_else(missing)?;
    script.secrets.insert(secret.to_owned(), text.to_owned());
    if let Some(active) = script.active().cloned() {
        let annotations = json!({ "workers/triggered_by": "secret" });
        let made = state.add_version(name, Version { annotations, ..active });
        if let Some(script) = state.scripts.get_mut(name) {
            script.switches.push(Switch { version: made.id, annotations: Value::Null });
        }
    }
    ok(&json!({ "name": secret, "type": "secret_text" }))
}

fn session(state: &mut State, request: &Seen) -> Answered {
    let body = request.json();
    let Some(manifest) = body["manifest"].as_object().filter(|manifest| !manifest.is_empty()) else {
        return Err(refused(400, 10021, "The manifest is empty"));
    };
    let mut files = BTreeMap::new();
    for (path, file) in manifest {
        let hash = file["hash"].as_str().filter(|hash| hash.len() == 32 && path.starts_with('/'));
        let Some(hash) = hash.filter(|_| file["size"].is_u64()) else {
            return Err(refused(
                400,
                10021,
                "A file has a path from the root, a hash of 32 digits and a size",
            ));
        };
        files.insert(path.clone(), hash.to_owned());
    }
    let mut lacking: Vec<&String> = files.values().filter(|hash| !state.files.contains_key(*hash)).collect();
    lacking.sort();
    lacking.dedup();
    let buckets: Vec<&[&String]> = lacking.chunks(2).collect();
    let shown = json!(buckets);
    let jwt = format!("session-{}", state.count());
    state.sessions.insert(jwt.clone(), files);
    ok(&json!({ "jwt": jwt, "buckets": shown }))
}

fn upload(state: &mut State, request: &Seen) -> Answered {
    let Some(files) = state.sessions.get(request.bearer()).cloned() else {
        return Err(refused(403, 10000, "Authentication error"));
    };
    let invalid = || refused(400, 10021, "The body is not one of several files");
    if request.param("base64").as_deref() != Some("true") {
        return Err(invalid());
    }
    for part in parts(request.header("content-type"), &request.body).ok_or_else(invalid)? {
        if !files.values().any(|hash| *hash == part.name) {
            return Err(refused(400, 10021, "The file is not in the manifest"));
        }
        let content = super::site::decoded(&part.content).ok_or_else(invalid)?;
        state.files.insert(part.name, (part.content_type, content));
    }
    let complete = files.values().all(|hash| state.files.contains_key(hash));
    let jwt = if complete { json!(request.bearer()) } else { Value::Null };
    Ok(Reply::json(201, &json!({ "success": true, "errors": [], "messages": [], "result": { "jwt": jwt } })))
}

fn zones(state: &State, request: &Seen) -> Answered {
    let name = request.param("name").unwrap_or_default();
    let found: Vec<Value> = state.zones.iter().filter(|zone| zone.name == name).map(shown).collect();
    ok(&json!(found))
}

fn shown(zone: &Zone) -> Value {
    json!({
        "id": zone.id, "name": zone.name, "status": zone.status,
        "name_servers": ["ada.ns.simulated.example", "bob.ns.simulated.example"],
    })
}

fn make_zone(state: &mut State, body: &Value) -> Answered {
    let name = body["name"].as_str().unwrap_or_default().to_owned();
    if body["account"]["id"] != state.account.as_str() || state.zones.iter().any(|zone| zone.name == name) {
        return Err(refused(400, 1061, "The zone already exists"));
    }
    let zone = state.add_zone(&name, "pending");
    ok(&shown(&zone))
}

fn domains(state: &State, request: &Seen) -> Answered {
    let name = request.param("hostname").unwrap_or_default();
    let found: Vec<Value> = state
        .domains
        .iter()
        .filter(|(hostname, _)| **hostname == name)
        .map(|(hostname, service)| json!({ "id": hostname, "hostname": hostname, "service": service }))
        .collect();
    ok(&json!(found))
}

fn attach(state: &mut State, body: &Value) -> Answered {
    let hostname = body["hostname"].as_str().unwrap_or_default().to_owned();
    let zone = state.zones.iter().find(|zone| body["zone_id"] == zone.id.as_str());
    if zone.is_none_or(|zone| zone.status != "active" || !hostname.ends_with(&zone.name)) {
        return Err(refused(400, 100_117, "The zone is not active"));
    }
    let service = body["service"].as_str().unwrap_or_default().to_owned();
    state.scripts.get(&service).ok_or_else(missing)?;
    state.domains.insert(hostname.clone(), service.clone());
    ok(&json!({ "id": hostname, "hostname": hostname, "service": service }))
}
