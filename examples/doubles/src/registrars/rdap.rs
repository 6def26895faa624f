//! A simulator of a registry's RDAP server.

use std::collections::BTreeSet;

use async_trait::async_trait;
use serde_json::json;

use crate::server::{Handler, Reply, Seen};

/// A simulator of a registry: some names are registered.
#[derive(Debug, Clone, Default)]
pub struct Rdap {
    taken: BTreeSet<String>,
}

impl Rdap {
    /// A registry in which these names are registered.
    pub fn new<S: Into<String>>(taken: impl IntoIterator<Item = S>) -> Self {
        Self { taken: taken.into_iter().map(Into::into).collect() }
    }
}

#[async_trait]
impl Handler for Rdap {
    async fn answer(&self, request: &Seen) -> Reply {
        let segments = request.segments();
        let Some(name) = segments.last().filter(|_| segments.iter().any(|segment| segment == "domain"))
        else {
            return Reply::json(400, &json!({ "errorCode": 400 }));
        };
        if !self.taken.contains(name) {
            return Reply::json(404, &json!({ "errorCode": 404 }));
        }
        let record = json!({
            "objectClassName": "domain",
            "ldhName": name,
            "status": ["active"],
            "events": [{ "eventAction": "registration", "eventDate": "2001-01-01T00:00:00Z" }],
        });
        Reply::new(200, "application/rdap+json", record.to_string())
    }
}
