//! A site read into memory: its files, its parsed pages, its style rules.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use ae_core::{BackendError, ErrorKind};

use scraper::ElementRef;

use super::{
    address::{Address, Place},
    document::Page,
    style::{Sheets, problems},
};
use crate::{
    atomic::io_error,
    deploy::{candidates, is_served},
    paths::walk,
};

/// The page that visitors come to first.
const FRONT_PAGE: &str = "index.html";

const FILES_MAX: usize = 2_000;
const BYTES_MAX: u64 = 64 * 1024 * 1024;

/// The input of all checks.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) address: Address,
    /// The files by name, with their bytes.
    pub(super) files: BTreeMap<String, Vec<u8>>,
    pub(super) pages: Vec<Page>,
    /// All style sheets; style elements and style attributes are refused by [`self_contained`](super::links::self_contained).
    pub(super) sheets: Sheets,
    /// The declarations in them that hide text or may hide it: while there are any, no text counts as visible.
    pub(super) hiding: Vec<String>,
    /// The pages that people can get to.
    reached: BTreeSet<String>,
}

impl Site {
    /// Reads `folder`; a missing one is a site without files. `checkout_path` is answered by the host, not by a page.
    pub(super) fn read(folder: &Path, address: Address, checkout_path: &str) -> Result<Self, BackendError> {
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
                return Err(refused("is not a folder: a link is not followed".to_owned()));
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
        let pages: Vec<Page> = named(".html").map(|(name, text)| Page::parse(name, &text)).collect();
        let mut sheets = Sheets::default();
        named(".css").for_each(|(name, css)| sheets.add(name, &css));
        let mut site = Self {
            address,
            files,
            pages,
            sheets: Sheets::default(),
            hiding: Vec::new(),
            reached: BTreeSet::new(),
        };
        for name in site.other_sheets() {
            let css = site.files.get(&name).map(|bytes| String::from_utf8_lossy(bytes)).unwrap_or_default();
            sheets.add(&name, &css);
        }
        (site.hiding, site.sheets) = (problems(&sheets), sheets);
        site.reached = site.follow(checkout_path);
        Ok(site)
    }

    /// Style sheets that pages link to although their names do not say so.
    fn other_sheets(&self) -> BTreeSet<String> {
        let is_sheet = |link: &ElementRef<'_>| {
            link.attr("rel").is_some_and(|rel| {
                rel.split_ascii_whitespace().any(|word| word.eq_ignore_ascii_case("stylesheet"))
            })
        };
        let links = self
            .pages
            .iter()
            .flat_map(|page| page.named("link").filter(is_sheet).map(move |link| (page, link)));
        let files = links.filter_map(|(page, link)| self.linked(page, link.attr("href")?));
        files.filter(|file| !file.ends_with(".css")).map(str::to_owned).collect()
    }

    /// The pages that visible links lead to, one after another, from the front page on.
    fn follow(&self, checkout_path: &str) -> BTreeSet<String> {
        let mut reached = BTreeSet::from([FRONT_PAGE.to_owned()]);
        let mut waiting = vec![FRONT_PAGE.to_owned()];
        while let Some(page) = waiting.pop().and_then(|name| self.page(&name)) {
            for (link, place) in self.offered(page) {
                let Place::Inside(inside) = place else { continue };
                let is_page = link.attr("download").is_none() && inside.path != checkout_path;
                let Some(file) = self.file_at(&inside.path).filter(|_| is_page) else { continue };
                if self.page(file).is_some() && reached.insert(file.to_owned()) {
                    waiting.push(file.to_owned());
                }
            }
        }
        reached
    }

    /// The pages that people can get to from the front page by links that they see.
    pub(super) fn reached(&self) -> impl Iterator<Item = &Page> {
        self.pages.iter().filter(|page| self.reached.contains(&page.name))
    }

    /// The links of a page that people see, with their targets.
    pub(super) fn offered<'a>(&'a self, page: &'a Page) -> impl Iterator<Item = (ElementRef<'a>, Place)> {
        let links = page.named("a").filter(|link| page.offers(link));
        links.filter_map(|link| Some((link, self.place(page, link.attr("href")?))))
    }

    /// The target of an address on a page.
    pub(super) fn place(&self, page: &Page, href: &str) -> Place {
        if page.has_base() { Place::Unknown } else { self.address.resolve(&page.name, href) }
    }

    /// The file that an address on a page leads to.
    pub(super) fn linked(&self, page: &Page, href: &str) -> Option<&str> {
        match self.place(page, href) {
            Place::Inside(inside) => self.file_at(&inside.path),
            _ => None,
        }
    }

    /// The file that an address in the file `name` leads to.
    pub(super) fn file_from(&self, name: &str, address: &str) -> Option<&str> {
        match self.address.resolve(name, address) {
            Place::Inside(inside) => self.file_at(&inside.path),
            _ => None,
        }
    }

    /// The file with which a host answers a path relative to the site.
    pub(super) fn file_at(&self, path: &str) -> Option<&str> {
        let names = candidates(&format!("/{path}")).into_iter().filter(|name| is_served(name));
        names.filter_map(|name| self.files.get_key_value(&name)).map(|(name, _)| name.as_str()).next()
    }

    pub(super) fn has_pages(&self) -> bool {
        self.page(FRONT_PAGE).is_some()
    }

    pub(super) fn page(&self, name: &str) -> Option<&Page> {
        self.pages.iter().find(|page| page.name == name)
    }

    /// A file as text, where it is UTF-8.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.files.get(name)?).ok()
    }
}
