//! Whether a law holds of an argument and its results.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    Verdict,
    compare::{canonical, difference, same},
    show,
};

/// The characters of a value that are shown.
const CHARS: usize = 120;

/// The reason why a law does not hold: (verdict, text).
type Broken = (Verdict, String);

/// `back(f(x))` is `x`.
pub(super) fn round_trip(given: &Value, back: &Value) -> Result<(), Broken> {
    equal(given, back, "the way there and back changes it")
}

/// `f(f(x))` is `f(x)`.
pub(super) fn idempotent(once: &Value, twice: &Value) -> Result<(), Broken> {
    equal(once, twice, "a second time changes it")
}

fn equal(expected: &Value, got: &Value, what: &str) -> Result<(), Broken> {
    if same(expected, got) {
        return Ok(());
    }
    Err((Verdict::OtherValue, format!("{what}: {}", difference(expected, got))))
}

/// The array at `to` in the result holds elements of the array at `from` in the argument, in their order there.
pub(super) fn keeps_order(given: &Value, got: &Value, from: &str, to: &str) -> Result<(), Broken> {
    let mut rest = of_argument(given, from)?.iter();
    for (at, element) in of_result(got, to)?.iter().enumerate() {
        if !rest.any(|source| same(source, element)) {
            let text = format!(
                "{}/{at}: {} is not in the argument's {}, or stands there before the one it follows here",
                show::line(to, CHARS),
                show::value(element, CHARS),
                place(from),
            );
            return Err((Verdict::OtherValue, text));
        }
    }
    Ok(())
}

/// Each element of the arrays at `from` in the argument is in an array at `to` in the result, as many times.
pub(super) fn loses_nothing(
    given: &Value,
    got: &Value,
    from: &[String],
    to: &[String],
) -> Result<(), Broken> {
    let mut kept = BTreeMap::<String, usize>::new();
    for to in to {
        for element in of_result(got, to)? {
            *kept.entry(canonical(element)).or_default() += 1;
        }
    }
    for from in from {
        for (at, element) in of_argument(given, from)?.iter().enumerate() {
            match kept.get_mut(&canonical(element)) {
                Some(count) if *count > 0 => *count -= 1,
                _ => {
                    let (from, element) = (show::line(from, CHARS), show::value(element, CHARS));
                    let text = format!("the result has lost the argument's {from}/{at}: {element}");
                    return Err((Verdict::OtherValue, text));
                }
            }
        }
    }
    Ok(())
}

fn of_argument<'a>(given: &'a Value, pointer: &str) -> Result<&'a Vec<Value>, Broken> {
    let text = || format!("the argument has no array at {}: correct the law", place(pointer));
    given.pointer(pointer).and_then(Value::as_array).ok_or_else(|| (Verdict::Unusable, text()))
}

fn of_result<'a>(got: &'a Value, pointer: &str) -> Result<&'a Vec<Value>, Broken> {
    let text = || format!("the result has no array at {}: {}", place(pointer), show::value(got, CHARS));
    got.pointer(pointer).and_then(Value::as_array).ok_or_else(|| (Verdict::OtherValue, text()))
}

fn place(pointer: &str) -> String {
    if pointer.is_empty() { "the top".to_owned() } else { show::line(pointer, CHARS) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_law_holds_and_fails() {
        assert_eq!(round_trip(&json!([1]), &json!([1.0])), Ok(()));
        assert_eq!(
            round_trip(&json!([1]), &json!([2])),
            Err((Verdict::OtherValue, "the way there and back changes it: /0: expected 1, got 2".to_owned()))
        );
        assert_eq!(idempotent(&json!("a"), &json!("a")), Ok(()));
        assert!(idempotent(&json!("a"), &json!("aa")).is_err());
    }

    #[test]
    fn order_is_that_of_the_argument() {
        let keeps = |got: Value| keeps_order(&json!({"rows": [1, 2, 2, 3]}), &got, "/rows", "");
        for good in [json!([]), json!([1, 3]), json!([2, 2]), json!([1, 2, 2, 3])] {
            assert_eq!(keeps(good.clone()), Ok(()), "{good}");
        }
        for bad in [json!([3, 1]), json!([1, 1]), json!([4]), json!({"rows": []}), json!(null)] {
            assert!(matches!(keeps(bad.clone()), Err((Verdict::OtherValue, _))), "{bad}");
        }
        let broken = keeps_order(&json!([]), &json!([]), "/rows", "");
        assert!(matches!(broken, Err((Verdict::Unusable, _))));
    }

    #[test]
    fn elements_are_counted() {
        let from = ["/a".to_owned(), "/b".to_owned()];
        let to = ["/rows".to_owned(), "/rest".to_owned()];
        let given = json!({"a": [[1], [1]], "b": [{"x": 1, "y": 2}]});
        let loses = |got: Value| loses_nothing(&given, &got, &from, &to);
        assert_eq!(loses(json!({"rows": [[1.0], {"y": 2, "x": 1}, 7], "rest": [[1]]})), Ok(()));
        let lost = loses(json!({"rows": [[1], {"y": 2, "x": 1}], "rest": []}));
        let text = "the result has lost the argument's /a/1: an array of 1: [1]";
        assert_eq!(lost, Err((Verdict::OtherValue, text.to_owned())));
        assert!(matches!(loses(json!({"rows": []})), Err((Verdict::OtherValue, _))));
    }
}
