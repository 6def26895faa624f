//! The definition of done, fixed before anything is written.

mod derive;
#[cfg(feature = "site")]
mod judge;
mod sealed;
#[cfg(feature = "site")]
pub(crate) use self::judge::part_problems;

#[cfg(feature = "site")]
pub(crate) use self::judge::style_problems;
use ae_core::{AcceptanceCriterion, Behaviour, Digest, Priority, ProductSpec};
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[cfg(unix)]
pub use self::sealed::TestBench;
pub use self::sealed::{SealedTests, TestFiles, TestRunner};
use crate::context::SiteContext;

/// The folder of a workspace that holds the site.
#[cfg(feature = "site")]
pub(crate) const SITE_FOLDER: &str = "site";

/// The assertion of one check. It is data, so that the plan can be sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Assertion {
    /// Every phrase stands in visible text inside an element marked with the criterion's id. As with the next three, only
    /// pages count that visible links lead to from the front page.
    Phrases {
        /// The phrases, compared without regard to case and white space.
        phrases: Vec<String>,
    },
    /// The price of a tier stands in a marked element, and with the tier's name: the smallest element around the name that
    /// holds any amount of money holds that price, and not another tier with another price.
    Price {
        /// The id of the tier.
        tier: String,
        /// All tiers of the price list.
        tiers: Vec<TierPrice>,
    },
    /// A marked, visible link leads to the checkout, and every tier has one.
    Checkout {
        /// The ids of the tiers.
        tiers: Vec<String>,
    },
    /// A marked, visible link leads to a page of the site that says what is collected, how long it is kept and whom to ask.
    Privacy {
        /// The address that it has to name; without one it has to say that no contact was given.
        #[serde(default)]
        contact: Option<String>,
    },
    /// The product is not built yet, and the site says so: in a marked element before the first section of the front page,
    /// in its title and description, and at the prices. No link leads to the checkout, no button offers more than an
    /// interest.
    NotBuilt {
        /// Whether there is a price list.
        #[serde(default)]
        has_prices: bool,
    },
    /// A marked, visible form is posted to the path that counts an interest, without a field, and has a button.
    Interest,
    /// The file by which a tool checks licences is the one that follows from the spec and its context.
    Licence {
        /// The content of the file.
        document: Value,
    },
    /// The page to which a payment leads back is there, runs the script of this crate and no other, and has the parts that
    /// the script fills.
    ReturnPage {
        /// The digest of the script.
        script: Digest,
    },
    /// These files exist.
    Files {
        /// Their paths, relative to the site.
        paths: Vec<String>,
    },
    /// Every page parses without errors, has unique ids and the attributes that HTML requires.
    Markup,
    /// Every link and reference inside the site resolves as a browser resolves it (URL Standard).
    Links,
    /// Nothing is fetched from elsewhere, and there is no inline script or style.
    SelfContained {
        /// The Content-Security-Policy that each page has to carry, so that scripts of the site's own may run: as modules,
        /// from files. Without it there is no script at all.
        #[serde(default)]
        policy: Option<String>,
    },
    /// The basics of WCAG 2.2 that a program can see: language, title, headings, landmarks, alternatives, labels, zoom.
    Accessibility,
    /// No style sheet holds a declaration that hides text or that can't be judged, whatever it selects. Until this holds,
    /// no text of the site counts as visible.
    Styles,
    /// Rules that set both colours reach a contrast of 4.5 to 1 (WCAG 2.2, 1.4.3), in light and dark.
    Contrast,
    /// `robots.txt` and `sitemap.xml` are there, agree, and name absolute addresses of pages that exist.
    Discovery,
    /// The front page has Open Graph tags with an image of the site, and a canonical address.
    Social,
    /// Pages and the whole site stay light.
    Weight {
        /// The most bytes of one page.
        page_bytes_max: u64,
        /// The most bytes of all files.
        total_bytes_max: u64,
    },
    /// A page made from the bundled sample signals says so where people see it.
    SampleNotice,
    /// A function of the site's modules does what its cases and laws say. It takes a `BehaviourRunner` to run it.
    Behaves {
        /// The function, its cases and its laws. One without cases and laws proves nothing, and fails.
        behaviour: Behaviour,
    },
    /// A command runs sealed tests, and they pass. It takes a sandbox: `run_tests`.
    Tests {
        /// The command, and the least that it has to report.
        tests: SealedTests,
    },
}

/// A tier as the price list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TierPrice {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The amount with its currency, such as `9.00 EUR`.
    pub amount: String,
    /// How often it is due, such as `per month`.
    pub interval: String,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Check {
    /// Its name, unique in the plan: the criterion's id, or `generic-…`.
    pub id: String,
    /// The criterion that it proves, if any.
    pub criterion: Option<String>,
    /// How much it matters.
    pub priority: Priority,
    /// The assertion that it makes.
    pub asserts: Assertion,
}

/// The result of one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CheckOutcome {
    /// The check.
    pub id: String,
    /// The criterion that it proves, if any.
    pub criterion: Option<String>,
    /// How much it matters.
    pub priority: Priority,
    /// Whether it holds.
    pub passed: bool,
    /// The finding; for a failure the file, the defect and the remedy.
    pub detail: String,
}

/// The checks of one product. Derived from the spec before anything is built, and sealed: a plan that was changed
/// afterwards is refused.
///
/// It has one check for every criterion of priority P0 and P1 that a program can prove, and a fixed set for any site.
/// Criteria of P0 and P1 that only a person can prove are listed in [`manual`](Self::manual); P2 and P3 are left out.
///
/// To run the checks on a site takes the feature `site`; those that run the site's modules take the feature `behaviour` too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AcceptancePlan {
    /// The version of this schema.
    pub schema_version: u32,
    /// The address of the site, against which links resolve.
    #[serde(default)]
    pub base_url: String,
    /// The path of the checkout below it, which the host answers.
    #[serde(default)]
    pub checkout_path: String,
    /// The path below it that counts an interest, which the host answers.
    #[serde(default)]
    pub interest_path: String,
    /// The checks, criteria first.
    pub checks: Vec<Check>,
    /// The criteria that no check proves: a person has to look.
    #[serde(default)]
    pub manual: Vec<AcceptanceCriterion>,
}

impl AcceptancePlan {
    /// The version this crate writes and runs.
    pub const SCHEMA_VERSION: u32 = 4;

    /// The plan that follows from `spec`; the same spec gives the same plan.
    pub fn derive(spec: &ProductSpec, site: &SiteContext) -> Self {
        let (checks, manual) = derive::checks(spec, site);
        Self {
            schema_version: Self::SCHEMA_VERSION,
            base_url: site.base_url.clone(),
            checkout_path: site.checkout_path.clone(),
            interest_path: site.interest_path.clone(),
            checks,
            manual,
        }
    }

    /// The hash that seals it: one changed byte of any check changes it.
    pub fn seal(&self) -> Digest {
        Digest::of_json("acceptance-plan", self).expect("a plan holds only what JSON can hold")
    }
}
