//! A simulator of Cloudflare: Workers with static files, zones, and the sites themselves.
#![allow(clippy::indexing_slicing, reason = "a JSON value gives null for what it does not hold")]

mod api;
mod parts;
mod site;
mod state;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use self::state::State;
use crate::server::{Handler, Reply, Seen};

/// The name under which the account's Workers answer.
pub const SUBDOMAIN: &str = "simulated";

/// A simulator of Cloudflare; clones share its state. It answers the API below `/client/v4`, and the sites themselves to
/// requests whose `Host` is that of a site. It keeps functions and does not run them.
#[derive(Debug, Clone)]
pub struct Cloudflare(Arc<Mutex<State>>);

impl Cloudflare {
    /// An account of one token.
    pub fn new(token: &str, account: &str) -> Self {
        Self(Arc::new(Mutex::new(State::new(token, account))))
    }

    /// Adds an active zone to the account.
    pub fn add_zone(&self, name: &str) {
        self.locked().add_zone(name, "active");
    }

    /// Makes the registry name the servers of a zone.
    pub fn activate_zone(&self, name: &str) {
        self.locked().activate_zone(name);
    }

    /// Adds a Worker that someone else made.
    pub fn add_foreign(&self, name: &str) {
        self.locked().add_foreign(name);
    }

    /// The number of a Worker's versions that are releases, and of its switches between them.
    pub fn counts(&self, name: &str) -> (usize, usize) {
        self.locked().counts(name)
    }

    /// The names of the Workers.
    pub fn workers(&self) -> Vec<String> {
        self.locked().names()
    }

    /// The modules of the version of a Worker that answers, the main one first.
    pub fn modules(&self, name: &str) -> Vec<(String, String)> {
        self.locked().modules(name)
    }

    /// The variables of a Worker.
    pub fn variables(&self, name: &str) -> Vec<(String, String)> {
        self.locked().variables(name)
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Handler for Cloudflare {
    async fn answer(&self, request: &Seen) -> Reply {
        let mut state = self.locked();
        if request.path.starts_with("/client/v4/") {
            return api::answer(&mut state, request).unwrap_or_else(|refused| refused);
        }
        site::answer(&state, request)
    }
}
