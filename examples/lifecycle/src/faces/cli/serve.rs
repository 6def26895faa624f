//! `ae serve`, and the serving part of the commands that go on with a run.

use std::net::{Ipv4Addr, SocketAddr};

use ae_core::ErrorKind;
use tokio::net::TcpListener;

use super::{
    Exit, Serving, Session,
    args::{Selling, ServeArgs},
    stop::asked_to_stop,
};
use crate::{
    error::{Error, Result},
    service::Sale,
};

/// The open sockets of a server.
#[derive(Debug)]
pub(super) struct Sockets {
    public: TcpListener,
    operator: TcpListener,
    /// The address of the first.
    pub(super) addr: SocketAddr,
    operator_addr: SocketAddr,
}

impl Sockets {
    /// Listens at `addr` and, for the operator, at `operator`: else at the port after it, on this machine alone.
    pub(super) async fn open(addr: SocketAddr, operator: Option<SocketAddr>) -> Result<Self> {
        let next = || match addr.port() {
            0 => Some(0),
            port => port.checked_add(1),
        };
        let operator = operator.or_else(|| next().map(|port| (Ipv4Addr::LOCALHOST, port).into()));
        let operator = operator.ok_or_else(|| {
            Error::new(ErrorKind::InvalidInput, format!("there is no port after {}", addr.port()))
                .with_hint("name one for the operator's page with --operator-addr IP:PORT")
        })?;
        let public = bind(addr, "--addr").await?;
        let operator = bind(operator, "--operator-addr").await?;
        let (addr, operator_addr) = (local_addr(&public)?, local_addr(&operator)?);
        Ok(Self { public, operator, addr, operator_addr })
    }
}

pub(super) async fn serve(session: &Session<'_>, args: &ServeArgs) -> Result<Exit> {
    keep_instructions(session, &args.selling).await?;
    let sockets = Sockets::open(args.addr, args.selling.operator_addr).await?;
    let mut sale = Sale::open(&session.installation, &base_url(sockets.addr))
        .await?
        .taking_webhooks()
        .await?
        .catching_up()?;
    if let Some(url) = &args.notify {
        sale = sale.telling(url).await?;
    }
    if session.output.json {
        let (url, operator) =
            (format!("http://{}/", sockets.addr), format!("http://{}/", sockets.operator_addr));
        session.output.result(&serde_json::json!({ "url": url, "operator_url": operator }), "")?;
    }
    until_stopped(session, sockets, sale, &args.host).await;
    Ok(Exit::Verified)
}

/// Keeps the payment instructions that were given, if any.
pub(super) async fn keep_instructions(session: &Session<'_>, selling: &Selling) -> Result<()> {
    match &selling.pay_instructions {
        Some(file) => crate::service::keep_pay_instructions(&session.installation, file).await,
        None => Ok(()),
    }
}

/// Serves `sale` at `sockets` until the process is asked to stop.
pub(super) async fn until_stopped(session: &Session<'_>, sockets: Sockets, sale: Sale, hosts: &[String]) {
    let Sockets { public, operator, addr, operator_addr } = sockets;
    let (output, keys) = (&session.output, session.installation.dir.path().join("keys/operator"));
    output.remark(&format!("serving on http://{addr}/ until Ctrl-C"));
    output.remark(&format!(
        "payments are recorded on http://{operator_addr}/ with the code in {}",
        keys.display()
    ));
    for vendor in sale.vendors() {
        output.remark(&format!("webhooks of {vendor} are taken in"));
    }
    if matches!(sale.pay_instructions(), Ok(None)) {
        output.remark("buyers see that they can't pay yet: say how with --pay-instructions FILE");
    }
    for addr in [addr, operator_addr].iter().filter(|addr| !addr.ip().is_loopback()) {
        output.warning(&format!("{addr} is reachable from other machines, without encryption"));
    }
    let stop = Box::pin(asked_to_stop());
    let serving = Serving { listener: public, addr, operator, operator_addr, hosts, stop };
    session.program.serve(sale, serving).await;
}

/// The address that a customer's browser is sent to; an address for all interfaces is not one.
pub(super) fn base_url(addr: SocketAddr) -> String {
    if addr.ip().is_unspecified() {
        format!("http://127.0.0.1:{}", addr.port())
    } else {
        format!("http://{addr}")
    }
}

fn local_addr(listener: &TcpListener) -> Result<SocketAddr> {
    listener.local_addr().map_err(|error| Error::io("the listener has no address", error))
}

async fn bind(addr: SocketAddr, option: &str) -> Result<TcpListener> {
    TcpListener::bind(addr).await.map_err(|error| {
        let hint = format!(
            "name another with {option} IP:PORT, or pass --no-serve if `ae serve` is running already; nothing was changed"
        );
        let message = format!("the address {addr} can't be listened on: {error}");
        Error::new(ErrorKind::InvalidInput, message).with_hint(hint)
    })
}
