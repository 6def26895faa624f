//! Tells a system of the operator's own when an order becomes entitled and when that ends: signed, and at least once.

use std::{sync::Arc, time::Duration};

use ae_billing::sign;
use ae_core::{Retry, Secret};
use ae_safety::AuditEvent;
use serde_json::json;
use tokio::sync::Notify;

use super::{Sale, revenue::all};
use crate::{
    error::Result,
    glue::notice::{About, Notifier, notice},
    setup::eprint_line,
};

/// How long a change that no event states, such as the end of a paid period, may go unnoticed.
const LOOK_EVERY: Duration = Duration::from_secs(600);
/// The first pause after a message that did not arrive, and the longest.
const PAUSES: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(300)];

/// The other end of the messages.
#[derive(Debug)]
pub(super) struct Telling {
    notifier: Arc<dyn Notifier>,
    secret: Secret<String>,
}

impl Sale {
    /// Tells `url` when an order becomes entitled and when that ends. The messages are signed with the key `notify`.
    ///
    /// # Errors
    ///
    /// When the address can't be used, or the key can't be read.
    pub async fn telling(mut self, url: &str) -> Result<Self> {
        let notifier = self.installation.wiring.notifier(url)?;
        self.telling = Some(Telling { notifier, secret: self.keys.read("notify").await? });
        Ok(self)
    }

    /// The books may have changed.
    pub(super) fn changed(&self) {
        self.changes.notify_one();
    }

    /// Sends what was not sent yet, now and after each change, without an end.
    pub async fn keep_telling(&self) {
        let sleeper = &self.installation.runtime.sleeper;
        let [shortest, longest] = PAUSES;
        let mut pause = shortest;
        loop {
            match self.tell().await {
                Ok(()) => {
                    pause = shortest;
                    tokio::select! {
                        () = self.changes.notified() => {}
                        () = sleeper.sleep(LOOK_EVERY) => {}
                    }
                }
                Err(error) => {
                    eprint_line(&format!("warning: a notice did not arrive, it is sent again: {error}"));
                    sleeper.sleep(pause).await;
                    pause = pause.saturating_mul(2).min(longest);
                }
            }
        }
    }

    /// Sends what was not sent yet.
    ///
    /// # Errors
    ///
    /// The first message that did not arrive; it and those after it are sent again next time.
    pub async fn tell(&self) -> Result<()> {
        let Some(Telling { notifier, secret }) = &self.telling else { return Ok(()) };
        let runs = &self.installation.runs;
        let told = runs.told().await?;
        let mut refused = None;
        for row in all(&self.installation).await? {
            let Some(site) = row.site.clone() else { continue };
            let books = self.storefront.revenue(row.run_id).await?;
            if books.entitlements.is_empty() {
                continue;
            }
            let about = About { project: row.project_id, site, mode: row.settings.mode() };
            for entitlement in &books.entitlements {
                let now = self.installation.runtime.now();
                let before = told.get(&entitlement.order().to_string()).map(String::as_str);
                let notice = notice(&about, entitlement, before, now);
                if told.get(&notice.order) == Some(&notice.state) {
                    continue;
                }
                match notifier.send(&notice.body, &sign(secret, notice.body.as_bytes(), now)).await {
                    Ok(()) => {}
                    // It concerns this message alone: the others are sent.
                    Err(error) if error.retry() == Retry::Never => {
                        refused.get_or_insert(error);
                        continue;
                    }
                    Err(error) => return Err(error.into()),
                }
                runs.remember_told(&notice.order, &notice.state).await?;
                let detail = json!({ "order": notice.order, "state": notice.state });
                let event = AuditEvent::new("notice_sent", "ae").with_run(row.run_id).with_detail(detail);
                self.installation.keeper.audit.append(&event).await?;
            }
        }
        refused.map_or(Ok(()), |error| Err(error.into()))
    }
}

/// Wakes what sends messages.
pub(super) type Changes = Notify;
