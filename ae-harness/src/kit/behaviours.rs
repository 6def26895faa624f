//! The proof of a feature: cases and laws, as data.

use std::collections::BTreeSet;

use ae_core::{Behaviour, Law};
use serde_json::Value;

use super::problems::Problems;

/// Reads a file of behaviours, with the defects that it shows alone.
pub(super) fn read(file: &str, bytes: &[u8], problems: &mut Problems) -> Vec<Behaviour> {
    let value: Value = match serde_json::from_slice(bytes) {
        Ok(value) => value,
        Err(error) => {
            problems.add(file, format_args!("is not JSON: {error}"));
            return Vec::new();
        }
    };
    let Some(list) = value.as_array().filter(|list| !list.is_empty()) else {
        problems.add(file, "has to be a list of at least one behaviour");
        return Vec::new();
    };
    let mut found = Vec::new();
    for (at, value) in list.iter().enumerate() {
        let place = format!("{file}, behaviour {}", at + 1);
        fields(&place, value, problems);
        match serde_json::from_value::<Behaviour>(value.clone()) {
            Ok(behaviour) => {
                content(&format!("{file}, {:?}", behaviour.id), &behaviour, problems);
                found.push(behaviour);
            }
            Err(error) => problems.add(place, format_args!("can't be read: {error}")),
        }
    }
    found
}

/// A name that is not known would be left out without a word, and with it a part of the proof.
fn fields(place: &str, value: &Value, problems: &mut Problems) {
    let Some(object) = value.as_object() else { return };
    problems.unknown(place, object, &["id", "module", "export", "cases", "properties"]);
    for (part, known) in [
        ("cases", ["name", "given", "expect", "vary"].as_slice()),
        ("properties", ["name", "law", "given", "vary"].as_slice()),
    ] {
        let items = object.get(part).and_then(Value::as_array).into_iter().flatten();
        for (at, item) in items.enumerate() {
            let Some(item) = item.as_object() else { continue };
            problems.unknown(format_args!("{place}, {part} {}", at + 1), item, known);
        }
    }
}

fn content(place: &str, behaviour: &Behaviour, problems: &mut Problems) {
    if behaviour.id.is_empty()
        || !behaviour.id.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    {
        problems.add(place, "the id has to be ASCII letters, digits and ._-");
    }
    if behaviour.cases.is_empty() && behaviour.properties.is_empty() {
        problems.add(place, "has neither cases nor properties: it proves nothing");
    }
    let mut names = BTreeSet::new();
    let cases = behaviour.cases.iter().map(|case| &case.name);
    for name in cases.chain(behaviour.properties.iter().map(|property| &property.name)) {
        if name.trim().is_empty() || !names.insert(name) {
            problems.add(place, format_args!("the name {name:?} is empty or used twice: rename one"));
        }
    }
    for case in &behaviour.cases {
        let texts = case.given.to_string();
        unused(place, &case.name, &case.vary, &texts, problems);
    }
    for property in &behaviour.properties {
        if property.given.is_empty() {
            problems.add(place, format_args!("the property {:?} has no input: give it some", property.name));
        }
        let texts: String = property.given.iter().map(Value::to_string).collect();
        unused(place, &property.name, &property.vary, &texts, problems);
    }
}

/// A text that is to be replaced and stands nowhere is a slip of the pen.
fn unused(place: &str, name: &str, vary: &[String], given: &str, problems: &mut Problems) {
    for text in vary {
        let written = Value::from(text.as_str()).to_string();
        if text.is_empty() || !given.contains(written.trim_matches('"')) {
            problems.add(place, format_args!("{name:?} varies {text:?}, which stands nowhere in its input"));
        }
    }
}

/// The exports that a behaviour needs.
pub(super) fn exports(behaviour: &Behaviour) -> Vec<&str> {
    let back = behaviour.properties.iter().filter_map(|property| match &property.law {
        Law::RoundTrip { back } => Some(back.as_str()),
        _ => None,
    });
    std::iter::once(behaviour.export.as_str()).chain(back).collect()
}
