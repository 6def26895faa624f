//! The built-in reducers, as `#[reduce(…)]` names them. A reducer is pure: `fn(&mut T, T)`.

use std::fmt;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Error, Value};

use crate::json;

/// Folds a write to a field into its value, both as JSON.
pub type JsonFold = fn(&mut Value, Value) -> Result<(), Error>;

/// `#[reduce(append)]`: the new items go after the old ones.
pub fn append<T, I>(have: &mut T, new: T)
where
    T: Extend<I> + IntoIterator<Item = I>,
{
    have.extend(new);
}

/// `#[reduce(merge)]`: for maps and sets; of two entries with the same key the later one counts.
pub fn merge<T, I>(have: &mut T, new: T)
where
    T: Extend<I> + IntoIterator<Item = I>,
{
    have.extend(new);
}

/// `#[reduce(max)]`: the larger value counts.
pub fn max<T: PartialOrd>(have: &mut T, new: T) {
    if new > *have {
        *have = new;
    }
}

/// How one field of a state is folded, for those who know the state only as JSON.
#[derive(Clone)]
#[non_exhaustive]
pub struct FieldReducer {
    /// The field.
    pub field: &'static str,
    /// The name of its reducer: `nested`; `append`, `max` or `merge` where they do the same to JSON as to the type:
    /// append lists, take the larger of two numbers or texts, merge objects; otherwise `custom`.
    pub name: &'static str,
    /// The same reducer over JSON.
    pub fold: JsonFold,
    /// The reducers of a nested state.
    pub nested: Vec<FieldReducer>,
}

impl FieldReducer {
    /// The reducer `name` of `field`.
    #[must_use]
    pub fn new(field: &'static str, name: &'static str, fold: JsonFold) -> Self {
        Self { field, name, fold, nested: Vec::new() }
    }

    /// Says how the fields of a nested state are folded.
    #[must_use]
    pub fn with_nested(mut self, nested: Vec<FieldReducer>) -> Self {
        self.nested = nested;
        self
    }
}

impl fmt::Debug for FieldReducer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.name)
    }
}

/// Folds over JSON what `fold` folds over types.
///
/// # Errors
///
/// When one of the values is not of its type; `have` stays as it is.
pub fn fold_json<T, U>(have: &mut Value, new: Value, fold: impl FnOnce(&mut T, U)) -> Result<(), Error>
where
    T: Serialize + DeserializeOwned,
    U: DeserializeOwned,
{
    let mut typed = T::deserialize(&*have)?;
    fold(&mut typed, serde_json::from_value(new)?);
    *have = json::to_value(&typed)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn they_do_what_their_names_say() {
        let mut list = vec![1];
        append(&mut list, vec![3, 2]);
        assert_eq!(list, [1, 3, 2]);
        let mut map = BTreeMap::from([("a", 1), ("b", 1)]);
        merge(&mut map, BTreeMap::from([("b", 2)]));
        assert_eq!(map, BTreeMap::from([("a", 1), ("b", 2)]));
        let mut top = 2;
        max(&mut top, 1);
        assert_eq!(top, 2);
        max(&mut top, 5);
        assert_eq!(top, 5);
    }

    #[test]
    fn what_is_not_of_the_type_changes_nothing() {
        let mut have = serde_json::json!([1]);
        fold_json(&mut have, serde_json::json!([2]), append::<Vec<u8>, u8>).unwrap();
        assert_eq!(have, serde_json::json!([1, 2]));
        assert!(fold_json(&mut have, serde_json::json!(["x"]), append::<Vec<u8>, u8>).is_err());
        assert_eq!(have, serde_json::json!([1, 2]));
    }
}
