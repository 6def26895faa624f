//! Joins the books to a system of the operator's own: a signed message when an order becomes entitled, and when that ends.

use std::fmt::Debug;

use ae_billing::Entitlement;
use ae_core::{BackendError, Digest, Mode, ProjectId, Timestamp};
use async_trait::async_trait;
use serde_json::{Value, json};

/// Sends messages to one address.
///
/// # Errors
///
/// Whatever kept the receiver from saying that it has the message; it is sent again.
#[async_trait]
pub trait Notifier: Debug + Send + Sync {
    /// Sends `body` with its signature; done once the receiver answers with a success.
    async fn send(&self, body: &str, signature: &str) -> Result<(), BackendError>;
}

/// A message about an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The order.
    pub order: String,
    /// Its state in one word or path: another one is another message.
    pub state: String,
    /// The message.
    pub body: String,
}

/// The product that a message is about.
#[derive(Debug, Clone)]
pub struct About {
    /// The project, which licences name.
    pub project: ProjectId,
    /// The label of the site.
    pub site: String,
    /// The mode of the payment provider.
    pub mode: Mode,
}

/// The message about `entitlement` as it is at `now`, after the one about its state `before`.
///
/// The body is `{"id", "type", "mode", "created_at", "data"}`. The type is `order.entitled` or `order.ended`; the same
/// change of the same order has the same id, by which a receiver knows a repeat. The data names the order, the product and
/// the agreement at the provider; who knows the order can open its page with the licence, so the way to the receiver has to
/// be private.
pub fn notice(about: &About, entitlement: &Entitlement, before: Option<&str>, now: Timestamp) -> Notice {
    let order = entitlement.order().to_string();
    let is_active = entitlement.is_active(now);
    let until = entitlement.paid_until.map(|until| until.to_string());
    let state = if is_active {
        format!("entitled/{}/{}", entitlement.number, until.as_deref().unwrap_or("-"))
    } else {
        let at = entitlement.ends_at().map_or_else(|| "-".to_owned(), |at| at.to_string());
        format!("ended/{}/{at}", entitlement.number)
    };
    let change = format!("{order}\n{}\n{state}", before.unwrap_or_default());
    let id = Digest::of_bytes("notice/2", change.as_bytes()).short(32);
    let (provider, agreement) = entitlement.id.split_once(':').unwrap_or(("", &entitlement.id));
    let data: Value = json!({
        "order": order,
        "project": about.project,
        "site": about.site,
        "run": entitlement.run,
        "tier": entitlement.tier,
        "provider": provider,
        "entitlement": agreement,
        "customer": entitlement.customer,
        "number": entitlement.number,
        "paid_at": entitlement.paid_at,
        "paid_until": until,
    });
    let kind = if is_active { "order.entitled" } else { "order.ended" };
    let body = json!({
        "id": format!("ntc_{id}"), "type": kind, "mode": about.mode, "created_at": now, "data": data,
    });
    Notice { order, state, body: body.to_string() }
}

#[cfg(test)]
mod tests {
    use ae_billing::{OfflineVerifier, SIGNATURE_HEADER, WebhookVerifier as _, sign};
    use ae_core::{Currency, Money, RunId, Secret};

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn bought() -> Entitlement {
        let run = RunId::from_digest(&Digest::of_bytes("test", b"run"));
        let amount = Money::parse("9", Currency::USD).unwrap();
        Entitlement::new("stripe:sub_1", run, amount, at("2026-12-01T00:00:00Z"))
            .with_tier("pro")
            .with_customer("cus_1")
            .with_paid_until(at("2027-01-01T00:00:00Z"))
    }

    fn about() -> About {
        let project = ProjectId::from_digest(&Digest::of_bytes("test", b"project"));
        About { project, site: "csv-tidy".to_owned(), mode: Mode::Test }
    }

    #[test]
    fn another_state_is_another_message_and_a_repeat_has_the_same_id() {
        let id = |notice: &Notice| -> String {
            let body: Value = serde_json::from_str(&notice.body).unwrap();
            format!("{} {}", body["type"].as_str().unwrap(), body["id"].as_str().unwrap())
        };
        let (before, later) = (at("2026-12-02T00:00:00Z"), at("2026-12-03T00:00:00Z"));
        let first = notice(&about(), &bought(), None, before);
        assert_eq!(id(&notice(&about(), &bought(), None, later)), id(&first));
        assert!(id(&first).starts_with("order.entitled ntc_"));
        let renewed = bought().with_number(2).with_paid_until(at("2027-02-01T00:00:00Z"));
        assert_ne!(id(&notice(&about(), &renewed, None, later)), id(&first));
        let ended = notice(&about(), &bought().with_ended_at(later), None, later);
        assert!(id(&ended).starts_with("order.ended ") && ended.state.starts_with("ended/"));
        assert_eq!(
            notice(&about(), &bought(), None, at("2027-01-02T00:00:00Z")).state,
            "ended/1/2027-01-01T00:00:00Z"
        );
        // The same end after another renewal is another change.
        let again = notice(&about(), &bought().with_ended_at(later), Some("entitled/2/x"), later);
        assert_ne!(id(&again), id(&ended));
    }

    #[test]
    fn a_receiver_verifies_it_like_any_webhook_and_finds_nothing_that_unlocks() {
        let (secret, now) = (Secret::new("shared".to_owned()), at("2026-12-02T00:00:00Z"));
        let notice = notice(&about(), &bought(), None, now);
        let mut headers = http::HeaderMap::new();
        headers.insert(SIGNATURE_HEADER, sign(&secret, notice.body.as_bytes(), now).parse().unwrap());
        let event =
            OfflineVerifier::new(secret).unwrap().verify(&headers, notice.body.as_bytes(), now).unwrap();
        assert!(event.effects.is_empty() && event.kind.to_string() == "order.entitled");
        assert_eq!(event.mode, Mode::Test);
        assert!(!notice.body.contains("eyJ"));
    }
}
