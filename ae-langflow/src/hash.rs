//! The hash of a state, the same whatever order its maps have.

use ae_core::{Digest, DigestWriter};
use serde::Serialize;
use serde_json::Value;

/// Hashes the JSON form with the keys of every object sorted.
pub(crate) fn of_state<S: Serialize>(state: &S) -> Result<Digest, serde_json::Error> {
    let mut bytes = Vec::with_capacity(256);
    write(&serde_json::to_value(state)?, &mut bytes)?;
    Ok(DigestWriter::new("ae-langflow state 1").field(&bytes).finish())
}

fn write(value: &Value, to: &mut Vec<u8>) -> Result<(), serde_json::Error> {
    match value {
        Value::Array(items) => {
            to.push(b'[');
            for item in items {
                write(item, to)?;
                to.push(b',');
            }
            to.push(b']');
        }
        Value::Object(fields) => {
            // Another crate of the build may have turned on serde_json's `preserve_order`.
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(key, _)| *key);
            to.push(b'{');
            for (key, item) in fields {
                serde_json::to_writer(&mut *to, key)?;
                to.push(b':');
                write(item, to)?;
                to.push(b',');
            }
            to.push(b'}');
        }
        scalar => serde_json::to_writer(to, scalar)?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
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
}
