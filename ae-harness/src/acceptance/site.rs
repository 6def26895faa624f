//! A site read into memory: its files, its parsed pages, its style rules.

use std::{collections::BTreeMap, fs, path::Path};

use ae_core::{BackendError, ErrorKind};

use super::{
    document::Page,
    style::{Judge, Rule, Sheet},
};
use crate::{atomic::io_error, paths::walk};

const FILES_MAX: usize = 2_000;
const BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Everything that checks look at.
#[derive(Debug)]
pub(super) struct Site {
    files: BTreeMap<String, Vec<u8>>,
    pages: Vec<Page>,
    sheet: Sheet,
}

impl Site {
    /// Reads `folder`; a missing one is a site without files.
    pub(super) fn read(folder: &Path) -> Result<Self, BackendError> {
        let failed = |error| io_error("acceptance", "run", "read", folder, error);
        let refused = |what: String| {
            let message = format!("{} {what}", folder.display());
            BackendError::new(ErrorKind::InvalidInput, "acceptance", "run", message)
        };
        let mut files = BTreeMap::new();
        match fs::symlink_metadata(folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
            Ok(meta) if !meta.is_dir() => {
                return Err(refused("is no folder: a link is not followed".to_owned()));
            }
            Ok(_) => {
                let found = walk(folder, FILES_MAX).map_err(failed)?;
                if found.iter().map(|file| file.bytes).sum::<u64>() > BYTES_MAX {
                    return Err(refused(format!(
                        "has more than {BYTES_MAX} bytes: remove what the site does not need"
                    )));
                }
                for file in found {
                    if !file.is_file {
                        return Err(refused(format!(
                            "holds {:?}, which is a link or a device: remove it",
                            file.relative
                        )));
                    }
                    files.insert(file.relative, fs::read(&file.full).map_err(failed)?);
                }
            }
        }
        let named = |end: &'static str| {
            let named = files.iter().filter(move |(name, _)| name.ends_with(end));
            named.map(|(name, bytes)| (name.as_str(), String::from_utf8_lossy(bytes)))
        };
        let mut pages: Vec<Page> = named(".html").map(|(name, text)| Page::parse(name, &text)).collect();
        let mut sheet = Sheet::default();
        named(".css").for_each(|(name, css)| sheet.add(name, &css));
        hide(&mut pages, &mut sheet);
        Ok(Self { files, pages, sheet })
    }

    pub(super) fn has_pages(&self) -> bool {
        self.page("index.html").is_some()
    }

    pub(super) fn pages(&self) -> &[Page] {
        &self.pages
    }

    pub(super) fn page(&self, name: &str) -> Option<&Page> {
        self.pages.iter().find(|page| page.name == name)
    }

    pub(super) fn rules(&self) -> &[Rule] {
        &self.sheet.rules
    }

    /// The files by name, with their bytes.
    pub(super) fn files(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.files
    }

    /// A file as text, where it is UTF-8.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.files.get(name)?).ok()
    }
}

/// Finds what style sheets, style elements and style attributes hide on the pages.
fn hide(pages: &mut [Page], sheet: &mut Sheet) {
    let mut attributes = Vec::new();
    for (at, page) in pages.iter().enumerate() {
        for style in page.named("style") {
            sheet.add(&page.name, &style.text().collect::<String>());
        }
        for element in page.elements() {
            let rule = element.attr("style").and_then(|css| sheet.attribute(&page.name, css));
            attributes.extend(rule.map(|rule| (at, Page::key(&element), rule)));
        }
    }
    let judge = Judge::of(sheet, attributes.iter().map(|(_, _, rule)| rule));
    let hidings = judge.hidings(sheet);
    pages.iter_mut().for_each(|page| page.hide(&hidings));
    for (at, key, rule) in attributes {
        if let Some((page, reason)) = pages.get_mut(at).zip(judge.reason(&rule)) {
            page.hide_one(key, reason);
        }
    }
}
