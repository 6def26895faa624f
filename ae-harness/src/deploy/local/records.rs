//! What is remembered beside the files: releases, and keys that are done.

use std::{fs, io, path::Path};

use ae_core::{BackendError, Digest, ErrorKind, IdempotencyKey, Timestamp};
use serde::{Deserialize, Serialize};

use super::NAME;
use crate::{
    atomic::{self, io_error},
    deploy::{Bundle, Deployment, DeploymentId, DeploymentStatus, SiteId},
};

/// How many keys of a site are remembered; the oldest are forgotten.
const KEYS_MAX: usize = 1_000;

/// A release beside its folder: `releases/<id>.json`, written before the folder appears.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    pub(super) release: DeploymentId,
    pub(super) manifest: Digest,
    pub(super) base_url: String,
    pub(super) created_at: Timestamp,
}

impl Record {
    /// The record of a release whose folder is there too.
    pub(super) fn read(releases: &Path, id: &DeploymentId) -> Option<Self> {
        if !releases.join(id.as_str()).is_dir() {
            return None;
        }
        serde_json::from_slice(&fs::read(releases.join(format!("{id}.json"))).ok()?).ok()
    }

    /// Every release of a site, in no order that matters.
    pub(super) fn all(releases: &Path) -> Result<Vec<Self>, BackendError> {
        let entries = match fs::read_dir(releases) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(io_error(NAME, "list", "read", releases, error)),
        };
        let mut records = Vec::new();
        for entry in entries {
            let name = entry.map_err(|error| io_error(NAME, "list", "read", releases, error))?.file_name();
            let id = name.to_str().and_then(|name| DeploymentId::parse(name).ok());
            records.extend(id.and_then(|id| Self::read(releases, &id)));
        }
        Ok(records)
    }

    /// Whether the files on disk are the release's.
    pub(super) fn is_intact(&self, releases: &Path) -> bool {
        Bundle::scan(&releases.join(self.release.as_str()))
            .is_ok_and(|found| found.manifest() == self.manifest)
    }

    pub(super) fn into_deployment(self, site: SiteId, active: bool) -> Deployment {
        Deployment {
            id: self.release,
            site,
            url: self.base_url,
            state: DeploymentStatus::Ready,
            active,
            created_at: self.created_at,
        }
    }
}

/// Whether a release on disk can be served.
pub(super) fn state_of(releases: &Path, id: &DeploymentId) -> DeploymentStatus {
    match Record::read(releases, id) {
        Some(record) if record.is_intact(releases) => DeploymentStatus::Ready,
        _ => DeploymentStatus::Error,
    }
}

/// The keys of a site that are done, oldest first: `keys.json`.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Done(Vec<(String, Digest)>);

impl Done {
    pub(super) fn read(folder: &Path, operation: &'static str) -> Result<Self, BackendError> {
        let path = folder.join("keys.json");
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| {
                let message = format!("{} is damaged: restore it, or remove it", path.display());
                BackendError::new(ErrorKind::Protocol, NAME, operation, message).with_source(error)
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(io_error(NAME, operation, "read", &path, error)),
        }
    }

    /// Whether the key is done; a key of another request is a conflict.
    pub(super) fn contains(
        &self,
        key: &IdempotencyKey,
        request: Digest,
        operation: &'static str,
    ) -> Result<bool, BackendError> {
        match self.0.iter().find(|(done, _)| done == key.as_str()) {
            None => Ok(false),
            Some((_, before)) if *before == request => Ok(true),
            Some(_) => {
                let message = "this key was used for another request: derive a new one";
                Err(BackendError::new(ErrorKind::Conflict, NAME, operation, message))
            }
        }
    }

    pub(super) fn add(&mut self, key: &IdempotencyKey, request: Digest) {
        self.0.push((key.as_str().to_owned(), request));
        let excess = self.0.len().saturating_sub(KEYS_MAX);
        self.0.drain(..excess);
    }

    pub(super) fn write(&self, folder: &Path, operation: &'static str) -> Result<(), BackendError> {
        write_json(&folder.join("keys.json"), self, operation)
    }
}

/// Replaces a small JSON file.
pub(super) fn write_json<T: Serialize>(
    path: &Path,
    value: &T,
    operation: &'static str,
) -> Result<(), BackendError> {
    let bytes = serde_json::to_vec(value).map_err(|error| {
        let message = format!("can't write {} as JSON", path.display());
        BackendError::new(ErrorKind::Internal, NAME, operation, message).with_source(error)
    })?;
    atomic::write(path, &bytes).map_err(|error| io_error(NAME, operation, "write", path, error))
}
