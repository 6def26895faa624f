//! The proxy between a coding agent and its vendor.
//!
//! `serve` takes connections, `answer` decides about a request, `flight` carries it to the vendor and back and books it.

mod answer;
mod body;
mod flight;
mod headers;
mod options;
mod plan;
mod serve;
mod session;
mod spend;

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ae_core::{BackendError, Cancel, ErrorKind, IdempotencyKey, Runtime};
use tokio::{net::TcpListener, sync::Semaphore};

use self::session::Session;
pub use self::{options::ProxyOptions, plan::SessionPlan, session::ProxySession, spend::SessionSpend};

/// The name that errors carry.
const NAME: &str = "metering proxy";

/// The number of largest requests for which there is room at a time; of ordinary ones there is room for thousands.
const BODIES: usize = 8;

/// A proxy on the loopback address, between coding agents and the vendors of their models.
///
/// Each run of an agent has a [session](MeterProxy::open) of its own: an address, a stand-in for the key, and a
/// [`Meter`](crate::Meter) that is asked before every call and given the usage after it. The vendor's key stays in this
/// program. Only calls of models, and a few known requests without a price, are passed on, and only to the one address of
/// the session's plan.
///
/// Requests and answers are otherwise passed on byte for byte, as they come, with three exceptions: keys, headers of the
/// connection itself, and `accept-encoding`, which asks for a plain answer so that its usage can be read.
///
/// An agent that goes away in the middle of an answer, because it was killed for example, changes nothing for the books: the
/// answer is read to its end, within [`ProxyOptions::drain`], and booked at its exact usage. Where the usage does not become
/// known, the whole reservation is booked.
///
/// It needs a Tokio runtime. Clones are the same proxy; when the last one is dropped it takes no more connections.
///
/// # Example
///
/// ```no_run
/// # use std::sync::Arc;
/// use ae_harness::{BudgetMeter, MeterProxy, ModelPrice, ProxyOptions, SessionPlan, wire::Api};
/// # use ae_core::{Currency, IdempotencyKey, Money, Runtime, Secret};
/// # async fn try_it(key: IdempotencyKey, vendor_key: Secret<String>) -> Result<(), Box<dyn std::error::Error>> {
/// let usd = |text| Money::parse(text, Currency::USD);
/// let price = ModelPrice::per_million(usd("3")?, usd("15")?);
/// let meter = Arc::new(BudgetMeter::new(usd("10")?).with_price("claude-sonnet-4-5", price));
///
/// let proxy = MeterProxy::start(&Runtime::system(), ProxyOptions::new()).await?;
/// let plan = SessionPlan::new(meter, [Api::AnthropicMessages], "https://api.anthropic.com", vendor_key);
/// let session = proxy.open(&key, &plan)?;
/// // … run an agent with ANTHROPIC_BASE_URL = session.base_url() and ANTHROPIC_API_KEY = session.key() …
/// let spend = session.close().await;
/// println!("{} calls, {:?}", spend.calls, spend.cost);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct MeterProxy {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    shared: Arc<Shared>,
    address: SocketAddr,
}

/// The part of a proxy that its connections know.
#[derive(Debug)]
struct Shared {
    runtime: Runtime,
    options: ProxyOptions,
    sessions: Mutex<BTreeMap<String, Arc<Session>>>,
    places: Arc<Semaphore>,
    /// Room for the bodies of requests, in KiB, so that no agent fills this program's memory.
    room: Arc<Semaphore>,
    stopped: Cancel,
}

impl MeterProxy {
    /// Listens on 127.0.0.1.
    ///
    /// # Errors
    ///
    /// `Conflict` when the port is taken, `Unavailable` when this machine gives no port.
    pub async fn start(runtime: &Runtime, options: ProxyOptions) -> Result<Self, BackendError> {
        let failed = |source: std::io::Error| {
            let (kind, message) = match source.kind() {
                std::io::ErrorKind::AddrInUse => (
                    ErrorKind::Conflict,
                    format!("the port {} is taken: choose another, or 0 for any", options.port),
                ),
                _ => (ErrorKind::Unavailable, "this machine gives no loopback port".to_owned()),
            };
            BackendError::new(kind, NAME, "start", message).with_source(source)
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let shared = Arc::new(Shared {
            runtime: runtime.clone(),
            places: Arc::new(Semaphore::new(options.connections_max)),
            room: Arc::new(Semaphore::new(
                answer::kibibytes(options.request_bytes_max).saturating_mul(BODIES),
            )),
            options,
            sessions: Mutex::default(),
            stopped: Cancel::new(),
        });
        tokio::spawn(serve::tcp(listener, Arc::clone(&shared)));
        Ok(Self { inner: Arc::new(Inner { shared, address }) })
    }

    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.inner.address
    }

    /// Opens a session for the work that `key` names. The keys of its calls follow from it, and no two sessions have a key
    /// in common.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when the vendor's address or key can't be used, `Unavailable` when no secret can be made,
    /// `Expired` when the proxy was closed.
    pub fn open(&self, key: &IdempotencyKey, plan: &SessionPlan) -> Result<ProxySession, BackendError> {
        let shared = &self.inner.shared;
        if shared.stopped.is_cancelled() {
            let message = "the proxy was closed: start another";
            return Err(BackendError::new(ErrorKind::Expired, NAME, "open", message));
        }
        let (session, stand_in) = Session::new(key, plan, shared)?;
        let session = Arc::new(session);
        shared.locked().insert(session.id.clone(), Arc::clone(&session));
        Ok(ProxySession::new(session, stand_in, Arc::clone(shared), self.inner.address.port()))
    }

    /// Closes every session, waits as [`ProxySession::close`] does until their calls are booked, and takes no more
    /// connections.
    pub async fn close(&self) {
        let sessions: Vec<_> = self.inner.shared.locked().values().cloned().collect();
        self.inner.shared.stopped.cancel();
        for session in &sessions {
            session.closed.cancel();
        }
        for session in sessions {
            session.idle().await;
            self.inner.shared.locked().remove(&session.id);
        }
    }
}

impl Shared {
    fn locked(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Session>>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn session(&self, id: &str) -> Option<Arc<Session>> {
        self.locked().get(id).filter(|session| !session.closed.is_cancelled()).cloned()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.shared.stopped.cancel();
    }
}
