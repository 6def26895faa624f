//! Refunds.

use ae_core::{BackendError, Effect, ErrorKind, IdempotencyKey, Timestamp};
use async_trait::async_trait;
use serde_json::Value;

use super::{
    Inner,
    ensure::{Wanted, digest},
    error, of_key, refused,
};
use crate::{
    NewRefund, PaymentId, Refund, RefundState,
    stripe::{
        answer::{
            self,
            catalog::Made,
            payments::{PaymentName, StripeIntent, StripeInvoice, StripeRefund, refunds},
            strange,
        },
        call::StripeCall,
        request::{amounts, customers as requests},
    },
};

/// A refund to make sure of, with its own id.
pub(in crate::stripe) struct WantedRefund<'a> {
    pub(in crate::stripe) key: &'a IdempotencyKey,
    pub(in crate::stripe) spec: &'a NewRefund,
}

/// A refund, and the vendor's id of it.
pub(in crate::stripe) struct Refunded {
    pub(in crate::stripe) id: String,
    pub(in crate::stripe) refund: Refund,
}

impl WantedRefund<'_> {
    async fn all(&self, stripe: &Inner) -> Result<Vec<(String, Made<Refund>)>, BackendError> {
        let intent = stripe.intent_of(Self::OPERATION, &self.spec.payment).await?;
        let call = StripeCall::get(Self::OPERATION, ["refunds"]).with("payment_intent", intent);
        let newest_first: Vec<StripeRefund> = stripe.wire.list(&call).await?;
        refunds(Self::OPERATION, &self.spec.payment, newest_first)
    }
}

#[async_trait]
impl Wanted for WantedRefund<'_> {
    type Object = Refunded;
    type Spec = NewRefund;
    const OPERATION: &'static str = "refund";

    fn key(&self) -> &IdempotencyKey {
        self.key
    }

    fn spec(&self) -> &NewRefund {
        self.spec
    }

    async fn existing(&self, stripe: &Inner, _: Option<Timestamp>) -> Result<Option<Refunded>, BackendError> {
        let all = self.all(stripe).await?.into_iter();
        let named = all.map(|(id, made)| Made {
            object: Refunded { id, refund: made.object },
            key: made.key,
            request: made.request,
        });
        of_key(self, named)
    }

    async fn by_id(&self, stripe: &Inner, id: &str) -> Result<Refunded, BackendError> {
        let all = self.all(stripe).await?;
        let own = all.into_iter().find(|(other, _)| other == id);
        own.map(|(id, made)| Refunded { id, refund: made.object })
            .ok_or_else(|| error(ErrorKind::NotFound, Self::OPERATION, format!("there is no refund {id}")))
    }

    async fn call(&self, stripe: &Inner) -> Result<StripeCall, BackendError> {
        amounts::minor(self.spec.amount).map_err(refused(Self::OPERATION))?;
        let intent = stripe.intent_of(Self::OPERATION, &self.spec.payment).await?;
        let paid: StripeIntent =
            stripe.wire.object(&StripeCall::get(Self::OPERATION, ["payment_intents", &intent])).await?;
        let paid = paid.received(Self::OPERATION)?;
        let back = self.all(stripe).await?.pop().map(|(_, made)| made.object.total);
        let left = back.map_or(Ok(paid), |back| paid.checked_sub(back));
        let is_more = left.and_then(|left| self.spec.amount.exceeds(left)).map_err(|wrong| {
            error(
                ErrorKind::InvalidInput,
                Self::OPERATION,
                format!("not the currency of the payment: {wrong}"),
            )
        })?;
        if is_more {
            let message = format!("{} is more than is left of the payment", self.spec.amount);
            return Err(error(ErrorKind::InvalidInput, Self::OPERATION, message));
        }
        requests::refund(self.key, &digest(self)?, self.spec, &intent).map_err(refused(Self::OPERATION))
    }

    fn read(&self, value: Value) -> Result<Refunded, BackendError> {
        let refund: StripeRefund = answer::object(Self::OPERATION, value)?;
        let alone = refunds(Self::OPERATION, &self.spec.payment, vec![refund])?.pop();
        let (id, made) = alone.ok_or_else(|| strange(Self::OPERATION, "no refund"))?;
        Ok(Refunded { id, refund: made.object })
    }

    fn id(refunded: &Refunded) -> &str {
        &refunded.id
    }
}

impl Inner {
    /// The payment intent of a payment.
    async fn intent_of(&self, operation: &'static str, payment: &PaymentId) -> Result<String, BackendError> {
        let unknown =
            || error(ErrorKind::NotFound, operation, format!("{payment} is not a payment at Stripe"));
        match PaymentName::of(payment).ok_or_else(unknown)? {
            PaymentName::Intent(id) => Ok(id.to_owned()),
            PaymentName::Invoice(id) => {
                let call = StripeCall::get(operation, ["invoices", id]).with("expand[0]", "payments");
                let invoice: StripeInvoice = self.wire.object(&call).await?;
                let intent = invoice.intent().map(str::to_owned);
                intent.ok_or_else(|| {
                    error(ErrorKind::InvalidInput, operation, format!("no money came in through {payment}"))
                })
            }
        }
    }

    /// Gives money back. The total counts what went back before, so all refunds of the payment are read again.
    pub(in crate::stripe) async fn refund(
        &self,
        key: &IdempotencyKey,
        spec: &NewRefund,
    ) -> Result<crate::Ensured<Refund>, BackendError> {
        let wanted = WantedRefund { key, spec };
        let made = self.ensure(&wanted).await?;
        let (is_created, id) = (made.is_created(), made.into_inner().id);
        // The money went back, whatever becomes of this read.
        let read = wanted.by_id(self, &id).await;
        let refund =
            read.map_err(|error| if is_created { error.with_effect(Effect::Unknown) } else { error })?.refund;
        if is_created && refund.state == RefundState::Failed {
            let message = "Stripe could not give the money back: see its dashboard";
            return Err(error(ErrorKind::Declined, WantedRefund::OPERATION, message));
        }
        Ok(if is_created { crate::Ensured::Created(refund) } else { crate::Ensured::Found(refund) })
    }
}
