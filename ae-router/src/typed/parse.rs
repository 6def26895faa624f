//! A value out of the text of an answer.

use ae_core::Untrusted;
use serde::de::DeserializeOwned;
use serde_json::Deserializer;

use super::schema::WRAPPED;

/// The most problems that are listed, and the length of each in characters.
pub(super) const PROBLEMS_MAX: usize = 20;
const PROBLEM_CHARS_MAX: usize = 300;

/// Reads a value of `T`, or says what is wrong with the text.
///
/// A fence of Markdown around the JSON is taken off. Fields that `T` does not have are a problem: they would be lost
/// silently. JSON that is nested deeper than 128 levels is refused.
pub(super) fn parse<T: DeserializeOwned>(text: &Untrusted<String>, wrapped: bool) -> Result<T, Vec<String>> {
    let json = without_fence(text.as_data());
    if json.is_empty() {
        return Err(vec!["the answer is empty: write the JSON".to_owned()]);
    }
    if wrapped {
        let mut outer: serde_json::Map<String, serde_json::Value> = read(json)?;
        let inner = outer.remove(WRAPPED);
        if let Some(other) = outer.keys().next() {
            return Err(vec![cut(&format!("unknown field `{other}`: the only field is `{WRAPPED}`"))]);
        }
        let inner = inner.ok_or_else(|| vec![format!("missing field `{WRAPPED}`")])?;
        return read(&inner.to_string());
    }
    read(json)
}

fn read<T: DeserializeOwned>(json: &str) -> Result<T, Vec<String>> {
    let mut deserializer = Deserializer::from_str(json);
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(&mut deserializer, &mut track);
    let mut unknown = Vec::new();
    let read = serde_ignored::deserialize(tracked, |path| {
        if unknown.len() < PROBLEMS_MAX {
            unknown.push(cut(&format!("unknown field `{path}`: leave it out")));
        }
    });
    let value: T = match read {
        Ok(value) => value,
        Err(error) => {
            let path = track.path().to_string();
            let place = if path == "." { String::new() } else { format!("at `{path}`: ") };
            unknown.insert(0, cut(&format!("{place}{error}")));
            return Err(unknown);
        }
    };
    if let Err(error) = deserializer.end() {
        return Err(vec![cut(&format!("after the JSON: {error}"))]);
    }
    if unknown.is_empty() { Ok(value) } else { Err(unknown) }
}

/// The text within a fence of Markdown, if it stands in one as a whole.
fn without_fence(text: &str) -> &str {
    let text = text.trim();
    let inner = text.strip_prefix("```").and_then(|rest| rest.strip_suffix("```"));
    match inner.and_then(|inner| inner.split_once('\n')) {
        Some((language, json)) if language.trim().len() < 12 => json.trim(),
        _ => text,
    }
}

/// The beginning of a text, without characters that are not seen.
pub(super) fn cut(text: &str) -> String {
    let visible = text.chars().map(|c| if ae_core::is_unseen(c) { ' ' } else { c });
    visible.take(PROBLEM_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use ae_core::Origin;
    use proptest::prelude::*;
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Plan {
        name: String,
        steps: Vec<Step>,
        note: Option<String>,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Step {
        hours: u8,
    }

    fn text(text: &str) -> Untrusted<String> {
        Untrusted::new(Origin::Model("model".to_owned()), text.to_owned())
    }

    fn plan(json: &str) -> Result<Plan, Vec<String>> {
        parse(&text(json), false)
    }

    #[test]
    fn problems_name_their_place() {
        let right = Plan { name: "a".to_owned(), steps: vec![Step { hours: 3 }], note: None };
        let json = serde_json::to_string(&right).unwrap();
        assert_eq!(plan(&json).unwrap(), right);
        assert_eq!(plan(&format!("```json\n{json}\n```")).unwrap(), right);
        for (wrong, said) in [
            ("", "empty"),
            ("Here you are:", "line 1 column 1"),
            (r#"{"name":"a","steps":[{"hours":300}]}"#, "at `steps[0].hours`: "),
            (r#"{"name":"a","steps":[{"hours":3,"cost":1}]}"#, "unknown field `steps.0.cost`"),
            (r#"{"name":"a"}"#, "missing field `steps`"),
            (r#"{"name":"a","steps":[]} and more"#, "after the JSON"),
            (r#"{"name":"a","name":"b","steps":[]}"#, "duplicate field"),
            (r#"{"name":"a","steps":[{"hours":3}"#, "EOF"),
        ] {
            let problems = plan(wrong).unwrap_err().join("; ");
            assert!(problems.contains(said), "{wrong}: {problems}");
        }
    }

    #[test]
    fn a_wrapped_value_has_one_field() {
        assert_eq!(parse::<Vec<u8>>(&text(r#"{"value":[1,2]}"#), true).unwrap(), [1, 2]);
        assert!(parse::<Vec<u8>>(&text(r#"{"value":[1],"more":1}"#), true).unwrap_err()[0].contains("more"));
        assert!(parse::<Vec<u8>>(&text("[1]"), true).is_err());
        assert!(parse::<Vec<u8>>(&text("{}"), true).unwrap_err()[0].contains("value"));
    }

    #[test]
    fn deep_and_long_texts_are_refused() {
        let deep = format!(r#"{{"name":"a","steps":{}{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
        assert!(!plan(&deep).unwrap_err().is_empty());
        let fields: Vec<_> = (0..5_000).map(|at| format!("\"f{at}\":1")).collect();
        let problems = plan(&format!("{{{}}}", fields.join(","))).unwrap_err();
        assert!(problems.len() <= PROBLEMS_MAX + 1 && problems[0].contains("missing field"));
        let long = format!(r#"{{"{}":1}}"#, "x".repeat(100_000));
        assert!(plan(&long).unwrap_err().iter().all(|problem| problem.chars().count() <= PROBLEM_CHARS_MAX));
    }

    proptest! {
        #[test]
        fn any_text_is_a_value_or_a_problem(json in "\\PC{0,200}") {
            if let Err(problems) = plan(&json) {
                prop_assert!(!problems.is_empty());
            }
        }

        #[test]
        fn what_is_written_is_read(name in "\\PC{0,20}", hours in prop::collection::vec(any::<u8>(), 0..5), note: Option<String>) {
            let right = Plan { name, steps: hours.into_iter().map(|hours| Step { hours }).collect(), note };
            prop_assert_eq!(plan(&serde_json::to_string(&right).unwrap()).unwrap(), right);
        }
    }
}
