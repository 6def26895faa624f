//! The calls of the API.

use super::{
    Vercel,
    account::{account, refused},
    deployments, domains, projects,
    state::State,
};
use crate::server::{Reply, Seen};

pub(super) fn answer(state: &mut State, request: &Seen) -> Reply {
    let account = match account(request) {
        Ok(account) => account,
        Err(refusal) => return refusal,
    };
    let segments = request.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match (request.method.as_str(), segments.as_slice()) {
        ("GET", ["v2", "teams", team]) if *team == Vercel::TEAM => state.plan.team(),
        ("POST", ["v2", "files"]) => deployments::upload(state, request),
        ("POST", ["v13", "deployments"]) => deployments::create(state, &account, request),
        ("GET", ["v7", "deployments"]) => deployments::list(state, &account, request),
        ("GET", ["v13", "deployments", id]) => deployments::read(state, &account, id),
        ("GET", ["v3", "deployments", id, "events"]) => deployments::events(state, &account, id),
        ("POST", ["v11", "projects"]) => projects::create(state, &account, request),
        (method, [_, "projects", project, rest @ ..]) => {
            let Some(at) = state.project(&account, project) else {
                return refused(404, "not_found", "Project not found");
            };
            of_project(state, at, method, segments.first().copied().unwrap_or_default(), rest, request)
        }
        ("GET", ["v6", "domains", domain, "config"]) => domains::config(state, domain),
        _ => refused(404, "not_found", "The simulator has no such call"),
    }
}

fn of_project(
    state: &mut State,
    at: usize,
    method: &str,
    version: &str,
    rest: &[&str],
    request: &Seen,
) -> Reply {
    match (method, version, rest) {
        ("GET", "v9", []) => projects::read(state, at),
        ("DELETE", "v9", []) => projects::delete(state, at),
        ("GET", "v10", ["env"]) => projects::variables(state, at),
        ("POST", "v10", ["env"]) => projects::set_variables(state, at, request),
        ("GET", "v9", ["domains"]) => domains::list(state, at),
        ("POST", "v10", ["domains"]) => domains::add(state, at, request),
        ("GET", "v9", ["domains", domain]) => domains::read(state, at, domain),
        ("POST", "v9", ["domains", domain, "verify"]) => domains::verify(state, at, domain),
        ("POST", "v10", ["promote", id]) => projects::promote(state, at, id),
        ("POST", "v1", ["rollback", id]) => projects::roll_back(state, at, id),
        _ => refused(404, "not_found", "The simulator has no such call"),
    }
}
