//! The statements of an error answer.

use std::time::Duration;

use serde_json::Value;

const BODY_BYTES_MAX: usize = 64 * 1024;
const MESSAGE_BYTES_MAX: usize = 500;
const NAME_BYTES_MAX: usize = 100;

/// The names that one error may have; more add nothing.
const NAMES_MAX: usize = 64;

/// The longest pause that is believed: a day.
const PAUSE_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// An error as it is stated.
#[derive(Debug, Default)]
pub(super) struct Stated {
    pub(super) message: String,
    pub(super) code: Option<String>,
    /// Every text of the error that can be a name: its type, code, status, and those of its details. In lower case.
    pub(super) names: Vec<String>,
    pub(super) retry_after: Option<Duration>,
    /// The status that the failure would have had, where it stands in an answer that began well.
    pub(super) status: Option<u16>,
}

impl Stated {
    /// From the body of an answer.
    pub(super) fn of_body(body: &[u8]) -> Self {
        let body = body.get(..BODY_BYTES_MAX).unwrap_or(body);
        let mut value = match serde_json::from_slice(body) {
            Ok(value @ (Value::Object(_) | Value::Array(_))) => value,
            // A page of a server in between, or JSON that was cut.
            _ => return Self { message: line(&String::from_utf8_lossy(body)), ..Self::default() },
        };
        // Gemini's stream without `alt=sse`.
        if let Value::Array(elements) = &mut value {
            value = elements.pop().unwrap_or_default();
        }
        match value.get_mut("error") {
            Some(error) => Self::of(&error.take()),
            None => Self::of(&value),
        }
    }

    /// From the value of the field `error`.
    pub(super) fn of_error(error: &[u8]) -> Self {
        serde_json::from_slice(error).map_or_else(|_| Self::default(), |error| Self::of(&error))
    }

    fn of(error: &Value) -> Self {
        let message = match error {
            Value::String(message) => message.as_str(),
            error => error.get("message").and_then(Value::as_str).unwrap_or_default(),
        };
        let name = |field| error.get(field).and_then(Value::as_str).filter(|name| is_name(name));
        let mut stated = Self {
            message: line(message),
            code: ["code", "status", "type"].into_iter().find_map(name).map(str::to_owned),
            status: error.get("code").and_then(status),
            ..Self::default()
        };
        if error.is_object() {
            stated.take_names(error);
        }
        if stated.retry_after.is_none() {
            stated.retry_after = ["try again in ", "retry in "].into_iter().find_map(|words| {
                let (_, after) = message.split_once(words)?;
                duration(after.split([' ', ',']).next()?.trim_end_matches('.'), "")
            });
        }
        stated
    }

    /// The parser bounds the depth.
    fn take_names(&mut self, value: &Value) {
        match value {
            Value::String(text) if self.names.len() < NAMES_MAX && is_name(text) => {
                self.names.push(text.to_ascii_lowercase());
            }
            Value::Array(elements) => elements.iter().for_each(|element| self.take_names(element)),
            Value::Object(fields) => {
                if let Some(delay) = fields.get("retryDelay").and_then(Value::as_str) {
                    self.retry_after = duration(delay, "");
                }
                fields.values().for_each(|field| self.take_names(field));
            }
            _ => {}
        }
    }
}

fn status(code: &Value) -> Option<u16> {
    code.as_u64().and_then(|code| u16::try_from(code).ok()).filter(|code| (400..600).contains(code))
}

fn is_name(text: &str) -> bool {
    (1..=NAME_BYTES_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

/// One line, of bounded length.
fn line(text: &str) -> String {
    // A space and the mark of a cut fit behind it.
    let room = MESSAGE_BYTES_MAX - 1 - '…'.len_utf8();
    let mut line = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if line.len() + word.len() > room {
            let left = room.saturating_sub(line.len());
            let end = word.char_indices().map(|(at, _)| at).take_while(|at| *at <= left).last();
            line.push_str(word.get(..end.unwrap_or_default()).unwrap_or_default());
            line.push('…');
            break;
        }
        line.push_str(word);
        line.push(' ');
    }
    line.truncate(line.trim_end().len());
    line
}

/// Reads `1.5s`, `20ms`, `6m0s`, or a number of `unit`.
pub(super) fn duration(text: &str, unit: &str) -> Option<Duration> {
    let mut total = 0_f64;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (stated, after) = after.split_at(letters);
        let seconds = match if stated.is_empty() { unit } else { stated } {
            "ms" => 0.001,
            "s" | "second" | "seconds" => 1.0,
            "m" | "minute" | "minutes" => 60.0,
            "h" | "hour" | "hours" => 3600.0,
            _ => return None,
        };
        total += number.parse::<f64>().ok()? * seconds;
        rest = after;
    }
    (!text.is_empty())
        .then(|| Duration::try_from_secs_f64(total).map_or(PAUSE_MAX, |pause| pause.min(PAUSE_MAX)))
}
