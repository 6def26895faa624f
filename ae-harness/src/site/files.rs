//! The files of a site.

use std::collections::BTreeMap;

use maud::html;

use super::{copy::SiteCopy, front, marks::Marks, pages, style};
use crate::acceptance::SITE_FOLDER;

/// Every file by its path in the workspace, the same bytes for the same copy.
pub(super) fn render(copy: &SiteCopy, marks: &Marks) -> BTreeMap<String, String> {
    let files = [
        ("404.html", pages::missing(copy)),
        ("favicon.svg", icon(copy)),
        ("index.html", front::page(copy, marks)),
        ("privacy.html", pages::privacy(copy)),
        ("robots.txt", format!("User-agent: *\nAllow: /\n\nSitemap: {}sitemap.xml\n", copy.base_url)),
        ("sitemap.xml", sitemap(copy)),
        ("styles.css", style::sheet(copy.palette)),
    ];
    files.map(|(name, text)| (format!("{SITE_FOLDER}/{name}"), text)).into()
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
