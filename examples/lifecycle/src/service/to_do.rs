//! The rest of a launch, which is left to a person.

use ae_core::Mode;
use ae_harness::{CommercialUse, DnsRecord};
use serde::Serialize;

use crate::{glue::hosting::SiteEnv, run::Launched};

/// Something that a person has to do where no program may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ToDo {
    /// The deed.
    pub what: String,
    /// The DNS record to enter, if it is one.
    pub record: Option<DnsRecord>,
}

impl ToDo {
    fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), record: None }
    }
}

/// The rest that is to be done after as much of `launched` as has happened.
pub(super) fn to_do(launched: &Launched) -> Vec<ToDo> {
    let terms = &launched.plan.terms;
    let (parties, mut list) = (&terms.parties, Vec::new());
    if let Some(status) = &launched.domain {
        for record in &status.needed {
            let DnsRecord { kind, name, value, .. } = record;
            let what = format!("enter where the DNS of {} is kept: {kind} {name} {value}", status.domain);
            list.push(ToDo { what, record: Some(record.clone()) });
        }
        if !status.verified && !status.needed.is_empty() {
            list.push(ToDo::new(format!(
                "once they are there, have {} look for {} again in its dashboard: a run that has ended does not",
                parties.publisher.name, status.domain
            )));
        }
        if status.needed.is_empty() && !(status.verified && status.resolves) {
            list.push(ToDo::new(format!("wait until the DNS of {} leads to the site", status.domain)));
        }
    }
    let seller = &parties.seller;
    if terms.for_sale.is_some() && launched.deployment.is_some() && seller.mode != Mode::Offline {
        let test = if seller.mode == Mode::Test { " --test" } else { "" };
        let secret =
            format!("keep the secret that signs them: `ae webhook-secret {}{test} < FILE`", seller.name);
        match &launched.endpoint {
            None => list.push(ToDo::new(format!(
                "have {0} send its events to /api/v1/billing/webhooks/{0} of an `ae serve` that the web reaches, and \
                 {secret}; without them no revenue is booked",
                seller.name
            ))),
            Some(endpoint) if !endpoint.has_secret => list.push(ToDo::new(format!(
                "{} sends events to {} and gave the secret that signs them only once: {secret}",
                seller.name, endpoint.url
            ))),
            Some(_) => {}
        }
        let unlocks = |env: &SiteEnv| env.variables.contains_key("AE_STRIPE_KEY");
        if terms.env.as_ref().is_some_and(|env| !unlocks(env)) {
            list.push(ToDo::new(
                "give buyers their licences, with `ae licence ORDER`: the site gives them by itself only with --pay stripe \
                 and a restricted key in AE_STRIPE_KEY",
            ));
        }
        if parties.commercial == CommercialUse::Unknown {
            let host = &parties.publisher.name;
            list.push(ToDo::new(format!("make sure that your plan at {host} allows what takes payments")));
        }
    }
    list
}
