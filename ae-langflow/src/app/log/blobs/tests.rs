use serde_json::{Value, json};

use super::*;

fn lifted(value: &Value) -> (String, BTreeMap<Digest, Arc<str>>) {
    let mut blobs = Vec::new();
    let text = lift(value.to_string(), &mut blobs).unwrap();
    (text, blobs.into_iter().map(|blob| (blob.digest, blob.text)).collect())
}

#[test]
fn a_large_value_leaves_once_and_comes_back() {
    let long = "x]],\"\\".repeat(1000);
    let json = json!({
        "state": { "a/b~c": long, "n": 1 },
        "finished": { "sub/x": { "update": { "text": long, "list": [1, long, null] } } },
    });
    let (text, blobs) = lifted(&json);
    assert_eq!((blobs.len(), text.len() < 400), (1, true), "one blob for one value: {text}");
    assert_eq!(whole(&text, &blobs).unwrap(), json.to_string());
    assert_eq!(read::<Value>(&text, &blobs).unwrap(), json);
    assert!(whole(&text, &BTreeMap::new()).unwrap_err().to_string().contains("missing"));
    let changed = blobs.keys().map(|digest| (*digest, Arc::from("\"y\""))).collect();
    assert!(whole(&text, &changed).unwrap_err().to_string().contains("changed"));
    for cut in 1..text.len() {
        let Some(text) = text.get(..cut) else { continue };
        assert!(read::<Value>(text, &blobs).is_err(), "{text}");
    }
}

#[test]
fn a_record_of_any_size_comes_back_to_the_byte() {
    for size in (0..60).chain(4080..4110).chain(16_370..16_400) {
        let text = "y".repeat(size);
        let items: Vec<_> = (0..size / 9).collect();
        for json in [
            json!([text]),
            json!({ "k": text, "l": [text, [], {}, { "": text }] }),
            json!({ "k": items, "l": [items, "z", [[items]]] }),
            json!({ "m": { "a": items, "b": { "c": items }, "d": text }, "n": text }),
        ] {
            // As records do, it begins with an object.
            let json = json!({ "s": json });
            let (text, blobs) = lifted(&json);
            assert_eq!(whole(&text, &blobs).unwrap(), json.to_string());
            let left: usize = blobs.values().map(|text| text.len()).sum();
            assert!(text.len() + left < json.to_string().len() + 100 * (blobs.len() + 1));
        }
    }
}

#[test]
fn a_list_that_grew_has_its_beginning_in_common() {
    let list = |items: u64| json!({ "list": (0..items).map(|n| format!("{n:0500}")).collect::<Vec<_>>() });
    let (_, before) = lifted(&list(1000));
    let (text, after) = lifted(&list(1010));
    assert!(text.len() < 6000, "{}", text.len());
    let new: usize =
        after.iter().filter(|(digest, _)| !before.contains_key(digest)).map(|(_, text)| text.len()).sum();
    assert!(new < 2 * RUN_BYTES, "{new} bytes for 5,000");
}

#[test]
fn small_records_stay_as_they_are() {
    let json = "{\"s\":[[[\"a\",{\"n\":1}]],[]]}".to_owned();
    let mut blobs = Vec::new();
    assert_eq!(lift(json.clone(), &mut blobs).unwrap(), json);
    assert!(blobs.is_empty());
}
