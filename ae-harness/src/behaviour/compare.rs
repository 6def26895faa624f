//! Equality of JSON values, and where they differ.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::show;

/// The differences that are named.
const NAMED: usize = 4;
/// The characters of a value that are shown.
const CHARS: usize = 120;

/// Whether two values are the same JSON: numbers by value (3 and 3.0), objects without regard to order.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        (a, b) => a == b,
    }
}

/// A text that is the same for two values exactly when they are [`same`].
pub(super) fn canonical(value: &Value) -> String {
    match value {
        Value::Number(number) => format!("{:?}", number.as_f64().map(|number| number + 0.0)),
        Value::Array(list) => format!("[{}]", list.iter().map(canonical).collect::<Vec<_>>().join(",")),
        Value::Object(map) => {
            let entries: BTreeSet<String> = map
                .iter()
                .map(|(key, value)| format!("{}:{}", Value::String(key.clone()), canonical(value)))
                .collect();
            format!("{{{}}}", entries.into_iter().collect::<Vec<_>>().join(","))
        }
        other => other.to_string(),
    }
}

/// The first places at which `got` is not `expected`; empty where they are the [`same`].
pub(super) fn difference(expected: &Value, got: &Value) -> String {
    let mut found = Found { named: Vec::new(), more: 0 };
    found.compare("", expected, got);
    let mut text = found.named.join("; ");
    if found.more > 0 {
        text.push_str(&format!("; and {} more places", found.more));
    }
    text
}

struct Found {
    named: Vec<String>,
    more: usize,
}

impl Found {
    fn add(&mut self, place: &str, what: impl FnOnce() -> String) {
        if self.named.len() < NAMED {
            let place = if place.is_empty() { "the result".to_owned() } else { show::line(place, CHARS) };
            self.named.push(format!("{place}: {}", what()));
        } else {
            self.more += 1;
        }
    }

    fn compare(&mut self, place: &str, expected: &Value, got: &Value) {
        match (expected, got) {
            (Value::Array(expected), Value::Array(got)) => self.arrays(place, expected, got),
            (Value::Object(expected), Value::Object(got)) => self.objects(place, expected, got),
            (Value::String(expected), Value::String(got)) if expected != got => {
                self.add(place, || texts(expected, got));
            }
            _ if same(expected, got) => {}
            _ => self.add(place, || {
                format!("expected {}, got {}", show::value(expected, CHARS), show::value(got, CHARS))
            }),
        }
    }

    fn arrays(&mut self, place: &str, expected: &[Value], got: &[Value]) {
        if expected.len() != got.len() {
            self.add(place, || format!("expected {} elements, got {}", expected.len(), got.len()));
        }
        for (at, (expected, got)) in expected.iter().zip(got).enumerate() {
            self.compare(&format!("{place}/{at}"), expected, got);
        }
        for (at, extra) in got.iter().enumerate().skip(expected.len()).take(1) {
            self.add(&format!("{place}/{at}"), || format!("not expected: {}", show::value(extra, CHARS)));
        }
        for (at, missing) in expected.iter().enumerate().skip(got.len()).take(1) {
            self.add(&format!("{place}/{at}"), || format!("missing: {}", show::value(missing, CHARS)));
        }
    }

    fn objects(&mut self, place: &str, expected: &Map<String, Value>, got: &Map<String, Value>) {
        let step = |key: &str| format!("{place}/{}", key.replace('~', "~0").replace('/', "~1"));
        for (key, value) in expected {
            match got.get(key) {
                Some(got) => self.compare(&step(key), value, got),
                None => self.add(&step(key), || format!("missing: {}", show::value(value, CHARS))),
            }
        }
        for (key, value) in got.iter().filter(|(key, _)| !expected.contains_key(*key)) {
            self.add(&step(key), || format!("not expected: {}", show::value(value, CHARS)));
        }
    }
}

/// Two texts from a little before the first character in which they differ.
fn texts(expected: &str, got: &str) -> String {
    let equal = expected.chars().zip(got.chars()).take_while(|(a, b)| a == b).count();
    let from = equal.saturating_sub(20);
    if from == 0 {
        return format!("expected {}, got {}", show::quoted(expected, CHARS), show::quoted(got, CHARS));
    }
    let tail = |text: &str| show::quoted(&text.chars().skip(from).take(CHARS + 1).collect::<String>(), CHARS);
    format!("from character {from} on expected {}, got {}", tail(expected), tail(got))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_by_value_and_objects_without_order() {
        for (a, b, equal) in [
            (json!(3), json!(3.0), true),
            (json!(0), json!(-0.0), true),
            (json!(9_007_199_254_740_993_u64), json!(9_007_199_254_740_992_u64), true),
            (json!({"a": 1, "b": [2]}), json!({"b": [2.0], "a": 1}), true),
            (json!("3"), json!(3), false),
            (json!([1, 2]), json!([2, 1]), false),
            (json!({"a": null}), json!({}), false),
            (json!(null), json!(false), false),
        ] {
            assert_eq!(same(&a, &b), equal, "{a} {b}");
            assert_eq!(canonical(&a) == canonical(&b), equal, "{a} {b}");
            assert_eq!(difference(&a, &b).is_empty(), equal, "{a} {b}");
        }
    }

    #[test]
    fn a_difference_names_its_place() {
        for (expected, got, text) in [
            (json!([["a", "1"]]), json!([["a", "2"]]), r#"/0/1: expected "1", got "2""#),
            (json!([1]), json!([1, 2]), "the result: expected 1 elements, got 2; /1: not expected: 2"),
            (
                json!({"a/b": 1}),
                json!({"c~": "x\u{7}"}),
                r#"/a~1b: missing: 1; /c~0: not expected: "x\u0007""#,
            ),
            (json!("\r\n"), json!("\n"), r#"the result: expected "\r\n", got "\n""#),
            (json!(1), json!({"a": 1}), r#"the result: expected 1, got {"a":1}"#),
        ] {
            assert_eq!(difference(&expected, &got), text);
        }
        let long = |end: &str| json!("x".repeat(5_000) + end);
        let text = difference(&long("a"), &long("b"));
        assert!(text.starts_with("the result: from character 4980 on expected \"xxx"), "{text}");
        assert!(text.ends_with("xa\", got \"xxxxxxxxxxxxxxxxxxxxb\""), "{text}");
        let many = difference(&json!(vec![0; 100]), &json!(vec![1; 100]));
        assert!(many.ends_with("; and 96 more places"), "{many}");
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            (-1e9..1e9).prop_map(Value::from),
            "[ab\\PC]{0,4}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 30, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map("[a-c/~]{0,2}", inner, 0..5)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_three_views_of_equality_agree(a in any_json(), b in any_json()) {
            prop_assert!(same(&a, &a) && difference(&a, &a).is_empty());
            prop_assert_eq!(same(&a, &b), canonical(&a) == canonical(&b));
            prop_assert_eq!(same(&a, &b), difference(&a, &b).is_empty());
            prop_assert!(difference(&a, &b).len() < 8_000);
        }
    }
}
