//! The privacy page and the error page.

use maud::{Markup, html};

use super::{
    copy::SiteCopy,
    shell::{Frame, document},
};

pub(super) fn privacy(copy: &SiteCopy) -> String {
    let frame = Frame {
        title: format!("Privacy: {}", copy.name),
        description: format!("What {} collects, and what it does not.", copy.name),
        file: Some("privacy.html"),
        prefix: "",
        name_mark: None,
        privacy_mark: None,
        nav: html! {},
        main: html! { section { div.wrap.narrow { (policy(copy)) } } },
    };
    document(copy, &frame)
}

/// Statements that hold for these pages by the way they are made.
fn policy(copy: &SiteCopy) -> Markup {
    html! {
        h1 { "Privacy" }
        p { "This page says what these pages of " (copy.name) " collect. It was written on " time datetime=(copy.date) { (copy.date) } "." }
        h2 { "What these pages do not do" }
        ul {
            li { "They set no cookies and store nothing on your device." }
            li { "They run no scripts and have no analytics." }
            li { "They load nothing from other sites: no fonts, no images, no trackers." }
            li { "They have no forms, so you type nothing into them." }
        }
        h2 { "What is collected" }
        p {
            "To send you a page, the server has to see your network address and which page you ask for. The operator of the \
             server may keep that in its log."
        }
        @if !copy.tiers.is_empty() {
            h2 { "When you buy" }
            p {
                "The buttons of the price list lead to a payment page. It collects what the payment needs, and says so \
                 there. Nothing is collected before you press a button."
            }
        }
        h2 { "Links to other sites" }
        p { "Links to posts elsewhere lead to sites with rules of their own. Nothing about you is sent before you follow one." }
    }
}

pub(super) fn missing(copy: &SiteCopy) -> String {
    let frame = Frame {
        title: format!("Page not found: {}", copy.name),
        description: "There is no such page.".to_owned(),
        file: None,
        // The page answers at any depth, so that links relative to it would miss.
        prefix: &copy.base_path,
        name_mark: None,
        privacy_mark: None,
        nav: html! {},
        main: html! {
            section.hero { div.wrap {
                h1 { "There is no such page" }
                p.lead { "The address may be mistyped, or the page is gone." }
                p { a.button href=(copy.base_path) { "To the front page" } }
            } }
        },
    };
    document(copy, &frame)
}
