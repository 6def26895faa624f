//! Projects, their variables and their switches.

use serde_json::{Value, json};

use super::{
    account::refused,
    state::{Stage, State, Variable},
};
use crate::server::{Reply, Seen};

/// The fields that a new project may have here.
const FIELDS: [&str; 5] = ["name", "environmentVariables", "buildCommand", "framework", "outputDirectory"];

pub(super) fn create(state: &mut State, account: &str, request: &Seen) -> Reply {
    let body = request.json();
    let strange =
        body.as_object().into_iter().flat_map(|body| body.keys()).find(|key| !FIELDS.contains(&key.as_str()));
    if let Some(key) = strange {
        return refused(
            400,
            "bad_request",
            &format!("Invalid request: should NOT have additional property `{key}`."),
        );
    }
    let name = body["name"].as_str().unwrap_or_default();
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
    if name.is_empty() || name.len() > 100 || name.contains("---") || !name.bytes().all(is_plain) {
        return refused(400, "bad_request", "Invalid request: `name` is no name of a project.");
    }
    if state.project(account, name).is_some() {
        return refused(409, "conflict", "Project already exists, please use a new name.");
    }
    let mut variables = Vec::new();
    for one in body["environmentVariables"].as_array().into_iter().flatten() {
        match variable(one) {
            Ok(variable) => variables.push(variable),
            Err(code) => return refused(400, code, "Invalid environment variable."),
        }
    }
    let at = state.make_project(account, name);
    state.projects[at].variables = variables;
    read(state, at)
}

pub(super) fn read(state: &State, at: usize) -> Reply {
    let project = &state.projects[at];
    let target = |id: &String| {
        let url = state.deployments.iter().find(|one| one.id == *id).map(|one| one.host.clone());
        json!({ "id": id, "readyState": "READY", "aliasAssigned": true, "url": url, "target": "production" })
    };
    let targets = json!({ "production": project.production.as_ref().map(target) });
    Reply::json(
        200,
        &json!({ "id": project.id, "name": project.name, "accountId": project.account, "createdAt": project.created,
            "nodeVersion": "22.x", "targets": targets, "directoryListing": false }),
    )
}

pub(super) fn delete(state: &mut State, at: usize) -> Reply {
    let project = state.projects.remove(at);
    state.deployments.retain(|one| one.project != project.id);
    Reply::new(204, "text/plain", "")
}

pub(super) fn variables(state: &State, at: usize) -> Reply {
    let shown = state.projects[at].variables.iter().map(shown);
    Reply::json(200, &json!({ "envs": shown.collect::<Vec<Value>>() }))
}

/// A variable as the API shows it: sensitive ones without a value.
fn shown(one: &Variable) -> Value {
    let value = if one.kind == "sensitive" { "" } else { one.value.as_str() };
    json!({ "key": one.key, "type": one.kind, "value": value, "target": one.target })
}

pub(super) fn set_variables(state: &mut State, at: usize, request: &Seen) -> Reply {
    let upsert = request.param("upsert").as_deref() == Some("true");
    let body = request.json();
    let listed = body.as_array().cloned().unwrap_or_else(|| vec![body.clone()]);
    let project = &mut state.projects[at];
    let (mut created, mut failed) = (Vec::new(), Vec::new());
    for one in &listed {
        let key = one["key"].as_str().unwrap_or_default();
        let known = project.variables.iter().position(|known| known.key == key);
        match variable(one) {
            Ok(_) if known.is_some() && !upsert => {
                failed.push(
                    json!({ "error": { "code": "ENV_ALREADY_EXISTS", "message": "exists", "key": key } }),
                );
            }
            Ok(variable) => {
                created.push(shown(&variable));
                match known {
                    Some(known) => project.variables[known] = variable,
                    None => project.variables.push(variable),
                }
            }
            Err(code) => {
                let value = &one["value"];
                failed.push(json!({ "error": { "code": code, "message": "refused", "envVarKey": key, "value": value } }));
            }
        }
    }
    Reply::json(201, &json!({ "created": created, "failed": failed }))
}

/// A variable as it is sent, or the code of its refusal.
fn variable(one: &Value) -> Result<Variable, &'static str> {
    let text = |name: &str| one[name].as_str().map(str::to_owned);
    let (Some(key), Some(value), Some(kind)) = (text("key"), text("value"), text("type")) else {
        return Err("bad_request");
    };
    let target: Vec<String> =
        one["target"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    let is_name = key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    // The host keeps some names for itself.
    if !is_name || key.starts_with("VERCEL_") || key.starts_with("AWS_") || target.is_empty() {
        return Err("INVALID_KEY");
    }
    match kind.as_str() {
        "plain" | "encrypted" => {}
        "sensitive" if !target.iter().any(|one| one == "development") => {}
        _ => return Err("bad_request"),
    }
    Ok(Variable { key, value, kind, target })
}

pub(super) fn promote(state: &mut State, at: usize, id: &str) -> Reply {
    let project = state.projects[at].id.clone();
    let found = state.deployments.iter().find(|one| one.id == id && one.project == project);
    match found {
        None => refused(404, "not_found", "Deployment not found"),
        Some(one) if one.stage != Stage::Ready => refused(409, "conflict", "The deployment is not ready"),
        Some(_) => {
            state.go_live(id);
            state.projects[at].rolled_back = false;
            Reply::new(201, "text/plain", "")
        }
    }
}

pub(super) fn roll_back(state: &mut State, at: usize, id: &str) -> Reply {
    let project = state.projects[at].id.clone();
    let found = state.deployments.iter().find(|one| one.id == id && one.project == project);
    match found {
        None => refused(404, "not_found", "Deployment not found"),
        Some(one) if !one.was_live => refused(400, "bad_request", "It was never live"),
        Some(_) => {
            state.go_live(id);
            state.projects[at].rolled_back = true;
            Reply::new(201, "text/plain", "")
        }
    }
}
