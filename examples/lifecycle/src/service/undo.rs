//! Takes a launch back, as far as host and payment provider allow.

use std::time::Duration;

use ae_billing::ObjectRef;
use ae_core::{Action, ActionKind, DigestWriter, ErrorKind, IdempotencyKey, Provider, RunId, Spend};
use ae_harness::SiteId;
use ae_safety::{
    Approval, ApprovalRequest, ApprovalStatus, AuditEvent, Grant, Order, Refusal, request_digest,
};
use serde::Serialize;
use serde_json::json;

use super::report::Waiting;
use crate::{
    engine::{self, Installation, RunOptions},
    error::{Error, Result},
    glue::{Owner, hosting::Parties},
    run::{Ports, RunStart, RunState},
    store::Undone,
};

/// How long the question stays open, and how long its answer can be used.
const OPEN_FOR: Duration = Duration::from_secs(24 * 3600);
/// How often it is asked again after it expired or was answered with no.
const ASKED_MAX: u32 = 100;

/// The result of an undo.
#[derive(Debug, Clone, Serialize)]
pub struct UndoReport {
    /// The run.
    pub run_id: RunId,
    /// The question, as long as it is open: nothing was taken back then.
    pub waiting: Option<Waiting>,
    /// The end of the launch.
    pub undone: Option<Undone>,
}

/// Takes the launch of `run` back: links, prices, product, then the site. It can be repeated; what is done stays done.
///
/// # Errors
///
/// `Conflict` as long as the run has not ended, when it launched nothing, or when host or payment provider are other ones
/// than it launched through; `PermissionDenied` when a person says no; when a part breaks, and then it can be repeated.
pub async fn undo(installation: &Installation, run: RunId, options: RunOptions) -> Result<UndoReport> {
    let row = installation.runs.get(run).await?;
    if !row.status.is_final() {
        let message = format!("run {run} has not ended: {}", row.status);
        return Err(Error::new(ErrorKind::Conflict, message)
            .with_hint(format!("end it first: `ae cancel {run}`, or let it go on: `ae resume {run}`")));
    }
    let _lease = engine::lease(installation, run).await?;
    let state = engine::state(installation, run).await?;
    let (Some(start), Some(then)) = (&state.start, &state.parties) else { return Err(nothing(run)) };
    // A run that was killed while its site was made does not know that it was.
    if !state.offered.as_ref().is_some_and(|offered| offered.has_site || offered.approval.is_some()) {
        return Err(nothing(run));
    }
    let ports = installation.wiring.ports(installation, &row.settings, None, options)?;
    let now = Parties::new(&ports.deploy_planner.info(), ports.till.info().provider);
    if !then.acts_as(&now) {
        let (host, seller) = (then.host(), &then.seller);
        let message = format!("the run launched through {host} and {} ({})", seller.name, seller.mode);
        return Err(Error::new(ErrorKind::Conflict, message)
            .with_hint("set the keys of that account and mode; nothing was taken back"));
    }
    let plan = UndoPlan::of(&ports, start.owner(), &state).await?;
    let approval = match ask(&ports, start, &state, &plan).await? {
        Ok(approval) => approval,
        Err(open) => {
            let waiting = Some(Waiting::from(open.as_ref()));
            return Ok(UndoReport { run_id: run, waiting, undone: installation.runs.undone(run).await? });
        }
    };
    let undone = perform(&ports, plan, &Grant::new("ae").with_approval(approval.id)).await?;
    installation.runs.set_undone(run, &undone).await?;
    let detail = json!({ "done": undone.done, "stays": undone.stays });
    let event = AuditEvent::new("launch_undone", "ae").with_run(run).with_detail(detail);
    ports.keeper.audit.append(&event).await?;
    Ok(UndoReport { run_id: run, waiting: None, undone: Some(undone) })
}

fn nothing(run: RunId) -> Error {
    Error::new(ErrorKind::Conflict, format!("run {run} made nothing that could be taken back"))
        .with_hint(format!("see what it did: `ae status {run}`"))
}

/// The parts that are taken back, and those that stay.
struct UndoPlan {
    owner: Owner,
    /// The objects at the payment provider, links first.
    objects: Vec<(ObjectRef, Action)>,
    site: Option<(SiteId, Action)>,
    stays: Vec<String>,
}

impl UndoPlan {
    async fn of(ports: &Ports, owner: Owner, state: &RunState) -> Result<Self> {
        let (seller, host) = (ports.till.info(), ports.deploy_planner.info());
        let mut plan = Self { owner, objects: Vec::new(), site: None, stays: Vec::new() };
        let sells = state.launched.as_ref().is_some_and(|launched| launched.plan.terms.for_sale.is_some());
        // Found at the provider: also what was made when the run was killed before it could note it.
        let mut made = if sells { ports.till.find(owner.run).await? } else { Vec::new() };
        let mut links = state.sold.iter().flat_map(|sold| &sold.links);
        if let Some(link) = links.find(|link| !made.contains(&ObjectRef::Link(link.id.clone()))) {
            let name = &seller.provider.name;
            let message = format!("{name} has no payment link {}: this key is of another account", link.id);
            return Err(Error::new(ErrorKind::Conflict, message)
                .with_hint("set the key of the account that sells; nothing was taken back"));
        }
        made.reverse();
        for object in made {
            let (kind, id) = named(&object);
            if seller.capabilities.deactivates {
                let summary = format!("take the {kind} {id} off sale");
                let action =
                    Action::new(ActionKind::CreateBilling, "deactivate", id, request_digest(&object)?);
                plan.objects.push((object, owned(action, owner, &seller.provider, summary)));
            } else {
                let name = &seller.provider.name;
                plan.stays
                    .push(format!("the {kind} {id}: {name} takes nothing off sale by its API, do it there"));
            }
        }
        if let Some(offered) = &state.offered {
            let site = offered.site.site.clone();
            if host.removal {
                let summary = format!("take the site {site} down with all its releases");
                let action = Action::new(ActionKind::Deploy, "remove", site.as_str(), request_digest(&site)?);
                plan.site = Some((site, owned(action, owner, &host.provider, summary)));
            } else {
                plan.stays.push(format!("the site {site}: {} removes none, do it there", host.provider.name));
            }
        }
        if let Some(launched) = &state.launched {
            if let Some(endpoint) = &launched.endpoint {
                plan.stays.push(format!(
                    "the webhook endpoint {} at {}: other runs share it, and refunds still come through it",
                    endpoint.url, seller.provider.name
                ));
            }
            if let Some(domain) = &launched.domain {
                plan.stays.push(format!("the domain {} and its DNS records, which are yours", domain.domain));
            }
        }
        let paid = ports.books.revenue(owner.run).await?.entitlements;
        let active = paid.iter().filter(|one| one.is_active(ports.runtime.now())).count();
        if active > 0 {
            plan.stays.push(format!(
                "{active} customers who have paid: subscriptions go on, and money is given back, at {}",
                seller.provider.name
            ));
        }
        Ok(plan)
    }

    fn actions(&self) -> impl Iterator<Item = &Action> {
        self.objects.iter().map(|(_, action)| action).chain(self.site.iter().map(|(_, action)| action))
    }
}

fn owned(action: Action, owner: Owner, provider: &Provider, summary: String) -> Action {
    action
        .with_owner(owner.project, owner.run)
        .with_provider(provider.clone())
        .with_spend(Spend::Free)
        .with_summary(summary)
}

fn named(object: &ObjectRef) -> (&'static str, String) {
    match object {
        ObjectRef::Product(id) => ("product", id.to_string()),
        ObjectRef::Price(id) => ("price", id.to_string()),
        ObjectRef::Link(id) => ("payment link", id.to_string()),
        other => ("object", format!("{other:?}")),
    }
}

/// Asks a person. The question, if it stays open, is the error.
async fn ask(
    ports: &Ports,
    start: &RunStart,
    state: &RunState,
    plan: &UndoPlan,
) -> Result<std::result::Result<Approval, Box<Approval>>> {
    let desk = ports.keeper.desk.as_ref();
    let name = state.offered.as_ref().map(|offered| offered.spec.product_name.as_str()).unwrap_or_default();
    let mut text = format!("Take the launch of {name:?} back\n");
    let mut line = |word: &str, value: &str| text.push_str(&format!("  {word:<10} {value}\n"));
    plan.actions().for_each(|action| line("undoes", &action.summary));
    plan.stays.iter().for_each(|stays| line("stays", stays));
    let digests: Vec<_> = plan.actions().map(Action::digest).collect();
    let writer = digests.iter().fold(DigestWriter::new("undo/1"), |w, digest| w.field(digest.as_bytes()));
    let request = ApprovalRequest::new(format!("undo of {name}"), "ae", writer.finish())
        .with_rendering(text)
        .with_covers(digests)
        .with_run(start.run)
        .with_project(start.project)
        .with_expires_after(OPEN_FOR)
        .with_use_within(OPEN_FOR);
    for sequence in 0..ASKED_MAX {
        let key = IdempotencyKey::derive(start.run, "undo", "request", sequence);
        let mut approval = match desk.request(&key, request.clone()).await {
            Ok(approval) => approval,
            // It was asked about something else then: the provider has other objects now.
            Err(error) if error.kind() == ErrorKind::Conflict => continue,
            Err(error) => return Err(error.into()),
        };
        if approval.status == ApprovalStatus::Pending {
            approval = ports.approver.consult(desk, approval).await?;
            if approval.status == ApprovalStatus::Denied {
                let by = approval.decided_by.as_deref().unwrap_or("a person");
                let message = format!("{by} said no: nothing was taken back");
                return Err(Error::new(ErrorKind::PermissionDenied, message));
            }
        }
        match approval.status {
            ApprovalStatus::Approved => return Ok(Ok(approval)),
            ApprovalStatus::Pending => return Ok(Err(Box::new(approval))),
            _ => {}
        }
    }
    Err(Error::new(ErrorKind::QuotaExceeded, format!("this was asked {ASKED_MAX} times without a yes")))
}

/// Takes back what `plan` says, in its order; a repeat finds what is done.
async fn perform(ports: &Ports, plan: UndoPlan, grant: &Grant) -> Result<Undone> {
    let UndoPlan { owner, objects, site, stays } = plan;
    let off_sale = ports.till.info().capabilities.deactivates;
    let mut done = Vec::new();
    for (object, action) in objects {
        let (kind, id) = named(&object);
        let key = IdempotencyKey::derive(owner.run, "undo", &format!("deactivate {id}"), 0);
        let order = Order::new(&key, action, object, grant);
        let ended =
            ports.payments.perform(order, |seller, key, object| seller.deactivate(key, object), |()| None);
        ended.await?.map_err(refused)?;
        done.push(format!("{kind} {id}"));
        ports.progress.note(&format!("the {kind} {id} is off sale"));
    }
    let mut offline = false;
    if let Some((site, action)) = site {
        let key = IdempotencyKey::derive(owner.run, "undo", "remove", 0);
        let order = Order::new(&key, action, site.clone(), grant);
        let removed = ports.deployer.perform(order, |host, key, site| host.remove(key, site), |()| None);
        removed.await?.map_err(refused)?;
        done.push(format!("site {site}"));
        ports.progress.note(&format!("the site {site} is gone"));
        offline = true;
    }
    Ok(Undone { at: ports.runtime.now(), done, stays, off_sale, offline })
}

fn refused(refusal: Refusal) -> Error {
    Error::new(refusal.kind(), format!("the launch may not be taken back: {refusal}")).with_source(refusal)
}
