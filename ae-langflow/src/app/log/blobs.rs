//! Large fields leave the record for a blob, which the store keeps once.
//!
//! A record without blobs is the JSON of a change or a position, which is never an array. With blobs it is
//! `[json, [[pointer, digest], …]]`: at each JSON pointer (RFC 6901) the value is `null` and stands in the blob.

use std::{collections::BTreeMap, sync::Arc};

use ae_core::Digest;
use serde::de::{DeserializeOwned, Error as _};
use serde_json::{Error, Value};

use crate::store::record::Blob;

/// Fields whose JSON is longer than this leave the record, in bytes.
const INLINE_BYTES_MAX: usize = 4096;

type Place = (String, Digest);

/// Takes the large fields out of the JSON of a change or a position.
pub(super) fn lift(json: String, blobs: &mut Vec<Blob>) -> Result<String, Error> {
    if json.len() <= INLINE_BYTES_MAX {
        return Ok(json);
    }
    let mut value: Value = serde_json::from_str(&json)?;
    let mut places: Vec<Place> = Vec::new();
    for owner in owners(&value) {
        let members: Vec<(String, &mut Value)> = match value.pointer_mut(&owner) {
            Some(Value::Object(fields)) => {
                fields.iter_mut().map(|(name, field)| (escaped(name), field)).collect()
            }
            // A task that was sent, and its input.
            Some(Value::Array(pair)) => {
                pair.iter_mut().enumerate().map(|(index, part)| (index.to_string(), part)).collect()
            }
            _ => continue,
        };
        for (name, member) in members {
            let text = member.to_string();
            if text.len() > INLINE_BYTES_MAX {
                let blob = Blob::new(text);
                places.push((format!("{owner}/{name}"), blob.digest));
                if !blobs.iter().any(|known| known.digest == blob.digest) {
                    blobs.push(blob);
                }
                *member = Value::Null;
            }
        }
    }
    if places.is_empty() { Ok(json) } else { serde_json::to_string(&(value, places)) }
}

/// Reads what [`lift`] made.
pub(super) fn read<T: DeserializeOwned>(text: &str, blobs: &BTreeMap<Digest, Arc<str>>) -> Result<T, Error> {
    if !text.starts_with('[') {
        return serde_json::from_str(text);
    }
    let (mut value, places): (Value, Vec<Place>) = serde_json::from_str(text)?;
    for (pointer, digest) in places {
        let blob =
            blobs.get(&digest).ok_or_else(|| Error::custom(format!("the blob {digest} is missing")))?;
        if Blob::digest_of(blob) != digest {
            return Err(Error::custom(format!("the blob {digest} was changed")));
        }
        let place = value.pointer_mut(&pointer);
        let place =
            place.ok_or_else(|| Error::custom(format!("there is no place {pointer:?} for a blob")))?;
        *place = serde_json::from_str(blob)?;
    }
    serde_json::from_value(value)
}

/// The objects whose members are fields of a state: states, updates, and the inputs of sent tasks.
fn owners(value: &Value) -> Vec<String> {
    let mut owners = Vec::new();
    owners.extend(["/state", "/edited/update"].map(str::to_owned));
    for place in ["/next", "/s/1", "/edited/next"] {
        // Just the tasks, or everything.
        let tasks = value.pointer(place).map(|next| (place.to_owned(), next));
        let tasks = tasks.map(|(place, next)| match next.get("due") {
            Some(due) => (format!("{place}/due"), due),
            None => (place, next),
        });
        if let Some((place, Value::Array(tasks))) = tasks {
            owners.extend((0..tasks.len()).map(|index| format!("{place}/{index}")));
        }
    }
    if let Some(Value::Array(writes)) = value.pointer("/s/0") {
        owners.extend((0..writes.len()).map(|index| format!("/s/0/{index}/1")));
    }
    if let Some(Value::Array(finished)) = value.pointer("/parked/finished") {
        owners.extend((0..finished.len()).map(|index| format!("/parked/finished/{index}/1/update")));
    }
    if let Some(Value::Object(finished)) = value.get("finished") {
        owners.extend(finished.keys().map(|task| format!("/finished/{}/update", escaped(task))));
    }
    owners
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_field_leaves_and_comes_back() {
        let long = "x".repeat(5000);
        let json = serde_json::json!({
            "state": { "a/b~c": long, "n": 1 },
            "finished": { "sub/x": { "update": { "text": long } } },
        });
        let (mut blobs, text) = (Vec::new(), json.to_string());
        let lifted = lift(text, &mut blobs).unwrap();
        assert_eq!((blobs.len(), lifted.len() < 400), (1, true), "one blob for one value: {lifted}");
        let known: BTreeMap<_, _> = blobs.into_iter().map(|blob| (blob.digest, blob.text)).collect();
        assert_eq!(read::<Value>(&lifted, &known).unwrap(), json);
        assert!(read::<Value>(&lifted, &BTreeMap::new()).unwrap_err().to_string().contains("missing"));
        let changed = known.keys().map(|digest| (*digest, Arc::from("\"y\""))).collect();
        assert!(read::<Value>(&lifted, &changed).unwrap_err().to_string().contains("changed"));
    }

    #[test]
    fn small_records_stay_as_they_are() {
        let json = "{\"s\":[[[\"a\",{\"n\":1}]],[]]}".to_owned();
        let mut blobs = Vec::new();
        assert_eq!(lift(json.clone(), &mut blobs).unwrap(), json);
        assert!(blobs.is_empty());
    }
}
