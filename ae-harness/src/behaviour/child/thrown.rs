//! A thrown value as text. Getters and `toString` of the module's own are not run.

use rquickjs::{Object, Value};

use super::plain::Taken;
use crate::behaviour::show;

/// The characters of a message that are kept.
const MESSAGE_CHARS: usize = 300;

/// The name and message of an error with the place where it was made, or the kind of value that was thrown.
pub(super) fn text<'js>(taken: &Taken<'js>, thrown: &Value<'js>) -> String {
    if let Some(text) = thrown.as_string().and_then(|text| text.to_string().ok()) {
        return format!("threw the text {}", show::quoted(&text, MESSAGE_CHARS));
    }
    if thrown.is_proxy() || !thrown.is_error() {
        return format!("threw a value of type {} instead of an Error", thrown.type_name());
    }
    let Some(error) = thrown.as_object() else { return "threw".to_owned() };
    let own = |object: &Object<'js>, key| {
        let value = taken.own(object, key).ok().flatten()?;
        value.as_string()?.to_string().ok()
    };
    let name = own(error, "name").or_else(|| {
        let prototype = error.get_prototype()?;
        if prototype.is_proxy() { None } else { own(&prototype, "name") }
    });
    let name = name.unwrap_or_else(|| "Error".to_owned());
    let message = own(error, "message").unwrap_or_default();
    let mut text = format!("threw {}: {}", show::line(&name, 40), show::line(&message, MESSAGE_CHARS));
    if let Some(place) = own(error, "stack").and_then(|stack| stack.lines().next().map(str::to_owned)) {
        text.push_str(&format!(" ({})", show::line(&place, 120)));
    }
    text
}
