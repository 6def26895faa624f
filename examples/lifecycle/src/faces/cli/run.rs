//! `ae run`, `ae resume`, `ae approve`, `ae serve`.

use std::{io::IsTerminal, io::Read, net::SocketAddr, path::Path};

use ae_core::{Currency, ErrorKind, Intent, Money, ProjectId, RunId};
use ae_safety::Ruling;
use tokio::net::TcpListener;

use super::{
    Session,
    args::{Agent, ApproveArgs, Go, RunArgs},
    stop::asked_to_stop,
};
use crate::store::RunStatus;
use crate::{
    engine::{self, intent_digest},
    error::{Error, Result},
    faces::cli::Exit,
    faces::sites,
    run::eprint_line,
    service::RunReport,
    store::{RunRow, RunSettings, SignalsFrom},
};

pub(super) async fn start(session: &Session, args: RunArgs) -> Result<Exit> {
    let host = &session.host;
    let intent = parse_intent(session, &args.intent, &args.budget)?;
    let mut signals = Vec::new();
    for text in &args.signals {
        let from = signals_from(text)?;
        if from != SignalsFrom::StandardInput && signals.contains(&from) {
            eprint_line(&format!("warning: --signals {text} was given twice; it is read once"));
        } else {
            signals.push(from);
        }
    }
    if !args.addr.is_ipv4() {
        return Err(Error::new(ErrorKind::InvalidInput, format!("{} is no IPv4 address", args.addr))
            .with_hint("products are served at IPv4 addresses: pass --addr 127.0.0.1:PORT"));
    }
    if signals.iter().filter(|from| **from == SignalsFrom::StandardInput).count() > 1 {
        return Err(Error::new(
            ErrorKind::InvalidInput,
            "standard input can be read once: give --signals - once",
        ));
    }
    // The port is taken first, so that a run is not begun that could not be served.
    let listener = if serves(session, args.go) { Some(bind(args.addr).await?) } else { None };
    let addr = match &listener {
        Some(listener) => {
            listener.local_addr().map_err(|error| Error::io("the listener has no address", error))?
        }
        None if args.addr.port() == 0 => {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "port 0 is no address to print: name a port with --addr",
            ));
        }
        None => args.addr,
    };
    let settings =
        RunSettings { signals, agent: builder_name(args.agent).to_owned(), base_url: base_url(addr) };
    host.check_signals(&settings, &intent).await?;
    let stdin: Option<Box<dyn Read + Send>> = Some(Box::new(std::io::stdin()));
    let backends = host.backends(&settings, stdin)?;

    warn_of_twins(session, &intent)?;
    let run = args.run_id.unwrap_or_else(|| RunId::from_uuid(host.runtime.ids.new_uuid()));
    let now = host.runtime.now();
    host.runs.insert(&RunRow {
        run_id: run,
        project_id: ProjectId::from_uuid(host.runtime.ids.new_uuid()),
        intent,
        settings,
        site: None,
        status: RunStatus::Pending,
        outcome: None,
        reason: None,
        cancel_requested: false,
        created_at: now,
        updated_at: now,
    })?;
    let progress = session.progress();
    progress.note(&format!("run {run}"));
    let ports = host.guard(backends, session.approver(args.go.yes, &progress), progress);
    conclude(session, run, engine::drive(host, &ports, run, asked_to_stop()).await, listener).await
}

pub(super) async fn resume(session: &Session, run: &str, go: Go) -> Result<Exit> {
    let run = session.run_id(run)?;
    go_on(session, run, go).await
}

pub(super) async fn approve(session: &Session, args: ApproveArgs) -> Result<Exit> {
    let host = &session.host;
    let run = session.run_id(&args.run)?;
    let row = host.runs.get(run)?;
    if row.status.is_final() || row.cancel_requested {
        let state = if row.cancel_requested { RunStatus::Cancelled } else { row.status };
        return Err(Error::new(
            ErrorKind::Conflict,
            format!("run {run} is {state}: there is nothing to decide"),
        ));
    }
    let Some(pending) = engine::pending_approval(host, run).await? else {
        return Err(Error::new(ErrorKind::Conflict, format!("run {run} waits for no approval")).with_hint(
            format!("see where it stands with `ae status {run}`; if it was interrupted: `ae resume {run}`"),
        ));
    };
    let mut ruling =
        if args.reject { Ruling::deny(&session.person) } else { Ruling::approve(&session.person) };
    if let Some(reason) = &args.reason {
        let clean = host.redactor.redact(reason);
        if clean != *reason {
            eprint_line(
                "warning: the reason holds what looks like a secret; it was taken out before it was stored",
            );
        }
        ruling = ruling.with_reason(clean);
    }
    let digest = pending.request.subject.to_string();
    if args.digest.as_ref().is_some_and(|seen| !digest.starts_with(&seen.to_ascii_lowercase())) {
        return Err(Error::new(
            ErrorKind::Conflict,
            format!("run {run} now asks for {digest}, not for what you saw"),
        )
        .with_hint(format!("look again: `ae status {run}`; nothing was decided")));
    }
    eprint_line(&format!("{}\n  digest     {digest}", pending.request.rendering.trim_end()));
    host.keeper.desk().decide(pending.id, ruling).await?;
    if engine::free_lease(host, run).await?.is_none() {
        let report = engine::report(host, &host.runs.get(run)?).await?;
        eprint_line("the decision is recorded; the process that runs it goes on");
        session.output.report(&report)?;
        return Ok(Exit::Verified);
    }
    go_on(session, run, args.go).await
}

pub(super) async fn serve(session: &Session, addr: SocketAddr) -> Result<Exit> {
    let listener = bind(addr).await?;
    let local = listener.local_addr().map_err(|error| Error::io("the listener has no address", error))?;
    let state = sites::open(&session.host, local).await?;
    sites::deliver(&state).await;
    if session.output.json {
        session.output.result(&serde_json::json!({ "url": format!("http://{local}/") }), "")?;
    }
    serve_until_stopped(session, listener, state).await?;
    Ok(Exit::Verified)
}

async fn go_on(session: &Session, run: RunId, go: Go) -> Result<Exit> {
    let host = &session.host;
    let row = host.runs.get(run)?;
    let listener = if serves(session, go) {
        let addr = row.settings.base_url.trim_start_matches("http://").parse();
        let addr = addr.map_err(|_| Error::new(ErrorKind::Protocol, "the run's address is damaged"))?;
        match bind(addr).await {
            Ok(listener) => Some(listener),
            Err(error) => {
                eprint_line(&format!(
                    "warning: {error}; the run goes on, and this command returns when it stops"
                ));
                None
            }
        }
    } else {
        None
    };
    let progress = session.progress();
    let backends = host.backends(&row.settings, None)?;
    let ports = host.guard(backends, session.approver(go.yes, &progress), progress);
    conclude(session, run, engine::drive(host, &ports, run, asked_to_stop()).await, listener).await
}

/// Prints the result, or what broke; in a terminal then serves what is live until Ctrl-C.
async fn conclude(
    session: &Session,
    run: RunId,
    driven: Result<RunReport>,
    listener: Option<TcpListener>,
) -> Result<Exit> {
    let report = match driven {
        Ok(report) => report,
        Err(error) => return Ok(broke(session, run, &error).await),
    };
    let report = &report;
    let serves = listener.is_some() && report.exit_code == Exit::Verified.code();
    let exit = if serves { session.output.report_served(report) } else { session.output.report(report) }?;
    if let (Some(listener), true) = (listener, serves) {
        let local = listener.local_addr().map_err(|error| Error::io("the listener has no address", error))?;
        let state = sites::open(&session.host, local).await?;
        sites::deliver(&state).await;
        serve_until_stopped(session, listener, state).await?;
    }
    Ok(exit)
}

async fn serve_until_stopped(session: &Session, listener: TcpListener, state: sites::Shared) -> Result<()> {
    let local = listener.local_addr().map_err(|error| Error::io("the listener has no address", error))?;
    let stopped = asked_to_stop();
    eprint_line(&format!("serving on http://{local}/ until Ctrl-C"));
    eprint_line(&format!(
        "payments are recorded with the operator code in {}",
        session.host.dir.path().join("keys/operator").display()
    ));
    if !local.ip().is_loopback() {
        eprint_line("warning: this address is reachable from other machines, without encryption");
    }
    sites::run(listener, state, stopped).await;
    Ok(())
}

/// Tells that a drive broke: what went wrong, and with `--json` the run beside it.
async fn broke(session: &Session, run: RunId, error: &Error) -> Exit {
    let report = match session.host.runs.get(run) {
        Ok(row) => engine::report(&session.host, &row).await.ok(),
        Err(_) => None,
    };
    session.output.broken_run(report.as_ref(), error)
}

/// What a customer's browser is sent to: an address for all interfaces is none to go to.
fn base_url(addr: SocketAddr) -> String {
    if addr.ip().is_unspecified() {
        format!("http://127.0.0.1:{}", addr.port())
    } else {
        format!("http://{addr}")
    }
}

/// `run` in a terminal serves what it published.
fn serves(session: &Session, go: Go) -> bool {
    !go.no_serve && !session.output.json && std::io::stdout().is_terminal()
}

fn parse_intent(session: &Session, text: &str, budget: &str) -> Result<Intent> {
    let bad = |error: String| Error::new(ErrorKind::InvalidInput, error);
    let budget = Money::parse(budget, Currency::USD).map_err(|error| {
        bad(format!("--budget: {error}")).with_hint("for example --budget 10, or --budget 0 to spend nothing")
    })?;
    let clean = session.host.redactor.redact(text);
    if clean != text {
        eprint_line(
            "warning: the intent holds what looks like a secret; it was taken out before anything was stored",
        );
    }
    Intent::new(&clean, budget).map_err(|error| bad(error.to_string()))
}

/// The builder that an agent stands for. One is built in, so "auto" finds that one.
const fn builder_name(agent: Agent) -> &'static str {
    match agent {
        Agent::Site | Agent::Auto => "site",
    }
}

fn signals_from(text: &str) -> Result<SignalsFrom> {
    match text {
        "" => Err(Error::new(ErrorKind::InvalidInput, "--signals is empty: name a file, - or sample")),
        "-" => Ok(SignalsFrom::StandardInput),
        "sample" => Ok(SignalsFrom::Sample),
        path => {
            let absolute = std::path::absolute(Path::new(path))
                .map_err(|error| Error::io(format!("--signals {path}: no such path"), error))?;
            absolute.to_str().map(|path| SignalsFrom::File(path.to_owned())).ok_or_else(|| {
                Error::new(ErrorKind::InvalidInput, format!("--signals {path}: the path is not UTF-8"))
            })
        }
    }
}

fn warn_of_twins(session: &Session, intent: &Intent) -> Result<()> {
    let digest = intent_digest(intent.text());
    for row in session.host.runs.list(100)? {
        if !row.status.is_final() && intent_digest(row.intent.text()) == digest {
            eprint_line(&format!(
                "warning: run {} of the same intent has not ended; this is a new run",
                row.run_id
            ));
        }
    }
    Ok(())
}

async fn bind(addr: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(addr).await.map_err(|error| {
        let hint = "name another with --addr IP:PORT, or pass --no-serve if `ae serve` is running already; nothing was changed";
        let message = format!("the address {addr} can't be listened on: {error}");
        Error::new(ErrorKind::InvalidInput, message).with_hint(hint)
    })
}
