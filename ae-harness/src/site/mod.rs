//! The built-in builder: a product site from a spec, without a model, the same bytes every time.

mod contact;
mod copy;
mod files;
mod front;
mod marks;
mod pages;
mod preview;
mod shell;
mod style;
mod thanks;

use std::{
    collections::BTreeMap,
    fs, io,
    path::Path,
    sync::{Mutex, PoisonError},
};

use ae_core::{
    BackendError, Cancel, Deliverable, ErrorKind, IdempotencyKey, Isolation, Mode, ProductSpec, SameKey,
};
use async_trait::async_trait;

use self::{contact::Contact, copy::SiteCopy, marks::Marks};
use crate::{
    acceptance::SITE_FOLDER,
    agent::{Abilities, AgentReport, AgentRequest, AgentSink, CliProvider, ProviderInfo, StopReason},
    atomic::io_error,
    context::SiteContext,
    kit::Kit,
    licence,
    paths::{path_problem, walk},
    text::shown,
};

const NAME: &str = "site";
/// The most files that the folder of a site may hold when the builder looks for strays.
const FILES_MAX: usize = 2_000;

/// Builds a product site from the spec alone, into `<workspace>/site/`: front page, privacy page, error page, style sheet,
/// icon, preview image, `robots.txt` and `sitemap.xml`.
///
/// A product that works (`web_tool`) is made from the [`Kit`] that the spec names: the tool stands first on the front page,
/// its files lie below `tool/`. The page of a product that is not built yet (`pre_order`) says so wherever it speaks of it,
/// sells nothing and runs no script.
///
/// The builder runs no foreign code, needs no network and costs nothing. All text of the spec is escaped; whatever the spec
/// does not say is not on the site. Every element that fulfils a criterion carries its id in `data-criterion`; criteria
/// that it can't fulfil from the spec, and a kit that it does not have, are named in the report, and the sealed checks then
/// fail. From the second attempt on, files in `site/` that it does not write and that the diagnosis names are removed.
#[derive(Debug)]
pub struct SiteBuilder {
    spec: ProductSpec,
    site: SiteContext,
    kits: Vec<Kit>,
    done: Mutex<SameKey<()>>,
}

impl SiteBuilder {
    /// A builder of the site of `spec`, which answers at the address of `site`.
    pub fn new(spec: ProductSpec, site: SiteContext) -> Self {
        Self { spec, site, kits: Vec::new(), done: Mutex::new(SameKey::new(NAME)) }
    }

    /// Adds kits: the products that work which it can make. Of two with one name the later counts.
    #[must_use]
    pub fn with_kits(mut self, kits: Vec<Kit>) -> Self {
        for kit in kits {
            self.kits.retain(|known| known.name() != kit.name());
            self.kits.push(kit);
        }
        self
    }
}

#[async_trait]
impl CliProvider for SiteBuilder {
    fn info(&self) -> ProviderInfo {
        ProviderInfo::new(NAME, Mode::Offline, env!("CARGO_PKG_VERSION"), Isolation::Confined)
            .with_offers(self.kits.iter().map(Kit::offer).collect())
    }

    async fn check(&self) -> Result<(), BackendError> {
        Ok(())
    }

    async fn execute(
        &self,
        key: &IdempotencyKey,
        request: &AgentRequest,
        _: &dyn AgentSink,
        cancel: &Cancel,
    ) -> Result<AgentReport, BackendError> {
        request.check(NAME)?;
        request.check_abilities(NAME, Abilities::new(), Isolation::Confined)?;
        check_context(&self.spec, &self.site)?;
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        done.repeat("execute", key, request)?;
        if cancel.is_cancelled() {
            return Ok(request.free_report(StopReason::Cancelled, "cancelled before it began"));
        }
        done.keep("execute", key, request, ())?;
        let kit = self.kit();
        let copy = SiteCopy::of(&self.spec, &self.site, kit);
        let marks = Marks::of(&self.spec, &copy, kit);
        let mut files = files::render(&copy, &marks);
        files.extend(kit.map(|kit| files::tool(kit, &self.spec, &self.site)).into_iter().flatten());
        if licence::has_return_page(&self.spec, &self.site) {
            files.extend(files::return_page(&copy));
        }
        let mut changed = request.write_files(NAME, &files)?;
        let removed = match &request.diagnosis {
            Some(diagnosis) if request.attempt > 1 => remove_strays(&request.workspace, &files, diagnosis)?,
            _ => Vec::new(),
        };
        let strays = removed.len();
        changed.extend(removed);
        changed.sort();
        let mut summary = summary(files.len(), changed.len(), strays, marks.unmet());
        if self.spec.deliverable != Deliverable::PreOrder && kit.is_none() {
            summary.push_str(&self.without_kit());
        }
        Ok(request.free_report(StopReason::Succeeded, summary).with_files_changed(changed))
    }
}

impl SiteBuilder {
    /// The kit that the spec asks for.
    fn kit(&self) -> Option<&Kit> {
        let name = self.spec.offer.as_ref().filter(|_| self.spec.deliverable == Deliverable::WebTool)?;
        self.kits.iter().find(|kit| kit.name() == name)
    }

    fn without_kit(&self) -> String {
        let wanted = match &self.spec.offer {
            Some(name) => format!("there is no kit {:?}", shown(name, 80)),
            None => "the spec names no kit".to_owned(),
        };
        let known: Vec<&str> = self.kits.iter().map(Kit::name).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        format!("; {wanted} (known: {known}), so the product does not work and its checks fail")
    }
}

/// The style sheet that the parts of a kit stand on.
pub(crate) fn base_sheet() -> String {
    style::sheet(0)
}

fn failed(what: &str, path: &Path, error: io::Error) -> BackendError {
    io_error(NAME, "execute", what, path, error)
}

/// Addresses end up in links, so only plain ones are taken.
fn check_context(spec: &ProductSpec, site: &SiteContext) -> Result<(), BackendError> {
    let refuse = |message: String| Err(BackendError::new(ErrorKind::InvalidInput, NAME, "execute", message));
    if copy::safe_address(&site.base_url).is_none() || !site.base_url.ends_with('/') {
        return refuse(format!(
            "{:?} is not an address: use http(s)://host/…/ with the slash at its end",
            site.base_url
        ));
    }
    let paths =
        [("checkout", &site.checkout_path), ("interest", &site.interest_path), ("ended", &site.ended_path)];
    for (name, path) in paths.into_iter().chain(site.licence_path.as_ref().map(|path| ("licence", path))) {
        if let Some(why) = path_problem(path) {
            return refuse(format!("the {name} path {path:?} is refused: {why}"));
        }
    }
    if site.contact.as_deref().is_some_and(|contact| Contact::of(contact).is_none()) {
        return refuse(format!(
            "the contact {:?} is neither an e-mail address nor an http(s) address: correct it",
            site.contact
        ));
    }
    licence::problem(spec, site).map_or(Ok(()), |why| refuse(why.to_owned()))
}

/// Removes files that are not the builder's and that the diagnosis names. Only names found by listing the folder are
/// ever removed; the diagnosis selects among them.
fn remove_strays(
    workspace: &Path,
    own: &BTreeMap<String, Vec<u8>>,
    diagnosis: &str,
) -> Result<Vec<String>, BackendError> {
    let mut removed = Vec::new();
    let folder = workspace.join(SITE_FOLDER);
    for found in walk(&folder, FILES_MAX).map_err(|error| failed("read", &folder, error))? {
        let path = format!("{SITE_FOLDER}/{}", found.relative);
        if !own.contains_key(&path) && diagnosis.contains(&path) {
            fs::remove_file(&found.full).map_err(|error| failed("remove", &found.full, error))?;
            removed.push(path);
        }
    }
    Ok(removed)
}

fn summary(files: usize, changed: usize, removed: usize, unmet: &[String]) -> String {
    let mut text = format!("wrote the site: {files} files, {changed} changed");
    if removed > 0 {
        text.push_str(&format!(", {removed} stray files removed"));
    }
    if !unmet.is_empty() {
        text.push_str(&format!("; the spec holds nothing that would fulfil {}", unmet.join(", ")));
    }
    text
}
