//! A kit that is specified and not written yet.

use std::{collections::BTreeMap, path::Path};

use ae_core::{Behaviour, Offer};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{KitErrors, check, lock, problems::Problems, source::Source};

/// A kit that is specified and not written yet: its manifest without a page, and the behaviours that prove its features.
///
/// It is the work of an author who never sees the code. A builder gets the [manifest](Self::manifest) and some of the
/// [behaviours](Self::shown), and writes modules and page; the whole is then a [`Kit`](crate::Kit).
///
/// ```
/// use ae_harness::{Kit, KitDraft};
///
/// # fn make(specified: &std::path::Path, built: &std::path::Path) -> Result<(), Box<dyn std::error::Error>> {
/// let draft = KitDraft::load(specified)?;
/// // … a builder writes modules/ and page/ in `built` …
/// let manifest = draft.manifest(&["modules/count.js".to_owned(), "page/tool.html".to_owned(), "page/tool.js".to_owned()]);
/// std::fs::write(built.join("kit.json"), manifest.to_string())?;
/// let kit = Kit::load(built)?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KitDraft {
    pub(super) offer: Offer,
    /// The manifest as it was written, without its page.
    pub(super) manifest: Value,
    pub(super) modules: Vec<String>,
    /// The behaviours by the files that hold them.
    pub(super) behaviours: BTreeMap<String, Vec<Behaviour>>,
}

impl KitDraft {
    /// The markup of the tool, by its path within a kit that is made from a draft.
    pub const MARKUP: &'static str = "page/tool.html";
    /// The script that runs the tool, likewise.
    pub const SCRIPT: &'static str = "page/tool.js";
    /// The script that locks what is paid for, likewise.
    pub const LOCK: &'static str = "page/lock.js";

    /// Reads `kit.json` and `behaviours/*.json` in `folder` with the checks of [`Kit::load`](crate::Kit::load) that need
    /// neither modules nor a page. A page in the manifest is ignored.
    ///
    /// # Errors
    ///
    /// All defects at once.
    pub fn load(folder: &Path) -> Result<Self, KitErrors> {
        let (source, mut problems) = (Source::Folder(folder), Problems::default());
        let draft = check::draft(&source, &mut problems);
        match (draft, problems.into_list()) {
            (Some(draft), list) if list.is_empty() => Ok(draft),
            (_, list) => Err(KitErrors { kit: source.to_string(), problems: list }),
        }
    }

    /// The product that it will make, as [`Kit::offer`](crate::Kit::offer) has it.
    pub const fn offer(&self) -> &Offer {
        &self.offer
    }

    /// The modules that its behaviours are about, by their paths within the kit.
    pub fn modules(&self) -> &[String] {
        &self.modules
    }

    /// The files of the page that check a licence and lock what is paid for, with their contents: none if all is free.
    ///
    /// They are given to the builder, which imports [`LOCK`](Self::LOCK) and changes none of them: write them again before
    /// the kit is loaded. [`Kit::load`](crate::Kit::load) refuses a kit that holds this lock and does not use it.
    pub fn lock(&self) -> &'static [(&'static str, &'static str)] {
        let is_paid = self.offer.features.iter().any(|offered| offered.feature.tier.is_some());
        if is_paid { &lock::FILES } else { &[] }
    }

    /// All its behaviours. Their modules are named as they lie in the kit.
    pub fn behaviours(&self) -> impl Iterator<Item = &Behaviour> {
        self.behaviours.values().flatten()
    }

    /// The behaviours that a builder may see, by the files that hold them: every other case, and every other input of a
    /// law. The rest shows whether the builder understood what is wanted, or only repeats what it has seen.
    pub fn shown(&self) -> BTreeMap<String, Vec<Behaviour>> {
        let shown = |behaviour: &Behaviour| {
            let mut shown = behaviour.clone();
            shown.cases = every_other(&behaviour.cases);
            for property in &mut shown.properties {
                property.given = every_other(&property.given);
                let given: String = property.given.iter().map(Value::to_string).collect();
                property.vary.retain(|text| given.contains(text.as_str()));
            }
            shown
        };
        let files = self.behaviours.iter();
        files.map(|(file, behaviours)| (file.clone(), behaviours.iter().map(shown).collect())).collect()
    }

    /// The manifest of the kit that consists of `files`, by their paths within it: what ends in `.js` below `modules/` is a
    /// module, the rest below `page/` belongs to the page. Other files are left out.
    pub fn manifest(&self, files: &[String]) -> Value {
        let is_module = |path: &&String| path.starts_with("modules/") && path.ends_with(".js");
        let mut modules: Vec<&String> = self.modules.iter().chain(files.iter().filter(is_module)).collect();
        modules.sort();
        modules.dedup();
        let page: Vec<&String> = files.iter().filter(|path| path.starts_with("page/")).collect();
        let (styles, rest): (Vec<&String>, Vec<&String>) =
            page.into_iter().partition(|path| path.ends_with(".css"));
        let rest: Vec<&String> =
            rest.into_iter().filter(|path| ![Self::MARKUP, Self::SCRIPT].contains(&path.as_str())).collect();
        let mut manifest = self.manifest.clone();
        if let Some(manifest) = manifest.as_object_mut() {
            manifest.insert("modules".to_owned(), json!(modules));
            let page =
                json!({ "markup": Self::MARKUP, "script": Self::SCRIPT, "styles": styles, "files": rest });
            manifest.insert("page".to_owned(), page);
        }
        manifest
    }
}

/// The first, the third and so on: never none of some.
fn every_other<T: Clone>(all: &[T]) -> Vec<T> {
    all.iter().step_by(2).cloned().collect()
}
