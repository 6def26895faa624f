//! One JSON object a line, with the names of the CSV header or of Hacker News search.

use std::{borrow::Cow, ops::ControlFlow};

use serde::Deserialize;
use serde_json::Value;

use super::rows::{Row, Rows};

#[derive(Debug, Deserialize)]
struct Wire<'a> {
    #[serde(default, alias = "objectID")]
    id: Option<Value>,
    #[serde(default, borrow)]
    title: Option<Cow<'a, str>>,
    #[serde(default, borrow, alias = "link")]
    url: Option<Cow<'a, str>>,
    #[serde(default, alias = "points", alias = "score")]
    num_points: Option<Value>,
    #[serde(default, alias = "comments")]
    num_comments: Option<Value>,
    #[serde(default)]
    created_at: Option<Value>,
    #[serde(default)]
    created_at_i: Option<Value>,
    #[serde(default, borrow, alias = "text", alias = "story_text")]
    body: Option<Cow<'a, str>>,
}

/// A value as it would stand in a CSV file.
fn text(value: Option<Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text,
        Some(other) => other.to_string(),
    }
}

/// Takes the next line.
pub(super) fn line(number: u64, line: &[u8], rows: &mut Rows<'_>) -> ControlFlow<()> {
    let line = line.trim_ascii();
    if line.is_empty() {
        return ControlFlow::Continue(());
    }
    let wire: Wire<'_> = match serde_json::from_slice(line) {
        Ok(wire) => wire,
        Err(error) => {
            let what = if error.is_data() { "a field has the wrong type" } else { "not a JSON object" };
            rows.problem(number, format!("{what} (column {})", error.column()));
            return ControlFlow::Continue(());
        }
    };
    let Some(title) = wire.title else {
        rows.problem(number, "the object has no title");
        return ControlFlow::Continue(());
    };
    let created_at = text(wire.created_at.or(wire.created_at_i));
    let (id, points, comments) = (text(wire.id), text(wire.num_points), text(wire.num_comments));
    rows.take(&Row {
        line: number,
        id: id.as_bytes(),
        title: title.as_bytes(),
        url: wire.url.as_deref().unwrap_or_default().as_bytes(),
        points: points.as_bytes(),
        comments: comments.as_bytes(),
        created_at: created_at.as_bytes(),
        body: wire.body.as_deref().unwrap_or_default().as_bytes(),
    })
}
