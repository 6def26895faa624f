//! Books the events that no webhook brought, because nothing listened when they were sent.

use std::{sync::Arc, time::Duration};

use ae_billing::{Intake, ReceivedEvent};
use ae_core::Timestamp;

use super::Sale;
use crate::{error::Result, glue::missed::MissedEvents, setup::eprint_line};

/// How often the events are looked through.
const EVERY: Duration = Duration::from_secs(3_600);
/// How long providers keep events at least.
const KEPT: Duration = Duration::from_secs(30 * 86_400);
/// How far before the last look the next one begins: providers list an event a little after it happened.
const OVERLAP: Duration = Duration::from_secs(3_600);
/// The most pages of one look.
const PAGES_MAX: u32 = 1_000;

impl Sale {
    /// Books what was missed, now and every hour, without an end.
    pub async fn keep_catching_up(&self) {
        let sleeper = &self.installation.runtime.sleeper;
        loop {
            for missed in &self.missed {
                match self.catch_up(&**missed).await {
                    Ok(0) => {}
                    Ok(booked) => {
                        let provider = missed.provider();
                        eprint_line(&format!(
                            "{booked} events of {} were missed and are booked now",
                            provider.name
                        ));
                        self.changed();
                    }
                    Err(error) => {
                        eprint_line(&format!("warning: missed events can't be looked through now: {error}"));
                    }
                }
            }
            sleeper.sleep(EVERY).await;
        }
    }

    /// Books the events since the last look; the number of those that were new.
    ///
    /// # Errors
    ///
    /// When the provider does not answer, or a store can't be written: the same events are looked through again.
    pub async fn catch_up(&self, missed: &dyn MissedEvents) -> Result<u64> {
        let provider = missed.provider();
        let name = format!("events/{}/{}", provider.name, provider.mode);
        let now = self.installation.runtime.now();
        let before = |at: Timestamp, by| at.checked_sub(by).unwrap_or(Timestamp::MIN);
        let last = self.installation.runs.mark(&name).await?;
        let since = last.map_or(before(now, KEPT), |last| before(last, OVERLAP).max(before(now, KEPT)));
        let (mut booked, mut after) = (0, None::<String>);
        for _ in 0..PAGES_MAX {
            let page = missed.page(since, after.as_deref()).await?;
            for one in page.items {
                // What can't be read is shown by the webhook that brings it.
                let Ok(event) = one.event else { continue };
                let mut received = ReceivedEvent::new(provider.name.clone(), event, &one.raw, now);
                if received.event.mode != provider.mode {
                    let mode = received.event.mode;
                    received.quarantine = Some(format!("the event is of mode {mode}, not {}", provider.mode));
                }
                let taken = self.storefront.record_event(&received).await?;
                booked += u64::from(matches!(taken, Intake::Accepted { .. }));
            }
            after = page.next;
            if after.is_none() {
                self.installation.runs.set_mark(&name, now).await?;
                break;
            }
        }
        Ok(booked)
    }

    /// Looks for missed events at the payment providers whose keys are there.
    ///
    /// # Errors
    ///
    /// When a key can't be used.
    pub fn catching_up(mut self) -> Result<Self> {
        self.missed = self.installation.wiring.missed(&self.installation)?;
        Ok(self)
    }
}

/// The payment providers that list their events.
pub(super) type Missed = Vec<Arc<dyn MissedEvents>>;
