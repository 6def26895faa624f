//! The frame around every page.

use maud::{DOCTYPE, Markup, html};

use super::{
    copy::{SiteCopy, ToolCopy},
    files::PREVIEW,
    preview,
};
use crate::policy;

/// The parts that differ from page to page.
#[derive(Debug)]
pub(super) struct Frame<'a> {
    pub(super) title: String,
    pub(super) description: String,
    /// The file, relative to the site; `None` for the error page, which has no address of its own.
    pub(super) file: Option<&'a str>,
    /// The beginning of every link into the site: nothing, or the path of the site where the depth is unknown.
    pub(super) prefix: &'a str,
    /// The marks of the product's name and of the privacy link.
    pub(super) name_mark: Option<String>,
    pub(super) privacy_mark: Option<String>,
    /// The tool, on the page that holds it.
    pub(super) tool: Option<&'a ToolCopy>,
    pub(super) nav: Markup,
    pub(super) main: Markup,
}

/// A whole document.
pub(super) fn document(copy: &SiteCopy, frame: &Frame<'_>) -> String {
    let prefix = frame.prefix;
    let home = if prefix.is_empty() { "./" } else { prefix };
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            (head(copy, frame))
            body {
                a.skip href="#main" { "Skip to content" }
                header.top {
                    div.wrap.bar {
                        a.brand href=(home) data-criterion=[frame.name_mark.clone()] { (copy.name) }
                        (frame.nav)
                    }
                }
                main #main { (frame.main) }
                footer.bottom {
                    div.wrap.bar {
                        p { (copy.name) ", " time datetime=(copy.date) { (copy.date) } }
                        p { a href=(format!("{prefix}privacy.html")) data-criterion=[frame.privacy_mark.clone()] { "Privacy" } }
                    }
                }
            }
        }
    };
    markup.into_string() + "\n"
}

fn head(copy: &SiteCopy, frame: &Frame<'_>) -> Markup {
    let prefix = frame.prefix;
    html! {
        head {
            meta charset="utf-8";
            // Before anything that it governs.
            @if copy.tool.is_some() { meta http-equiv="Content-Security-Policy" content=(policy::OF_PAGES); }
            meta name="viewport" content="width=device-width, initial-scale=1";
            title { (frame.title) }
            meta name="description" content=(frame.description);
            meta name="color-scheme" content="light dark";
            @match frame.file {
                Some(file) => {
                    link rel="canonical" href=(format!("{}{file}", copy.base_url));
                    meta property="og:type" content="website";
                    meta property="og:site_name" content=(copy.name);
                    meta property="og:title" content=(frame.title);
                    meta property="og:description" content=(frame.description);
                    meta property="og:url" content=(format!("{}{file}", copy.base_url));
                    meta property="og:image" content=(format!("{}{PREVIEW}", copy.base_url));
                    meta property="og:image:width" content=(preview::WIDTH);
                    meta property="og:image:height" content=(preview::HEIGHT);
                    meta property="og:image:alt" content=(copy.name);
                    meta name="twitter:card" content="summary_large_image";
                }
                None => { meta name="robots" content="noindex"; }
            }
            link rel="icon" type="image/svg+xml" href=(format!("{prefix}favicon.svg"));
            link rel="stylesheet" href=(format!("{prefix}styles.css"));
            @if let Some(tool) = frame.tool {
                @for sheet in &tool.styles { link rel="stylesheet" href=(sheet); }
                script type="module" src=(tool.script) {}
            }
        }
    }
}
