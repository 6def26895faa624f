//! Playing a recording to its decoder.

use std::{fs, path::PathBuf};

use ae_core::{Money, TokenUsage};
use ae_harness::{
    AgentEvent, AgentReport, AgentRequest, AgentSession, Claude, Codex, Gemini,
    host::{AgentExit, Decoder, Dialect, LaunchSite, Outbox},
};
use serde_json::Value;

/// A recorded run.
#[derive(Debug, Clone)]
pub(crate) struct Recording {
    pub(crate) agent: String,
    pub(crate) scenario: String,
    pub(crate) stdout: Vec<u8>,
    pub(crate) exit: AgentExit,
}

/// A run as a caller sees it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Played {
    pub(crate) events: Vec<AgentEvent>,
    pub(crate) report: AgentReport,
    /// The number of the line, from 1, after which the decoder was done.
    pub(crate) finished_at: Option<usize>,
}

pub(crate) fn dialect(agent: &str) -> Box<dyn Dialect> {
    match agent {
        "claude" => Box::new(Claude::new()),
        "codex" => Box::new(Codex::new()),
        "gemini" => Box::new(Gemini::new()),
        other => panic!("no dialect {other}"),
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/recordings")
}

impl Recording {
    pub(crate) fn read(agent: &str, scenario: &str) -> Self {
        let read = |kind: &str| fs::read(folder().join(agent).join(format!("{scenario}.{kind}"))).unwrap();
        let about: Value = serde_json::from_slice(&read("exit")).unwrap();
        let code = i32::try_from(about["exit"].as_i64().unwrap()).unwrap();
        let mut exit = AgentExit::exited(code);
        if code < 0 {
            (exit.code, exit.signal) = (None, Some(-code));
        }
        exit.stderr = String::from_utf8(read("stderr")).unwrap();
        Self { agent: agent.to_owned(), scenario: scenario.to_owned(), stdout: read("stdout"), exit }
    }

    /// All recordings, in the order of their names.
    pub(crate) fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for agent in ["claude", "codex", "gemini"] {
            for file in fs::read_dir(folder().join(agent)).unwrap() {
                let name = file.unwrap().file_name().into_string().unwrap();
                all.extend(name.strip_suffix(".stdout").map(|scenario| Self::read(agent, scenario)));
            }
        }
        all.sort_by_key(|recording| recording.name());
        assert!(all.len() >= 38, "{}", all.len());
        all
    }

    pub(crate) fn name(&self) -> String {
        format!("{}/{}", self.agent, self.scenario)
    }

    pub(crate) fn lines(&self) -> Vec<Vec<u8>> {
        let text = self.stdout.strip_suffix(b"\n").unwrap_or(&self.stdout);
        text.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
    }

    pub(crate) fn with_lines(&self, lines: &[Vec<u8>]) -> Self {
        Self { stdout: lines.join(&b'\n'), ..self.clone() }
    }

    pub(crate) fn play(&self) -> Played {
        let (request, site) = self.surroundings();
        self.play_with(&request, &site)
    }

    /// The request and the site of the recorded run; a resumed one knows what the session had used before.
    pub(crate) fn surroundings(&self) -> (AgentRequest, LaunchSite) {
        let mut request = AgentRequest::new("/workspace", "Do the task of this scenario.");
        let mut site = LaunchSite::new("1.0.0", "/private", "/temporary");
        if self.scenario == "resume" {
            request = request.with_session(AgentSession::Resume("before".to_owned()));
            let calls = if self.agent == "codex" { 2 } else { 1 };
            site.before.usage = Some(usage(&self.agent, calls));
            site.before.cost = (self.agent == "claude").then(|| dollars("0.005592"));
        }
        (request, site)
    }

    pub(crate) fn play_with(&self, request: &AgentRequest, site: &LaunchSite) -> Played {
        let lines = self.lines();
        play(dialect(&self.agent).decoder(request, site), lines.iter().map(Vec::as_slice), &self.exit)
    }
}

pub(crate) fn play<'a>(
    mut decoder: Box<dyn Decoder>,
    lines: impl Iterator<Item = &'a [u8]>,
    exit: &AgentExit,
) -> Played {
    let mut events = Vec::new();
    let mut finished_at = None;
    let mut out = Outbox::default();
    decoder.start(&mut out);
    for (at, line) in lines.enumerate() {
        decoder.line(line, &mut out);
        events.append(&mut out.events);
        assert!(out.input.is_empty() && !out.closes_input);
        if out.is_finished && finished_at.is_none() {
            finished_at = Some(at + 1);
        }
    }
    Played { events, report: decoder.finish(exit), finished_at }
}

/// The tokens of `calls` calls of the model in the recordings of the first table.
pub(crate) fn usage(agent: &str, calls: u64) -> TokenUsage {
    match agent {
        "claude" => TokenUsage::new(1234 * calls, 56 * calls)
            .with_cache_read(1000 * calls)
            .with_cache_writes(200 * calls, 0),
        "codex" => {
            TokenUsage::new(234 * calls, 56 * calls).with_cache_read(1000 * calls).with_reasoning(7 * calls)
        }
        _ => TokenUsage::new(234 * calls, 63 * calls).with_cache_read(1000 * calls).with_reasoning(7 * calls),
    }
}

pub(crate) fn dollars(text: &str) -> Money {
    Money::parse(text, ae_core::Currency::USD).unwrap()
}

/// The events in a few words each, for comparing with what is expected.
pub(crate) fn in_words(events: &[AgentEvent]) -> Vec<String> {
    let short = |text: &str| text.chars().take(40).collect::<String>();
    events
        .iter()
        .map(|event| match event {
            AgentEvent::Started { session, .. } => {
                format!("started {}", session.iter().flat_map(|id| id.chars()).take(8).collect::<String>())
            }
            AgentEvent::Text { text, partial: true } => format!("piece {}", short(text.as_data())),
            AgentEvent::Text { text, partial: false } => format!("text {}", short(text.as_data())),
            AgentEvent::Reasoning { text } => format!("reasoning {}", short(text.as_data())),
            AgentEvent::ToolCall { id, name, input } => {
                format!("call {id} {name} {}", input.as_data().as_object().map_or(0, |input| input.len()))
            }
            AgentEvent::ToolResult { id, ok, exit_code, output } => {
                format!("result {id} {ok} {exit_code:?} {}", short(output.as_data()))
            }
            AgentEvent::FileChange { path } => format!("file {}", path.as_data()),
            AgentEvent::Usage(usage) => format!("usage {} {}", usage.input, usage.output),
            AgentEvent::Retry { attempt, delay, cause } => {
                format!(
                    "retry {attempt} {:?} {}",
                    delay.map(|delay| delay.as_millis()),
                    short(cause.as_data())
                )
            }
            AgentEvent::Warning(text) => format!("warning {}", short(text.as_data())),
            other => format!("{other:?}"),
        })
        .collect()
}
