//! The data: prompts, and outcomes of models on them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::Read,
    path::Path,
};

use flate2::read::GzDecoder;
use serde::{Deserialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use crate::Failure;

/// A prompt and the outcome of each model.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// The id, which is a hash of the text.
    pub id: String,
    /// The subject or repository.
    pub task: String,
    /// The text.
    pub text: String,
    /// 0 to 1 by model.
    pub outcomes: BTreeMap<String, f64>,
}

/// All prompts by source, in the order of their ids.
#[derive(Debug)]
pub struct Data {
    sources: BTreeMap<String, BTreeMap<String, Prompt>>,
}

#[derive(Debug, Deserialize)]
struct PromptRow {
    id: String,
    source: String,
    task: String,
    prompt: String,
}

#[derive(Debug, Deserialize)]
struct LabelRow {
    id: String,
    source: String,
    model: String,
    score: f64,
}

impl Data {
    /// Reads `train_prompts.csv` and `train_labels.csv` in `folder`, or the same with `.gz`.
    pub fn read(folder: &Path) -> Result<Self, Failure> {
        let mut sources: BTreeMap<String, BTreeMap<String, Prompt>> = BTreeMap::new();
        for row in rows::<PromptRow>(folder, "train_prompts.csv")? {
            let prompt =
                Prompt { id: row.id.clone(), task: row.task, text: row.prompt, outcomes: BTreeMap::new() };
            if sources.entry(row.source).or_default().insert(row.id.clone(), prompt).is_some() {
                return Err(format!("train_prompts.csv has the prompt {} twice in one source", row.id).into());
            }
        }
        for row in rows::<LabelRow>(folder, "train_labels.csv")? {
            if !(0.0..=1.0).contains(&row.score) {
                return Err(format!(
                    "train_labels.csv: the score {} of {} is not within 0 to 1",
                    row.score, row.id
                )
                .into());
            }
            let prompt = sources.get_mut(&row.source).and_then(|prompts| prompts.get_mut(&row.id));
            let prompt =
                prompt.ok_or_else(|| format!("train_labels.csv names the unknown prompt {}", row.id))?;
            prompt.outcomes.insert(row.model, row.score);
        }
        Ok(Self { sources })
    }

    /// The names of all sources.
    pub fn names(&self) -> BTreeSet<&str> {
        self.sources.keys().map(String::as_str).collect()
    }

    /// The prompts of a source.
    pub fn of(&self, source: &str) -> Vec<&Prompt> {
        self.sources.get(source).into_iter().flat_map(BTreeMap::values).collect()
    }
}

/// The SHA-256 digest of the prompts and outcomes, whatever the order of their rows.
pub fn digest(prompts: &[&Prompt]) -> String {
    let mut hasher = Sha256::new();
    for prompt in prompts {
        for part in [&prompt.id, &prompt.task, &prompt.text] {
            hasher.update(part.len().to_string());
            hasher.update(":");
            hasher.update(part);
        }
        for (model, outcome) in &prompt.outcomes {
            hasher.update(format!("{}:{model}={outcome};", model.len()));
        }
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn rows<T: DeserializeOwned>(folder: &Path, name: &str) -> Result<Vec<T>, Failure> {
    let (plain, packed) = (folder.join(name), folder.join(format!("{name}.gz")));
    let input: Box<dyn Read> = if plain.exists() {
        Box::new(File::open(&plain)?)
    } else {
        let file = File::open(&packed).map_err(|error| format!("{}: {error}", packed.display()))?;
        Box::new(GzDecoder::new(file))
    };
    let rows: Result<Vec<T>, _> = csv::Reader::from_reader(input).into_deserialize().collect();
    rows.map_err(|error| format!("{name}: {error}").into())
}
