//! Portals of customers, and the endpoints of events.

use ae_core::{BackendError, Secret};

use super::{
    PADDLE_EVENTS, answer,
    catalog::id,
    client::{Wire, missing},
    config::refused,
    request,
    snapshot::is_id,
};
use crate::{Endpoint, Ensured, NewEndpoint, NewPortal, Portal, provider::checks};

impl Wire {
    pub(super) async fn open_portal(&self, spec: &NewPortal) -> Result<Portal, BackendError> {
        checks::url("URL to come back to", Some(&spec.return_url)).map_err(refused("open_portal"))?;
        if !is_id("ctm_", spec.customer.as_str()) {
            return Err(missing("open_portal", "customer of this id"));
        }
        let session: answer::Session = self.make(request::portal(spec)?).await?;
        Ok(Portal::new(Secret::new(session.urls.general.overview)))
    }

    pub(super) async fn ensure_endpoint(
        &self,
        spec: &NewEndpoint,
    ) -> Result<Ensured<Endpoint>, BackendError> {
        const OPERATION: &str = "ensure_endpoint";
        checks::url("URL for events", Some(&spec.url)).map_err(refused(OPERATION))?;
        let wanted: Vec<&str> = spec.events.iter().map(String::as_str).collect();
        let wanted = if wanted.is_empty() { PADDLE_EVENTS.to_vec() } else { wanted };
        let shown = |known: answer::Endpoint| {
            let endpoint = Endpoint::new(id(OPERATION, &known.id)?, known.destination);
            Ok(match known.endpoint_secret_key {
                Some(secret) => endpoint.with_secret(Secret::new(secret)),
                None => endpoint,
            })
        };
        let _alone = self.alone().await;
        let all: Vec<answer::Endpoint> = self.all(&request::endpoints()).await?;
        let Some(known) = all.into_iter().find(|known| known.destination == spec.url) else {
            return shown(self.make(request::new_endpoint(spec, &wanted)?).await?).map(Ensured::Created);
        };
        let lacks = |event: &&str| !known.subscribed_events.iter().any(|known| known.name == **event);
        if !known.active || wanted.iter().any(lacks) {
            let mut events: Vec<&str> =
                known.subscribed_events.iter().map(|event| &*event.name).chain(wanted).collect();
            events.sort_unstable();
            events.dedup();
            self.put(request::more_events(&known.id, &events)?).await?;
        }
        shown(known).map(Ensured::Found)
    }
}
