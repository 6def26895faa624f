//! A thrown value as text. Getters and `toString` of the module's own are not run.

use rquickjs::{Object, Value};

use super::plain::Taken;
use crate::behaviour::show;

/// The characters of a message that are kept.
const MESSAGE_CHARS: usize = 300;

/// The name and message of an error with the place where it was made, or the kind of value that was thrown.
///
/// # Errors
///
/// When the engine has no memory left to read them.
pub(super) fn text<'js>(taken: &Taken<'js>, thrown: &Value<'js>) -> rquickjs::Result<String> {
    if let Some(text) = thrown.as_string() {
        return Ok(format!("threw the text {}", show::quoted(&plain(text), MESSAGE_CHARS)));
    }
    let error = match thrown.as_object() {
        Some(error) if thrown.is_error() && !thrown.is_proxy() => error,
        _ => return Ok(format!("threw a value of type {} instead of an Error", thrown.type_name())),
    };
    let own = |object: &Object<'js>, key| -> rquickjs::Result<Option<String>> {
        Ok(taken.own(object, key)?.and_then(|value| value.as_string().map(plain)))
    };
    let mut name = own(error, "name")?;
    if let (None, Some(prototype)) = (&name, error.get_prototype()) {
        name = if prototype.is_proxy() { None } else { own(&prototype, "name")? };
    }
    let name = show::line(name.as_deref().unwrap_or("Error"), 40);
    let message = show::line(&own(error, "message")?.unwrap_or_default(), MESSAGE_CHARS);
    // A module may have a say in this text (`Error.prepareStackTrace`), within the time of the call.
    let stack = taken.stack.call::<_, Value<'js>>((error.clone(),)).ok();
    let stack = stack.and_then(|stack| stack.as_string().map(plain)).unwrap_or_default();
    let place = show::line(stack.lines().next().unwrap_or_default(), 120);
    let place = if place.is_empty() { place } else { format!(" ({place})") };
    Ok(format!("threw {name}: {message}{place}"))
}

/// The text, or nothing where it is not Unicode.
fn plain(text: &rquickjs::String<'_>) -> String {
    text.to_string().unwrap_or_default()
}
