//! What is published of one site: `releases.json`.

use std::{collections::BTreeMap, fs, io, path::Path};

use ae_core::{BackendError, ErrorKind, IdempotencyKey, Timestamp};
use ae_harness::{DeployPlan, Deployment, DeploymentId, DeploymentStatus};
use serde::{Deserialize, Serialize};

use super::NAME;
use crate::write_whole;

const FILE: &str = "releases.json";

/// The releases of a site, oldest first, and what each key did.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SiteState {
    releases: Vec<Deployment>,
    done: BTreeMap<IdempotencyKey, (String, Option<DeploymentId>)>,
}

impl SiteState {
    /// Reads the state of the site in `folder`; a folder without one has nothing published.
    pub(super) fn read(folder: &Path) -> Result<Self, BackendError> {
        let path = folder.join(FILE);
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|cause| {
                let message = format!("{} is damaged: restore it from a backup", path.display());
                BackendError::new(ErrorKind::Protocol, NAME, "read", message).with_source(cause)
            }),
            Err(cause) if matches!(cause.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                Ok(Self::default())
            }
            Err(cause) => Err(failed("read", &path, cause)),
        }
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), BackendError> {
        let path = folder.join(FILE);
        let bytes = serde_json::to_vec_pretty(self)
            .map_err(|cause| error(ErrorKind::Internal, "the state is no JSON").with_source(cause))?;
        write_whole(&path, &bytes).map_err(|cause| failed("write", &path, cause))
    }

    /// Whether `key` did just this before; a conflict when it did something else.
    pub(super) fn is_done(
        &self,
        key: &IdempotencyKey,
        what: &str,
        id: Option<&DeploymentId>,
    ) -> Result<bool, BackendError> {
        match self.done.get(key) {
            None => Ok(false),
            Some((did, with)) if did == what && with.as_ref() == id => Ok(true),
            Some(_) => {
                Err(error(ErrorKind::Conflict, "this key was used for something else: derive a new one"))
            }
        }
    }

    pub(super) fn record(&mut self, key: &IdempotencyKey, what: &str, id: Option<&DeploymentId>) {
        self.done.insert(key.clone(), (what.to_owned(), id.cloned()));
    }

    pub(super) fn releases(&self) -> impl Iterator<Item = &DeploymentId> {
        self.releases.iter().map(|release| &release.id)
    }

    /// Takes everything off; what keys did stays known, so that a late repeat does not take down what came after it.
    pub(super) fn clear(&mut self) {
        self.releases.clear();
    }

    pub(super) fn has(&self, id: &DeploymentId) -> bool {
        self.releases.iter().any(|release| release.id == *id)
    }

    pub(super) fn add(&mut self, plan: &DeployPlan, now: Timestamp) {
        self.releases.push(Deployment {
            id: plan.release.clone(),
            site: plan.site.clone(),
            url: plan.base_url.clone(),
            state: DeploymentStatus::Ready,
            active: false,
            created_at: now,
        });
    }

    /// Makes `id` the one release that answers.
    pub(super) fn activate(&mut self, id: &DeploymentId) -> Result<(), BackendError> {
        self.get(id)?;
        for release in &mut self.releases {
            release.active = release.id == *id;
        }
        Ok(())
    }

    pub(super) fn get(&self, id: &DeploymentId) -> Result<Deployment, BackendError> {
        let found = self.releases.iter().find(|release| release.id == *id).cloned();
        found.ok_or_else(|| error(ErrorKind::NotFound, &format!("there is no release {id}")))
    }

    pub(super) fn newest_first(mut self) -> Vec<Deployment> {
        self.releases.reverse();
        self.releases
    }
}

/// An I/O failure; repeating the call with the same key is safe.
pub(super) fn failed(operation: &'static str, path: &Path, cause: io::Error) -> BackendError {
    let kind = match cause.kind() {
        io::ErrorKind::NotFound => ErrorKind::NotFound,
        io::ErrorKind::PermissionDenied => ErrorKind::PermissionDenied,
        io::ErrorKind::StorageFull => ErrorKind::QuotaExceeded,
        _ => ErrorKind::Unavailable,
    };
    let message = format!("{} can't be used: see the cause, then repeat", path.display());
    BackendError::new(kind, NAME, operation, message).with_source(cause)
}

fn error(kind: ErrorKind, message: &str) -> BackendError {
    BackendError::new(kind, NAME, "publish", message)
}
