//! A site read into memory: its files, its parsed pages, its style rules.

use std::{collections::BTreeMap, fs, path::Path};

use ae_core::{BackendError, ErrorKind};

use super::{
    document::Page,
    style::{self, Rule},
};
use crate::{atomic::io_error, paths::walk};

const FILES_MAX: usize = 2_000;
const BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Everything that checks look at.
#[derive(Debug)]
pub(super) struct Site {
    files: BTreeMap<String, Vec<u8>>,
    pages: Vec<Page>,
    rules: Vec<Rule>,
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
        let text = |name: &str| files.get(name).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        let named = |end: &str| files.keys().filter(|name| name.ends_with(end)).cloned().collect::<Vec<_>>();
        let rules: Vec<Rule> =
            named(".css").iter().filter_map(|name| text(name)).flat_map(|css| style::rules(&css)).collect();
        let hiding = style::hiding_selectors(&rules);
        let pages = named(".html")
            .into_iter()
            .filter_map(|name| Some(Page::parse(&name, &text(&name)?, &hiding)))
            .collect();
        Ok(Self { files, pages, rules })
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
        &self.rules
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
