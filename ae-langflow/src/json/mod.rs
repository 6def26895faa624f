//! The way of typed values into JSON and back, for everything that is stored.
//!
//! A value that is written here comes back equal. Two parts see to that. A [checking serializer](check) refuses what
//! JSON can't hold: numbers that are not finite, a `None` inside a `Some`, values nested deeper than every reader goes. The rest
//! depends on a type's own `Deserialize`, which no serializer can see: so a value of a [form](kinds) that was not
//! written before is read back at once and compared. Later values of that form are not, which keeps a step cheap.

mod check;
pub(crate) mod hash;
mod kinds;
mod scan;

use serde::{Serialize, Serializer, de::DeserializeOwned, ser::Error as _};
use serde_json::{Error, Value};

use self::{check::Check, kinds::Kinds};
pub(crate) use self::{
    check::Marked,
    scan::{Part, parts},
};

/// The JSON of a value that [`from_str`] reads back as it is.
pub(crate) fn to_string<T: Serialize + DeserializeOwned>(value: &T) -> Result<String, Error> {
    let kinds = Kinds::default();
    let text = written(value, &kinds)?;
    if kinds.has_new() {
        read_back(value, &text, &kinds)?;
        kinds.learn();
    }
    Ok(text)
}

/// The JSON of a value that is read as another type than it has, or by a program that knows no types.
pub(crate) fn to_value<T: Serialize + ?Sized>(value: &T) -> Result<Value, Error> {
    value.serialize(Check::new(serde_json::value::Serializer, &Kinds::default()))
}

/// The same, read back at once as the type that it has.
pub(crate) fn to_own_value<T: Serialize + DeserializeOwned>(value: &T) -> Result<Value, Error> {
    let written = |value: &T| {
        let kinds = Kinds::default();
        let json = Marked(value).serialize(Check::new(serde_json::value::Serializer, &kinds))?;
        Ok::<_, Error>((json, kinds.sum()))
    };
    let (json, kinds) = written(value)?;
    if written(&T::deserialize(&json)?)?.1 == kinds {
        return Ok(json);
    }
    Err(Error::custom("the value would not come back from JSON as it is: it reads as another type of value"))
}

/// Reads what [`to_string`] wrote.
pub(crate) fn from_str<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).or_else(|error| {
        // With serde_json's `arbitrary_precision`, which any crate of a program can turn on, its reader hands numbers
        // with a fraction to tagged and untagged enums and to flattened fields in a form that they refuse. A `Value`
        // gives them out as numbers.
        T::deserialize(serde_json::from_str::<Value>(text)?).map_err(|_| error)
    })
}

/// `serialize_with` for a value of the user.
pub(crate) fn mark<T: Serialize, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
    Marked(value).serialize(to)
}

/// The same for one that may be absent.
pub(crate) fn mark_some<T: Serialize, S: Serializer>(value: &Option<T>, to: S) -> Result<S::Ok, S::Error> {
    value.as_ref().map(Marked).serialize(to)
}

/// The same for inputs and the nodes that they are sent to.
pub(crate) fn mark_sends<S: Serializer>(sends: &[(String, Value)], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(sends.iter().map(|(target, input)| (target, Marked(input))))
}

fn written<T: Serialize>(value: &T, kinds: &Kinds) -> Result<String, Error> {
    let mut bytes = Vec::with_capacity(128);
    value.serialize(Check::new(&mut serde_json::Serializer::new(&mut bytes), kinds))?;
    String::from_utf8(bytes).map_err(Error::custom)
}

/// Refuses a value that does not come back from its JSON as it is.
fn read_back<T: Serialize + DeserializeOwned>(value: &T, text: &str, kinds: &Kinds) -> Result<(), Error> {
    let refused = |place: &str, how: &dyn std::fmt::Display| {
        Err(Error::custom(format!("{place} would not come back from JSON as it is: {how}")))
    };
    let read: T = match from_str(text) {
        Ok(read) => read,
        Err(error) => return refused(&scan::place(text, error.column().saturating_sub(1)), &error),
    };
    let kinds_again = Kinds::default();
    let again = written(&read, &kinds_again)?;
    // Sets and maps may be written in another order.
    if again != text && hash::of_state(value)? != hash::of_state(&read)? {
        let first = text.bytes().zip(again.bytes()).position(|(one, other)| one != other);
        return refused(&scan::place(text, first.unwrap_or(0)), &"it reads as another value");
    }
    if kinds.sum() != kinds_again.sum() {
        let (before, after) = (Kinds::traced(), Kinds::traced());
        written(value, &before)?;
        written(&read, &after)?;
        return refused(&before.first_missing_in(&after), &"it reads as another type of value");
    }
    Ok(())
}

#[cfg(test)]
mod tests;
