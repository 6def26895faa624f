//! Kits: working products as data, which the built-in builder assembles.

mod behaviours;
mod check;
mod draft;
mod embedded;
mod lock;
mod manifest;
mod markup;
mod problems;
mod source;

use std::{collections::BTreeMap, error::Error, fmt, path::Path};

use ae_core::{Digest, DigestWriter, Feature, Offer, OfferedFeature};

pub use self::draft::KitDraft;
use self::{manifest::PageParts, problems::Problems, source::Source};

/// The folder of a site that holds the files of its kit.
pub(crate) const TOOL_FOLDER: &str = "tool";

/// A working product as data: a manifest, ES modules, the parts of a page, and the proof that each feature works.
///
/// The folder holds `kit.json`, `modules/*.js`, `page/…` and `behaviours/*.json`. [`SiteBuilder`](crate::SiteBuilder)
/// puts the modules and the page's files below `tool/` of the site, with their names, so that relative imports keep
/// working.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kit {
    offer: Offer,
    version: String,
    page: PageParts,
    /// The modules and the files of the page by their paths within the kit.
    files: BTreeMap<String, Vec<u8>>,
}

impl Kit {
    /// Reads the kit in `folder` and checks all of it: its manifest, that each named file is there, plain and small, that
    /// imports stay within the kit, that each feature has behaviours which name functions that exist, and that markup and
    /// styles are what the checks of a site accept. Files that the manifest does not name are ignored.
    ///
    /// # Errors
    ///
    /// All defects at once.
    pub fn load(folder: &Path) -> Result<Self, KitErrors> {
        Self::read(&Source::Folder(folder))
    }

    /// The kits that this crate ships.
    pub fn builtin() -> Vec<Self> {
        let kits = embedded::KITS.iter();
        kits.map(|(name, files)| {
            Self::read(&Source::Embedded(name, files)).expect("a test loads every kit that is shipped")
        })
        .collect()
    }

    fn read(source: &Source<'_>) -> Result<Self, KitErrors> {
        let mut problems = Problems::default();
        let kit = check::read(source, &mut problems);
        match (kit, problems.into_list()) {
            (Some(kit), list) if list.is_empty() => Ok(kit),
            (_, list) => Err(KitErrors { kit: source.to_string(), problems: list }),
        }
    }

    /// Its name, for example `tabular`.
    pub fn name(&self) -> &str {
        &self.offer.name
    }

    /// Its version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The hash of all that it is made of: one changed byte of its manifest or of a file that it names changes it.
    pub fn digest(&self) -> Digest {
        let offer = Digest::of_json("kit-offer", &self.offer)
            .expect("an offer holds strings, lists and JSON values, which JSON can hold");
        let page = &self.page;
        let parts = [&page.markup, &page.script].into_iter().chain(&page.service_worker).chain(&page.sample);
        let parts: Vec<&str> = parts.chain(&page.styles).map(String::as_str).collect();
        let writer = DigestWriter::new("kit/1").field(offer.as_bytes()).field(self.version.as_bytes());
        let writer = writer.field(parts.join("\n").as_bytes());
        let files = self.files.iter();
        files.fold(writer, |writer, (path, bytes)| writer.field(path.as_bytes()).field(bytes)).finish()
    }

    /// The product that it makes. The modules of its behaviours are named as they lie in the site, for example
    /// `tool/modules/repair.js`.
    pub fn offer(&self) -> Offer {
        self.offer.clone()
    }

    /// The markup of the tool.
    pub(crate) fn markup(&self) -> &str {
        self.text(&self.page.markup)
    }

    /// The path in the site of the script that runs the tool.
    pub(crate) fn script(&self) -> String {
        placed(&self.page.script)
    }

    /// The paths in the site of its style sheets.
    pub(crate) fn styles(&self) -> Vec<String> {
        self.page.styles.iter().map(|path| placed(path)).collect()
    }

    /// Whether the tool has a feature with this behaviour.
    pub(crate) fn has_behaviour(&self, id: &str) -> bool {
        let features = self.offer.features.iter().map(|offered| &offered.feature);
        features.flat_map(|feature| &feature.behaviours).any(|behaviour| behaviour.id == id)
    }

    /// Its files by their path in the site. The service worker stands at the root, because a worker serves only what lies
    /// below it; the markup becomes a part of the page.
    pub(crate) fn site_files(&self) -> impl Iterator<Item = (String, &[u8])> {
        let served = self.files.iter().filter(|(path, _)| **path != self.page.markup);
        served.map(|(path, bytes)| {
            let is_worker = self.page.service_worker.as_ref() == Some(path);
            let name = if is_worker { base_name(path).to_owned() } else { placed(path) };
            (name, bytes.as_slice())
        })
    }

    fn text(&self, path: &str) -> &str {
        let bytes = self.files.get(path).map(Vec::as_slice).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }
}

/// The path in the site of a file of the kit.
fn placed(path: &str) -> String {
    format!("{TOOL_FOLDER}/{path}")
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The features as an offer shows them, with their behaviours placed in the site.
fn offered(
    title: String,
    description: String,
    tier: Option<String>,
    words: Vec<String>,
    mut behaviours: Vec<ae_core::Behaviour>,
) -> OfferedFeature {
    for behaviour in &mut behaviours {
        behaviour.module = placed(&behaviour.module);
    }
    let mut feature = Feature::new(title, description).with_behaviours(behaviours);
    feature.tier = tier;
    OfferedFeature::new(feature, words)
}

/// The defects of a kit.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct KitErrors {
    /// The folder or the name of the kit.
    pub kit: String,
    /// The defects, each with the file and the remedy.
    pub problems: Vec<String>,
}

impl fmt::Display for KitErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.problems.len();
        write!(f, "the kit {} has {count} {}:", self.kit, if count == 1 { "defect" } else { "defects" })?;
        self.problems.iter().try_for_each(|problem| write!(f, "\n- {problem}"))
    }
}

impl Error for KitErrors {}
