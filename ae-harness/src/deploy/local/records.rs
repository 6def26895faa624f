//! The records of a site on disk: releases, and keys that are done.

use std::{fs, io, path::Path};

use ae_core::{BackendError, SameKey};

use super::NAME;
use crate::{
    atomic::io_error,
    deploy::{
        DeploymentId,
        release::{Record, read_json, write_json},
    },
};

/// The file of the keys that are done.
const KEYS: &str = "keys.json";

/// Every release of the site in `folder`, newest first.
pub(super) fn all(folder: &Path) -> Result<Vec<Record>, BackendError> {
    let releases = folder.join("releases");
    let failed = |error| io_error(NAME, "list", "read", &releases, error);
    let entries = match fs::read_dir(&releases) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut records = Vec::new();
    for entry in entries {
        let name = entry.map_err(failed)?.file_name();
        let id = name.to_str().and_then(|name| DeploymentId::parse(name).ok());
        records.extend(id.and_then(|id| Record::read(folder, &id)));
    }
    let age = |record: &Record| (record.sequence, record.created_at, record.release.clone());
    records.sort_by_key(|record| std::cmp::Reverse(age(record)));
    Ok(records)
}

/// The keys of a site that are done.
pub(super) fn keys(folder: &Path) -> Result<SameKey<()>, BackendError> {
    Ok(read_json(&folder.join(KEYS))?.unwrap_or_else(|| SameKey::new(NAME)))
}

pub(super) fn write_keys(folder: &Path, keys: &SameKey<()>) -> Result<(), BackendError> {
    write_json(&folder.join(KEYS), keys)
}
