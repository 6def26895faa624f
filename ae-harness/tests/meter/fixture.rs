//! A proxy with a session, before a vendor.

use std::{future::Future, sync::Arc, time::Duration};

use ae_core::{Currency, Digest, IdempotencyKey, Money, RunId, Runtime, Secret};
use ae_harness::{
    BudgetMeter, MeterProxy, ModelPrice, ProxyOptions, ProxySession, SessionPlan, SessionSpend, wire::Api,
};

use crate::{
    answers::Sample,
    client::{Got, exchange, post},
    vendor::Vendor,
};

/// The vendor's key, which must show nowhere but at the vendor.
pub const REAL_KEY: &str = "sk-real-0123456789";

pub fn usd(text: &str) -> Money {
    Money::parse(text, Currency::USD).unwrap()
}

pub fn key() -> IdempotencyKey {
    IdempotencyKey::derive(RunId::from_digest(&Digest::of_bytes("test", b"run")), "test", "agent", 0)
}

/// Prices of whole micro-dollars a token, so that costs are read at sight: 3 for input, 15 for output.
pub fn price() -> ModelPrice {
    ModelPrice::per_million(usd("3"), usd("15")).with_cache_read(usd("1"))
}

pub fn meter(limit: &str) -> Arc<BudgetMeter> {
    Arc::new(BudgetMeter::new(usd(limit)).with_price("model-a", price()).with_price("model-b", price()))
}

pub fn plan(meter: &Arc<BudgetMeter>, vendor: &Vendor) -> SessionPlan {
    SessionPlan::new(
        Arc::clone(meter) as _,
        Api::ALL.to_vec(),
        vendor.url(),
        Secret::new(REAL_KEY.to_owned()),
    )
}

/// A proxy with one session.
pub struct Setup {
    pub proxy: MeterProxy,
    pub session: ProxySession,
    pub meter: Arc<BudgetMeter>,
    pub vendor: Vendor,
}

pub async fn setup(limit: &str, vendor: Vendor, options: ProxyOptions) -> Setup {
    let meter = meter(limit);
    let proxy = MeterProxy::start(&Runtime::system(), options).await.unwrap();
    let session = proxy.open(&key(), &plan(&meter, &vendor)).unwrap();
    Setup { proxy, session, meter, vendor }
}

impl Setup {
    pub fn port(&self) -> u16 {
        self.proxy.address().port()
    }

    /// The path of a session's request.
    pub fn path(&self, path: &str) -> String {
        let base = self.session.base_url();
        let prefix = base.strip_prefix(&format!("http://127.0.0.1:{}", self.port())).unwrap();
        format!("{prefix}{path}")
    }

    pub fn request(&self, sample: &Sample) -> Vec<u8> {
        let key = format!("{}{}\r\n", sample.key, self.session.key().expose());
        post(&self.path(sample.path), &key, sample.request)
    }

    pub async fn call(&self, sample: &Sample) -> Got {
        exchange(self.port(), &self.request(sample)).await
    }

    /// The account once nothing is under way.
    pub async fn settled(&self) -> SessionSpend {
        soon(async {
            while self.session.spend().in_flight > 0 {
                tokio::task::yield_now().await;
            }
        })
        .await;
        self.session.spend()
    }
}

/// Waits for what must come, and fails where it does not.
pub async fn soon<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), work).await.expect("it does not hang")
}
