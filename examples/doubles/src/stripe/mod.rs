//! A simulator of Stripe: forms are read strictly, idempotency keys are kept for a day, prices have unique lookup keys,
//! links and checkouts have a page where a test customer pays, and events are signed and sent.
//!
//! It is not Stripe: no card, no network, no money. Amounts are added up as Stripe documents it, in the objects of the API
//! version that it names.
#![allow(clippy::indexing_slicing, reason = "JSON read by a name that is not there is null")]

mod catalog;
mod control;
mod create;
mod events;
mod handler;
mod pay;
mod read;
mod refunds;
pub mod schema;
mod state;

use std::{
    io::{self, Read as _, Write as _},
    net::TcpStream,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::Value;

use crate::server::{Faults, Seen, Server};
pub use events::signature;
use handler::Stripe;
use state::State;

/// A simulator that runs until it is dropped.
#[derive(Debug)]
pub struct StripeDouble {
    server: Server,
    state: Arc<Mutex<State>>,
}

impl StripeDouble {
    /// Starts one in test mode on a free port.
    ///
    /// # Errors
    ///
    /// When no port can be had.
    pub fn start() -> io::Result<Self> {
        Self::start_at(0)
    }

    /// Starts one on `port`, 0 for a free one.
    ///
    /// # Errors
    ///
    /// When the port is taken.
    pub fn start_at(port: u16) -> io::Result<Self> {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let server = Server::start_with(port, move |base| {
            base.clone_into(&mut shared.lock().unwrap_or_else(PoisonError::into_inner).base);
            Stripe(shared)
        })?;
        Ok(Self { server, state })
    }

    /// The base address: of the API, of the pay pages, and of `/_control/…`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Every request so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.server.seen()
    }

    /// The plan of faults.
    pub const fn faults(&self) -> &Faults {
        self.server.faults()
    }

    /// Lets its objects, and the keys that it takes, be of the live mode: for tests of guards.
    pub fn pretend_live(&self) {
        self.lock().livemode = true;
    }

    /// Stops its clock at a second of Unix time.
    pub fn stop_clock_at(&self, seconds: i64) {
        self.lock().time = Some(seconds);
    }

    /// Moves its clock forward.
    pub fn advance(&self, by: Duration) {
        self.lock().skipped += i64::try_from(by.as_secs()).unwrap_or(i64::MAX);
    }

    /// The next POST fails with a 500 that is stored under its key; the effect happens, or it does not.
    pub fn fail_next_post(&self, with_effect: bool) {
        self.lock().poison = Some(with_effect);
    }

    /// The objects of a kind as they are kept, oldest first: `product`, `price`, `payment_link`, `checkout.session`,
    /// `customer`, `subscription`, `invoice`, `payment_intent`, `charge`, `refund`, `event`, `webhook_endpoint`, …
    pub fn objects(&self, kind: &str) -> Vec<Value> {
        self.lock().all(kind).to_vec()
    }

    /// Pays at the page of a link or checkout, as a customer does; the id of the checkout. `payer` is the label that a shop
    /// can put into the address of a link; empty for none.
    pub fn pay(&self, link_or_checkout: &str, payer: &str) -> String {
        let id = pay::pay(&mut self.lock(), link_or_checkout, "paid", payer).unwrap_or_default();
        self.flush();
        id
    }

    /// Does what the control path of this name does: `refund` (`payment_intent`, `amount`), `cancel`, `renew`,
    /// `fail_renewal` (`subscription`), `dispute` (`payment_intent`), `close_dispute` (`payment_intent`, `status`), `settle`
    /// (`session`, `outcome`), `redeliver`.
    pub fn control(&self, action: &str, fields: &[(&str, &str)]) -> Value {
        let fields: Vec<_> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let done = control::control(&mut self.lock(), action, &fields);
        self.flush();
        done.unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the server send the events that are on their way.
    fn flush(&self) {
        let address = self.url().replace("http://", "");
        if let Ok(mut stream) = TcpStream::connect(&address) {
            let request = format!(
                "POST /_control/flush HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
            );
            let _ = stream.write_all(request.as_bytes()).and_then(|()| stream.read_to_end(&mut Vec::new()));
        }
    }
}
