//! One JSON object a line, with the names of the CSV header or of Hacker News search.

use std::{borrow::Cow, ops::ControlFlow};

use serde::Deserialize;
use serde_json::{Number, Value};

use super::rows::{Row, Rows};

#[derive(Debug, Deserialize)]
struct Wire<'a> {
    #[serde(default, alias = "objectID")]
    id: Option<Scalar>,
    #[serde(default, borrow)]
    title: Option<Cow<'a, str>>,
    #[serde(default, borrow, alias = "link")]
    url: Option<Cow<'a, str>>,
    #[serde(default, alias = "points", alias = "score")]
    num_points: Option<Number>,
    #[serde(default, alias = "comments")]
    num_comments: Option<Number>,
    #[serde(default)]
    created_at: Option<Scalar>,
    #[serde(default)]
    created_at_i: Option<Scalar>,
    #[serde(default, borrow, alias = "text", alias = "story_text")]
    body: Option<Cow<'a, str>>,
}

/// A string or a number.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Scalar {
    Text(String),
    Number(Number),
    Other(#[allow(dead_code)] Value),
}

impl Scalar {
    fn text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text),
            Self::Number(number) => Some(number.to_string()),
            Self::Other(_) => None,
        }
    }
}

/// Takes the next line.
pub(super) fn line(number: u64, line: &[u8], rows: &mut Rows<'_>) -> ControlFlow<()> {
    let text = line.trim_ascii();
    if text.is_empty() {
        return ControlFlow::Continue(());
    }
    let wire: Wire<'_> = match serde_json::from_slice(text) {
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
    let scalar = |value: Option<Scalar>| value.and_then(Scalar::text).unwrap_or_default();
    let count = |value: Option<Number>| value.map(|number| number.to_string()).unwrap_or_default();
    let created_at = match scalar(wire.created_at) {
        text if text.is_empty() => scalar(wire.created_at_i),
        text => text,
    };
    let (id, points, comments) = (scalar(wire.id), count(wire.num_points), count(wire.num_comments));
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
