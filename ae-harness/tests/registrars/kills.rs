//! Purchases that are cut at every step, with lost requests and answers: one order comes of them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use ae_core::{BackendError, Effect, ErrorKind, IdempotencyKey, Retry, Runtime};
use ae_harness::{Order, OrderEntry, OrderJournal, OrderState, Purchase, Registrar};
use async_trait::async_trait;
use doubles::server::{Fault, Reply, Server};
use serde_json::json;

use crate::rig::{contact, domain, key, porkbun, vercel};

/// A journal whose program dies at one of its calls, before or after it took effect.
#[derive(Debug)]
struct CutJournal {
    inner: Arc<dyn OrderJournal>,
    /// The calls that are left until the cut.
    left: AtomicUsize,
    after: bool,
}

impl CutJournal {
    fn dies(&self) -> bool {
        self.left.fetch_sub(1, Ordering::SeqCst) == 1
    }
}

fn dead<T>() -> Result<T, BackendError> {
    Err(BackendError::new(ErrorKind::Cancelled, "test", "cut", "the program was killed"))
}

#[async_trait]
impl OrderJournal for CutJournal {
    async fn read(&self, key: &IdempotencyKey) -> Result<Option<OrderEntry>, BackendError> {
        if self.dies() { dead() } else { self.inner.read(key).await }
    }

    async fn write(&self, key: &IdempotencyKey, entry: &OrderEntry) -> Result<(), BackendError> {
        match (self.dies(), self.after) {
            (true, false) => dead(),
            (true, true) => {
                self.inner.write(key, entry).await?;
                dead()
            }
            (false, _) => self.inner.write(key, entry).await,
        }
    }

    async fn forget(&self, key: &IdempotencyKey) -> Result<(), BackendError> {
        match (self.dies(), self.after) {
            (true, false) => dead(),
            (true, true) => {
                self.inner.forget(key).await?;
                dead()
            }
            (false, _) => self.inner.forget(key).await,
        }
    }

    async fn find(&self, order: &str) -> Result<Option<OrderEntry>, BackendError> {
        self.inner.find(order).await
    }
}

/// Repeats the call as its errors say, until the name is registered.
async fn until_bought(registrar: &dyn Registrar, purchase: &Purchase, runtime: &Runtime) -> Order {
    for _ in 0..20 {
        match registrar.buy(&key(0), purchase).await {
            Ok(order) if order.state == OrderState::Registered => return order,
            Ok(_) => {}
            Err(error) => match error.retry() {
                Retry::After(pause) => runtime.sleeper.sleep(pause).await,
                Retry::Backoff => runtime.sleeper.sleep(Duration::from_secs(60)).await,
                _ => panic!("{error:?}"),
            },
        }
    }
    panic!("the name was never registered")
}

/// One fault at request number `number` (0 for none), of a kind.
fn plan(server: &Server, number: usize, kind: usize) {
    let mut seen = 0;
    server.faults().plan(move |_| {
        seen += 1;
        let limited = json!({ "status": "ERROR", "code": "RATE_LIMIT_EXCEEDED", "message": "x" });
        (seen == number).then(|| match kind {
            0 => Fault::LoseRequest,
            1 => Fault::LoseAnswer,
            2 => Fault::AnswerAfter(Reply::json(503, &json!({}))),
            3 => Fault::Answer(Reply::json(503, &json!({}))),
            _ => Fault::Answer(Reply::json(429, &limited)),
        })
    });
}

const KINDS: usize = 5;
/// More than a purchase makes: of requests, and of calls of its journal.
const REQUESTS: usize = 9;
const CALLS: usize = 5;

#[tokio::test]
async fn vercel_sells_once_whatever_is_lost_and_wherever_it_is_cut() {
    let mut runs = 0;
    for call in 0..CALLS {
        for (number, kind) in (0..REQUESTS).flat_map(|number| (0..KINDS).map(move |kind| (number, kind))) {
            for after in [false, true] {
                if (call == 0 && after) || (number == 0 && kind > 0) {
                    continue;
                }
                let rig = vercel();
                let quote = rig.registrar.quote(&domain("one.com"), 1).await.unwrap();
                let purchase = Purchase::new(quote).with_contact(contact());
                plan(&rig.server, number, kind);
                let inner = Arc::clone(&rig.journal);
                let cut: Arc<dyn OrderJournal> =
                    Arc::new(CutJournal { inner, left: AtomicUsize::new(call), after });
                let first = rig.restarted(&cut).buy(&key(0), &purchase).await;
                if let Err(error) = &first {
                    let sent = !rig.double.orders().is_empty();
                    let honest =
                        !sent || error.effect() == Effect::Unknown || error.kind() == ErrorKind::Cancelled;
                    assert!(honest, "cut {call} {after}, fault {number} {kind}: {error:?}");
                }
                let order = until_bought(&rig.restarted(&rig.journal), &purchase, &rig.runtime).await;
                assert_eq!(order.domain, domain("one.com"));
                assert_eq!(rig.double.orders(), ["one.com"], "cut {call} {after}, fault {number} {kind}");
                runs += 1;
            }
        }
    }
    assert!(runs >= 200, "{runs}");
}

#[tokio::test]
async fn porkbun_sells_once_whatever_is_lost_and_wherever_it_is_cut() {
    let mut runs = 0;
    for call in 0..CALLS {
        for (number, kind) in (0..REQUESTS).flat_map(|number| (0..KINDS).map(move |kind| (number, kind))) {
            for after in [false, true] {
                if (call == 0 && after) || (number == 0 && kind > 0) {
                    continue;
                }
                let rig = porkbun();
                let quote = rig.registrar.quote(&domain("one.com"), 1).await.unwrap();
                let purchase = Purchase::new(quote);
                plan(&rig.server, number, kind);
                let inner = Arc::clone(&rig.journal);
                let cut: Arc<dyn OrderJournal> =
                    Arc::new(CutJournal { inner, left: AtomicUsize::new(call), after });
                // A restart within the vendor's memory of keys, and one after it.
                let _ = rig.restarted(&cut).buy(&key(0), &purchase).await;
                if kind % 2 == 1 {
                    rig.double.forget_keys();
                    rig.runtime.sleeper.sleep(Duration::from_secs(25 * 3600)).await;
                }
                let order = until_bought(&rig.restarted(&rig.journal), &purchase, &rig.runtime).await;
                assert!(!order.auto_renew);
                assert_eq!(rig.double.orders(), ["one.com"], "cut {call} {after}, fault {number} {kind}");
                assert_eq!(rig.double.renews("one.com"), Some(false));
                runs += 1;
            }
        }
    }
    assert!(runs >= 200, "{runs}");
}

#[tokio::test]
async fn a_purchase_that_may_be_under_way_is_not_sent_again_before_it_settled() {
    let rig = vercel();
    let quote = rig.registrar.quote(&domain("one.com"), 1).await.unwrap();
    let purchase = Purchase::new(quote).with_contact(contact());
    rig.server.faults().push_on("POST", "/buy", Fault::LoseRequest);
    rig.registrar.buy(&key(0), &purchase).await.unwrap_err();
    let early = rig.registrar.buy(&key(0), &purchase).await.unwrap_err();
    assert_eq!((early.kind(), early.effect()), (ErrorKind::Unavailable, Effect::Unknown));
    let Retry::After(left) = early.retry() else { panic!("{early:?}") };
    let sent = || rig.server.seen().iter().filter(|seen| seen.path.ends_with("/buy")).count();
    assert_eq!(sent(), 1);
    // A purchase whose name went to someone else meanwhile is not sent again either, and the error says so.
    rig.runtime.sleeper.sleep(left).await;
    rig.double.take("one.com");
    let gone = rig.registrar.buy(&key(0), &purchase).await.unwrap_err();
    assert_eq!((gone.effect(), gone.retry(), sent()), (Effect::Unknown, Retry::Never, 1));
    assert!(gone.message().contains("not in this account"), "{gone}");
}
