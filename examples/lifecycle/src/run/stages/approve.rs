//! The two questions to a person.

use std::time::Duration;

use ae_core::{ApprovalId, Deliverable, Digest, ErrorKind, IdempotencyKey, Outcome};
use ae_langflow::Stop;
use ae_safety::{Approval, ApprovalQuery, ApprovalRequest, ApprovalStatus};
use serde_json::json;

use super::{
    Halt, Stage,
    launch::{launch_plan, terms},
};
use crate::{
    glue::{
        hosting::site_action,
        launch::spec_subject,
        launch_text::{delivers, price_line, price_word, rendering},
        proof::{Demand, account},
        tasks,
    },
    run::{Launched, Offered, RunState, RunStateUpdate},
};

/// How long a question stays open; after that it is asked again.
const OPEN_FOR: Duration = Duration::from_secs(30 * 24 * 3600);
/// How long the approval of a launch can be used: prices and modes are not decided for later.
const GOOD_FOR: Duration = Duration::from_secs(7 * 24 * 3600);
/// How often a question is asked again that expired, or whose subject changed.
const ASKED_MAX: u32 = 12;
/// Why a question is withdrawn whose subject changed.
pub(super) const CHANGED: &str = "what was asked has changed";
/// The first word of a line that was part of the question before.
const BEFORE: &str = "before";

/// Asks for the approval of the spec, the planned spend and the sealed checks.
pub(super) async fn approve_spec(stage: Stage) -> Result<RunStateUpdate, Halt> {
    let start = stage.start()?;
    let (Offered { spec, context, .. }, plan) = (stage.offered()?, stage.plan()?);
    let chosen = stage.known(stage.found()?.chosen.as_ref(), "niche")?;
    let builder = stage.builder_info()?;
    let (parties, terms) = (stage.parties()?, terms(&stage, stage.offered()?)?);
    let (subject, site) = (spec_approved(&stage)?, terms.site_action()?);
    let mut text = format!("Spec of {:?}: {}\n", spec.product_name, spec.tagline);
    let mut line = |name: &str, value: &str| {
        // Whatever an analyst wrote, a point is one line and can't pass for another.
        let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
        text.push_str(&format!("  {name:<10} {value}\n"));
    };
    line("delivers", delivers(spec));
    line("for", &spec.target_users.join(", "));
    line("builder", &format!("{} ({})", builder.provider.name, builder.provider.mode));
    if let Some((agent, _)) = stage.agent_work()? {
        let model = match (&agent.model, &agent.by_tier) {
            (_, Some(provider)) => format!("one of {provider} for each attempt at a task, by the router"),
            (Some(model), None) => model.clone(),
            (None, None) => "its own choice".to_owned(),
        };
        line("model", &format!("{model}, in a sandbox ({}) without network", builder.isolation));
    }
    if let Some(authored) = &stage.state.authored {
        line("author", &format!("{} spent, {} was the limit", authored.cost, authored.limit));
    }
    line("spend", &format!("{} planned, {} is the limit", plan.planned_spend, start.intent.budget()));
    if let Some(estimate) = plan.estimate {
        line("estimate", &format!("{estimate} for one attempt, by the router"));
    }
    line("checks", &format!("{} sealed as {}", plan.acceptance.checks.len(), plan.seal.short(12)));
    line("site", &format!("{}, made at {}; nothing is published there", terms.site.site, parties.host()));
    line("address", &format!("{}, unless the host gives another one", context.base_url));
    if spec.deliverable != Deliverable::PreOrder {
        line(
            "sells",
            &format!("{} ({}), after a question of its own", parties.seller.name, parties.seller.mode),
        );
    }
    for feature in &spec.core_features {
        let proof = match feature.behaviours.as_slice() {
            [] => String::new(),
            all => format!(": {} cases", all.iter().map(|one| one.cases.len()).sum::<usize>()),
        };
        let tier = feature.tier.as_ref().map(|tier| format!(" [{tier}]")).unwrap_or_default();
        line("feature", &format!("{}{tier}{proof}", feature.title));
    }
    for task in &spec.tasks {
        line("task", &tasks::line(task));
    }
    for tier in &spec.pricing {
        line(price_word(spec), &price_line(tier));
    }
    for (word, points) in [("assumes", &spec.assumptions), ("unknown", &spec.unclear)] {
        for point in points {
            line(word, point);
        }
    }
    if let Some(despite) = chosen.despite.as_ref() {
        line("demand", &format!("not validated: {} decided to go on", despite.by));
    }
    if spec.sample {
        line("note", "the demand signals are the bundled sample: no evidence");
    }
    let request = ApprovalRequest::new(format!("spec of {}", spec.product_name), "ae", subject)
        .with_rendering(text)
        .with_covers([subject, site.digest()])
        .with_cost_ceiling(plan.planned_spend);
    let approval = ask(&stage, request).await?;
    let offered = Offered { approval: Some(approval), ..stage.offered()?.clone() };
    let living = stage.living("implementation", "success", "spec approved")?;
    Ok(RunState::update().living(living).offered(Some(offered)))
}

/// The subject of the approval of the spec.
pub(super) fn spec_approved(stage: &Stage) -> Result<Digest, Halt> {
    let (offered, plan) = (stage.offered()?, stage.plan()?);
    let site = site_action(stage.start()?.owner(), &offered.site, &stage.parties()?.publisher)?;
    Ok(spec_subject(offered.spec.digest()?, plan.planned_spend, plan.approved_seal, &site))
}

/// Asks for the approval of the exact release, and of product, prices and links where something is sold.
pub(super) async fn approve_launch(stage: Stage) -> Result<RunStateUpdate, Halt> {
    // Site, host and provider may have changed while the question was open.
    let launch = launch_plan(&stage).await?;
    let (Offered { spec, .. }, built) = (stage.offered()?, stage.known(stage.state.built.as_ref(), "build")?);
    let chosen = stage.known(stage.found()?.chosen.as_ref(), "niche")?;
    let demand = Demand { validated: chosen.is_validated(), paid: false };
    let account = account(spec, Some(&stage.plan()?.acceptance), &built.checks, &built.gaps, demand);
    let covers: Vec<_> = launch.actions()?.iter().map(ae_core::Action::digest).collect();
    let request = ApprovalRequest::new(format!("launch of {}", spec.product_name), "ae", launch.subject()?)
        .with_rendering(rendering(&launch, spec, &account))
        .with_covers(covers)
        .with_use_within(GOOD_FOR);
    let approval = ask(&stage, request).await?;
    let living = stage.living("deployment", "success", "launch approved")?;
    let launch = Box::new(launch);
    let planned = Some(launch.clone());
    Ok(RunState::update().living(living).planned(planned).launched(Some(Launched {
        plan: launch,
        approval,
        endpoint: None,
        deployment: None,
        domain: None,
    })))
}

/// Ends the run where the approval of its launch is of something else, or its time is over; `undone` says what was then
/// not done.
pub(super) async fn launch_approved(stage: &Stage, launched: &Launched, undone: &str) -> Result<(), Halt> {
    let changed =
        format!("the release, the product, its prices or its settings are not what was approved: {undone}");
    still_approved(stage, launched.approval, launched.plan.subject()?, &changed).await
}

/// Asks through the desk. The desk alone says what was decided: the answer that wakes the graph is only a knock.
pub(super) async fn ask(stage: &Stage, request: ApprovalRequest) -> Result<ApprovalId, Halt> {
    let start = stage.start()?;
    let desk = &stage.ports.keeper.desk;
    let request = request.with_run(start.run).with_project(start.project).with_expires_after(OPEN_FOR);
    let mut approval = present(stage, request).await?;
    if approval.status == ApprovalStatus::Pending {
        stage
            .audit(
                "approval_requested",
                json!({ "approval": approval.id, "subject": approval.request.subject }),
            )
            .await?;
        approval = stage.ports.approver.consult(desk.as_ref(), approval).await?;
    }
    if approval.status == ApprovalStatus::Pending {
        let question = json!({
            "approval": approval.id,
            "title": approval.request.title,
            "subject": approval.request.subject,
        });
        // The id is part of the question's name, so that the answer to an expired question wakes no later one.
        let name = format!("{}/{}", stage.name, approval.id);
        let _knock: ApprovalId = stage.cx.ask(&name, &question).await?;
        approval = desk.get(approval.id).await?;
    }
    let who = approval.decided_by.clone().unwrap_or_default();
    let why = approval.reason.clone().map(|reason| format!(": {reason}")).unwrap_or_default();
    stage
        .audit(
            "approval_seen",
            json!({ "approval": approval.id, "status": approval.status, "by": who, "standing": approval.standing }),
        )
        .await?;
    let title = &approval.request.title;
    let (outcome, reason) = match approval.status {
        ApprovalStatus::Approved => {
            stage.note(&format!("{title} approved by {who}"));
            return Ok(approval.id);
        }
        ApprovalStatus::Cancelled => (Outcome::Cancelled, format!("cancelled{why}")),
        ApprovalStatus::Pending => {
            (Outcome::Blocked, "the run was woken but no decision was made; start a new run".to_owned())
        }
        _ => (Outcome::Blocked, format!("{title} was rejected by {who}{why}")),
    };
    Err(stage.halt(outcome, reason))
}

/// The approval that is open or decided for exactly this request. A question that expired is asked again, and so is one
/// that was about something else, with the lines that were different.
async fn present(stage: &Stage, mut request: ApprovalRequest) -> Result<Approval, Stop> {
    let start = stage.start()?;
    let (desk, rendering) = (&stage.ports.keeper.desk, request.rendering.clone());
    for sequence in 0..ASKED_MAX {
        let key = IdempotencyKey::derive(start.run, stage.name, "request", sequence);
        match desk.request(&key, request.clone()).await {
            Ok(approval) if approval.status == ApprovalStatus::Expired => {}
            // It was withdrawn because something changed, and now it is as it was.
            Ok(approval) if is_withdrawn(&approval) => {}
            Ok(approval) => return Ok(approval),
            Err(error) if error.kind() == ErrorKind::Conflict => {
                let before = asked(stage, &request.title, sequence).await?;
                request.rendering = with_difference(&rendering, &before.request.rendering);
                if before.status == ApprovalStatus::Pending {
                    desk.cancel(before.id, CHANGED).await?;
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(Stop::failed(ae_core::BackendError::new(
        ErrorKind::QuotaExceeded,
        "lifecycle",
        "approve",
        format!("the question was asked {ASKED_MAX} times without an answer; start a new run"),
    )))
}

fn is_withdrawn(approval: &Approval) -> bool {
    approval.status == ApprovalStatus::Cancelled && approval.reason.as_deref() == Some(CHANGED)
}

/// The question of this stage that was asked as number `sequence`.
async fn asked(stage: &Stage, title: &str, sequence: u32) -> Result<Approval, Stop> {
    let kind = title.split(' ').next().unwrap_or_default();
    let newest_first =
        stage.ports.keeper.desk.list(&ApprovalQuery::new().with_run(stage.start()?.run)).await?;
    let mut of_stage = newest_first.into_iter().rev().filter(|one| one.request.title.starts_with(kind));
    stage.known(of_stage.nth(usize::try_from(sequence).unwrap_or(usize::MAX)), "question")
}

/// `text`, and the lines of `before` that are not in it.
fn with_difference(text: &str, before: &str) -> String {
    let gone = before.lines().filter(|line| !line.is_empty() && !text.lines().any(|other| other == *line));
    let mut whole = text.to_owned();
    for line in gone.filter(|line| !line.trim_start().starts_with(BEFORE)) {
        whole.push_str(&format!("  {BEFORE}     {}\n", line.trim()));
    }
    whole
}

/// Ends the run for the reason `changed` where its approval is of something else: one changed byte voids it.
pub(super) async fn still_approved(
    stage: &Stage,
    id: ApprovalId,
    subject: Digest,
    changed: &str,
) -> Result<(), Halt> {
    let approval = stage.ports.keeper.desk.get(id).await?;
    match approval.status {
        ApprovalStatus::Approved if approval.request.subject == subject => Ok(()),
        ApprovalStatus::Expired => {
            let title = &approval.request.title;
            let reason = format!("the approval {title:?} was not used in time: nothing more was sent");
            Err(stage.halt(Outcome::Blocked, reason))
        }
        _ => Err(stage.halt(Outcome::Blocked, changed)),
    }
}
