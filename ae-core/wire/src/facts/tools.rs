//! The tools of a request.

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;

use super::{CallFacts, WireError};

/// Types of tools that the caller runs, or that cost nothing and read nothing at the vendor. A type that ends in a date
/// is listed without it.
const OF_THE_CALLER: [&str; 15] = [
    "apply_patch",
    "bash",
    "browser_toolset",
    "computer",
    "computer_toolset",
    "computer_use_preview",
    "custom",
    "function",
    "local_shell",
    "memory",
    "namespace",
    "text_editor",
    "tool_search",
    "tool_search_tool_bm25",
    "tool_search_tool_regex",
];

/// A tool of Anthropic's or OpenAI's.
#[derive(Deserialize)]
struct Tool<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    model: Option<Cow<'a, str>>,
    #[serde(borrow)]
    cache_control: Option<&'a RawValue>,
}

/// The name without the date of the version.
fn undated(kind: &str) -> &str {
    match kind.rsplit_once('_') {
        Some((name, date)) if date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => kind,
    }
}

impl CallFacts {
    /// Adds the tools of Anthropic or OpenAI.
    pub(super) fn add_tools(&mut self, tools: Option<&RawValue>) -> Result<(), WireError> {
        for tool in self.list::<Tool<'_>>(tools)? {
            self.mark(tool.cache_control)?;
            if let Some(kind) = tool.kind.filter(|kind| !OF_THE_CALLER.contains(&undated(kind))) {
                self.server_tools.push(kind.into_owned());
            }
            self.other_models.extend(tool.model.map(Cow::into_owned));
        }
        Ok(())
    }

    /// Adds the tools of Gemini, whose type is the name of their only field.
    pub(super) fn add_named_tools(&mut self, tools: Option<&RawValue>) -> Result<(), WireError> {
        for tool in self.list::<BTreeMap<Cow<'_, str>, IgnoredAny>>(tools)? {
            let names = tool.into_keys().filter(|name| {
                !matches!(
                    name.as_ref(),
                    "functionDeclarations" | "function_declarations" | "computerUse" | "computer_use"
                )
            });
            self.server_tools.extend(names.map(Cow::into_owned));
        }
        Ok(())
    }

    /// The elements of a list.
    pub(super) fn list<'a, T: Deserialize<'a>>(
        &self,
        list: Option<&'a RawValue>,
    ) -> Result<Vec<T>, WireError> {
        list.map_or(Ok(Vec::new()), |list| {
            serde_json::from_str(list.get()).map_err(|error| WireError::json(self.api, &error))
        })
    }
}
