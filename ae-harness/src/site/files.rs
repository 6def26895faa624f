//! The files of a site.

use std::collections::BTreeMap;

use ae_core::ProductSpec;
use maud::html;

use super::{copy::SiteCopy, front, marks::Marks, pages, preview, style, thanks};
use crate::{acceptance::SITE_FOLDER, context::SiteContext, kit::Kit, licence};

/// The preview image.
pub(super) const PREVIEW: &str = "preview.png";

/// Every file by its path in the workspace, the same bytes for the same copy.
pub(super) fn render(copy: &SiteCopy, marks: &Marks) -> BTreeMap<String, Vec<u8>> {
    let files = [
        ("404.html", pages::missing(copy)),
        ("favicon.svg", icon(copy)),
        ("index.html", front::page(copy, marks)),
        ("privacy.html", pages::privacy(copy)),
        ("robots.txt", format!("User-agent: *\nAllow: /\n\nSitemap: {}sitemap.xml\n", copy.base_url)),
        ("sitemap.xml", sitemap(copy)),
        ("styles.css", style::sheet(copy.palette)),
    ];
    let mut files: BTreeMap<_, _> =
        files.map(|(name, text)| (format!("{SITE_FOLDER}/{name}"), text.into_bytes())).into();
    files.insert(format!("{SITE_FOLDER}/{PREVIEW}"), preview::image(&copy.name, copy.palette));
    files
}

/// The files of the tool: those of its kit, and the one by which it checks licences.
pub(super) fn tool(kit: &Kit, spec: &ProductSpec, site: &SiteContext) -> BTreeMap<String, Vec<u8>> {
    let placed = |name: &str| format!("{SITE_FOLDER}/{name}");
    let mut files: BTreeMap<_, _> =
        kit.site_files().map(|(name, bytes)| (placed(&name), bytes.to_vec())).collect();
    if let Some(licence) = licence::document(spec, site) {
        files.insert(placed(licence::FILE), format!("{licence}\n").into_bytes());
    }
    files
}

/// The page to which a payment leads back, and its script.
pub(super) fn return_page(copy: &SiteCopy) -> [(String, Vec<u8>); 2] {
    let placed = |name: &str, text: String| (format!("{SITE_FOLDER}/{name}"), text.into_bytes());
    [
        placed(licence::RETURN_PAGE, thanks::page(copy)),
        placed(licence::RETURN_SCRIPT, licence::RETURN_CODE.to_owned()),
    ]
}

fn icon(copy: &SiteCopy) -> String {
    let letter: String = copy
        .name
        .chars()
        .find(|c| c.is_ascii_alphanumeric())
        .map_or("•".to_owned(), |c| c.to_ascii_uppercase().to_string());
    let (fill, text) = style::icon_colours(copy.palette);
    let markup = html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" {
            rect width="64" height="64" rx="14" fill=(fill) {}
            text x="32" y="44" text-anchor="middle" font-family="system-ui, sans-serif" font-size="36" font-weight="700" fill=(text) { (letter) }
        }
    };
    markup.into_string() + "\n"
}

fn sitemap(copy: &SiteCopy) -> String {
    let addresses = [copy.base_url.clone(), format!("{}privacy.html", copy.base_url)];
    let urls = html! {
        @for address in &addresses { url { loc { (address) } lastmod { (copy.date) } } }
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">{}</urlset>\n",
        urls.into_string()
    )
}
