//! Lists runs, and finds the one that is meant.

use ae_core::{ErrorKind, RunId};
use serde::Serialize;

use crate::{
    engine::Installation,
    error::{Error, Result},
    store::{RunIndex, RunRow},
};

/// The fewest characters that name a run.
const PREFIX_MIN: usize = 4;

/// One page of the runs, newest first.
#[derive(Debug, Serialize)]
pub struct Listing {
    /// The runs.
    pub runs: Vec<RunRow>,
    /// The number of all runs.
    pub total: u64,
    /// The page, from 1.
    pub page: u32,
    /// The most runs of a page.
    pub limit: u32,
}

/// The page `page` (from 1) of all runs.
pub async fn list(runs: &RunIndex, limit: u32, page: u32) -> Result<Listing> {
    let skip = u64::from(page.saturating_sub(1)) * u64::from(limit);
    Ok(Listing { runs: runs.list(limit, skip).await?, total: runs.count().await?, page, limit })
}

/// The run that `text` names: a whole id, or the beginning of exactly one.
///
/// # Errors
///
/// `InvalidInput` when it names none or several, `NotFound` when no run begins so.
pub async fn run_id(installation: &Installation, text: &str) -> Result<RunId> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let prefix = text.to_ascii_lowercase();
    let bad = |kind, message: String| Error::new(kind, message).with_hint("list the runs with `ae runs`");
    if prefix.len() < PREFIX_MIN || !prefix.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-') {
        return Err(bad(ErrorKind::InvalidInput, format!("{text:?} is not a run id")));
    }
    match installation.runs.by_prefix(&prefix).await?.as_slice() {
        [one] => Ok(one.run_id),
        [] => Err(bad(ErrorKind::NotFound, format!("no run begins with {text:?}"))),
        _ => Err(bad(ErrorKind::InvalidInput, format!("several runs begin with {text:?}"))
            .with_hint("write more of the id")),
    }
}
