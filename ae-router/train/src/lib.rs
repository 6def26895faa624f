//! Trains the scorer that `ae-router` bundles, from outcomes of models on public benchmarks.
//!
//! Only sources of the table are used; each is named with its origin, commit and licence, and has the digest that the table
//! states. The same data give the same bytes.

mod data;
mod source;
mod target;

use std::{io::Write, path::Path};

use ae_router::{TrainOptions, TrainingRow, train};

pub use self::{data::Data, source::Source};

/// A failure, with what to do about it.
pub type Failure = Box<dyn std::error::Error>;

/// The sources whose licence lets weights ship.
pub fn bundled_sources() -> Result<Vec<Source>, Failure> {
    Source::table(include_str!("../sources.json"))
}

/// Reads the data below `folder`, checks `sources`, trains, and returns the scorer's bytes. `log` gets a line a source.
pub fn run(folder: &Path, sources: &[Source], log: &mut impl Write) -> Result<Vec<u8>, Failure> {
    let data = Data::read(folder)?;
    for name in data.names() {
        if !sources.iter().any(|source| source.name == name) {
            writeln!(log, "left out: {name}, which is not in the table of sources")?;
        }
    }
    let mut lessons = Vec::new();
    for source in sources {
        let prompts = data.of(&source.name);
        let digest = data::digest(&prompts);
        writeln!(
            log,
            "{}: {} prompts, {} @{}, {}, sha256 {digest}",
            source.name,
            prompts.len(),
            source.origin,
            source.commit,
            source.licence
        )?;
        if digest != source.digest {
            let (name, stated) = (&source.name, &source.digest);
            return Err(format!(
                "the source {name} has the digest {digest}, and the table states {stated}: take the data of the stated commit, \
                 or state the new digest together with new weights"
            )
            .into());
        }
        lessons.extend(target::lessons(source, &prompts)?);
    }
    let rows: Vec<_> = lessons
        .iter()
        .map(|lesson| {
            TrainingRow::new(&lesson.prompt, lesson.target.clamp(-1.0, 1.0)).with_weight(lesson.weight)
        })
        .collect();
    let options = TrainOptions::default().with_free_trees_share(0.1);
    Ok(train(&rows, &options)?.to_bytes())
}
