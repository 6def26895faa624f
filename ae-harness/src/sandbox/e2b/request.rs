//! The requests to E2B: the control plane, and `envd` inside a sandbox.

use std::{collections::BTreeMap, time::Duration};

use ae_core::{BackendError, Digest, ErrorKind, IdempotencyKey, Secret};
use ae_core_http::Request;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Serialize;
use serde_json::{Value, json};

use super::NAME;
use crate::sandbox::{CommandSignal, NetworkPolicy, RunCommand, SandboxSpec};

/// The folder of a sandbox's files: a new sandbox has none, while the home folder of its user is not empty.
pub(super) const FOLDER: &str = "/home/user/workspace";
/// The port of `envd`.
const ENVD_PORT: &str = "49983";
/// The life of a sandbox whose spec does not say: the vendor's own default.
const LIFETIME_DEFAULT: Duration = Duration::from_secs(300);
/// The time that a call without a stream has.
const CALL_MILLIS: &str = "60000";
/// The seconds between two signs that a silent command still runs.
const PING_SECONDS: &str = "50";
/// The levels of folders that a list goes down: as deep as an accepted path.
const DEPTH: u32 = 16;

/// The way to one sandbox.
#[derive(Debug, Clone)]
pub(super) struct Access {
    /// Its id.
    pub(super) id: String,
    /// The token of its `envd`, if it asks for one.
    pub(super) token: Option<Secret<String>>,
}

/// A new sandbox on the wire.
#[derive(Serialize)]
struct Create<'a> {
    #[serde(rename = "templateID")]
    template: &'a str,
    timeout: u64,
    metadata: Value,
    #[serde(rename = "envVars")]
    variables: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allow_internet_access: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    network: Option<Value>,
}

/// A command on the wire.
#[derive(Serialize)]
struct Process<'a> {
    cmd: &'static str,
    args: [&'a str; 3],
    #[serde(skip_serializing_if = "Option::is_none")]
    envs: Option<&'a BTreeMap<String, String>>,
    cwd: String,
}

/// Makes a sandbox.
pub(super) fn create(
    api_key: &Secret<String>,
    template: &str,
    key: &IdempotencyKey,
    spec: &SandboxSpec,
) -> Result<Request, BackendError> {
    let network = match &spec.network {
        NetworkPolicy::AllowList(hosts) => Some(json!({ "allowOut": hosts, "denyOut": ["0.0.0.0/0"] })),
        _ => None,
    };
    let body = Create {
        template,
        timeout: seconds(spec.lifetime.unwrap_or(LIFETIME_DEFAULT)),
        metadata: json!({}),
        variables: &spec.environment,
        allow_internet_access: (spec.network == NetworkPolicy::None).then_some(false),
        network,
    };
    // The service takes lower-case letters, digits and hyphens.
    let key = key.as_str().replace('_', "-");
    control(Request::post("create", ["v2", "sandboxes"]), api_key)?
        .with_header("idempotency-key", &key)?
        .with_json(&body)
}

/// Connects to a sandbox again, so that its token is known.
pub(super) fn connect(api_key: &Secret<String>, id: &str, life: Duration) -> Result<Request, BackendError> {
    let request = Request::post("attach", ["v2", "sandboxes", id, "connect"]);
    control(request, api_key)?.with_json(&json!({ "timeout": seconds(life) }))
}

/// Sets the rest of a sandbox's life.
pub(super) fn extend(api_key: &Secret<String>, id: &str, life: Duration) -> Result<Request, BackendError> {
    let request = Request::post("extend", ["sandboxes", id, "timeout"]);
    control(request, api_key)?.with_json(&json!({ "timeout": seconds(life) }))
}

/// Ends a sandbox.
pub(super) fn destroy(api_key: &Secret<String>, id: &str) -> Result<Request, BackendError> {
    control(Request::delete("destroy", ["sandboxes", id]), api_key)
}

/// Starts a command; its output is the answer's stream.
pub(super) fn start(access: &Access, command: &RunCommand) -> Result<Request, BackendError> {
    let folder =
        command.folder.as_ref().map_or_else(|| FOLDER.to_owned(), |folder| format!("{FOLDER}/{folder}"));
    let process = Process {
        cmd: "/bin/bash",
        args: ["-l", "-c", &line(&command.argv)],
        envs: (!command.environment.is_empty()).then_some(&command.environment),
        cwd: folder,
    };
    // Input that is given in advance is sent like input that comes later.
    let stdin = command.keeps_stdin || !command.stdin.is_empty();
    let message = json!({ "process": process, "stdin": stdin });
    let limit = command.timeout.as_millis().to_string();
    envd(Request::post("spawn", ["process.Process", "Start"]), access)?
        .with_header("connect-protocol-version", "1")?
        .with_header("connect-content-encoding", "identity")?
        .with_header("connect-accept-encoding", "identity")?
        .with_header("keepalive-ping-interval", PING_SECONDS)?
        .with_header("connect-timeout-ms", &limit)?
        .with_body("application/connect+json", enveloped(&message)?)
}

/// Sends a signal to a command. There is none for an interrupt, so that a command is asked to end.
pub(super) fn signal(access: &Access, pid: u64, signal: CommandSignal) -> Result<Request, BackendError> {
    let name = match signal {
        CommandSignal::Kill => "SIGNAL_SIGKILL",
        CommandSignal::Interrupt | CommandSignal::Terminate => "SIGNAL_SIGTERM",
    };
    unary(
        access,
        "signal",
        ["process.Process", "SendSignal"],
        &json!({ "process": { "pid": pid }, "signal": name }),
    )
}

/// Writes to a command's standard input.
pub(super) fn input(access: &Access, pid: u64, bytes: &[u8]) -> Result<Request, BackendError> {
    let body = json!({ "process": { "pid": pid }, "input": { "stdin": STANDARD.encode(bytes) } });
    unary(access, "write", ["process.Process", "SendInput"], &body)
}

/// Ends a command's standard input.
pub(super) fn close_input(access: &Access, pid: u64) -> Result<Request, BackendError> {
    unary(access, "close_stdin", ["process.Process", "CloseStdin"], &json!({ "process": { "pid": pid } }))
}

/// Makes the folder of a sandbox's files.
pub(super) fn make_folder(access: &Access) -> Result<Request, BackendError> {
    unary(access, "create", ["filesystem.Filesystem", "MakeDir"], &json!({ "path": FOLDER }))
}

/// Lists the files of a sandbox.
pub(super) fn list(access: &Access) -> Result<Request, BackendError> {
    unary(access, "list", ["filesystem.Filesystem", "ListDir"], &json!({ "path": FOLDER, "depth": DEPTH }))
}

/// Reads a file.
pub(super) fn read(access: &Access, path: &str, bytes_max: u64) -> Result<Request, BackendError> {
    let most = usize::try_from(bytes_max).unwrap_or(usize::MAX);
    let request = Request::get("read", ["files"]).with_query("path", format!("{FOLDER}/{path}"));
    Ok(envd(request, access)?.with_body_bytes_max(most))
}

/// Writes a file.
pub(super) fn write(access: &Access, path: &str, content: &[u8]) -> Result<Request, BackendError> {
    let full = format!("{FOLDER}/{path}");
    // Content can't hold the digest of itself.
    let boundary = format!("ae-{}", Digest::of_bytes("e2b-write", content));
    let mut body = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{full}\"\r\nContent-Type: \
         application/octet-stream\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(content);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    let request = Request::post("write", ["files"]).with_query("path", full);
    envd(request, access)?.with_body(&format!("multipart/form-data; boundary={boundary}"), body)
}

/// One call of `envd` with a JSON answer.
fn unary(
    access: &Access,
    operation: &'static str,
    path: [&str; 2],
    body: &impl Serialize,
) -> Result<Request, BackendError> {
    envd(Request::post(operation, path), access)?
        .with_header("content-encoding", "identity")?
        .with_header("accept-encoding", "identity")?
        .with_header("connect-protocol-version", "1")?
        .with_header("connect-timeout-ms", CALL_MILLIS)?
        .with_json(body)
}

fn control(request: Request, api_key: &Secret<String>) -> Result<Request, BackendError> {
    request.with_header("x-api-key", api_key.expose())
}

fn envd(request: Request, access: &Access) -> Result<Request, BackendError> {
    let request =
        request.with_header("e2b-sandbox-id", &access.id)?.with_header("e2b-sandbox-port", ENVD_PORT)?;
    match &access.token {
        Some(token) => request.with_header("x-access-token", token.expose()),
        None => Ok(request),
    }
}

/// A message of a Connect stream: a byte of flags, the length, the JSON.
fn enveloped(message: &impl Serialize) -> Result<Vec<u8>, BackendError> {
    let json = serde_json::to_vec(message).map_err(|cause| {
        BackendError::new(ErrorKind::InvalidInput, NAME, "spawn", "the command can't be written as JSON")
            .with_source(cause)
    })?;
    let length = u32::try_from(json.len()).map_err(|_| {
        BackendError::new(
            ErrorKind::InvalidInput,
            NAME,
            "spawn",
            "the command has more than 4 GiB: pass less",
        )
    })?;
    let mut bytes = vec![0];
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(&json);
    Ok(bytes)
}

/// The command as one line of a shell, in which each argument stands for itself.
fn line(argv: &[String]) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./=:,+@%".contains(c);
    let quoted = argv.iter().map(|argument| {
        if !argument.is_empty() && argument.chars().all(is_plain) {
            argument.clone()
        } else {
            format!("'{}'", argument.replace('\'', r"'\''"))
        }
    });
    quoted.collect::<Vec<_>>().join(" ")
}

/// Whole seconds, at least one.
fn seconds(time: Duration) -> u64 {
    time.as_secs().max(1)
}

/// The sizes of files by path, for the limit of a sandbox.
pub(super) type Sizes = BTreeMap<String, u64>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_stand_for_themselves_in_a_shell() {
        let line = |argv: &[&str]| line(&argv.iter().map(|a| (*a).to_owned()).collect::<Vec<_>>());
        assert_eq!(line(&["echo", "hi"]), "echo hi");
        assert_eq!(
            line(&["echo", "", "a b", "it's", "$HOME;rm", "~"]),
            r"echo '' 'a b' 'it'\''s' '$HOME;rm' '~'"
        );
    }

    #[test]
    fn a_message_is_preceded_by_its_length() {
        assert_eq!(enveloped(&json!({})).unwrap(), b"\0\0\0\0\x02{}");
    }
}
