//! Files and deployments.

use std::collections::BTreeMap;

use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use serde_json::{Value, json};

use super::{
    account::refused,
    state::{Deployment, Stage, State},
};
use crate::server::{Reply, Seen};

/// The fields of a new deployment that are public.
const FIELDS: [&str; 9] = [
    "customEnvironmentSlugOrId",
    "deploymentId",
    "files",
    "gitMetadata",
    "meta",
    "name",
    "project",
    "projectSettings",
    "target",
];

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn upload(state: &mut State, request: &Seen) -> Reply {
    let sha = hex(digest(&SHA1_FOR_LEGACY_USE_ONLY, &request.body).as_ref());
    let named = request.header("x-vercel-digest");
    if request.header("content-type") != "application/octet-stream" || named != sha {
        return refused(400, "bad_request", "The digest is not that of the body");
    }
    if request.header("content-length") != request.body.len().to_string() {
        return refused(400, "size_invalid", "The size is not that of the body");
    }
    state.files.insert(sha, request.body.clone());
    Reply::json(200, &json!({ "urls": [] }))
}

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
    let name = body["project"].as_str().or(body["name"].as_str()).unwrap_or_default();
    let Some(at) = state.project(account, name) else {
        return refused(404, "not_found", "Project not found");
    };
    let mut files = BTreeMap::new();
    let mut missing: Vec<String> = Vec::new();
    for file in body["files"].as_array().into_iter().flatten() {
        let (Some(path), Some(sha)) = (file["file"].as_str(), file["sha"].as_str()) else {
            return refused(400, "bad_request", "Invalid request: a file has no name or digest.");
        };
        match state.files.get(sha) {
            None if !missing.iter().any(|one| one == sha) => missing.push(sha.to_owned()),
            Some(content) if file["size"] != content.len() => {
                return refused(400, "bad_request", "Invalid request: a file has another size.");
            }
            _ => {}
        }
        files.insert(path.to_owned(), sha.to_owned());
    }
    if !missing.is_empty() {
        let error = json!({ "code": "missing_files", "message": "Missing files", "missing": missing });
        return Reply::json(400, &json!({ "error": error }));
    }
    let is_production = body["target"] == "production";
    let target = if is_production { "production" } else { "preview" };
    let (id, created) = (state.id("dpl_"), state.now());
    let project = &state.projects[at];
    let variables = project.variables.iter().filter(|one| one.target.iter().any(|one| one == target));
    let fails = state.failing > 0;
    let deployment = Deployment {
        id: id.clone(),
        project: project.id.clone(),
        host: format!("{}-{}.localhost", project.name, &id[id.len() - 4..]),
        is_production,
        created,
        meta: body["meta"].as_object().cloned().unwrap_or_default(),
        stage: Stage::Queued,
        looks_left: state.building,
        fails,
        was_live: false,
        files,
        variables: variables.map(|one| (one.key.clone(), one.value.clone())).collect(),
    };
    state.failing = state.failing.saturating_sub(1);
    let shown = shown(state, &deployment, "id");
    state.deployments.push(deployment);
    Reply::json(200, &shown)
}

/// A deployment as the API shows it.
fn shown(state: &State, one: &Deployment, id: &str) -> Value {
    let project = state.projects.iter().find(|project| project.id == one.project);
    let is_live = project.is_some_and(|project| project.production.as_deref() == Some(&one.id));
    let stage = match one.stage {
        Stage::Queued => "QUEUED",
        Stage::Building => "BUILDING",
        Stage::Ready => "READY",
        Stage::Error => "ERROR",
    };
    let mut shown = json!({
        "name": project.map(|project| project.name.as_str()),
        "url": format!("{}:{}", one.host, state.port),
        "projectId": one.project,
        "readyState": stage,
        "target": one.is_production.then_some("production"),
        "createdAt": one.created,
        "meta": one.meta,
        "aliasAssigned": is_live,
        "aliasError": null,
        "type": "LAMBDAS",
        "creator": { "uid": "simulated" },
        "inspectorUrl": null,
    });
    shown[id] = one.id.as_str().into();
    if id == "id" {
        shown["status"] = stage.into();
    } else {
        shown["state"] = stage.into();
    }
    if one.stage == Stage::Error {
        shown["errorCode"] = "BUILD_FAILED".into();
        shown["errorMessage"] = "Command \"simulated build\" exited with 1".into();
    }
    shown
}

/// The project of a deployment, when it is one of this account.
fn place(state: &State, account: &str, id: &str) -> Option<(usize, usize)> {
    let at = state.deployments.iter().position(|one| one.id == id)?;
    let project = state.projects.iter().position(|one| one.id == state.deployments[at].project)?;
    (state.projects[project].account == account).then_some((at, project))
}

pub(super) fn read(state: &mut State, account: &str, id: &str) -> Reply {
    let Some((at, project)) = place(state, account, id) else {
        return refused(404, "not_found", "Deployment not found");
    };
    let one = &mut state.deployments[at];
    match one.stage {
        Stage::Queued | Stage::Building if one.looks_left > 0 => {
            one.looks_left -= 1;
            one.stage = Stage::Building;
        }
        Stage::Queued | Stage::Building if one.fails => one.stage = Stage::Error,
        Stage::Queued | Stage::Building => {
            one.stage = Stage::Ready;
            if one.is_production && !state.projects[project].rolled_back {
                state.go_live(id);
            }
        }
        Stage::Ready | Stage::Error => {}
    }
    let shown = shown(state, &state.deployments[at], "id");
    Reply::json(200, &shown)
}

pub(super) fn list(state: &State, account: &str, request: &Seen) -> Reply {
    let number = |name: &str| request.param(name).and_then(|text| text.parse::<u64>().ok());
    let (limit, until) = (number("limit").unwrap_or(20).clamp(1, 100), number("until").unwrap_or(u64::MAX));
    let project = request.param("projectId");
    let is_listed = |one: &&Deployment| {
        let owner = state.projects.iter().find(|project| project.id == one.project);
        owner.is_some_and(|owner| owner.account == account)
            && project.as_ref().is_none_or(|project| *project == one.project)
            && one.created < until
    };
    let all: Vec<&Deployment> = state.deployments.iter().rev().filter(is_listed).collect();
    let page: Vec<&Deployment> = all.iter().take(usize::try_from(limit).unwrap_or(100)).copied().collect();
    let next = (all.len() > page.len()).then(|| page.last().map(|one| one.created)).flatten();
    let listed: Vec<Value> = page.iter().map(|one| shown(state, one, "uid")).collect();
    let pagination = json!({ "count": listed.len(), "next": next, "prev": null });
    Reply::json(200, &json!({ "deployments": listed, "pagination": pagination }))
}

pub(super) fn events(state: &State, account: &str, id: &str) -> Reply {
    let Some((at, _)) = place(state, account, id) else {
        return refused(404, "not_found", "Deployment not found");
    };
    let one = &state.deployments[at];
    let event = |kind: &str, text: &str| json!({ "type": kind, "created": one.created, "payload": { "deploymentId": one.id, "text": text } });
    let mut events = vec![event("command", "Running \"simulated build\""), event("delimiter", "")];
    if one.stage == Stage::Error {
        events.push(event("stderr", "Error: the simulator lets this build fail\n"));
    }
    Reply::json(200, &events.into())
}
