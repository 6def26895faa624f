//! `kit.json`, read field by field so that every defect is found.

use ae_core::Deliverable;
use serde_json::{Map, Value};

use super::{base_name, problems::Problems};
use crate::{checked::is_label, paths::path_problem};

/// The name of the manifest.
pub(super) const FILE: &str = "kit.json";
/// The version of the manifest that is read.
const SCHEMA: u64 = 1;
const LINE_CHARS: usize = 300;
const TEXT_CHARS: usize = 2_000;
const ITEMS_MAX: usize = 100;
const FEATURES_MAX: usize = 24;

/// The files that make up the page of a tool, by their paths within the kit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PageParts {
    pub(super) markup: String,
    pub(super) styles: Vec<String>,
    pub(super) script: String,
    pub(super) files: Vec<String>,
    pub(super) sample: Option<String>,
    pub(super) service_worker: Option<String>,
}

impl PageParts {
    /// Every file once.
    pub(super) fn all(&self) -> Vec<&String> {
        let one = [&self.markup, &self.script].into_iter().chain(&self.sample).chain(&self.service_worker);
        let mut all: Vec<&String> = one.chain(&self.styles).chain(&self.files).collect();
        all.sort();
        all.dedup();
        all
    }
}

/// A feature, with the files of its behaviours.
#[derive(Debug, Default)]
pub(super) struct FeatureEntry {
    pub(super) title: String,
    pub(super) description: String,
    pub(super) tier: Option<String>,
    pub(super) words: Vec<String>,
    pub(super) behaviours: Vec<String>,
}

#[derive(Debug, Default)]
pub(super) struct Manifest {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) deliverable: Deliverable,
    pub(super) families: Vec<String>,
    pub(super) words: Vec<String>,
    pub(super) tagline: String,
    pub(super) limits: Vec<String>,
    pub(super) page: PageParts,
    pub(super) modules: Vec<String>,
    pub(super) features: Vec<FeatureEntry>,
}

/// Reads a manifest; what can't be read is empty and a defect.
pub(super) fn read(value: &Value, problems: &mut Problems) -> Manifest {
    let mut manifest = draft(value, problems);
    manifest.page = page(value.get("page").unwrap_or(&Value::Null), problems);
    manifest
}

/// Reads a manifest without the parts of its page.
pub(super) fn draft(value: &Value, problems: &mut Problems) -> Manifest {
    let known = [
        "schema",
        "name",
        "version",
        "deliverable",
        "families",
        "words",
        "tagline",
        "limits",
        "page",
        "modules",
        "features",
    ];
    let Some(mut top) = Object::of(FILE.to_owned(), value, &known, problems) else {
        return Manifest::default();
    };
    if top.map.get("schema").and_then(Value::as_u64) != Some(SCHEMA) {
        top.bad("schema", format_args!("has to be {SCHEMA}"));
    }
    let name = top.line("name");
    if !name.is_empty() && !is_label(&name) {
        top.bad("name", "has to be lower-case letters, digits and inner hyphens, at most 63");
    }
    let deliverable = top.line("deliverable");
    if !deliverable.is_empty() && deliverable != Deliverable::WebTool.as_str() {
        top.bad("deliverable", "has to be \"web_tool\"");
    }
    let families = top.lines("families");
    if families.is_empty() {
        top.bad("families", "has to name at least one noun for what the tool works on");
    }
    let modules = top.paths("modules", "modules/", &[".js"]);
    if modules.is_empty() {
        top.bad("modules", "has to name at least one file");
    }
    let mut manifest = Manifest {
        name,
        version: top.line("version"),
        deliverable: Deliverable::WebTool,
        families,
        words: top.lines("words"),
        tagline: top.line("tagline"),
        limits: top.lines("limits"),
        modules,
        ..Manifest::default()
    };
    manifest.features = features(value.get("features").unwrap_or(&Value::Null), problems);
    manifest
}

fn page(value: &Value, problems: &mut Problems) -> PageParts {
    let known = ["markup", "styles", "script", "files", "sample", "serviceWorker"];
    let Some(mut page) = Object::of(format!("{FILE}, page"), value, &known, problems) else {
        return PageParts::default();
    };
    let parts = PageParts {
        markup: page.path("markup", "page/", &[".html"]).unwrap_or_default(),
        styles: page.paths("styles", "page/", &[".css"]),
        script: page.path("script", "page/", &[".js"]).unwrap_or_default(),
        files: page.paths("files", "page/", &[]),
        sample: page.optional_path("sample", "page/", &[]),
        service_worker: page.optional_path("serviceWorker", "page/", &[".js"]),
    };
    let taken = ["index.html", "privacy.html", "404.html", "robots.txt", "sitemap.xml", "styles.css"];
    if parts.service_worker.as_deref().is_some_and(|path| taken.contains(&base_name(path))) {
        page.bad("serviceWorker", "has the name of another file at the root of the site: rename it");
    }
    parts
}

fn features(value: &Value, problems: &mut Problems) -> Vec<FeatureEntry> {
    let place = format!("{FILE}, features");
    let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
    if list.is_empty() || list.len() > FEATURES_MAX {
        problems.add(&place, format_args!("has to be a list of 1 to {FEATURES_MAX} features"));
    }
    let mut found = Vec::new();
    for (at, value) in list.iter().take(FEATURES_MAX).enumerate() {
        let known = ["title", "description", "tier", "words", "behaviours"];
        let place = format!("{FILE}, feature {}", at + 1);
        let Some(mut feature) = Object::of(place, value, &known, problems) else { continue };
        let entry = FeatureEntry {
            title: feature.line("title"),
            description: feature.text("description", TEXT_CHARS),
            tier: feature.optional("tier"),
            words: feature.lines("words"),
            behaviours: feature.paths("behaviours", "behaviours/", &[".json"]),
        };
        if entry.behaviours.is_empty() {
            feature.bad("behaviours", "has to name a file that proves the feature");
        }
        if entry.tier.as_deref().is_some_and(|tier| !is_label(tier)) {
            feature.bad("tier", "has to be null, or a label such as \"pro\"");
        }
        found.push(entry);
    }
    found
}

/// An object of the manifest, with the list of its defects.
struct Object<'a> {
    place: String,
    map: &'a Map<String, Value>,
    problems: &'a mut Problems,
}

impl<'a> Object<'a> {
    fn of(place: String, value: &'a Value, known: &[&str], problems: &'a mut Problems) -> Option<Self> {
        let Some(map) = value.as_object() else {
            problems.add(&place, "has to be an object");
            return None;
        };
        problems.unknown(&place, map, known);
        Some(Self { place, map, problems })
    }

    fn bad(&mut self, name: &str, what: impl std::fmt::Display) {
        self.problems.add(&self.place, format_args!("{name} {what}"));
    }

    /// A text of one line that has to be there.
    fn line(&mut self, name: &str) -> String {
        self.text(name, LINE_CHARS)
    }

    fn text(&mut self, name: &str, chars_max: usize) -> String {
        match self.map.get(name).and_then(Value::as_str) {
            Some(text) if is_fit(text, chars_max) => text.to_owned(),
            _ => {
                self.bad(
                    name,
                    format_args!(
                        "has to be text of 1 to {chars_max} characters, without control characters and <>"
                    ),
                );
                String::new()
            }
        }
    }

    /// A label, or null.
    fn optional(&mut self, name: &str) -> Option<String> {
        match self.map.get(name) {
            None | Some(Value::Null) => None,
            Some(_) => Some(self.line(name)).filter(|text| !text.is_empty()),
        }
    }

    /// A list of lines; a missing one is empty.
    fn lines(&mut self, name: &str) -> Vec<String> {
        let Some(value) = self.map.get(name) else { return Vec::new() };
        let list = value.as_array().map(Vec::as_slice);
        let texts = list.filter(|list| list.len() <= ITEMS_MAX).and_then(|list| {
            let texts = list.iter().map(|item| item.as_str().filter(|text| is_fit(text, LINE_CHARS)));
            texts.map(|text| text.map(str::to_owned)).collect::<Option<Vec<_>>>()
        });
        texts.unwrap_or_else(|| {
            self.bad(name, format_args!("has to be a list of at most {ITEMS_MAX} texts of one line"));
            Vec::new()
        })
    }

    fn path(&mut self, name: &str, folder: &str, ends: &[&str]) -> Option<String> {
        let path = self.line(name);
        self.checked(name, path, folder, ends)
    }

    fn optional_path(&mut self, name: &str, folder: &str, ends: &[&str]) -> Option<String> {
        let path = self.optional(name)?;
        self.checked(name, path, folder, ends)
    }

    fn paths(&mut self, name: &str, folder: &str, ends: &[&str]) -> Vec<String> {
        let paths = self.lines(name);
        paths.into_iter().filter_map(|path| self.checked(name, path, folder, ends)).collect()
    }

    /// The path when it stays in its folder and has one of the endings.
    fn checked(&mut self, name: &str, path: String, folder: &str, ends: &[&str]) -> Option<String> {
        if path.is_empty() {
            return None;
        }
        if let Some(why) = path_problem(&path) {
            self.bad(name, format_args!("names {path:?}, which is refused: {why}"));
        } else if !path.starts_with(folder) || path.split('/').any(|part| part.starts_with('.')) {
            self.bad(name, format_args!("names {path:?}: put the file into the folder {folder}"));
        } else if !ends.is_empty() && !ends.iter().any(|end| path.ends_with(end)) {
            self.bad(name, format_args!("names {path:?}: it has to end in {}", ends.join(" or ")));
        } else {
            return Some(path);
        }
        None
    }
}

fn is_fit(text: &str, chars_max: usize) -> bool {
    let trimmed = !text.is_empty() && text.trim() == text;
    trimmed && text.chars().count() <= chars_max && !text.chars().any(|c| c.is_control() || "<>".contains(c))
}
