//! The spec: product manager, architect and project manager one after the other, each held to the rules before the next.

use std::collections::BTreeSet;

use ae_core::{BackendError, CheckKind, ErrorKind, Money, Offer, ProductSpec, Task, TaskId, TaskKind};
use ae_genesis::{FeatureOutline, Problem, ProductOutline, SpecBrief, verify_spec};

use super::{
    forms::{DesignForm, PriceForm, ProductForm, TaskForm, TasksForm},
    model::{Desk, NAME},
    prompts,
    roles::{DESIGN, PRICE, PRODUCT, TASKS, listed},
};

/// The most tasks, and the longest texts of one, in characters.
const TASKS_MAX: usize = 24;
const TITLE_CHARS: usize = 60;
const TEXT_CHARS: usize = 400;

pub(super) async fn specify(desk: &mut Desk<'_>, brief: &SpecBrief) -> Result<ProductSpec, BackendError> {
    let offer = brief.offers.iter().find(|offer| brief.query.covered_by(offer).is_ok());
    // A brief that does not fit together is refused before anything is paid.
    let plain = ProductOutline::new(NAME);
    plain.spec(brief).map_err(|problems| refused(&problems))?;

    let check = |form: &ProductForm| {
        with_product(&plain, form, offer).spec(brief).map(drop).map_err(|all| listed(&all))
    };
    let product = desk.ask(&PRODUCT, prompts::product(brief, offer), check).await?;
    let mut outline = with_product(&plain, &product, offer);
    if brief.query.price.is_none() {
        outline = priced(desk, brief, offer, outline).await?;
    }
    let spec = outline.spec(brief).map_err(|problems| refused(&problems))?;

    let check = |form: &DesignForm| {
        let mut problems = match with_design(&outline, form).spec(brief) {
            Ok(_) => Vec::new(),
            Err(problems) => listed(&problems),
        };
        problems.extend(behaviour_problems(form, offer));
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    };
    let design = desk.ask(&DESIGN, prompts::design(brief, offer, &spec), check).await?;
    let mut spec = with_design(&outline, &design).spec(brief).map_err(|problems| refused(&problems))?;
    in_words(&mut spec, &design);

    let check = |form: &TasksForm| {
        let mut planned = spec.clone();
        let mut problems = with_tasks(&mut planned, form);
        problems.extend(listed(&verify_spec(&planned)));
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    };
    let tasks = desk.ask(&TASKS, prompts::tasks(brief, &spec), check).await?;
    with_tasks(&mut spec, &tasks);
    spec.assumptions.push(format!("models: {}", desk.models().join(", ")));
    Ok(spec)
}

/// A problem that no model can mend.
fn refused(problems: &[Problem]) -> BackendError {
    BackendError::new(ErrorKind::InvalidInput, NAME, "specify", listed(problems).join("; "))
}

fn filled(text: &str) -> Option<String> {
    (!text.trim().is_empty()).then(|| text.to_owned())
}

fn with_product(plain: &ProductOutline, form: &ProductForm, offer: Option<&Offer>) -> ProductOutline {
    let feature = |form: &super::forms::FeatureForm| {
        FeatureOutline::new(&form.title, &form.description)
            .with_wish(&form.wish)
            .with_benefit(&form.benefit)
            .with_priority(form.priority)
            .with_why(&form.why)
            .with_evidence(form.evidence.clone())
    };
    let mut outline = plain
        .clone()
        .with_product_name(&form.name)
        .with_audience(&form.audience)
        .with_problem(&form.problem)
        .with_features(form.features.iter().map(feature).collect())
        .with_assumptions(form.assumptions.clone())
        .with_unclear(form.unclear.clone());
    // Only a product that is delivered has a line of its builder to fall back to.
    outline.tagline = filled(&form.promise).or_else(|| offer.is_none().then(String::new));
    outline
}

/// Asks for a price where the intent names none. The question has nothing of the posts in it.
async fn priced(
    desk: &mut Desk<'_>,
    brief: &SpecBrief,
    offer: Option<&Offer>,
    outline: ProductOutline,
) -> Result<ProductOutline, BackendError> {
    let currency = outline.spec(brief).ok().and_then(|spec| spec.pricing.first().map(|tier| tier.price));
    let currency = currency.map_or(brief.intent.currency(), |price| price.currency());
    let priced = |form: &PriceForm| {
        let amount =
            Money::parse(&form.amount, currency).map_err(|error| vec![format!("amount: {error}")])?;
        Ok::<_, Vec<String>>(outline.clone().with_price(amount))
    };
    let check = |form: &PriceForm| priced(form)?.spec(brief).map(drop).map_err(|problems| listed(&problems));
    let range = format!("It is in {currency}, and of the size that small tools of this kind have.");
    let form = desk.ask(&PRICE, prompts::price(brief, offer, &range), check).await?;
    priced(&form)
        .map_err(|problems| BackendError::new(ErrorKind::Protocol, NAME, PRICE.name, problems.join("; ")))
}

fn with_design(outline: &ProductOutline, form: &DesignForm) -> ProductOutline {
    let mut outline = outline.clone().with_out_of_scope(form.limits.clone());
    outline.assumptions.extend(form.data.iter().map(|text| format!("data: {text}")));
    outline.unclear.extend(form.unclear.iter().cloned());
    outline
}

/// Behaviours are those of the offer, each once: a model can't add one that nothing proves.
fn behaviour_problems(form: &DesignForm, offer: Option<&Offer>) -> Vec<String> {
    let known: BTreeSet<&str> = offer
        .iter()
        .flat_map(|offer| &offer.features)
        .flat_map(|offered| &offered.feature.behaviours)
        .map(|behaviour| behaviour.id.as_str())
        .collect();
    let (mut problems, mut seen) = (Vec::new(), BTreeSet::new());
    for (position, behaviour) in form.behaviours.iter().enumerate() {
        let at = format!("behaviours[{position}]");
        if !known.contains(behaviour.id.as_str()) {
            problems.push(format!("{at}.id: is not the id of a behaviour of the builder"));
        } else if !seen.insert(behaviour.id.as_str()) {
            problems.push(format!("{at}.id: {:?} is there twice", behaviour.id));
        }
        problems.extend(text_problem(&format!("{at}.rule"), &behaviour.rule, TEXT_CHARS));
    }
    let missing: Vec<&str> = known.difference(&seen).copied().collect();
    if !missing.is_empty() {
        problems.push(format!("behaviours: without {}", missing.join(", ")));
    }
    problems
}

/// A text that has to be there, on one line of plain characters.
fn text_problem(at: &str, text: &str, chars_max: usize) -> Option<String> {
    let odd = |c: char| ae_core::is_unseen(c) || "<>`".contains(c);
    match text.chars().count() {
        _ if text.trim().is_empty() => Some(format!("{at}: is empty")),
        chars if chars > chars_max => Some(format!("{at}: has {chars} characters, {chars_max} at most")),
        _ if text.chars().any(odd) => Some(format!("{at}: write plain text on one line")),
        _ => None,
    }
}

/// Puts what the architect says of a behaviour beside the cases that prove it.
fn in_words(spec: &mut ProductSpec, design: &DesignForm) {
    for criterion in &mut spec.acceptance_criteria {
        let CheckKind::Behaviour { id } = &criterion.check else { continue };
        if let Some(said) = design.behaviours.iter().find(|behaviour| behaviour.id == *id) {
            criterion.text = format!("{} ({})", criterion.text, said.rule.replace('"', "'"));
        }
    }
}

/// Puts the tasks of a form into the spec. A task that serves what concerns money, data or foreign input is marked as
/// security work, whatever the model says.
fn with_tasks(spec: &mut ProductSpec, form: &TasksForm) -> Vec<String> {
    let mut problems = Vec::new();
    if form.tasks.is_empty() || form.tasks.len() > TASKS_MAX {
        problems.push(format!("tasks: are {}, 1 to {TASKS_MAX} are right", form.tasks.len()));
    }
    let mut tasks = Vec::new();
    for (position, task) in form.tasks.iter().take(TASKS_MAX).enumerate() {
        let at = format!("tasks[{position}]");
        problems.extend(text_problem(&format!("{at}.title"), &task.title, TITLE_CHARS));
        problems.extend(text_problem(&format!("{at}.description"), &task.description, TEXT_CHARS));
        match planned(spec, task) {
            Ok(task) => tasks.push(task),
            Err(problem) => problems.push(format!("{at}: {problem}")),
        }
    }
    for criterion in &spec.acceptance_criteria {
        let builds =
            |task: &&Task| task.kind == TaskKind::Implementation && task.criteria.contains(&criterion.id);
        if matches!(criterion.check, CheckKind::Behaviour { .. }) && tasks.iter().find(builds).is_none() {
            problems.push(format!(
                "acceptance_criteria[{}]: no task of the kind implementation serves it",
                criterion.id
            ));
        }
    }
    spec.tasks = tasks;
    problems
}

fn planned(spec: &ProductSpec, form: &TaskForm) -> Result<Task, String> {
    let id =
        |text: &str| text.parse::<TaskId>().map_err(|_| "an id is not a plain label: write T-001".to_owned());
    let served = spec.acceptance_criteria.iter().filter(|criterion| form.criteria.contains(&criterion.id));
    let careful = served.into_iter().any(|criterion| {
        matches!(
            criterion.check,
            CheckKind::Checkout | CheckKind::Privacy | CheckKind::Interest | CheckKind::Behaviour { .. }
        )
    });
    let before = form.depends_on.iter().map(|text| id(text)).collect::<Result<_, _>>()?;
    Ok(Task::new(id(&form.id)?, &form.title, &form.description, form.kind)
        .with_security(form.requires_security || careful)
        .with_depends_on(before)
        .with_criteria(form.criteria.clone()))
}
