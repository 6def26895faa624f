use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Deserialize;
use serde_json::json;

use super::{check::DEPTH_MAX, *};

/// A value inside a record.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Record<T: Serialize + DeserializeOwned>(#[serde(serialize_with = "mark")] T);

fn stored<T: Serialize + DeserializeOwned>(value: T) -> Result<T, String> {
    let text = to_string(&Record(value)).map_err(|error| error.to_string())?;
    Ok(from_str::<Record<T>>(&text).map_err(|error| format!("unreadable: {error}"))?.0)
}

fn refused<T: Serialize + DeserializeOwned>(value: T) -> String {
    stored(value).map(drop).unwrap_err()
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Doc {
    score: Option<f32>,
    parts: Vec<BTreeMap<String, f64>>,
}

#[test]
fn numbers_that_are_not_finite_are_refused_by_name() {
    let doc =
        |score, part: f64| Doc { score, parts: vec![BTreeMap::new(), BTreeMap::from([("a".into(), part)])] };
    let whole = doc(Some(0.1), -0.0);
    assert_eq!(stored(whole.clone()).unwrap(), whole);
    let error = refused(doc(Some(f32::NAN), 1.0));
    assert!(error.contains("`score` is not a finite number"), "{error}");
    let error = refused(doc(None, f64::NEG_INFINITY));
    assert!(error.contains("`parts[1][\"a\"]` is not a finite number"), "{error}");
    assert!(refused(f64::NAN).contains("the value is not a finite number"));
    assert!(to_value(&doc(Some(f32::INFINITY), 1.0)).is_err());
}

#[test]
fn nothing_inside_a_some_is_refused() {
    assert_eq!(stored(vec![None, Some(Some(1))]).unwrap(), [None, Some(Some(1))]);
    for error in [refused(vec![Some(None::<u8>)]), refused(vec![Some(())]), refused(vec![Some(Value::Null)])]
    {
        assert!(error.contains("`[0]` is nothing inside a `Some`"), "{error}");
    }
    assert_eq!(stored(vec![Some(vec![None::<u8>])]).unwrap(), [Some(vec![None])]);
}

#[test]
fn values_are_nested_up_to_the_limit_and_are_read_far_inside_a_record() {
    fn nested(depth: usize) -> Value {
        (1..depth).fold(
            json!([]),
            |inside, level| if level % 2 == 0 { json!([inside]) } else { json!({ "k": inside }) },
        )
    }
    let deepest = nested(DEPTH_MAX);
    assert_eq!(stored(deepest.clone()).unwrap(), deepest);
    let error = refused(nested(DEPTH_MAX + 1));
    assert!(error.contains("[\"k\"]…` is") && error.contains("deeper than 100"), "{error}");
    let around = (0..20).fold(deepest.to_string(), |text, _| format!("[{text}]"));
    assert!(serde_json::from_str::<Value>(&around).is_ok());
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Loose {
    Small(u8),
    Large(u32),
    Letter(char),
    Text(String),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    Number { at: f64 },
    Wide { at: u128 },
    Keys { of: HashMap<u32, u8> },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Half {
    kept: u8,
    #[serde(skip_deserializing)]
    lost: u8,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Gone {
    #[serde(skip_serializing)]
    gone: u8,
}

#[test]
fn what_its_own_type_reads_otherwise_is_refused_whatever_was_written_before() {
    for value in [Loose::Large(300), Loose::Small(3), Loose::Text("text".into()), Loose::Letter('l')] {
        assert_eq!(stored(value.clone()).unwrap(), value);
    }
    for value in [Loose::Large(3), Loose::Text("t".into())] {
        let error = refused(vec![value]);
        assert!(error.contains("`[0]` would not come back") && error.contains("another type"), "{error}");
    }
    assert!(to_own_value(&vec![Loose::Large(300), Loose::Small(3)]).is_ok());
    assert!(to_own_value(&vec![Loose::Large(300), Loose::Large(3)]).is_err());
    let number = Tagged::Number { at: 0.1 };
    assert_eq!(stored(vec![number.clone()]).unwrap(), [number]);
    for value in [Tagged::Wide { at: u128::MAX }, Tagged::Keys { of: HashMap::from([(1, 2)]) }] {
        let error = refused(vec![value]);
        assert!(error.contains("would not come back from JSON"), "{error}");
    }
    let error = refused(Half { kept: 1, lost: 2 });
    assert!(error.contains("lost"), "{error}");
    assert!(refused(Gone { gone: 1 }).contains("gone"));
}

#[test]
fn sets_maps_and_wide_numbers_come_back() {
    let set: HashSet<String> = (0..50).map(|n| n.to_string()).collect();
    assert_eq!(stored(set.clone()).unwrap(), set);
    let map: HashMap<i128, Vec<u128>> = HashMap::from([(i128::MIN, vec![u128::MAX, 0]), (i128::MAX, vec![])]);
    assert_eq!(stored(map.clone()).unwrap(), map);
    assert!(refused(HashMap::from([((1, 2), 3)])).contains("key must be a string"));
}

#[derive(Serialize, Deserialize)]
enum Nest {
    Here(Loose),
    In(Box<Nest>),
}

fn nest(depth: usize, value: Loose) -> Nest {
    (0..depth).fold(Nest::Here(value), |inner, _| Nest::In(Box::new(inner)))
}

#[test]
fn two_values_that_read_as_another_type_do_not_make_up_for_each_other() {
    for depth in 0..40 {
        let why = refused((nest(depth, Loose::Large(1)), nest(depth + 1, Loose::Large(1))));
        assert!(why.contains("another type of value"), "{why}");
    }
}
