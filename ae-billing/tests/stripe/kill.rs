//! A real process, killed again and again.

use std::{
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use ae_billing::{NewRefund, PaymentProvider, PaymentQuery, SqliteJournal, Stripe};
use ae_core::{BillingInterval, Runtime};
use doubles::{server::Fault, stripe::StripeDouble};

use crate::world::{config, key, launch, run, usd};

const URL: &str = "AE_STRIPE_KILL_URL";
const FILE: &str = "AE_STRIPE_KILL_FILE";

/// The process that is killed; it does nothing when it is run as a test.
#[tokio::test]
async fn child() {
    let (Ok(url), Ok(file)) = (std::env::var(URL), std::env::var(FILE)) else { return };
    let journal = SqliteJournal::open_or_create(file).unwrap();
    let stripe = Stripe::new(config(&url), journal, Runtime::system()).unwrap();
    launch(&stripe, BillingInterval::OneTime).await;
    let paid = stripe.payments(&PaymentQuery::new(run())).await.unwrap().items;
    // Paid by the test, once the link is there.
    if let Some(paid) = paid.first() {
        stripe.refund(&key("refund"), &NewRefund::new(paid.id.clone(), usd("10"))).await.unwrap();
    }
}

#[test]
fn a_killed_process_makes_nothing_twice() {
    let double = StripeDouble::start().unwrap();
    double
        .faults()
        .plan(|seen| seen.path.starts_with("/v1/").then_some(Fault::Slow(Duration::from_millis(3))));
    let folder = tempfile::tempdir().unwrap();
    let start = || {
        Command::new(std::env::current_exe().unwrap())
            .args(["kill::child", "--exact", "--nocapture"])
            .env(URL, double.url())
            .env(FILE, folder.path().join("journal.db"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    };
    let pay = || {
        if let (Some(link), true) =
            (double.objects("payment_link").first(), double.objects("charge").is_empty())
        {
            double.pay(link["id"].as_str().unwrap(), "");
        }
    };
    for round in 0..30 {
        let mut child = start();
        thread::sleep(Duration::from_millis(10 + round * 4));
        child.kill().unwrap();
        child.wait().unwrap();
        pay();
    }
    for _ in 0..2 {
        assert!(start().wait().unwrap().success());
        pay();
    }
    for kind in ["product", "price", "payment_link", "refund"] {
        assert_eq!(double.objects(kind).len(), 1, "{kind}");
    }
}
