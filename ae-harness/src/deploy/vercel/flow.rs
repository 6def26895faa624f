//! Making deployments, each once.

use ae_core::{BackendError, Effect, ErrorKind, IdempotencyKey, Retry};

use super::{
    NAME,
    answer::{self, Deployed, Deployments, Project, Variables},
    client::{Vercel, error},
    settings,
};
use crate::deploy::{Bundle, DeployPlan, DeployTarget, Deployment, DeploymentStatus, SiteId, upload::upload};

/// The pages of a list that are read: a deployment that is looked for is among the newest ones.
const PAGES_MAX: usize = 10;
/// The times that a deployment is asked for: files that were sent can be lacking only by a fault of the service.
const ROUNDS: usize = 3;

/// A deployment that a call finds.
enum Standing {
    /// The key made it.
    Done(Deployed),
    /// Another key made it, of the same release.
    Published(Deployed),
    /// The key made one that failed: the call may try again.
    Failed,
    /// There is none.
    New,
}

impl Vercel {
    /// The project of a site, `None` when there is none.
    pub(super) async fn project(
        &self,
        operation: &'static str,
        site: &SiteId,
    ) -> Result<Option<Project>, BackendError> {
        match self.repeat(&self.access.project(operation, site.as_str())?).await {
            Ok(answer) => answer.json().map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The project of a site, which is this program's.
    pub(super) async fn own_project(
        &self,
        operation: &'static str,
        site: &SiteId,
    ) -> Result<Project, BackendError> {
        let Some(project) = self.project(operation, site).await? else {
            let message = format!("there is no project {site}: make the site first");
            return Err(error(ErrorKind::NotFound, operation, message));
        };
        self.check_mark(operation, &project).await?;
        Ok(project)
    }

    /// Refuses a project that someone else made.
    pub(super) async fn check_mark(
        &self,
        operation: &'static str,
        project: &Project,
    ) -> Result<(), BackendError> {
        let variables: Variables =
            self.repeat(&self.access.variables(operation, &project.id)?).await?.json()?;
        if variables.has(super::OWN_MARK) {
            return Ok(());
        }
        let message = format!(
            "the account has a project {} that was not made here: choose another name, or give that project the \
             variable {} to hand it over",
            project.name,
            super::OWN_MARK
        );
        Err(error(ErrorKind::Conflict, operation, message))
    }

    /// The newest deployments of a project, the newest first.
    pub(super) async fn deployments(
        &self,
        operation: &'static str,
        project: &Project,
    ) -> Result<Vec<Deployed>, BackendError> {
        let (mut found, mut until) = (Vec::new(), None);
        for _ in 0..PAGES_MAX {
            let request = self.access.deployments(operation, &project.id, until)?;
            let page: Deployments = self.repeat(&request).await?.json()?;
            until = page.next();
            found.extend(page.deployments);
            if until.is_none() {
                break;
            }
        }
        found.sort_by_key(|one: &Deployed| std::cmp::Reverse(one.created()));
        Ok(found)
    }

    /// Publishes `bundle` as `plan` says, or finds the deployment that did.
    pub(super) async fn publish(
        &self,
        key: &IdempotencyKey,
        plan: &DeployPlan,
        bundle: &Bundle,
    ) -> Result<Deployment, BackendError> {
        let is_known = self.done().repeat("deploy", key, plan)?.is_some();
        let project = self.own_project("deploy", &plan.site).await?;
        let found = match standing(self.deployments("deploy", &project).await?, key, plan)? {
            Standing::Done(found) => found,
            Standing::Published(found) if is_known => found,
            Standing::New if is_known => {
                let message = "this key is done, but its deployment was removed since: use a new key";
                return Err(error(ErrorKind::NotFound, "deploy", message));
            }
            Standing::Published(found) => {
                let is_live = project.active() == Some(found.id());
                let waits = found.status() == DeploymentStatus::Ready && found.is_production() && !is_live;
                if waits {
                    self.switch(&project, &found).await?;
                }
                found
            }
            Standing::Failed | Standing::New => self.make(key, plan, bundle, &project).await?,
        };
        let project = self.own_project("deploy", &plan.site).await?;
        self.done().keep("deploy", key, plan, ())?;
        deployment(&plan.site, &project, &found)
    }

    /// Makes the deployment, sends what it lacks, and finds it if the answer is lost.
    async fn make(
        &self,
        key: &IdempotencyKey,
        plan: &DeployPlan,
        bundle: &Bundle,
        project: &Project,
    ) -> Result<Deployed, BackendError> {
        let manifest = settings::manifest(bundle, plan)?;
        let request = self.access.create(key, plan, project, &manifest)?;
        for _ in 0..ROUNDS {
            let answer = match self.once(&request).await {
                Ok(answer) => answer,
                Err(lost) => return self.found_after(lost, key, plan, project).await,
            };
            if let Some(missing) = answer::missing(&answer).filter(|missing| !missing.is_empty()) {
                upload(NAME, &manifest, &missing, |file, content| {
                    let (request, sender) = (self.access.upload(&file.sha1, content)?, self.sender());
                    Ok(async move { sender.repeat(&request).await.map(drop) })
                })
                .await?;
                continue;
            }
            return match answer::checked(answer, self.runtime.now(), true).and_then(|answer| answer.json()) {
                Ok(made) => Ok(made),
                Err(lost) => self.found_after(lost, key, plan, project).await,
            };
        }
        let message = "the service asks for files that it was sent: try again later";
        Err(error(ErrorKind::Unavailable, "deploy", message).with_retry(Retry::Backoff))
    }

    /// The deployment of a call whose answer says nothing certain; the error when there is none. The call is not sent again
    /// here: a deployment that is on its way may not be listed yet.
    async fn found_after(
        &self,
        lost: BackendError,
        key: &IdempotencyKey,
        plan: &DeployPlan,
        project: &Project,
    ) -> Result<Deployed, BackendError> {
        if lost.effect() == Effect::NotApplied {
            return Err(lost);
        }
        match standing(self.deployments("deploy", project).await?, key, plan)? {
            Standing::Done(found) => Ok(found),
            Standing::Published(_) | Standing::Failed | Standing::New => Err(lost),
        }
    }
}

/// The standing of `plan` under `key` by `found`, newest first.
fn standing(found: Vec<Deployed>, key: &IdempotencyKey, plan: &DeployPlan) -> Result<Standing, BackendError> {
    let is_release = |one: &Deployed| one.meta("ae_release") == plan.release.as_str();
    // A preview has an address of its own.
    let has_address =
        |one: &Deployed| plan.target == DeployTarget::Preview || one.meta("ae_url") == plan.base_url;
    let (mut published, mut none) = (None, Standing::New);
    for one in found {
        let is_over = one.status() == DeploymentStatus::Error;
        if one.meta("ae_key") == key.as_str() {
            if is_release(&one) && has_address(&one) {
                if !is_over {
                    return Ok(Standing::Done(one));
                }
                none = Standing::Failed;
                continue;
            }
            let message = format!("the key {key} was used for another release: derive a key for this one");
            return Err(error(ErrorKind::Conflict, "deploy", message));
        }
        if is_release(&one) && !is_over {
            published = published.or(Some(one));
        }
    }
    let Some(published) = published else { return Ok(none) };
    if has_address(&published) {
        return Ok(Standing::Published(published));
    }
    let message = format!(
        "release {} of {} is published at {}, not at {}: plan it with that address, or remove the site first",
        plan.release,
        plan.site,
        published.meta("ae_url"),
        plan.base_url
    );
    Err(error(ErrorKind::Conflict, "deploy", message))
}

/// A deployment of `project` as callers know it.
pub(super) fn deployment(
    site: &SiteId,
    project: &Project,
    found: &Deployed,
) -> Result<Deployment, BackendError> {
    let url = match found.meta("ae_url") {
        url if found.is_production() && !url.is_empty() => url.to_owned(),
        _ => answer::address(found.url.as_deref().unwrap_or_default()),
    };
    let release = found.meta("ae_release").parse()?;
    let is_active = project.active() == Some(found.id());
    let made = Deployment::new(found.id().parse()?, release, site.clone(), url, found.created_at());
    Ok(made.with_state(found.status()).with_active(is_active))
}

/// Whether a deployment is one of this project that this program made.
pub(super) fn is_ours(found: &Deployed, project: &Project) -> bool {
    let is_of = found.project_id.as_deref().is_none_or(|id| id == project.id);
    is_of && !found.meta("ae_release").is_empty()
}
