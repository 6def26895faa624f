//! Meters, usage and webhook endpoints.

use ae_core::{BackendError, Effect, ErrorKind, IdempotencyKey, Timestamp};
use async_trait::async_trait;
use serde_json::Value;

use super::{
    Inner,
    ensure::{Wanted, conflict},
    error, refused,
};
use crate::{
    Endpoint, Ensured, Meter, NewEndpoint, NewMeter, NewUsage,
    provider::checks,
    stripe::{
        answer::{
            self,
            customers::{StripeEndpoint, StripeMeter},
        },
        call::StripeCall,
        request::usage as requests,
    },
};

pub(super) const ENSURE_METER: &str = "ensure_meter";

pub(in crate::stripe) struct WantedMeter<'a> {
    pub(in crate::stripe) key: &'a IdempotencyKey,
    pub(in crate::stripe) spec: &'a NewMeter,
}

#[async_trait]
impl Wanted for WantedMeter<'_> {
    type Object = Meter;
    type Spec = NewMeter;
    const OPERATION: &'static str = ENSURE_METER;

    fn key(&self) -> &IdempotencyKey {
        self.key
    }

    fn spec(&self) -> &NewMeter {
        self.spec
    }

    /// The name of the usage is unique among meters that count.
    async fn existing(&self, stripe: &Inner, _: Option<Timestamp>) -> Result<Option<Meter>, BackendError> {
        let call = StripeCall::get(ENSURE_METER, ["billing", "meters"]);
        let meters: Vec<StripeMeter> = stripe.wire.list(&call).await?;
        let same = |meter: &StripeMeter| meter.event_name == self.spec.event && meter.status == "active";
        match meters.into_iter().find(same) {
            None => Ok(None),
            Some(meter) if meter.display_name == self.spec.name => {
                meter.read(ENSURE_METER, self.spec).map(Some)
            }
            Some(_) => Err(conflict(self)),
        }
    }

    async fn by_id(&self, stripe: &Inner, id: &str) -> Result<Meter, BackendError> {
        let call = StripeCall::get(ENSURE_METER, ["billing", "meters", id]);
        stripe.wire.object::<StripeMeter>(&call).await?.read(ENSURE_METER, self.spec)
    }

    async fn call(&self, _: &Inner) -> Result<StripeCall, BackendError> {
        checks::line("meter's name", &self.spec.name, 250).map_err(refused(ENSURE_METER))?;
        checks::label("name of the usage", &self.spec.event).map_err(refused(ENSURE_METER))?;
        Ok(requests::meter(self.spec))
    }

    fn read(&self, value: Value) -> Result<Meter, BackendError> {
        answer::object::<StripeMeter>(ENSURE_METER, value)?.read(ENSURE_METER, self.spec)
    }

    fn id(meter: &Meter) -> &str {
        meter.id.as_str()
    }
}

/// Usage, once.
struct WantedUsage<'a> {
    key: &'a IdempotencyKey,
    spec: &'a NewUsage,
}

#[async_trait]
impl Wanted for WantedUsage<'_> {
    type Object = String;
    type Spec = NewUsage;
    const OPERATION: &'static str = "record_usage";

    fn key(&self) -> &IdempotencyKey {
        self.key
    }

    fn spec(&self) -> &NewUsage {
        self.spec
    }

    async fn existing(&self, _: &Inner, since: Option<Timestamp>) -> Result<Option<String>, BackendError> {
        match since {
            None => Ok(None),
            Some(_) => {
                let message = "whether this usage was counted is not known any more, and Stripe lists no usage: compare \
                               the meter's sum, then report what is missing under a new key";
                Err(error(ErrorKind::Unavailable, Self::OPERATION, message).with_effect(Effect::Unknown))
            }
        }
    }

    async fn by_id(&self, _: &Inner, id: &str) -> Result<String, BackendError> {
        Ok(id.to_owned())
    }

    async fn call(&self, _: &Inner) -> Result<StripeCall, BackendError> {
        checks::label("name of the usage", &self.spec.event).map_err(refused(Self::OPERATION))?;
        Ok(requests::usage(self.key, self.spec))
    }

    fn read(&self, _: Value) -> Result<String, BackendError> {
        Ok(self.key.to_string())
    }

    fn id(id: &String) -> &str {
        id
    }
}

pub(in crate::stripe) struct WantedEndpoint<'a> {
    pub(in crate::stripe) key: &'a IdempotencyKey,
    pub(in crate::stripe) spec: &'a NewEndpoint,
}

const ENSURE_ENDPOINT: &str = "ensure_endpoint";

#[async_trait]
impl Wanted for WantedEndpoint<'_> {
    type Object = Endpoint;
    type Spec = NewEndpoint;
    const OPERATION: &'static str = ENSURE_ENDPOINT;

    fn key(&self) -> &IdempotencyKey {
        self.key
    }

    fn spec(&self) -> &NewEndpoint {
        self.spec
    }

    /// There is one of each URL: one that gets other events, or none, is set right.
    async fn existing(&self, stripe: &Inner, _: Option<Timestamp>) -> Result<Option<Endpoint>, BackendError> {
        let call = StripeCall::get(ENSURE_ENDPOINT, ["webhook_endpoints"]);
        let endpoints: Vec<StripeEndpoint> = stripe.wire.list(&call).await?;
        let Some(endpoint) = endpoints.into_iter().find(|endpoint| endpoint.url == self.spec.url) else {
            return Ok(None);
        };
        let gets =
            |event: &&str| endpoint.enabled_events.iter().any(|enabled| enabled == event || enabled == "*");
        if endpoint.status != "disabled" && requests::wanted(self.spec).iter().all(gets) {
            return endpoint.read(ENSURE_ENDPOINT).map(Some);
        }
        // The state that is asked for follows from the request alone, so that a repeat is harmless.
        let again = requests::endpoint_again(&endpoint.id, self.spec);
        let key = format!("ae1_endpoint_{}", stripe.wire.runtime.ids.new_uuid());
        let changed = stripe.wire.send(&again, Some(&key)).await?.value;
        answer::object::<StripeEndpoint>(ENSURE_ENDPOINT, changed)?.read(ENSURE_ENDPOINT).map(Some)
    }

    async fn by_id(&self, stripe: &Inner, id: &str) -> Result<Endpoint, BackendError> {
        let call = StripeCall::get(ENSURE_ENDPOINT, ["webhook_endpoints", id]);
        stripe.wire.object::<StripeEndpoint>(&call).await?.read(ENSURE_ENDPOINT)
    }

    async fn call(&self, _: &Inner) -> Result<StripeCall, BackendError> {
        checks::url("endpoint's URL", Some(&self.spec.url)).map_err(refused(ENSURE_ENDPOINT))?;
        Ok(requests::endpoint(self.spec))
    }

    fn read(&self, value: Value) -> Result<Endpoint, BackendError> {
        answer::object::<StripeEndpoint>(ENSURE_ENDPOINT, value)?.read(ENSURE_ENDPOINT)
    }

    fn id(endpoint: &Endpoint) -> &str {
        endpoint.id.as_str()
    }
}

impl Inner {
    pub(in crate::stripe) async fn record_usage(
        &self,
        key: &IdempotencyKey,
        usage: &NewUsage,
    ) -> Result<(), BackendError> {
        self.ensure(&WantedUsage { key, spec: usage }).await.map(drop)
    }

    pub(in crate::stripe) async fn ensure_endpoint(
        &self,
        key: &IdempotencyKey,
        spec: &NewEndpoint,
    ) -> Result<Ensured<Endpoint>, BackendError> {
        self.ensure(&WantedEndpoint { key, spec }).await
    }
}
