//! The list of orders that ended before their licences do.

use std::collections::BTreeSet;

use ae_core::{ProjectId, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    LicenceKey, LicencePublicKey, LicenceRefusal,
    claims::{VERSION, known_version, time},
    jws,
};
use crate::OrderId;

/// The longest list, in bytes: about 20,000 orders.
const BYTES_MAX: usize = 1024 * 1024;

/// The orders of a product that were given back or ended although their licences are not over: signed like a licence,
/// and kept at the product's own origin, where a page that is online can look.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EndedList {
    /// The product.
    pub project: ProjectId,
    /// When the list was made.
    pub issued_at: Timestamp,
    /// The orders.
    pub orders: BTreeSet<OrderId>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    v: u32,
    project: ProjectId,
    iat: i64,
    ended: BTreeSet<OrderId>,
}

impl EndedList {
    /// A list of `orders`.
    pub fn new(project: ProjectId, issued_at: Timestamp, orders: impl IntoIterator<Item = OrderId>) -> Self {
        Self { project, issued_at, orders: orders.into_iter().collect() }
    }

    /// Whether `order` ended.
    pub fn contains(&self, order: &OrderId) -> bool {
        self.orders.contains(order)
    }

    /// The token: a compact JWS.
    pub fn sign(&self, key: &LicenceKey) -> String {
        let (project, iat) = (self.project, self.issued_at.as_second());
        jws::sign(key, &Payload { v: VERSION, project, iat, ended: self.orders.clone() })
    }

    /// The list in `token`, when it is signed with one of `keys` and is of `project`.
    ///
    /// # Errors
    ///
    /// The first check that fails.
    pub fn verify(
        token: &str,
        keys: &[LicencePublicKey],
        project: ProjectId,
    ) -> Result<Self, LicenceRefusal> {
        let payload = jws::open(token, keys, BYTES_MAX)?;
        known_version(&payload)?;
        let payload: Payload = serde_json::from_slice(&payload).map_err(|_| LicenceRefusal::Malformed)?;
        if payload.project != project {
            return Err(LicenceRefusal::OtherProduct);
        }
        Ok(Self { project, issued_at: time(payload.iat)?, orders: payload.ended })
    }
}
