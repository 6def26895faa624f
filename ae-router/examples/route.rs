//! Routes a prompt from the command line and explains the decision. No network, no key: nothing is called.
//!
//! `cargo run -p ae-router --example route -- "Sort these lines by length." --providers anthropic,openai`

use std::{
    collections::BTreeSet,
    error::Error,
    io::{Read as _, Write as _, stdin, stdout},
    process::ExitCode,
};

use ae_router::core::{Currency, Money, Runtime, Task, TaskKind};
use ae_router::{
    Candidate, ModelAvailability, ModelNeeds, PriceTable, RouteDecision, RouteRequest, RouteState, Tier,
    TierPolicy, TierRouter,
};

const HELP: &str = "\
Routes a prompt and explains the decision. Nothing is called, no key is needed.

usage: route [OPTIONS] PROMPT

PROMPT is the text, or - for standard input.

  --task KIND          the prompt is a task: architecture, implementation, testing, content,
                       formatting, debugging or operations; else it is a bare prompt
  --security           the task requires security
  --needs A,B          abilities: tools, structured_output, vision, sampling
  --providers A,B      the only providers that may see the data
  --keys A,B           the providers that there are keys for; else all
  --budget DOLLARS     the money left, for example 0.05
  --output-tokens N    the most tokens of the answer
  --tier TIER          TIER1, TIER2 or TIER3 instead of the one by the rule
  --model ID           this model alone
  --attempt N          the number of the attempt, from 1
  --policy FILE        a policy as JSON
  --prices FILE        a price file as JSON, laid over the bundled one
  --json               the whole decision as JSON
  --help               this text
";

/// The arguments.
struct Args {
    request: RouteRequest,
    router: TierRouter,
    json: bool,
}

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "route: {error}\nroute --help lists the options");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<ExitCode, Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let mut out = stdout();
    if args.iter().any(|arg| arg == "--help" || arg == "-h") {
        out.write_all(HELP.as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    let args = read(args)?;
    args.request.check("route")?;
    let decision = args.router.decide(&args.request);
    let text = if args.json { serde_json::to_string_pretty(&decision)? + "\n" } else { explain(&decision) };
    out.write_all(text.as_bytes())?;
    // A script sees that no model can do it.
    Ok(if decision.callable().next().is_some() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Reads the arguments.
fn read(args: Vec<String>) -> Result<Args, Box<dyn Error>> {
    let (mut prompt, mut kind, mut security, mut json) = (None, None, false, false);
    let (mut policy, mut prices) = (TierPolicy::default(), PriceTable::bundled().clone());
    let mut request =
        RouteRequest::for_prompt("", Runtime::system().now()).with_available(ModelAvailability::all());
    let mut args = args.into_iter();
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value"));
        match arg.as_str() {
            "--task" => kind = Some(serde_json::from_value::<TaskKind>(value()?.into())?),
            "--security" => security = true,
            "--needs" => request.needs = needs(&value()?, request.needs)?,
            "--providers" => {
                request.needs.providers = Some(list(&value()?).map(str::to_owned).collect::<BTreeSet<_>>())
            }
            "--keys" => {
                let keys = value()?;
                request.available =
                    list(&keys).fold(ModelAvailability::none(), |all, provider| all.with_provider(provider));
            }
            "--budget" => {
                let left = Money::parse(&value()?, Currency::USD)?;
                request.state = RouteState::default().with_budget_left(left);
            }
            "--output-tokens" => request.output_tokens_max = Some(value()?.parse()?),
            "--tier" => request.override_tier = Some(value()?.parse::<Tier>()?),
            "--model" => request.override_model = Some(value()?),
            "--attempt" => request.attempt = value()?.parse()?,
            "--policy" => policy = TierPolicy::from_json(&file(&value()?)?)?,
            "--prices" => prices = prices.merged(PriceTable::from_json(&file(&value()?)?)?),
            "--json" => json = true,
            "-" if prompt.is_none() => prompt = Some(standard_input()?),
            option if option.starts_with('-') => return Err(format!("{option} is not an option").into()),
            _ if prompt.is_none() => prompt = Some(arg),
            other => return Err(format!("{other:?} is a second prompt: put the prompt in quotes").into()),
        }
    }
    let prompt = prompt.filter(|text| !text.trim().is_empty()).ok_or("there is no prompt")?;
    match kind {
        Some(kind) => {
            let task = Task::new("T-001".parse()?, "", prompt, kind);
            request.task = Some(task.with_security(security));
        }
        None if security => return Err("--security is for a task: add --task".into()),
        None => request.prompt = prompt,
    }
    let router = TierRouter::new().with_policy(policy).with_prices(prices).with_signals(5);
    Ok(Args { request, router, json })
}

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|name| !name.is_empty())
}

fn needs(text: &str, mut needs: ModelNeeds) -> Result<ModelNeeds, Box<dyn Error>> {
    for name in list(text) {
        needs = match name {
            "tools" => needs.with_tools(),
            "structured_output" => needs.with_structured_output(),
            "vision" => needs.with_vision(),
            "sampling" => needs.with_sampling(),
            _ => {
                return Err(format!(
                    "{name:?} is not an ability: tools, structured_output, vision, sampling"
                )
                .into());
            }
        };
    }
    Ok(needs)
}

fn file(path: &str) -> Result<String, Box<dyn Error>> {
    std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}").into())
}

fn standard_input() -> Result<String, Box<dyn Error>> {
    let most = u64::try_from(RouteRequest::TEXT_BYTES_MAX)? + 1;
    let mut text = String::new();
    stdin().take(most).read_to_string(&mut text)?;
    Ok(text)
}

/// The decision for a person.
fn explain(decision: &RouteDecision) -> String {
    let mut text = format!("{}  {}\n", decision.tier, decision.reasoning);
    for signal in &decision.complexity.signals {
        text.push_str(&format!("       {signal}\n"));
    }
    for (at, candidate) in decision.candidates.iter().enumerate() {
        text.push_str(&line(at + 1, candidate));
    }
    for refused in &decision.refused {
        text.push_str(&format!("  not  {}: {}\n", refused.model, refused.reason));
    }
    if let Some(first) = decision.first() {
        text.push_str(&format!("cost   {}; {}\n", first.estimate.note, first.estimate.source));
    }
    text
}

fn line(place: usize, candidate: &Candidate) -> String {
    let cost = candidate.estimate.cost.map_or_else(|| "not measured".to_owned(), |cost| cost.to_string());
    let model = &candidate.model;
    format!("  {place:>2}.  {:<24} {:<10} {cost:<12} {}\n", model.id, model.provider, candidate.reason)
}
