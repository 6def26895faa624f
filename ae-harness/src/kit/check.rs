//! Reads a whole kit and holds its parts against each other.

use std::collections::{BTreeMap, BTreeSet};

use ae_core::{Behaviour, Offer};
use serde_json::Value;

use super::{
    Kit, KitDraft, behaviours, lock,
    manifest::{self, Manifest},
    markup, offered,
    problems::Problems,
    source::Source,
};
use crate::{acceptance::style_problems, script, site::base_sheet};

/// The most cases of all behaviours together: they are sealed, and run for every build.
const CASES_MAX: usize = 150;
/// The most inputs of all properties together.
const INPUTS_MAX: usize = 300;
/// The most bytes of all files that a site gets from its kit.
const BYTES_MAX: usize = 1_500_000;
/// The ends of names that a page may fetch.
const SERVED: [&str; 10] =
    [".js", ".css", ".json", ".csv", ".tsv", ".txt", ".svg", ".png", ".webp", ".woff2"];

pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// The kit, unless its manifest can't be read at all; whether it is sound, `problems` says.
pub(super) fn read(source: &Source<'_>, problems: &mut Problems) -> Option<Kit> {
    let value = manifest_value(source, problems)?;
    let manifest = manifest::read(&value, problems);
    let files = files(source, &manifest, problems);
    scripts(&files, problems);
    page(&manifest, &files, problems);
    lock::check(&manifest, &files, problems);
    let proofs = proofs(source, &manifest, &files, problems);
    let (version, page) = (manifest.version.clone(), manifest.page.clone());
    Some(Kit { offer: offer(manifest, proofs), version, page, files })
}

/// The manifest and the behaviours of a kit whose modules and page are not written yet.
pub(super) fn draft(source: &Source<'_>, problems: &mut Problems) -> Option<KitDraft> {
    let mut value = manifest_value(source, problems)?;
    let manifest = manifest::draft(&value, problems);
    let proofs = proofs(source, &manifest, &Files::new(), problems);
    if let Some(manifest) = value.as_object_mut() {
        manifest.remove("page");
    }
    let files = manifest.features.iter().flat_map(|entry| &entry.behaviours);
    // Read without a second list of defects: whatever is wrong with a file is known by now.
    let unheard = &mut Problems::default();
    let behaviours = files.map(|file| {
        let bytes = source.read(file).unwrap_or_default();
        (file.clone(), behaviours::read(file, &bytes, unheard))
    });
    let behaviours = behaviours.collect();
    let modules = manifest.modules.clone();
    Some(KitDraft { offer: offer(manifest, proofs), manifest: value, modules, behaviours })
}

fn manifest_value(source: &Source<'_>, problems: &mut Problems) -> Option<Value> {
    let read = source.read(manifest::FILE);
    let value = read
        .and_then(|bytes| serde_json::from_slice(&bytes).map_err(|error| format!("is not JSON: {error}")));
    value.map_err(|why| problems.add(manifest::FILE, why)).ok()
}

fn offer(manifest: Manifest, proofs: Vec<Vec<Behaviour>>) -> Offer {
    let features = manifest.features.into_iter().zip(proofs).map(|(entry, behaviours)| {
        offered(entry.title, entry.description, entry.tier, entry.words, behaviours)
    });
    Offer::new(manifest.name, manifest.deliverable, manifest.tagline)
        .with_families(manifest.families)
        .with_words(manifest.words)
        .with_features(features.collect())
        .with_limits(manifest.limits)
}

/// Every module and every file of the page.
fn files(source: &Source<'_>, manifest: &Manifest, problems: &mut Problems) -> Files {
    let mut files = Files::new();
    for path in manifest.modules.iter().chain(manifest.page.all()).filter(|path| !path.is_empty()) {
        if files.contains_key(path) {
            continue;
        }
        if *path != manifest.page.markup && !SERVED.iter().any(|end| path.ends_with(end)) {
            problems.add(path, format_args!("is of a kind that is not served: use {}", SERVED.join(", ")));
        }
        match source.read(path) {
            Ok(bytes) => drop(files.insert(path.clone(), bytes)),
            Err(why) => problems.add(path, why),
        }
    }
    let total = files.values().fold(0_usize, |sum, bytes| sum.saturating_add(bytes.len()));
    if total > BYTES_MAX {
        problems.add(manifest::FILE, format_args!("names files of {total} bytes: {BYTES_MAX} is the limit"));
    }
    files
}

/// Scripts are text, and import only what is in the kit.
fn scripts(files: &Files, problems: &mut Problems) {
    for (path, bytes) in files.iter().filter(|(path, _)| path.ends_with(".js")) {
        let Ok(text) = std::str::from_utf8(bytes) else {
            problems.add(path, "is not UTF-8: save it as that");
            continue;
        };
        for import in script::imports(text) {
            match resolve(path, &import) {
                None => problems.add(
                    path,
                    format_args!(
                        "imports {import:?}, which is not a relative path (./… or ../…) within the kit"
                    ),
                ),
                Some(target) if !files.contains_key(&target) => problems.add(
                    path,
                    format_args!("imports {import:?}: {target} is not among the files of the manifest"),
                ),
                Some(_) => {}
            }
        }
    }
}

/// The file that a relative import names.
pub(super) fn resolve(from: &str, import: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    if !import.starts_with("./") && !import.starts_with("../") {
        return None;
    }
    for part in import.split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()?),
            "" => return None,
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

fn page(manifest: &Manifest, files: &Files, problems: &mut Problems) {
    let mut text = |path: &str| {
        let bytes = files.get(path)?;
        let text = std::str::from_utf8(bytes).ok();
        if text.is_none() {
            problems.add(path, "is not UTF-8: save it as that");
        }
        text
    };
    let markup = text(&manifest.page.markup);
    let styles: Vec<_> = manifest.page.styles.iter().filter_map(|path| Some((path, text(path)?))).collect();
    if let Some(markup) = markup {
        markup::check(&manifest.page.markup, markup, problems);
    }
    let base = base_sheet();
    for (path, css) in styles {
        for problem in style_problems(path, css, &base) {
            problems.add(path, problem);
        }
    }
}

/// The behaviours of each feature.
fn proofs(
    source: &Source<'_>,
    manifest: &Manifest,
    files: &Files,
    problems: &mut Problems,
) -> Vec<Vec<Behaviour>> {
    let (mut used, mut ids) = (BTreeSet::new(), BTreeSet::new());
    let mut proofs = Vec::new();
    for entry in &manifest.features {
        let mut proof = Vec::new();
        for file in &entry.behaviours {
            if !used.insert(file) {
                problems.add(file, "proves two features: each has to have behaviours of its own");
                continue;
            }
            match source.read(file) {
                Ok(bytes) => proof.extend(behaviours::read(file, &bytes, problems)),
                Err(why) => problems.add(file, why),
            }
        }
        for behaviour in &proof {
            if !ids.insert(behaviour.id.clone()) {
                problems.add(&behaviour.id, "is the id of two behaviours: rename one");
            }
            functions(behaviour, manifest, files, problems);
        }
        proofs.push(proof);
    }
    let all = || proofs.iter().flatten();
    let cases: usize = all().map(|behaviour| behaviour.cases.len()).sum();
    let inputs: usize = all().flat_map(|behaviour| &behaviour.properties).map(|law| law.given.len()).sum();
    if cases > CASES_MAX {
        problems.add("behaviours", format_args!("have {cases} cases: {CASES_MAX} is the limit of a kit"));
    }
    if inputs > INPUTS_MAX {
        problems
            .add("behaviours", format_args!("have {inputs} inputs of properties: {INPUTS_MAX} is the limit"));
    }
    proofs
}

/// The functions that a behaviour names exist.
fn functions(behaviour: &Behaviour, manifest: &Manifest, files: &Files, problems: &mut Problems) {
    let (id, module) = (&behaviour.id, &behaviour.module);
    if !manifest.modules.contains(module) {
        problems.add(id, format_args!("names {module:?}, which is not among the modules of the manifest"));
        return;
    }
    let Some(text) = files.get(module).and_then(|bytes| std::str::from_utf8(bytes).ok()) else { return };
    let known = script::exports(text);
    for export in behaviours::exports(behaviour) {
        if !known.iter().any(|name| name == export) {
            problems.add(id, format_args!("names the export {export:?}, which {module} does not have"));
        }
    }
}
