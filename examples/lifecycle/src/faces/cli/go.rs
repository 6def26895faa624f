//! `ae run`, `ae resume`, `ae approve`.

use std::{
    io::IsTerminal,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    str::FromStr,
};

use ae_core::{ErrorKind, RunId};

use super::{
    Exit, Session,
    args::{ApproveArgs, AskedStage, Go, GoingLive, RunArgs},
    serve::{Sockets, base_url, keep_instructions, until_stopped},
    stop::asked_to_stop,
};
use crate::{
    error::{Error, Result},
    service::{self, Decided, Decision, RunReport, RunSettings, Sale, SignalsFrom, StartRequest},
};

/// The longest contact, in bytes.
const CONTACT_MAX: usize = 200;

pub(super) async fn start(session: &Session<'_>, args: RunArgs) -> Result<Exit> {
    let signals = args.signals.iter().map(|text| signals_from(text)).collect::<Result<Vec<_>>>()?;
    // The port is taken first, so that a run is not begun that could not be served.
    let (addr, sockets) = address(session, &args).await?;
    keep_instructions(session, &args.selling).await?;
    let mut settings = RunSettings::new(base_url(addr), signals);
    (settings.agent, settings.model) = (args.agent.0, args.model);
    settings.analyst = args.analyst.as_str().to_owned();
    settings.contact = args.contact.map(contact).transpose()?;
    let GoingLive { deploy, pay, live, domain, webhook_url } = args.live;
    (settings.deploy, settings.pay, settings.live) = (deploy, pay, live);
    settings.domain = domain.map(|name| parsed("--domain", &name)).transpose()?;
    settings.webhook_url = webhook_url;
    let mut request = StartRequest::new(args.intent, args.budget, settings);
    request.kits = args.kit;
    request.run_id = args.run_id;
    request.stdin = Some(Box::new(std::io::stdin()));
    let options = session.options(args.go);
    let progress = std::sync::Arc::clone(&options.progress);
    let started = service::start(&session.installation, request, options).await?;
    for warning in &started.warnings {
        session.output.warning(warning);
    }
    let run = started.run;
    progress.note(&format!("run {run}"));
    conclude(session, run, started.drive(&session.installation, asked_to_stop()).await, sockets).await
}

pub(super) async fn resume(session: &Session<'_>, run: &str, go: Go) -> Result<Exit> {
    go_on(session, service::run_id(&session.installation, run).await?, go).await
}

pub(super) async fn approve(session: &Session<'_>, args: ApproveArgs) -> Result<Exit> {
    let run = service::run_id(&session.installation, &args.run).await?;
    let stage = args.stage.map(|stage| match stage {
        AskedStage::Evidence => "evidence".to_owned(),
        AskedStage::Spec => "spec".to_owned(),
        AskedStage::Launch => "launch".to_owned(),
    });
    if stage.is_none() && args.digest.is_none() && !session.at_terminal() {
        let message = "which question is meant? Without a terminal, --stage or --digest says it";
        return Err(Error::new(ErrorKind::InvalidInput, message)
            .with_hint(format!("look at the question: `ae status {run}`; nothing was decided")));
    }
    let (person, digest) = (session.person.clone(), args.digest);
    let decision = Decision { run, person, reject: args.reject, reason: args.reason, digest, stage };
    match service::approve(&session.installation, decision).await? {
        Decided::Expired => {
            session.output.warning("the question was not answered in time; it is asked again");
            go_on(session, run, Go { yes: false, despite_evidence: false, ..args.go }).await
        }
        Decided::Recorded { question, redacted, elsewhere } => {
            if redacted {
                let what = "the reason holds what looks like a secret; it was taken out before it was stored";
                session.output.warning(what);
            }
            let (text, digest) = (question.request.rendering.trim_end(), question.request.subject);
            session.output.remark(&format!("{text}\n  digest     {digest}"));
            if !elsewhere {
                return go_on(session, run, args.go).await;
            }
            session.output.remark("the decision is recorded; the process that runs it goes on");
            session.output.report(&service::status(&session.installation, run).await?, false)?;
            Ok(Exit::Verified)
        }
    }
}

async fn go_on(session: &Session<'_>, run: RunId, go: Go) -> Result<Exit> {
    let row = session.installation.runs.get(run).await?;
    let sockets = if serves(session, go) && row.settings.deploy == RunSettings::LOCAL {
        let addr = row.settings.base_url.trim_start_matches("http://").parse();
        let addr = addr.map_err(|_| Error::new(ErrorKind::Protocol, "the run's address is damaged"))?;
        match Sockets::open(addr, None).await {
            Ok(sockets) => Some(sockets),
            Err(error) => {
                let what = format!("{error}; the run goes on, and this command returns when it stops");
                session.output.warning(&what);
                None
            }
        }
    } else {
        None
    };
    let options = session.options(go);
    let driven = service::resume(&session.installation, run, options, asked_to_stop()).await;
    conclude(session, run, driven, sockets).await
}

/// Prints the result, or the error; in a terminal then serves the product until Ctrl-C.
async fn conclude(
    session: &Session<'_>,
    run: RunId,
    driven: Result<RunReport>,
    sockets: Option<Sockets>,
) -> Result<Exit> {
    let report = match driven {
        Ok(report) => report,
        Err(error) => {
            let report = service::status(&session.installation, run).await.ok();
            return Ok(session.output.broken_run(report.as_ref(), &error));
        }
    };
    let sockets = sockets.filter(|_| Exit::of_report(&report) == Exit::Verified);
    let exit = session.output.report(&report, sockets.is_some())?;
    if let Some(sockets) = sockets {
        let sale =
            Sale::open(&session.installation, &base_url(sockets.addr)).await?.taking_webhooks().await?;
        until_stopped(session, sockets, sale, &[]).await;
    }
    Ok(exit)
}

/// The address of a run's product, and the open sockets when this command serves it.
async fn address(session: &Session<'_>, args: &RunArgs) -> Result<(SocketAddr, Option<Sockets>)> {
    let bad = |message: String| Error::new(ErrorKind::InvalidInput, message);
    // A product's name ends in `localhost`, which browsers take for this very address.
    let here = args.addr.ip() == Ipv4Addr::LOCALHOST || args.addr.ip() == Ipv4Addr::UNSPECIFIED;
    if !here {
        return Err(bad(format!("products can't be reached at {}", args.addr)).with_hint(
            "pass --addr 127.0.0.1:PORT or 0.0.0.0:PORT; for other names there is `ae serve --host NAME`",
        ));
    }
    if serves(session, args.go) && args.live.deploy == RunSettings::LOCAL {
        let sockets = Sockets::open(args.addr, args.selling.operator_addr).await?;
        return Ok((sockets.addr, Some(sockets)));
    }
    if args.addr.port() == 0 {
        return Err(bad("port 0 is not an address to print: name a port with --addr".to_owned()));
    }
    Ok((args.addr, None))
}

/// `run` in a terminal serves what it published.
fn serves(session: &Session<'_>, go: Go) -> bool {
    !go.no_serve && !session.output.json && std::io::stdout().is_terminal()
}

/// A value in the form that its option takes.
fn parsed<T: FromStr<Err = ae_core::ParseError>>(option: &str, text: &str) -> Result<T> {
    text.parse().map_err(|error| Error::new(ErrorKind::InvalidInput, format!("{option}: {error}")))
}

/// An address that pages can link.
fn contact(text: String) -> Result<String> {
    let is_page = text.starts_with("https://") || text.starts_with("http://");
    let is_mail = text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
    let is_plain = text.len() <= CONTACT_MAX && !text.chars().any(|c| c.is_whitespace() || c.is_control());
    if is_plain && (is_page || is_mail) {
        return Ok(text);
    }
    let message = format!("--contact {text:?} is neither an e-mail address nor an http or https address");
    Err(Error::new(ErrorKind::InvalidInput, message))
}

fn signals_from(text: &str) -> Result<SignalsFrom> {
    match text {
        "" => Err(Error::new(ErrorKind::InvalidInput, "--signals is empty: name a file, - or sample")),
        "-" => Ok(SignalsFrom::StandardInput),
        "sample" => Ok(SignalsFrom::Sample),
        url if is_url(url) => {
            let message = format!("--signals {url}: signals are read from files, not from addresses");
            Err(Error::new(ErrorKind::InvalidInput, message)
                .with_hint("download it, or pipe it: curl URL | ae run INTENT --signals -"))
        }
        path => {
            let absolute = std::path::absolute(Path::new(path))
                .map_err(|error| Error::io(format!("--signals {path}: no such path"), error))?;
            absolute.to_str().map(|path| SignalsFrom::File(path.to_owned())).ok_or_else(|| {
                Error::new(ErrorKind::InvalidInput, format!("--signals {path}: the path is not UTF-8"))
            })
        }
    }
}

/// Whether `text` is an address such as `https://…` rather than a path.
fn is_url(text: &str) -> bool {
    let scheme = text.split_once("://").map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| {
        !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    })
}
