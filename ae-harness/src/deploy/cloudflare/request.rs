//! The requests to Cloudflare, without sending them.

use ae_core::{BackendError, Secret};
use ae_core_http::Request;
use serde_json::{Value, json};

use super::{
    files::Assets,
    multipart::Multipart,
    worker::{self, MODULE, Module},
};
use crate::{
    Domain,
    deploy::{DeployPlan, Function, SiteId},
};

/// The account in which every call acts.
#[derive(Debug, Clone)]
pub(super) struct Access {
    pub(super) token: Secret<String>,
    pub(super) account: String,
}

/// The path of a site's Worker, and of what belongs to it.
macro_rules! script {
    ($access:expr, $site:expr $(, $part:expr)*) => {
        ["accounts", $access.account.as_str(), "workers", "scripts", $site.as_str() $(, $part)*]
    };
}

impl Access {
    fn sign(&self, request: Request) -> Result<Request, BackendError> {
        request.with_bearer(&self.token)
    }

    /// Reads the name under which the account's Workers answer.
    pub(super) fn subdomain(&self, operation: &'static str) -> Result<Request, BackendError> {
        self.sign(Request::get(operation, ["accounts", &self.account, "workers", "subdomain"]))
    }

    /// Reads the settings of a Worker, its tags among them.
    pub(super) fn settings(&self, operation: &'static str, site: &SiteId) -> Result<Request, BackendError> {
        self.sign(Request::get(operation, script!(self, site, "script-settings")))
    }

    /// Makes a Worker that has no release.
    pub(super) fn draft(&self, site: &SiteId) -> Result<Request, BackendError> {
        let (metadata, module) = worker::draft();
        let request = Request::put("ensure_site", script!(self, site));
        self.sign(with_modules(request, &metadata, vec![module])?)
    }

    /// Asks which files Cloudflare lacks.
    pub(super) fn session(&self, site: &SiteId, assets: &Assets<'_>) -> Result<Request, BackendError> {
        let request = Request::post("deploy", script!(self, site, "assets-upload-session"));
        self.sign(request)?.with_json(&json!({ "manifest": assets.manifest }))
    }

    /// Sends files, each by its hash, as Base64 text.
    pub(super) fn upload(
        &self,
        session: &Secret<String>,
        files: Vec<(String, Vec<u8>, &'static str)>,
    ) -> Result<Request, BackendError> {
        let parts = files.into_iter().fold(Multipart::default(), |parts, (hash, content, content_type)| {
            parts.file(&hash, content_type, content)
        });
        let (content_type, body) = parts.finish();
        Request::post("deploy", ["accounts", &self.account, "workers", "assets", "upload"])
            .with_query("base64", "true")
            .with_bearer(session)?
            .with_body(&content_type, body)
    }

    /// Makes a version of a Worker, which does not answer yet.
    pub(super) fn version(
        &self,
        plan: &DeployPlan,
        functions: &[Function],
        assets: &Assets<'_>,
        session: &Secret<String>,
        note: &str,
    ) -> Result<Request, BackendError> {
        let metadata = worker::metadata(session.expose(), plan, assets, note);
        let request = Request::post("deploy", script!(self, plan.site, "versions"));
        self.sign(with_modules(request, &metadata, worker::modules(functions))?)
    }

    /// Reads the versions that can answer, newest first.
    pub(super) fn versions(&self, operation: &'static str, site: &SiteId) -> Result<Request, BackendError> {
        self.sign(Request::get(operation, script!(self, site, "versions")).with_query("deployable", "true"))
    }

    /// Reads which version answers, and which did before.
    pub(super) fn deployments(
        &self,
        operation: &'static str,
        site: &SiteId,
    ) -> Result<Request, BackendError> {
        self.sign(Request::get(operation, script!(self, site, "deployments")))
    }

    /// Makes a version the one that answers.
    pub(super) fn deployment(
        &self,
        operation: &'static str,
        site: &SiteId,
        version: &str,
        note: &str,
    ) -> Result<Request, BackendError> {
        let body = json!({
            "strategy": "percentage",
            "versions": [{ "version_id": version, "percentage": 100 }],
            "annotations": { "workers/message": note },
        });
        self.sign(Request::post(operation, script!(self, site, "deployments")))?.with_json(&body)
    }

    /// Lets a Worker answer at the account's subdomain, its versions too.
    pub(super) fn enable(&self, site: &SiteId) -> Result<Request, BackendError> {
        let request = Request::post("deploy", script!(self, site, "subdomain"));
        self.sign(request)?.with_json(&json!({ "enabled": true, "previews_enabled": true }))
    }

    /// Sets a variable that no one can read again.
    pub(super) fn secret(
        &self,
        site: &SiteId,
        name: &str,
        value: &Secret<String>,
    ) -> Result<Request, BackendError> {
        let body = json!({ "name": name, "text": value.expose(), "type": "secret_text" });
        self.sign(Request::put("set_env", script!(self, site, "secrets")))?.with_json(&body)
    }

    /// Removes a Worker with all its versions and domains.
    pub(super) fn remove(&self, site: &SiteId) -> Result<Request, BackendError> {
        self.sign(Request::delete("remove", script!(self, site)).with_query("force", "true"))
    }

    /// Looks for the zone of a name.
    pub(super) fn zone(&self, name: &str) -> Result<Request, BackendError> {
        let request = Request::get("ensure_domain", ["zones"]);
        self.sign(request.with_query("name", name).with_query("account.id", &self.account))
    }

    /// Makes a zone, which is free.
    pub(super) fn make_zone(&self, name: &str) -> Result<Request, BackendError> {
        let body = json!({ "account": { "id": self.account }, "name": name, "type": "full" });
        self.sign(Request::post("ensure_domain", ["zones"]))?.with_json(&body)
    }

    /// Reads to which Worker a name leads.
    pub(super) fn attached(&self, domain: &Domain) -> Result<Request, BackendError> {
        let request = Request::get("ensure_domain", ["accounts", &self.account, "workers", "domains"]);
        self.sign(request.with_query("hostname", domain.as_str()))
    }

    /// Leads a name to a Worker.
    pub(super) fn attach(&self, site: &SiteId, domain: &Domain, zone: &str) -> Result<Request, BackendError> {
        let body = json!({ "hostname": domain, "service": site, "zone_id": zone });
        self.sign(Request::put("ensure_domain", ["accounts", &self.account, "workers", "domains"]))?
            .with_json(&body)
    }
}

fn with_modules(request: Request, metadata: &Value, modules: Vec<Module>) -> Result<Request, BackendError> {
    let body = Multipart::default().field("metadata", metadata.to_string().into_bytes());
    let body = modules.into_iter().fold(body, |body, (name, source)| body.file(&name, MODULE, source));
    let (content_type, body) = body.finish();
    request.with_body(&content_type, body)
}
