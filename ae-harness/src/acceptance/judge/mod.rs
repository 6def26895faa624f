//! Runs the checks of a plan on a site.

mod address;
#[cfg(feature = "behaviour")]
mod behaves;
mod content;
mod contrast;
mod document;
mod links;
mod markup;
mod meta;
mod pages;
mod prices;
mod promise;
mod prose;
mod scripts;
mod style;

use std::path::Path;

use ae_core::{BackendError, Digest, ErrorKind};

use self::{address::Address, pages::Site};
use super::{AcceptancePlan, Assertion, Check, CheckOutcome, SITE_FOLDER};

impl AcceptancePlan {
    /// Runs every check on `<workspace>/site`. A missing site fails the checks; it is not an error. A check of a behaviour
    /// fails too: it takes `run_with`, of the feature `behaviour`.
    ///
    /// # Errors
    ///
    /// `Conflict` when the plan is not the sealed one, `Unsupported` for a plan of another schema version,
    /// `InvalidInput` for a malformed address and for a site that holds links or is above 64 MB or 2,000 files, or the
    /// reason why the site can't be read.
    pub fn run(&self, workspace: &Path, seal: &Digest) -> Result<Vec<CheckOutcome>, BackendError> {
        let site = self.site(workspace, seal)?;
        Ok(self.checks.iter().map(|check| check.outcome(&site, self)).collect())
    }

    /// The site in a workspace, after the plan has been compared with its seal.
    fn site(&self, workspace: &Path, seal: &Digest) -> Result<Site, BackendError> {
        let refuse = |kind, message: &str| Err(BackendError::new(kind, "acceptance", "run", message));
        if self.schema_version != Self::SCHEMA_VERSION {
            return refuse(
                ErrorKind::Unsupported,
                "the plan has another schema version: derive and seal it again",
            );
        }
        if self.seal() != *seal {
            return refuse(
                ErrorKind::Conflict,
                "the plan is not the one that was sealed: restore it, the checks do not move",
            );
        }
        let Some(address) = Address::parse(&self.base_url) else {
            let message = format!(
                "{:?} is not the address of a site: derive the plan with http(s)://host/…/ and the slash at its end",
                self.base_url
            );
            return refuse(ErrorKind::InvalidInput, &message);
        };
        Site::read(&workspace.join(SITE_FOLDER), address, &self.checkout_path)
    }
}

/// The declarations of a style sheet of a site that hide text or can't be judged, the same as [`Assertion::Styles`] finds
/// them; `base` is a sheet whose custom properties it may use.
pub(crate) fn style_problems(name: &str, css: &str, base: &str) -> Vec<String> {
    let mut sheets = style::Sheets::default();
    sheets.add("", base);
    sheets.add(name, css);
    let own = format!("site/{name}: ");
    let found = style::problems(&sheets).into_iter();
    found.filter_map(|problem| problem.strip_prefix(&own).map(str::to_owned)).collect()
}

/// The defects that [`Assertion::Accessibility`] finds in a part of a page, which stands below the one heading of first rank.
pub(crate) fn part_problems(name: &str, part: &str) -> Vec<String> {
    let page = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><title>x</title><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"></head><body><main><h1>x</h1>{part}</main></body></html>"
    );
    let own = format!("site/{name}: ");
    let found = markup::page_problems(&document::Page::parse(name, &page)).into_iter();
    found.map(|problem| problem.strip_prefix(&own).unwrap_or(&problem).to_owned()).collect()
}

/// The finding of a check, or the defect.
type Verdict = Result<String, String>;

impl Check {
    fn outcome(&self, site: &Site, plan: &AcceptancePlan) -> CheckOutcome {
        self.found(self.verdict(site, plan))
    }

    fn found(&self, verdict: Verdict) -> CheckOutcome {
        CheckOutcome {
            id: self.id.clone(),
            criterion: self.criterion.clone(),
            priority: self.priority,
            passed: verdict.is_ok(),
            detail: match verdict {
                Ok(detail) | Err(detail) => detail,
            },
        }
    }

    fn verdict(&self, site: &Site, plan: &AcceptancePlan) -> Verdict {
        if !site.has_pages() {
            return Err("site/index.html: there is no page; write the site into the folder site/".to_owned());
        }
        let criterion = self.criterion.as_deref().unwrap_or_default();
        if let (true, Some(problem)) = (reads_text(&self.asserts), site.hiding.first()) {
            return Err(format!("{problem}; until then no text of the site counts as visible"));
        }
        match &self.asserts {
            Assertion::Phrases { phrases } => content::phrases(site, criterion, phrases),
            Assertion::Price { tier, tiers } => prices::check(site, criterion, tier, tiers),
            Assertion::Checkout { tiers } => content::checkout(site, criterion, &plan.checkout_path, tiers),
            Assertion::Privacy { contact } => content::privacy(site, criterion, contact.as_deref()),
            Assertion::NotBuilt { has_prices } => promise::not_built(site, criterion, plan, *has_prices),
            Assertion::Interest => promise::interest(site, criterion, &plan.interest_path),
            Assertion::Licence { document } => scripts::licence(site, document),
            Assertion::ReturnPage { script } => scripts::return_page(site, script),
            Assertion::SampleNotice => content::sample_notice(site),
            Assertion::Files { paths } => meta::files(site, paths),
            Assertion::Markup => markup::markup(site),
            Assertion::Accessibility => markup::accessibility(site),
            Assertion::SelfContained { policy } => links::self_contained(site, policy.as_deref()),
            Assertion::Links => links::resolve(site, plan),
            Assertion::Styles => judged(site.hiding.clone(), "no style sheet can hide text"),
            Assertion::Contrast => contrast::check(&site.sheets),
            Assertion::Discovery => meta::discovery(site, &plan.base_url),
            Assertion::Social => meta::social(site, &plan.base_url),
            Assertion::Behaves { behaviour } => {
                Err(format!("{}: it needs a behaviour runner: run the plan with one", behaviour.id))
            }
            Assertion::Tests { .. } => Err("sealed tests take a sandbox: run them by `run_tests`".to_owned()),
            Assertion::Weight { page_bytes_max, total_bytes_max } => {
                meta::weight(site, *page_bytes_max, *total_bytes_max)
            }
        }
    }
}

/// Whether the check proves something by text that people see.
const fn reads_text(assertion: &Assertion) -> bool {
    matches!(
        assertion,
        Assertion::Phrases { .. }
            | Assertion::Price { .. }
            | Assertion::Checkout { .. }
            | Assertion::Privacy { .. }
            | Assertion::NotBuilt { .. }
            | Assertion::Interest
            | Assertion::SampleNotice
    )
}

/// Turns a list of problems into a verdict; it names the first ten.
fn judged(problems: Vec<String>, found: impl Into<String>) -> Verdict {
    if problems.is_empty() {
        return Ok(found.into());
    }
    let more = problems.len().saturating_sub(10);
    let mut text = problems.into_iter().take(10).collect::<Vec<_>>().join("; ");
    if more > 0 {
        text.push_str(&format!("; and {more} more"));
    }
    Err(text)
}
