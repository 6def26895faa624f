//! The answers of E2B.

use ae_core::{BackendError, Effect, ErrorKind, Retry};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;

use super::{
    NAME,
    request::{FOLDER, Sizes},
};
use crate::sandbox::{CommandEnd, OutputChunk};

/// The largest message of a stream.
const MESSAGE_MAX: usize = 16 * 1024 * 1024;
/// The flag of a stream's last message.
const LAST: u8 = 2;

/// A sandbox that was made or found again.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Made {
    #[serde(rename = "sandboxID")]
    pub(super) sandbox_id: String,
    pub(super) envd_access_token: Option<String>,
}

/// An event of a running command.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// It has started.
    Started {
        /// Its process id.
        pid: u64,
    },
    /// It has written something.
    Output(OutputChunk),
    /// It has ended.
    Ended(CommandEnd),
    /// The stream has ended in order.
    Last,
}

#[derive(Debug, Deserialize)]
struct Message {
    event: Option<Wire>,
    error: Option<Failure>,
}

#[derive(Debug, Deserialize)]
struct Wire {
    start: Option<Start>,
    data: Option<Data>,
    end: Option<End>,
}

#[derive(Debug, Deserialize)]
struct Start {
    pid: u64,
}

#[derive(Debug, Deserialize)]
struct Data {
    stdout: Option<String>,
    stderr: Option<String>,
}

/// In the JSON form of proto3 a number that is 0 may be left out.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct End {
    #[serde(default)]
    exit_code: i32,
    #[serde(default)]
    exited: bool,
    #[serde(default)]
    status: String,
}

#[derive(Debug, Deserialize)]
struct Failure {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

/// Cuts a Connect stream into its messages.
#[derive(Debug, Default)]
pub(super) struct Messages {
    waiting: Vec<u8>,
}

impl Messages {
    /// Takes bytes as they come.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
    }

    /// The next whole event; `None` until more bytes came.
    pub(super) fn next(&mut self) -> Result<Option<Event>, BackendError> {
        loop {
            let Some((head, rest)) = self.waiting.split_first_chunk::<5>() else { return Ok(None) };
            let [flags, length @ ..] = *head;
            let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
            if length > MESSAGE_MAX {
                return Err(protocol(format!(
                    "a message of {length} bytes, of {MESSAGE_MAX} that are taken"
                )));
            }
            let Some(body) = rest.get(..length) else { return Ok(None) };
            let message = serde_json::from_slice::<Message>(body)
                .map_err(|cause| protocol("a message that can't be read").with_source(cause));
            self.waiting.drain(..head.len() + length);
            if let Some(event) = event(flags, message?)? {
                return Ok(Some(event));
            }
        }
    }
}

/// The event in a message; signs of life are none.
fn event(flags: u8, message: Message) -> Result<Option<Event>, BackendError> {
    if flags & LAST != 0 {
        return message.error.map_or(Ok(Some(Event::Last)), |failure| Err(failed(&failure)));
    }
    let Some(wire) = message.event else { return Ok(None) };
    if let Some(start) = wire.start {
        return Ok(Some(Event::Started { pid: start.pid }));
    }
    if let Some(end) = wire.end {
        return Ok(Some(Event::Ended(ended(&end))));
    }
    let Some(data) = wire.data else { return Ok(None) };
    let decode = |text: String| {
        STANDARD.decode(text).map_err(|cause| protocol("output that is not Base64").with_source(cause))
    };
    let chunk = match (data.stdout, data.stderr) {
        (Some(text), _) => OutputChunk::Stdout(decode(text)?),
        (_, Some(text)) => OutputChunk::Stderr(decode(text)?),
        _ => return Ok(None),
    };
    Ok(Some(Event::Output(chunk)))
}

fn ended(end: &End) -> CommandEnd {
    if end.exited {
        return CommandEnd::Exited(end.exit_code);
    }
    let signal = match end.status.strip_prefix("signal: ").and_then(|rest| rest.split_whitespace().next()) {
        Some("hangup") => 1,
        Some("interrupt") => 2,
        Some("terminated") => 15,
        Some("segmentation") => 11,
        Some("aborted") => 6,
        _ => 9,
    };
    CommandEnd::Signalled(signal)
}

/// The error of a Connect stream or call, by its code.
fn failed(failure: &Failure) -> BackendError {
    let (kind, retry) = match failure.code.as_str() {
        "unavailable" => (ErrorKind::Unavailable, Retry::Backoff),
        "deadline_exceeded" => (ErrorKind::Timeout, Retry::Never),
        "canceled" => (ErrorKind::Cancelled, Retry::Never),
        "unauthenticated" => (ErrorKind::Unauthenticated, Retry::Never),
        "permission_denied" => (ErrorKind::PermissionDenied, Retry::Never),
        "not_found" => (ErrorKind::NotFound, Retry::Never),
        "resource_exhausted" => (ErrorKind::QuotaExceeded, Retry::Never),
        "invalid_argument" => (ErrorKind::InvalidInput, Retry::Never),
        _ => (ErrorKind::Protocol, Retry::Never),
    };
    let text: String = failure.message.chars().filter(|c| !c.is_control()).take(200).collect();
    let message = format!("the sandbox answered {:?}: {text}", failure.code);
    BackendError::new(kind, NAME, "spawn", message).with_retry(retry).with_effect(Effect::Unknown)
}

/// An answer that is not what the service documents.
pub(super) fn protocol(what: impl Into<String>) -> BackendError {
    let message = format!("the sandbox sent {}: see whether its template is current", what.into());
    BackendError::new(ErrorKind::Protocol, NAME, "spawn", message).with_effect(Effect::Unknown)
}

#[derive(Debug, Deserialize)]
struct Listed {
    #[serde(default)]
    entries: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
struct Entry {
    path: String,
    #[serde(default, rename = "type")]
    kind: String,
    /// A 64-bit number is a text in the JSON form of proto3.
    #[serde(default)]
    size: Option<Number>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Number {
    Text(String),
    Whole(u64),
}

/// The files of a list with their sizes.
pub(super) fn files(body: &[u8]) -> Result<Sizes, BackendError> {
    let listed: Listed = serde_json::from_slice(body).map_err(|cause| {
        BackendError::new(ErrorKind::Protocol, NAME, "list", "the list of files can't be read")
            .with_source(cause)
    })?;
    let files =
        listed.entries.into_iter().filter(|entry| entry.kind == "FILE_TYPE_FILE").filter_map(|entry| {
            let path = entry.path.strip_prefix(FOLDER)?.strip_prefix('/')?.to_owned();
            let size = match entry.size {
                Some(Number::Text(text)) => text.parse().unwrap_or_default(),
                Some(Number::Whole(size)) => size,
                None => 0,
            };
            Some((path, size))
        });
    Ok(files.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(flags: u8, json: &str) -> Vec<u8> {
        let mut bytes = vec![flags];
        bytes.extend(u32::try_from(json.len()).unwrap().to_be_bytes());
        bytes.extend(json.as_bytes());
        bytes
    }

    #[test]
    fn a_stream_is_read_wherever_it_is_cut() {
        let mut whole = envelope(0, r#"{"event":{"start":{"pid":7}}}"#);
        whole.extend(envelope(0, r#"{"event":{"keepalive":{}}}"#));
        whole.extend(envelope(0, r#"{"event":{"data":{"stdout":"aGk="}}}"#));
        whole.extend(envelope(0, r#"{"event":{"data":{"stderr":"IQ=="}}}"#));
        whole.extend(envelope(0, r#"{"event":{"end":{"exited":true,"status":"exit status 0"}}}"#));
        whole.extend(envelope(2, "{}"));
        for cut in 1..whole.len() {
            let (mut messages, mut events) = (Messages::default(), Vec::new());
            for piece in [&whole[..cut], &whole[cut..]] {
                messages.push(piece);
                while let Some(event) = messages.next().unwrap() {
                    events.push(event);
                }
            }
            let out = |text: &str| Event::Output(OutputChunk::Stdout(text.into()));
            let err = Event::Output(OutputChunk::Stderr(b"!".to_vec()));
            let end = Event::Ended(CommandEnd::Exited(0));
            assert_eq!(events, [Event::Started { pid: 7 }, out("hi"), err, end, Event::Last], "cut at {cut}");
        }
    }

    #[test]
    fn errors_signals_and_nonsense_have_names() {
        let next = |flags: u8, json: &str| {
            let mut messages = Messages::default();
            messages.push(&envelope(flags, json));
            messages.next()
        };
        let kind = |json: &str| next(2, json).unwrap_err().kind();
        assert_eq!(kind(r#"{"error":{"code":"not_found","message":"gone"}}"#), ErrorKind::NotFound);
        assert_eq!(kind(r#"{"error":{"code":"deadline_exceeded"}}"#), ErrorKind::Timeout);
        let killed = r#"{"event":{"end":{"exitCode":-1,"status":"signal: killed"}}}"#;
        assert_eq!(next(0, killed).unwrap(), Some(Event::Ended(CommandEnd::Signalled(9))));
        assert_eq!(next(0, "[").unwrap_err().kind(), ErrorKind::Protocol);
        assert_eq!(next(0, r#"{"event":{"data":{"stdout":"?"}}}"#).unwrap_err().kind(), ErrorKind::Protocol);
        let mut messages = Messages::default();
        messages.push(&[0, 0xff, 0xff, 0xff, 0xff]);
        assert_eq!(messages.next().unwrap_err().kind(), ErrorKind::Protocol);
    }

    #[test]
    fn a_list_has_the_files_of_the_sandbox_alone() {
        let body = br#"{"entries":[{"path":"/home/user/workspace/a/b","type":"FILE_TYPE_FILE","size":"12"},
            {"path":"/home/user/workspace/a","type":"FILE_TYPE_DIRECTORY"},{"path":"/etc/x","type":"FILE_TYPE_FILE"}]}"#;
        assert_eq!(files(body).unwrap(), Sizes::from([("a/b".to_owned(), 12)]));
        assert!(files(b"{}").unwrap().is_empty());
    }
}
