//! The `ae` command with an installed agent, and a model server.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use ae_core::{Currency, Money, Timestamp, TokenUsage};
use ae_router::PriceTable;
use serde_json::Value;

use crate::models::{Act, Asked, ModelServer, Script, Turn};

pub const INTENT: &str = "Build a $500 MRR CSV tool";
pub const KEY: &str = "sk-ant-the-real-key-0123456789";

pub struct Rig {
    pub models: ModelServer,
    pub folder: tempfile::TempDir,
    path: String,
}

#[derive(Debug)]
pub struct Finished {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Finished {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// The folder of the installed agents.
fn installed() -> Option<PathBuf> {
    let folder = std::env::var_os("AE_AGENTS_DIR").map(|folder| PathBuf::from(folder).join("current"));
    folder.filter(|folder| folder.join("claude").exists())
}

impl Rig {
    /// Without agents or a sandbox there is none.
    pub fn new() -> Option<Self> {
        let required = std::env::var("AE_REQUIRE_SERVICES").is_ok_and(|value| value == "1");
        let skip = |why: &str| {
            assert!(!required, "{why}");
            eprintln!("skipped: {why}");
        };
        let Some(programs) = installed() else {
            skip("AE_AGENTS_DIR does not name a folder made by .ci/agents");
            return None;
        };
        let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
        let rig = Self { models: ModelServer::start(), folder: tempfile::tempdir().unwrap(), path };
        let here = finish(rig.command(&["agents", "--json"]).spawn().unwrap()).json();
        if here["sandbox"]["means"] != "bubblewrap" {
            skip(&format!(
                "this machine gives no sandbox whose network is a proxy alone: {}",
                here["sandbox"]
            ));
            return None;
        }
        Some(rig)
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The command without a key.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ae"));
        command
            .args(args)
            .arg("--data-dir")
            .arg(self.data())
            .env("PATH", &self.path)
            .env_remove("AE_DATA_DIR")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for name in ["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY"] {
            command.env_remove(name);
        }
        command
    }

    /// The command with the key of the agent's vendor, whose address is that of a script.
    pub fn agent(&self, agent: &str, base_url: &str, args: &[&str]) -> Command {
        let vendor = match agent {
            "codex" => "OPENAI",
            "gemini" => "GEMINI",
            _ => "ANTHROPIC",
        };
        let mut command = self.command(args);
        command.env(format!("{vendor}_API_KEY"), KEY).env(format!("AE_{vendor}_BASE_URL"), base_url);
        command
    }

    /// The command with the key of Anthropic, whose address is that of a script.
    pub fn claude(&self, base_url: &str, args: &[&str]) -> Command {
        self.agent("claude", base_url, args)
    }

    /// The cost of all calls of a script by the vendor's bill.
    pub fn bill(&self, script: &str) -> Money {
        let mut sum = Money::zero(Currency::USD);
        for heard in self.models.calls(script) {
            let Some(asked) = &heard.asked else { continue };
            let used = heard.usage;
            let usage = TokenUsage::new(used.input, used.output).with_cache_read(used.cached);
            let usage = usage.with_cache_writes(used.stored, 0);
            let now = Timestamp::now();
            let cost = PriceTable::bundled().cost(&asked.model, &usage, now);
            sum = sum.checked_add(cost.unwrap_or_else(|error| panic!("{}: {error}", asked.model))).unwrap();
        }
        sum
    }

    /// Whether a file below the data directory has the key in it.
    pub fn leaks_key(&self) -> Option<PathBuf> {
        fn look(folder: &Path) -> Option<PathBuf> {
            for entry in std::fs::read_dir(folder).ok()? {
                let path = entry.ok()?.path();
                if path.is_symlink() {
                    continue;
                }
                let found = if path.is_dir() {
                    look(&path)
                } else {
                    let bytes = std::fs::read(&path).unwrap_or_default();
                    bytes.windows(KEY.len()).any(|window| window == KEY.as_bytes()).then_some(path)
                };
                if found.is_some() {
                    return found;
                }
            }
            None
        }
        look(&self.data())
    }
}

pub fn finish(child: Child) -> Finished {
    let output = child.wait_with_output().unwrap();
    Finished {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A model that writes files, by what it is asked for, and then says that it is done.
pub fn writes(files: impl Fn(&Asked) -> Vec<(String, String)> + Send + Sync + 'static) -> Script {
    Script::decide(move |asked| {
        if !asked.results().is_empty() {
            return Turn::text("It is done, and every check passes.");
        }
        Turn::acts(files(asked).into_iter().map(|(path, text)| Act::write(path, text)))
    })
}

pub fn owned(files: Vec<(&'static str, String)>) -> Vec<(String, String)> {
    files.into_iter().map(|(path, text)| (path.to_owned(), text)).collect()
}
