//! Domains of a project.

use serde_json::{Value, json};

use super::{
    account::refused,
    state::{Dns, Domain, State},
};
use crate::server::{Reply, Seen};

/// The name that is registered.
fn apex(domain: &str) -> String {
    let labels: Vec<&str> = domain.split('.').collect();
    labels[labels.len().saturating_sub(2)..].join(".")
}

fn shown(project: &str, one: &Domain) -> Value {
    let apex = apex(&one.name);
    let mut shown = json!({ "name": one.name, "apexName": apex, "projectId": project, "redirect": null,
        "redirectStatusCode": null, "gitBranch": null, "createdAt": one.created, "updatedAt": one.created,
        "verified": one.verified });
    if !one.verified {
        let value = format!("vc-domain-verify={},simulated", one.name);
        shown["verification"] = json!([{ "type": "TXT", "domain": format!("_vercel.{apex}"), "value": value,
            "reason": "pending_domain_verification" }]);
    }
    shown
}

pub(super) fn list(state: &State, at: usize) -> Reply {
    let project = &state.projects[at];
    let domains: Vec<Value> = project.domains.iter().rev().map(|one| shown(&project.id, one)).collect();
    let pagination = json!({ "count": domains.len(), "next": null, "prev": null });
    Reply::json(200, &json!({ "domains": domains, "pagination": pagination }))
}

pub(super) fn add(state: &mut State, at: usize, request: &Seen) -> Reply {
    let body = request.json();
    let name = body["name"].as_str().unwrap_or_default().to_owned();
    if !name.contains('.') {
        return refused(400, "invalid_domain", "The domain is not valid");
    }
    let holder = state.projects.iter().position(|one| one.domains.iter().any(|one| one.name == name));
    match holder {
        Some(holder) if holder == at => {
            return refused(400, "domain_already_exists", "The domain is already on this project");
        }
        Some(_) => return refused(409, "domain_already_in_use", "The domain is on another project"),
        None => {}
    }
    let dns = state.dns.get(&name).copied().unwrap_or_default();
    let domain = Domain { name, created: state.now(), verified: !dns.claimed };
    let project = &mut state.projects[at];
    project.domains.push(domain.clone());
    Reply::json(200, &shown(&project.id, &domain))
}

pub(super) fn read(state: &State, at: usize, name: &str) -> Reply {
    let project = &state.projects[at];
    match project.domains.iter().find(|one| one.name == name) {
        Some(one) => Reply::json(200, &shown(&project.id, one)),
        None => refused(404, "not_found", "The domain is not on this project"),
    }
}

pub(super) fn verify(state: &mut State, at: usize, name: &str) -> Reply {
    let dns: Dns = state.dns.get(name).copied().unwrap_or_default();
    let project = &mut state.projects[at];
    let Some(one) = project.domains.iter_mut().find(|one| one.name == name) else {
        return refused(404, "not_found", "The domain is not on this project");
    };
    if !one.verified && !dns.proven {
        return refused(400, "missing_txt_record", "The TXT record is not there");
    }
    one.verified = true;
    Reply::json(200, &shown(&project.id, one))
}

pub(super) fn config(state: &State, name: &str) -> Reply {
    let dns = state.dns.get(name).copied().unwrap_or_default();
    let configured = dns.leads_here.then_some("A");
    Reply::json(
        200,
        &json!({
            "configuredBy": configured,
            "acceptedChallenges": if dns.leads_here { json!(["http-01"]) } else { json!([]) },
            // Addresses for documentation (RFC 5737).
            "recommendedIPv4": [
                { "rank": 2, "value": ["198.51.100.7"] },
                { "rank": 1, "value": ["192.0.2.1", "192.0.2.2"] },
            ],
            "recommendedCNAME": [{ "rank": 1, "value": "simulated.vercel-dns.example." }],
            "misconfigured": !dns.leads_here,
        }),
    )
}
