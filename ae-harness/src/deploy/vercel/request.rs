//! The requests to Vercel, without sending them.

use ae_core::{BackendError, IdempotencyKey, Secret};
use ae_core_http::Request;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{OWN_MARK, answer::Project};
use crate::{
    Domain,
    deploy::{DeployPlan, DeployTarget, EnvVar, SiteId, manifest::FileManifest},
};

/// The deployments of one page of a list: the most that the service gives.
const PAGE: &str = "100";
/// The size of a log that is read at most.
const LOG_BYTES_MAX: usize = 16 << 20;
/// The settings of a site that is not built: the files are served as they are.
const SETTINGS: [&str; 4] = ["framework", "buildCommand", "installCommand", "devCommand"];

/// The account in which every call acts.
#[derive(Debug, Clone)]
pub(super) struct Access {
    /// The token.
    pub(super) token: Secret<String>,
    /// The id of the team: a call without it acts in the personal account of the token's owner.
    pub(super) team: String,
}

impl Access {
    fn sign(&self, request: Request) -> Result<Request, BackendError> {
        request.with_query("teamId", &self.team).with_bearer(&self.token)
    }

    /// Reads the team itself, with its plan.
    pub(super) fn team(&self) -> Result<Request, BackendError> {
        Request::get("check", ["v2", "teams", &self.team]).with_bearer(&self.token)
    }

    /// Makes the project of a site, marked as one of this program.
    pub(super) fn create_project(&self, site: &SiteId) -> Result<Request, BackendError> {
        let mark =
            json!({ "key": OWN_MARK, "value": site, "type": "plain", "target": ["production", "preview"] });
        let body = json!({ "name": site, "environmentVariables": [mark] });
        self.sign(Request::post("ensure_site", ["v11", "projects"]))?.with_json(&body)
    }

    /// Reads a project by its id or name.
    pub(super) fn project(&self, operation: &'static str, name: &str) -> Result<Request, BackendError> {
        self.sign(Request::get(operation, ["v9", "projects", name]))
    }

    /// Reads the names of a project's variables; the values stay encrypted.
    pub(super) fn variables(&self, operation: &'static str, project: &str) -> Result<Request, BackendError> {
        self.sign(Request::get(operation, ["v10", "projects", project, "env"]))
    }

    /// Removes a project with all its deployments.
    pub(super) fn delete_project(&self, project: &str) -> Result<Request, BackendError> {
        self.sign(Request::delete("remove", ["v9", "projects", project]))
    }

    /// Reads the domains at which the production deployment of a project answers.
    pub(super) fn domains(&self, project: &str) -> Result<Request, BackendError> {
        let request = Request::get("ensure_site", ["v9", "projects", project, "domains"]);
        let request = request.with_query("order", "DESC").with_query("production", "true");
        self.sign(request.with_query("redirects", "false"))
    }

    /// Adds a domain to a project.
    pub(super) fn add_domain(
        &self,
        operation: &'static str,
        project: &str,
        domain: &str,
    ) -> Result<Request, BackendError> {
        let request = Request::post(operation, ["v10", "projects", project, "domains"]);
        self.sign(request)?.with_json(&json!({ "name": domain }))
    }

    /// Reads a domain of a project.
    pub(super) fn domain(&self, project: &str, domain: &Domain) -> Result<Request, BackendError> {
        let path = ["v9", "projects", project, "domains", domain.as_str()];
        self.sign(Request::get("ensure_domain", path))
    }

    /// Has the service look again whether a domain belongs to the account.
    pub(super) fn verify_domain(&self, project: &str, domain: &Domain) -> Result<Request, BackendError> {
        let path = ["v9", "projects", project, "domains", domain.as_str(), "verify"];
        self.sign(Request::post("ensure_domain", path))
    }

    /// Reads what the DNS says for a domain, and what it should say.
    pub(super) fn domain_config(&self, domain: &Domain) -> Result<Request, BackendError> {
        self.sign(Request::get("ensure_domain", ["v6", "domains", domain.as_str(), "config"]))
    }

    /// Sets variables. `variables` has each with its value, secrets included.
    pub(super) fn set_env(&self, project: &str, variables: &[Variable<'_>]) -> Result<Request, BackendError> {
        let request = Request::post("set_env", ["v10", "projects", project, "env"]);
        self.sign(request.with_query("upsert", "true"))?.with_json(&variables)
    }

    /// Sends the content of a file.
    pub(super) fn upload(&self, sha1: &str, content: Vec<u8>) -> Result<Request, BackendError> {
        self.sign(Request::post("deploy", ["v2", "files"]))?
            .with_header("x-vercel-digest", sha1)?
            .with_body("application/octet-stream", content)
    }

    /// Makes a deployment of files that the service has, or asks which of them it lacks.
    pub(super) fn create(
        &self,
        key: &IdempotencyKey,
        plan: &DeployPlan,
        project: &Project,
        manifest: &FileManifest<'_>,
    ) -> Result<Request, BackendError> {
        let files: Vec<Value> = manifest
            .files()
            .iter()
            .map(|file| json!({ "file": file.path, "sha": file.sha1, "size": file.bytes }))
            .collect();
        let mut settings: Map<String, Value> =
            SETTINGS.iter().map(|name| ((*name).to_owned(), Value::Null)).collect();
        settings.insert("outputDirectory".to_owned(), super::settings::OUTPUT.into());
        let mut body = json!({
            "name": project.name,
            "project": project.id,
            "files": files,
            "projectSettings": settings,
            "meta": {
                "ae_key": key,
                "ae_release": plan.release,
                "ae_site": plan.site,
                "ae_url": plan.base_url,
                "ae_target": plan.target,
            },
        });
        // Without a target it is a preview.
        if let (DeployTarget::Production, Some(body)) = (plan.target, body.as_object_mut()) {
            body.insert("target".to_owned(), "production".into());
        }
        let request = Request::post("deploy", ["v13", "deployments"])
            .with_query("forceNew", "1")
            .with_query("skipAutoDetectionConfirmation", "1");
        self.sign(request)?.with_json(&body)
    }

    /// Reads a deployment.
    pub(super) fn deployment(&self, operation: &'static str, id: &str) -> Result<Request, BackendError> {
        self.sign(Request::get(operation, ["v13", "deployments", id]))
    }

    /// Reads a page of a project's deployments, newest first: the first one, or the one that ends `until`.
    pub(super) fn deployments(
        &self,
        operation: &'static str,
        project: &str,
        until: Option<i64>,
    ) -> Result<Request, BackendError> {
        let mut request = Request::get(operation, ["v7", "deployments"])
            .with_query("limit", PAGE)
            .with_query("projectId", project);
        if let Some(until) = until {
            request = request.with_query("until", until.to_string());
        }
        self.sign(request)
    }

    /// Reads the log of a build.
    pub(super) fn log(&self, deployment: &str) -> Result<Request, BackendError> {
        let request = Request::get("status", ["v3", "deployments", deployment, "events"])
            .with_query("builds", "1")
            .with_query("direction", "forward")
            .with_query("limit", "-1")
            .with_body_bytes_max(LOG_BYTES_MAX);
        self.sign(request)
    }

    /// Makes a deployment the one that answers, when it is newer than the one that does.
    pub(super) fn promote(&self, project: &str, deployment: &str) -> Result<Request, BackendError> {
        let path = ["v10", "projects", project, "promote", deployment];
        self.sign(Request::post("activate", path))
    }

    /// Goes back to an older deployment.
    pub(super) fn roll_back(&self, project: &str, deployment: &str) -> Result<Request, BackendError> {
        let path = ["v1", "projects", project, "rollback", deployment];
        self.sign(Request::post("activate", path))
    }
}

/// A variable on the wire. It has no `Debug`: the value can be a secret.
#[derive(Serialize)]
pub(super) struct Variable<'a> {
    key: &'a str,
    value: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    target: [&'static str; 1],
}

impl<'a> Variable<'a> {
    /// The variable `variable` with its value in the clear, as a secret that the service does not show, or plain.
    pub(super) fn new(variable: &'a EnvVar, value: &'a str, is_secret: bool) -> Self {
        let kind = if is_secret { "sensitive" } else { "plain" };
        Self { key: &variable.name, value, kind, target: ["production"] }
    }
}
