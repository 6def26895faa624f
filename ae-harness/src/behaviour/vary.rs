//! The same case with other texts in it, so that a module which knows the cases by heart fails.

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::show;

/// The draws of one text before it counts as impossible.
const DRAWS: usize = 200;

/// Random numbers that follow from a seed and a name (SplitMix64).
#[derive(Debug)]
pub(super) struct Chance(u64);

impl Chance {
    /// The numbers of `name`, such as a behaviour, a case and the number of a variant.
    pub(super) fn new(seed: u64, name: &[&str]) -> Self {
        let mut hash = Sha256::new();
        hash.update(seed.to_le_bytes());
        for part in name {
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
            hash.update(part);
        }
        let bytes: [u8; 32] = hash.finalize().into();
        Self(bytes.iter().take(8).fold(0, |state, byte| (state << 8) | u64::from(*byte)))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// One of the characters `first`, …, of which there are `count`.
    fn one_of(&mut self, first: u8, count: u64) -> char {
        let step = u8::try_from(self.next() % count).unwrap_or(0);
        char::from(first.saturating_add(step))
    }

    /// A text of the same shape: letters of the same case, digits from 1 to 9; everything else stays.
    fn like(&mut self, text: &str) -> String {
        let drawn = text.chars().map(|c| match c {
            'a'..='z' => self.one_of(b'a', 26),
            'A'..='Z' => self.one_of(b'A', 26),
            '1'..='9' => self.one_of(b'1', 9),
            other => other,
        });
        drawn.collect()
    }
}

/// Replacements of texts by others.
#[derive(Debug)]
pub(super) struct Variant(Vec<(String, String)>);

impl Variant {
    /// Other texts for those in `texts`, none of which occurs in `values`.
    ///
    /// # Errors
    ///
    /// When a text occurs in none of the values, or there is no other text of its shape.
    pub(super) fn draw(texts: &[String], values: &[&Value], chance: &mut Chance) -> Result<Self, String> {
        let mut drawn: Vec<(String, String)> = Vec::new();
        for text in texts {
            if drawn.iter().any(|(old, _)| old == text) {
                continue;
            }
            if text.is_empty() || !values.iter().any(|value| holds(value, text)) {
                return Err(format!("{} is to vary, but does not occur", show::quoted(text, 80)));
            }
            let free = |new: &String| {
                !values.iter().any(|value| holds(value, new))
                    && !drawn
                        .iter()
                        .any(|(_, other)| other.contains(new.as_str()) || new.contains(other.as_str()))
            };
            let found = (0..DRAWS).map(|_| chance.like(text)).find(free);
            match found {
                Some(new) => drawn.push((text.clone(), new)),
                None => {
                    return Err(format!(
                        "{} is to vary, but no other text of its shape is free",
                        show::quoted(text, 80)
                    ));
                }
            }
        }
        // Of two texts that begin at the same place the longer one is meant.
        drawn.sort_by_key(|(old, _)| std::cmp::Reverse(old.len()));
        Ok(Self(drawn))
    }

    /// The value with every text replaced, in keys too.
    pub(super) fn of(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(list) => list.iter().map(|value| self.of(value)).collect(),
            Value::Object(map) => {
                let entries = map.iter().map(|(key, value)| (self.text(key), self.of(value)));
                Value::Object(entries.collect::<Map<_, _>>())
            }
            other => other.clone(),
        }
    }

    fn text(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            let replaced = self.0.iter().find_map(|(old, new)| Some((rest.strip_prefix(old.as_str())?, new)));
            match replaced {
                Some((after, new)) => {
                    out.push_str(new);
                    rest = after;
                }
                None => {
                    out.push(next);
                    rest = rest.get(next.len_utf8()..).unwrap_or_default();
                }
            }
        }
        out
    }
}

/// Whether a text or a key of the value contains `text`.
fn holds(value: &Value, text: &str) -> bool {
    match value {
        Value::String(own) => own.contains(text),
        Value::Array(list) => list.iter().any(|value| holds(value, text)),
        Value::Object(map) => map.iter().any(|(key, value)| key.contains(text) || holds(value, text)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn texts_are_replaced_in_values_and_keys_and_nowhere_else() {
        let value = json!({"Ann": "x,Ann,Anna\n", "n": [1, null, "Berlin 10115"]});
        let chance = &mut Chance::new(7, &["a"]);
        let variant = Variant::draw(&texts(&["Ann", "Anna", "10115"]), &[&value], chance).unwrap();
        let of = variant.of(&value);
        let (ann, anna) = (variant.text("Ann"), variant.text("Anna"));
        assert_eq!(of[&ann], format!("x,{ann},{anna}\n"));
        assert_eq!(of["n"], json!([1, null, format!("Berlin {}", variant.text("10115"))]));
        assert!(!anna.starts_with(&ann) && variant.text("10115").as_bytes()[1] == b'0');
    }

    #[test]
    fn a_case_that_can_not_vary_says_so() {
        let value = json!(["x", "---"]);
        let draw = |text: &str| Variant::draw(&texts(&[text]), &[&value], &mut Chance::new(1, &[]));
        assert_eq!(draw("Ann").unwrap_err(), "\"Ann\" is to vary, but does not occur");
        assert_eq!(draw("---").unwrap_err(), "\"---\" is to vary, but no other text of its shape is free");
        assert!(draw("").is_err() && draw("x").is_ok());
    }

    #[test]
    fn the_seed_and_the_name_decide() {
        let like = |seed, name: &[&str]| Chance::new(seed, name).like("Abcdefgh12345");
        assert_eq!(like(1, &["a", "b"]), like(1, &["a", "b"]));
        assert_ne!(like(1, &["a", "b"]), like(2, &["a", "b"]));
        assert_ne!(like(1, &["a", "b"]), like(1, &["ab"]));
    }

    proptest! {
        #[test]
        fn a_variant_has_the_same_shape_and_leads_back(
            seed: u64,
            list in prop::collection::vec("[A-Za-z0-9 ,;é-]{0,12}", 1..6),
            picked in prop::collection::btree_set("[A-Za-z]{4,6}[0-9]{3}|[a-z]{5}-[1-9]{2}", 1..4),
        ) {
            let picked: Vec<String> = picked.into_iter().collect();
            let value = json!({"list": list, "picked": picked.join(","), "keys": {picked[0].clone(): 1}});
            let variant = Variant::draw(&picked, &[&value], &mut Chance::new(seed, &["case"])).unwrap();
            let other = variant.of(&value);
            for text in &picked {
                let new = variant.text(text);
                prop_assert!(!holds(&value, &new) && holds(&other, &new), "{text} {new}");
                prop_assert_eq!(new.len(), text.len());
                for (old, new) in text.chars().zip(new.chars()) {
                    prop_assert_eq!(old.is_ascii_lowercase(), new.is_ascii_lowercase());
                    prop_assert_eq!(old.is_ascii_uppercase(), new.is_ascii_uppercase());
                    prop_assert_eq!(old == '0', new == '0');
                    prop_assert_eq!(old.is_ascii_digit(), new.is_ascii_digit());
                }
            }
            let back = Variant(variant.0.iter().map(|(old, new)| (new.clone(), old.clone())).collect());
            prop_assert_eq!(back.of(&other), value);
        }
    }
}
