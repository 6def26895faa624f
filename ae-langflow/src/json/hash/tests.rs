use std::collections::HashMap;

use super::*;

#[test]
fn the_order_of_a_map_does_not_count_and_its_content_does() {
    let there: HashMap<_, _> = (0..100).map(|n| (n.to_string(), n)).collect();
    let back: HashMap<_, _> = (0..100).rev().map(|n| (n.to_string(), n)).collect();
    assert_eq!(of_state(&there).unwrap(), of_state(&back).unwrap());
    let other: HashMap<_, _> = (0..100).map(|n| (n.to_string(), n + 1)).collect();
    assert_ne!(of_state(&there).unwrap(), of_state(&other).unwrap());
}

#[test]
fn the_order_of_a_set_does_not_count_and_its_items_do() {
    let hash = |items: &[&str]| of_state(&items).unwrap();
    assert_eq!(hash(&["a", "b", "c"]), hash(&["c", "a", "b"]));
    for other in [&["a", "b"][..], &["a", "b", "b", "c"], &["a", "bc"], &["abc"], &[]] {
        assert_ne!(hash(&["a", "b", "c"]), hash(other), "{other:?}");
    }
    assert_ne!(of_state(&[[1, 2], [3, 4]]).unwrap(), of_state(&[[1, 3], [2, 4]]).unwrap());
}

#[test]
fn a_state_and_its_json_have_one_hash() {
    #[derive(Serialize)]
    struct All {
        z: Vec<Option<char>>,
        a: HashMap<u32, Vec<HashMap<String, f32>>>,
        empty: HashMap<String, ()>,
        small: [f32; 6],
        wide: (f64, i64, u64),
    }
    let inner = |n: u32| (0..n).map(|m| (format!("k{m}\"\\"), 0.1)).collect();
    let all = All {
        z: vec![Some('"'), None, Some('ß')],
        a: (0..30).map(|n| (n, vec![inner(n), inner(3)])).collect(),
        empty: HashMap::new(),
        small: [0.1, 1e14, 1e20, f32::MIN_POSITIVE, f32::MAX, f32::NAN],
        wide: (0.1 + 0.2, i64::MIN, u64::MAX),
    };
    let text = serde_json::to_string(&all).unwrap();
    let back: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(of_state(&all).unwrap(), of_state(&back).unwrap());
}
