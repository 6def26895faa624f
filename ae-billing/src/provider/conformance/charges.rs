//! C20: prices and trials of every kind, made where they are announced and refused early where they are not.

use ae_core::{
    BillingInterval, ErrorKind, IdempotencyKey, Money, RunId,
    conformance::{held, refused, same},
};

use super::{
    Subject,
    launch::{key, launch, link, price, refused_early},
};
use crate::{Charge, NewMeter, NewPrice, Step, TierMode, units};

/// C20: a price in steps, by usage or below a minor unit, and a trial, where they are announced.
pub(super) async fn c20_charges_follow_the_abilities(subject: &Subject) {
    let run = subject.run("c20");
    launch(subject, &*subject.provider, run).await;
    let able = subject.provider.info().capabilities;
    let meter = key(run, "meter");
    if able.metered {
        let event = format!("tokens-{}", run.to_string().chars().rev().take(12).collect::<String>());
        held("C20", subject.provider.ensure_meter(&meter, &NewMeter::new(run, "Tokens", event)).await);
    }
    let minor = subject.amount(units::grain(subject.currency).unwrap_or(1));
    let part = held("C20", Money::from_pico(minor.pico() / 10, minor.currency()));
    for (name, charge, is_able) in [
        ("graduated", tiered(subject, TierMode::Graduated), able.tiered),
        ("volume", tiered(subject, TierMode::Volume), able.tiered),
        ("fraction", steps(vec![Step::new(None, part)]), able.tiered && able.fractions),
        ("metered", metered(&meter, minor), able.metered),
        ("metered-fraction", metered(&meter, part), able.metered && able.fractions),
    ] {
        makes(subject, run, name, charge, is_able).await;
    }
    if able.tiered {
        let open = Step::new(None, minor);
        for (name, wrong) in [
            ("no steps", steps(Vec::new())),
            ("falling", steps(vec![Step::new(Some(10), minor), Step::new(Some(10), minor), open])),
            ("no end", steps(vec![Step::new(Some(10), minor)])),
            ("open twice", steps(vec![open, open])),
        ] {
            refuses(subject, run, name, wrong).await;
        }
    }
    let trial = link(run).with_trial_days(14);
    let answer = subject.provider.ensure_payment_link(&key(run, "trial"), &trial).await;
    if able.trials {
        held("C20 a trial, early", trial.check(&subject.provider.info()));
        held("C20 a trial", answer);
    } else {
        refused_early("C20 a trial", trial.check(&subject.provider.info()), ErrorKind::InvalidInput);
        refused("C20 a trial that is not offered", answer, ErrorKind::InvalidInput);
    }
}

fn steps(steps: Vec<Step>) -> Charge {
    Charge::Tiered { mode: TierMode::Graduated, steps }
}

fn tiered(subject: &Subject, mode: TierMode) -> Charge {
    let first = Step::new(Some(10), subject.amount(100)).with_flat(subject.amount(500));
    let steps = vec![first, Step::new(Some(50), subject.amount(90)), Step::new(None, subject.amount(80))];
    Charge::Tiered { mode, steps }
}

fn metered(meter: &IdempotencyKey, unit: Money) -> Charge {
    Charge::Metered { meter: meter.clone(), unit }
}

fn asked(subject: &Subject, run: RunId, name: &str, charge: Charge) -> NewPrice {
    let tier = name.replace(' ', "-");
    let spec = price(run, &tier, subject.amount(100));
    NewPrice { charge, interval: BillingInterval::MONTH, ..spec }
}

async fn makes(subject: &Subject, run: RunId, name: &str, charge: Charge, is_able: bool) {
    if !is_able {
        return refuses(subject, run, name, charge).await;
    }
    let clause = format!("C20 {name}");
    let spec = asked(subject, run, name, charge);
    held(&clause, spec.check(&subject.provider.info()));
    for (provider, is_new) in [(&subject.provider, true), (&subject.second, false)] {
        let made = held(&clause, provider.ensure_price(&key(run, name), &spec).await);
        same(&clause, &(is_new, &spec.charge), &(made.is_created(), &made.as_ref().charge));
    }
}

async fn refuses(subject: &Subject, run: RunId, name: &str, charge: Charge) {
    let clause = format!("C20 {name}");
    let spec = asked(subject, run, name, charge);
    refused_early(&clause, spec.check(&subject.provider.info()), ErrorKind::InvalidInput);
    let answer = subject.provider.ensure_price(&key(run, name), &spec).await;
    refused(&clause, answer, ErrorKind::InvalidInput);
}
