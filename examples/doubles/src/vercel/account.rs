//! The team.

use serde_json::json;

use super::Vercel;
use crate::server::{Reply, Seen};

/// The plan of the team.
#[derive(Debug, Clone, Default)]
pub(super) struct Plan(pub(super) String);

impl Plan {
    /// The team, as those who may see its bills see it.
    pub(super) fn team(&self) -> Reply {
        Reply::json(
            200,
            &json!({ "id": Vercel::TEAM, "slug": "simulated", "name": "Simulated", "createdAt": 0,
                "billing": { "plan": self.0, "currency": "usd" } }),
        )
    }
}

/// The account in which a request acts, or its refusal.
pub(super) fn account(request: &Seen) -> Result<String, Reply> {
    if request.bearer() != Vercel::TOKEN {
        let error = json!({ "code": "forbidden", "message": "Not authorized", "invalidToken": true });
        return Err(Reply::json(403, &json!({ "error": error })));
    }
    match request.param("teamId") {
        Some(team) if team == Vercel::TEAM => Ok(team),
        Some(_) => Err(refused(403, "forbidden", "Not authorized")),
        // What a real token does without a word.
        None => Ok("personal".to_owned()),
    }
}

/// A refusal in the form of most calls.
pub(super) fn refused(status: u16, code: &str, message: &str) -> Reply {
    Reply::json(status, &json!({ "error": { "code": code, "message": message } }))
}
