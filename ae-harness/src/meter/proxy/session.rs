//! A session: whose calls they are, and what they cost so far.

use std::{
    fmt::Write as _,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use ae_core::{BackendError, Cancel, Digest, ErrorKind, IdempotencyKey, Money, RunId, Secret};
use ae_core_http::Relay;
use ae_core_wire::Api;
use tokio::sync::watch;

use super::{NAME, SessionPlan, SessionSpend, Shared, headers::VendorKey};

/// A session, as the proxy's connections know it.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) id: String,
    pub(super) plan: SessionPlan,
    pub(super) relay: Relay,
    pub(super) vendor_key: VendorKey,
    pub(super) closed: Cancel,
    /// The digest of the stand-in, so that a comparison tells nothing about the stand-in by the time that it takes.
    stand_in: Digest,
    parent: RunId,
    next_call: AtomicU32,
    tally: Mutex<Tally>,
    /// The number of exchanges under way.
    busy: watch::Sender<usize>,
}

/// The running account.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) spend: SessionSpend,
    /// The sum of the reservations of calls in flight.
    pub(super) aside: Option<Money>,
}

/// An exchange under way; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Busy(Arc<Session>);

impl Session {
    /// A session, and the stand-in for its key.
    pub(super) fn new(
        key: &IdempotencyKey,
        plan: &SessionPlan,
        shared: &Shared,
    ) -> Result<(Self, Secret<String>), BackendError> {
        let invalid = |message| BackendError::new(ErrorKind::InvalidInput, NAME, "open", message);
        if plan.apis.is_empty() {
            return Err(invalid("the plan names no form of calls: add the one that the agent uses"));
        }
        let vendor_key = VendorKey::new(&plan.key)
            .ok_or_else(|| invalid("the vendor's key is empty or has characters that no header can hold"))?;
        let bytes = shared.runtime.ids.secret_bytes()?;
        let stand_in = bytes.expose().iter().fold(String::from("ae-"), |mut text, byte| {
            // Writing to a string does not fail.
            let _ = write!(text, "{byte:02x}");
            text
        });
        let session = Self {
            id: shared.runtime.ids.new_uuid().simple().to_string(),
            relay: Relay::new(NAME, &plan.base_url, shared.options.connect)?,
            plan: plan.clone(),
            vendor_key,
            closed: Cancel::new(),
            stand_in: Digest::of_bytes(NAME, stand_in.as_bytes()),
            parent: RunId::from_digest(&Digest::of_bytes(NAME, key.as_str().as_bytes())),
            next_call: AtomicU32::new(0),
            tally: Mutex::default(),
            busy: watch::Sender::new(0),
        };
        Ok((session, Secret::new(stand_in)))
    }

    pub(super) fn is_stand_in(&self, key: &[u8]) -> bool {
        Digest::of_bytes(NAME, key) == self.stand_in
    }

    /// The form of refusals where the request does not tell.
    pub(super) fn api(&self) -> Api {
        self.plan.apis.first().copied().unwrap_or(Api::AnthropicMessages)
    }

    /// A key for the next call. The session's id is part of it: a session after a restart shares no key with this one, or
    /// its first calls would pass as repeats of calls that are paid.
    pub(super) fn next_key(&self) -> IdempotencyKey {
        let sequence = self.next_call.fetch_add(1, Ordering::Relaxed);
        IdempotencyKey::derive(self.parent, &self.id, "call_model", sequence)
    }

    pub(super) fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one more of something.
    pub(super) fn count(&self, which: impl FnOnce(&mut SessionSpend) -> &mut u64) {
        let mut tally = self.tally();
        let count = which(&mut tally.spend);
        *count = count.saturating_add(1);
    }

    pub(super) fn begin(self: &Arc<Self>) -> Busy {
        self.busy.send_modify(|busy| *busy = busy.saturating_add(1));
        Busy(Arc::clone(self))
    }

    /// Waits until no exchange is under way.
    pub(super) async fn idle(&self) {
        // The sender lives as long as this session.
        let _ = self.busy.subscribe().wait_for(|busy| *busy == 0).await;
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.busy.send_modify(|busy| *busy = busy.saturating_sub(1));
    }
}

/// An open session of a proxy. When it is dropped it takes no more calls; those in flight are booked all the same.
#[derive(Debug)]
pub struct ProxySession {
    session: Arc<Session>,
    stand_in: Secret<String>,
    shared: Arc<Shared>,
    port: u16,
}

impl ProxySession {
    pub(super) fn new(
        session: Arc<Session>,
        stand_in: Secret<String>,
        shared: Arc<Shared>,
        port: u16,
    ) -> Self {
        Self { session, stand_in, shared, port }
    }

    /// The base address for the agent, in the place of the vendor's.
    pub fn base_url(&self) -> String {
        self.base_url_at(self.port)
    }

    /// The base address for an agent that reaches the proxy at another port of its own loopback address, by a relay in its
    /// sandbox for example.
    pub fn base_url_at(&self, port: u16) -> String {
        format!("http://127.0.0.1:{port}/r/{}", self.session.id)
    }

    /// The stand-in for the vendor's key. It is good for this session alone.
    pub fn key(&self) -> Secret<String> {
        self.stand_in.clone()
    }

    /// Takes calls on a UNIX socket too, for an agent without a network. The file must not exist; it is removed when the
    /// session ends, and none but this user can connect to it.
    ///
    /// # Errors
    ///
    /// `Conflict` when the file exists, `InvalidInput` when the path is longer than a socket's can be (107 bytes on Linux) or
    /// its folder is missing, `Unavailable` when this machine gives no socket.
    #[cfg(unix)]
    pub fn listen_unix(&self, path: &std::path::Path) -> Result<(), BackendError> {
        let socket = super::serve::Socket::bind(path).map_err(|source| {
            let kind = match source.kind() {
                std::io::ErrorKind::AddrInUse => ErrorKind::Conflict,
                std::io::ErrorKind::InvalidInput | std::io::ErrorKind::NotFound => ErrorKind::InvalidInput,
                _ => ErrorKind::Unavailable,
            };
            let message = format!("no socket at {}: choose another path", path.display());
            BackendError::new(kind, NAME, "listen", message).with_source(source)
        })?;
        tokio::spawn(super::serve::unix(socket, Arc::clone(&self.shared), Arc::clone(&self.session)));
        Ok(())
    }

    /// The calls and their cost, so far.
    pub fn spend(&self) -> SessionSpend {
        self.session.tally().spend.clone()
    }

    /// Ends the session, and waits until its calls in flight are booked: those that the agent did not wait for are read to
    /// their end, for [`ProxyOptions::drain`](super::ProxyOptions::drain) at most.
    ///
    /// Cancel safe: after a wait that was given up the session is closed, and its calls are booked all the same.
    pub async fn close(&self) -> SessionSpend {
        self.end();
        self.session.idle().await;
        self.spend()
    }

    fn end(&self) {
        self.session.closed.cancel();
        self.shared.locked().remove(&self.session.id);
    }
}

impl Drop for ProxySession {
    fn drop(&mut self) {
        self.end();
    }
}
