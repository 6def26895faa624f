//! The answers to an agent that asks whether it may act.

use std::path::{Component, PathBuf};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    agent::{AgentRequest, Permission},
    dialect::shared::{Text, lenient},
    sandbox::NetworkPolicy,
    text::shown,
};

/// The question of an agent.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Question<'a> {
    #[serde(borrow)]
    pub(super) tool_call: Act<'a>,
    #[serde(borrow)]
    options: Vec<Choice<'a>>,
}

/// The act that it asks about.
#[derive(Debug, Deserialize)]
pub(super) struct Act<'a> {
    #[serde(borrow, default, deserialize_with = "lenient")]
    title: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    kind: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    locations: Option<Vec<Place<'a>>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    content: Option<Vec<Shown<'a>>>,
}

#[derive(Debug, Deserialize)]
struct Place<'a> {
    #[serde(borrow)]
    path: Text<'a>,
}

#[derive(Debug, Deserialize)]
struct Shown<'a> {
    #[serde(borrow, default, deserialize_with = "lenient")]
    path: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Choice<'a> {
    #[serde(borrow)]
    option_id: Text<'a>,
    #[serde(borrow)]
    kind: Text<'a>,
}

/// The rules of a run.
#[derive(Debug)]
pub(super) struct Consent {
    permission: Permission,
    tools: Vec<String>,
    is_online: bool,
    workspace: PathBuf,
}

impl Consent {
    pub(super) fn new(request: &AgentRequest) -> Self {
        Self {
            permission: request.permission,
            tools: request.allowed_tools.clone(),
            is_online: request.network == NetworkPolicy::All,
            workspace: request.workspace.clone(),
        }
    }

    /// The answer, and the act in words where it is denied. One act is allowed at a time, so that each is asked for.
    pub(super) fn answer(&self, question: &Question<'_>) -> (Value, Option<String>) {
        let allowed = self.allows(&question.tool_call);
        let wanted = if allowed { ["allow_once", "allow_always"] } else { ["reject_once", "reject_always"] };
        let choice =
            wanted.iter().find_map(|kind| question.options.iter().find(|option| &*option.kind == *kind));
        let outcome = match choice {
            Some(option) => json!({ "outcome": "selected", "optionId": &*option.option_id }),
            None => json!({ "outcome": "cancelled" }),
        };
        let denied = (!allowed || choice.is_none()).then(|| question.tool_call.words());
        (json!({ "outcome": outcome }), denied)
    }

    fn allows(&self, act: &Act<'_>) -> bool {
        let kind = act.kind.as_deref().unwrap_or("other");
        if self.permission == Permission::Full || self.tools.iter().any(|tool| tool == kind) {
            return true;
        }
        match kind {
            "read" | "search" | "think" => true,
            "fetch" => self.is_online,
            "edit" | "delete" | "move" => {
                self.permission == Permission::Edit && act.paths().all(|path| self.is_inside(path))
            }
            _ => false,
        }
    }

    fn is_inside(&self, path: &str) -> bool {
        let path = self.workspace.join(path);
        path.starts_with(&self.workspace) && !path.components().any(|part| part == Component::ParentDir)
    }
}

impl Act<'_> {
    fn paths(&self) -> impl Iterator<Item = &str> {
        let places = self.locations.iter().flatten().map(|place| &*place.path);
        places.chain(self.content.iter().flatten().filter_map(|shown| shown.path.as_deref()))
    }

    fn words(&self) -> String {
        let kind = self.kind.as_deref().unwrap_or("other");
        shown(&format!("{kind}: {}", self.title.as_deref().unwrap_or("without a title")), 300)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(request: &AgentRequest, kind: &str, path: &str) -> (Value, Option<String>) {
        let text = json!({
            "sessionId": "s",
            "toolCall": { "toolCallId": "t", "kind": kind, "title": "Do it", "locations": [{ "path": path }] },
            "options": [
                { "optionId": "always", "name": "A", "kind": "allow_always" },
                { "optionId": "yes", "name": "Y", "kind": "allow_once" },
                { "optionId": "no", "name": "N", "kind": "reject_once" },
            ],
        })
        .to_string();
        Consent::new(request).answer(&serde_json::from_str(&text).unwrap())
    }

    #[test]
    fn each_permission_allows_its_acts() {
        let request = AgentRequest::new("/workspace", "");
        for (permission, kind, path, allowed) in [
            (Permission::ReadOnly, "read", "/etc/passwd", true),
            (Permission::ReadOnly, "edit", "/workspace/a", false),
            (Permission::ReadOnly, "execute", "", false),
            (Permission::Edit, "edit", "/workspace/a", true),
            (Permission::Edit, "edit", "a/b", true),
            (Permission::Edit, "delete", "/workspace/../etc/passwd", false),
            (Permission::Edit, "move", "/elsewhere", false),
            (Permission::Edit, "edit", "/workspace-2/a", false),
            (Permission::Edit, "execute", "/workspace", false),
            (Permission::Edit, "fetch", "", false),
            (Permission::Edit, "of_tomorrow", "", false),
            (Permission::Full, "execute", "/elsewhere", true),
        ] {
            let (answer, denied) = asked(&request.clone().with_permission(permission), kind, path);
            let expected = if allowed { "yes" } else { "no" };
            assert_eq!(answer["outcome"]["optionId"], expected, "{permission:?} {kind} {path}");
            assert_eq!(denied.is_some(), !allowed);
        }
        let named = request.with_allowed_tools(vec!["execute".to_owned()]);
        assert_eq!(asked(&named, "execute", "").0["outcome"]["optionId"], "yes");
    }

    #[test]
    fn a_question_without_a_fit_choice_is_cancelled() {
        let text = r#"{"toolCall":{"toolCallId":"t","kind":17},"options":[]}"#;
        let consent = Consent::new(&AgentRequest::new("/workspace", "").with_permission(Permission::Full));
        let (answer, denied) = consent.answer(&serde_json::from_str(text).unwrap());
        assert_eq!(answer, json!({ "outcome": { "outcome": "cancelled" } }));
        assert_eq!(denied.as_deref(), Some("other: without a title"));
    }
}
