//! Large values leave the record for blobs, which the store keeps once.
//!
//! It is done to the text: a record is never parsed into a tree of values, which would round numbers and sort maps, and
//! what is put together again is the text that was cut, byte for byte. A record without blobs is the JSON of a change or
//! a position, which is never an array. With blobs it is `[[[offset, digest], …], json]`: at each offset of `json` stands
//! `0`, or `"":0` among the members of an object, for the text of the blob.
//!
//! A text or a number leaves when it is large. Members of lists and objects that stay leave with their neighbours once
//! they are large together: in runs counted from the list's beginning, so that a list that grew at its end has its first
//! runs in common with what it was.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::Arc,
};

use ae_core::Digest;
use serde::{Serialize, de::DeserializeOwned, de::Error as _};
use serde_json::Error;

use crate::{
    json::{self, Part},
    store::record::Blob,
};

/// Values whose JSON is longer than this leave the record, in bytes.
const INLINE_BYTES_MAX: usize = 4096;

/// A run of members ends when it is longer than this, in bytes.
const RUN_BYTES: usize = 16 * 1024;

type Place = (usize, Digest);

/// The members of a list or an object while they are looked through.
struct Members {
    begin: usize,
    /// Where the key of the member under way begins.
    key: Option<usize>,
    /// Neighbours that stay so far.
    run: Option<Range<usize>>,
    /// How many cuts there were before it.
    cuts: usize,
}

/// The JSON of a change or a position without its large values, which go to `blobs`, and how long it was with them.
pub(super) fn write<T: Serialize + DeserializeOwned>(
    value: &T,
    blobs: &mut Vec<Blob>,
) -> Result<(String, usize), Error> {
    let json = json::to_string(value)?;
    let bytes = json.len();
    Ok((lift(json, blobs)?, bytes))
}

/// Reads what [`write`] made.
pub(super) fn read<T: DeserializeOwned>(text: &str, blobs: &BTreeMap<Digest, Arc<str>>) -> Result<T, Error> {
    json::from_str(&whole(text, blobs)?)
}

fn lift(json: String, blobs: &mut Vec<Blob>) -> Result<String, Error> {
    if json.len() <= INLINE_BYTES_MAX {
        return Ok(json);
    }
    let cuts = cuts(&json);
    if cuts.is_empty() {
        return Ok(json);
    }
    let mut known: BTreeSet<Digest> = blobs.iter().map(|blob| blob.digest).collect();
    let (mut places, mut rest, mut end): (Vec<Place>, _, _) =
        (Vec::with_capacity(cuts.len()), String::new(), 0);
    for cut in cuts {
        let blob = Blob::new(part(&json, cut.clone()));
        rest.push_str(part(&json, end..cut.start));
        places.push((rest.len(), blob.digest));
        rest.push_str(stand_in(&blob.text));
        end = cut.end;
        if known.insert(blob.digest) {
            blobs.push(blob);
        }
    }
    rest.push_str(part(&json, end..json.len()));
    Ok(format!("[{},{rest}]", serde_json::to_string(&places)?))
}

/// The text that stands for a blob in a record.
fn stand_in(blob: &str) -> &'static str {
    // Only the members of an object begin with a string and a colon.
    match json::parts(blob).next() {
        Some(Part::Key { .. }) => "\"\":0",
        _ => "0",
    }
}

/// The text of a record with its blobs.
fn whole<'t>(text: &'t str, blobs: &BTreeMap<Digest, Arc<str>>) -> Result<Cow<'t, str>, Error> {
    let Some(cut) = text.strip_prefix('[') else { return Ok(Cow::Borrowed(text)) };
    let parts = cut.find("]],").and_then(|end| cut.split_at_checked(end + 2));
    let parts = parts.and_then(|(places, rest)| Some((places, rest.strip_prefix(',')?.strip_suffix(']')?)));
    let (places, rest) = parts.ok_or_else(|| Error::custom("it is cut off"))?;
    let mut whole = String::new();
    let mut end = 0;
    for (offset, digest) in serde_json::from_str::<Vec<Place>>(places)? {
        let blob =
            blobs.get(&digest).ok_or_else(|| Error::custom(format!("the blob {digest} is missing")))?;
        if Blob::digest_of(blob) != digest {
            return Err(Error::custom(format!("the blob {digest} was changed")));
        }
        let (before, stand_in) = (rest.get(end..offset), stand_in(blob));
        let here = rest.get(offset..).filter(|here| here.starts_with(stand_in));
        let (Some(before), Some(_)) = (before, here) else {
            return Err(Error::custom(format!("there is no place for a blob at {offset}")));
        };
        whole.push_str(before);
        whole.push_str(blob);
        end = offset + stand_in.len();
    }
    whole.push_str(rest.get(end..).unwrap_or_default());
    Ok(Cow::Owned(whole))
}

/// The parts of JSON text that leave, in order.
fn cuts(json: &str) -> Vec<Range<usize>> {
    let mut cuts = Vec::new();
    let mut open: Vec<Members> = Vec::new();
    for part in json::parts(json) {
        let (from, to, stays) = match part {
            Part::Open { at } => {
                open.push(Members { begin: at, key: None, run: None, cuts: cuts.len() });
                continue;
            }
            Part::Key { from, .. } => {
                if let Some(members) = open.last_mut() {
                    members.key = Some(from);
                }
                continue;
            }
            Part::Scalar { from, to } if to - from > INLINE_BYTES_MAX => {
                cuts.push(from..to);
                (from, to, false)
            }
            Part::Scalar { from, to } => (from, to, true),
            Part::Close { to } => {
                let Some(mut members) = open.pop() else { break };
                members.end_run(&mut cuts);
                (members.begin, to, cuts.len() == members.cuts)
            }
        };
        let Some(members) = open.last_mut() else { break };
        let from = members.key.take().unwrap_or(from);
        if stays {
            let run = members.run.get_or_insert(from..to);
            run.end = to;
            if run.len() > RUN_BYTES {
                members.end_run(&mut cuts);
            }
        } else {
            members.end_run(&mut cuts);
        }
    }
    // A run before a value that has cuts in it ends after them.
    cuts.sort_unstable_by_key(|cut| cut.start);
    cuts
}

impl Members {
    fn end_run(&mut self, cuts: &mut Vec<Range<usize>>) {
        cuts.extend(self.run.take().filter(|run| run.len() > INLINE_BYTES_MAX));
    }
}

fn part(json: &str, range: Range<usize>) -> &str {
    json.get(range).expect("cuts are at the ends of values")
}

#[cfg(test)]
mod tests;
