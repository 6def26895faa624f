//! Registrars with their simulators and a clock of their own.

use std::{sync::Arc, time::Duration};

use ae_core::{Digest, IdempotencyKey, RunId, Runtime, Secret, Timestamp};
use ae_harness::{
    Contact, Domain, MemoryOrderJournal, OrderJournal, PorkbunConfig, PorkbunRegistrar, VercelRegistrar,
    VercelRegistrarConfig,
};
use doubles::{
    registrars::{Porkbun, VercelDomains},
    server::Server,
};

const TOKEN: &str = "token";
const API_KEY: &str = "pk1_sb_1";
const SECRET_API_KEY: &str = "sk1_sb_1";

pub(crate) fn key(sequence: u32) -> IdempotencyKey {
    IdempotencyKey::derive(
        RunId::from_digest(&Digest::of_bytes("test", b"domain")),
        "domain",
        "buy",
        sequence,
    )
}

pub(crate) fn domain(name: &str) -> Domain {
    name.parse().unwrap()
}

pub(crate) fn contact() -> Contact {
    Contact::from_json(
        r#"{"first_name": "Ada", "last_name": "Byron", "email": "ada@example.com", "phone": "+441632960961",
            "street": "1 Example Street", "street_more": "Floor 2", "city": "London", "state": "London",
            "postal_code": "N1 9GU", "country": "GB", "company": "Engines"}"#,
    )
    .unwrap()
}

/// A registrar `R` in front of the simulator `D`.
#[derive(Debug)]
pub(crate) struct Rig<R, D> {
    pub(crate) registrar: R,
    pub(crate) double: D,
    pub(crate) server: Server,
    pub(crate) runtime: Runtime,
    pub(crate) journal: Arc<dyn OrderJournal>,
    start: Timestamp,
}

impl<R, D> Rig<R, D> {
    /// The time that was waited.
    pub(crate) fn elapsed(&self) -> Duration {
        Duration::try_from(self.runtime.now().duration_since(self.start)).unwrap()
    }
}

fn runtime() -> (Runtime, Timestamp) {
    let start: Timestamp = "2026-11-30T12:00:00Z".parse().unwrap();
    (Runtime::manual(start, 1), start)
}

pub(crate) fn vercel() -> Rig<VercelRegistrar, VercelDomains> {
    let double = VercelDomains::new(TOKEN);
    let server = Server::start(double.clone()).unwrap();
    let (runtime, start) = runtime();
    let journal: Arc<dyn OrderJournal> = Arc::new(MemoryOrderJournal::default());
    let registrar = vercel_at(&server, TOKEN, &journal, &runtime);
    Rig { registrar, double, server, runtime, journal, start }
}

pub(crate) fn vercel_at(
    server: &Server,
    token: &str,
    journal: &Arc<dyn OrderJournal>,
    runtime: &Runtime,
) -> VercelRegistrar {
    let config = VercelRegistrarConfig::new(Secret::new(token.to_owned()))
        .with_team_id("team_1")
        .with_api_url(server.url());
    VercelRegistrar::new(config, Arc::clone(journal), runtime.clone()).unwrap()
}

impl Rig<VercelRegistrar, VercelDomains> {
    pub(crate) fn with_token(&self, token: &str) -> VercelRegistrar {
        vercel_at(&self.server, token, &self.journal, &self.runtime)
    }

    /// The registrar of another process with the same journal.
    pub(crate) fn restarted(&self, journal: &Arc<dyn OrderJournal>) -> VercelRegistrar {
        vercel_at(&self.server, TOKEN, journal, &self.runtime)
    }
}

pub(crate) fn porkbun() -> Rig<PorkbunRegistrar, Porkbun> {
    let double = Porkbun::new(API_KEY, SECRET_API_KEY);
    let server = Server::start(double.clone()).unwrap();
    let (runtime, start) = runtime();
    let journal: Arc<dyn OrderJournal> = Arc::new(MemoryOrderJournal::default());
    let registrar = porkbun_at(&server, &journal, &runtime);
    Rig { registrar, double, server, runtime, journal, start }
}

fn porkbun_at(server: &Server, journal: &Arc<dyn OrderJournal>, runtime: &Runtime) -> PorkbunRegistrar {
    let secret = |text: &str| Secret::new(text.to_owned());
    let config = PorkbunConfig::new(secret(API_KEY), secret(SECRET_API_KEY)).with_api_url(server.url());
    PorkbunRegistrar::new(config, Arc::clone(journal), runtime.clone()).unwrap()
}

impl Rig<PorkbunRegistrar, Porkbun> {
    /// The registrar of another process with the same journal.
    pub(crate) fn restarted(&self, journal: &Arc<dyn OrderJournal>) -> PorkbunRegistrar {
        porkbun_at(&self.server, journal, &self.runtime)
    }
}
