//! The requests to Netlify, without sending them.

use std::collections::BTreeMap;

use ae_core::{BackendError, IdempotencyKey, Secret};
use ae_core_http::Request;
use serde_json::json;

use crate::deploy::{DeployPlan, DeployTarget, SiteId, manifest::FileManifest};

/// The deployments of one page of a list: the most that the service gives.
const PAGE: &str = "100";

/// The account in which every call acts.
#[derive(Debug, Clone)]
pub(super) struct Access {
    /// The token.
    pub(super) token: Secret<String>,
    /// The slug of the account (team).
    pub(super) account: String,
}

/// The mark of a site that this program made.
pub(super) fn mark(site: &SiteId) -> String {
    format!("ae:{site}")
}

/// The title of a deployment, by which it is found again.
pub(super) fn title(key: &IdempotencyKey, plan: &DeployPlan) -> String {
    format!("{key} {} {} {}", plan.release, plan.target, plan.base_url)
}

impl Access {
    /// Reads the accounts of the token.
    pub(super) fn accounts(&self) -> Result<Request, BackendError> {
        Request::get("check", ["api", "v1", "accounts"]).with_bearer(&self.token)
    }

    /// Reads the sites of the account whose names have `name` in them.
    pub(super) fn sites(&self, operation: &'static str, name: &str) -> Result<Request, BackendError> {
        let request = Request::get(operation, ["api", "v1", &self.account, "sites"]);
        request.with_query("name", name).with_query("per_page", PAGE).with_bearer(&self.token)
    }

    /// Makes a site.
    pub(super) fn create_site(&self, name: &str, site: &SiteId) -> Result<Request, BackendError> {
        let body = json!({ "name": name, "session_id": mark(site) });
        Request::post("ensure_site", ["api", "v1", &self.account, "sites"])
            .with_bearer(&self.token)?
            .with_json(&body)
    }

    /// Reads a site.
    pub(super) fn site(&self, operation: &'static str, id: &str) -> Result<Request, BackendError> {
        Request::get(operation, ["api", "v1", "sites", id]).with_bearer(&self.token)
    }

    /// Removes a site with all its deployments.
    pub(super) fn delete_site(&self, id: &str) -> Result<Request, BackendError> {
        Request::delete("remove", ["api", "v1", "sites", id]).with_bearer(&self.token)
    }

    /// Makes a deployment; the answer names the contents that the service lacks.
    pub(super) fn create(
        &self,
        key: &IdempotencyKey,
        plan: &DeployPlan,
        site: &str,
        manifest: &FileManifest<'_>,
    ) -> Result<Request, BackendError> {
        let files: BTreeMap<&str, &str> =
            manifest.files().iter().map(|file| (file.path.as_str(), file.sha1.as_str())).collect();
        let body = json!({ "files": files, "draft": plan.target == DeployTarget::Preview });
        Request::post("deploy", ["api", "v1", "sites", site, "deploys"])
            .with_query("title", title(key, plan))
            .with_bearer(&self.token)?
            .with_json(&body)
    }

    /// Sends the content of a file of a deployment.
    pub(super) fn upload(&self, deploy: &str, path: &str, content: Vec<u8>) -> Result<Request, BackendError> {
        let segments = ["api", "v1", "deploys", deploy, "files"].into_iter().chain(path.split('/'));
        Request::put("deploy", segments)
            .with_bearer(&self.token)?
            .with_body("application/octet-stream", content)
    }

    /// Reads a deployment of a site.
    pub(super) fn deploy(
        &self,
        operation: &'static str,
        site: &str,
        id: &str,
    ) -> Result<Request, BackendError> {
        Request::get(operation, ["api", "v1", "sites", site, "deploys", id]).with_bearer(&self.token)
    }

    /// Reads a page of the deployments of a site, newest first; the first one is 1.
    pub(super) fn deploys(
        &self,
        operation: &'static str,
        site: &str,
        page: u32,
    ) -> Result<Request, BackendError> {
        Request::get(operation, ["api", "v1", "sites", site, "deploys"])
            .with_query("page", page.to_string())
            .with_query("per_page", PAGE)
            .with_bearer(&self.token)
    }

    /// Makes a deployment the one that answers.
    pub(super) fn restore(&self, site: &str, id: &str) -> Result<Request, BackendError> {
        let path = ["api", "v1", "sites", site, "deploys", id, "restore"];
        Request::post("activate", path).with_bearer(&self.token)
    }
}
