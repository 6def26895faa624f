//! The page to which a payment leads back.

use maud::html;

use super::{
    copy::{SiteCopy, ToolCopy},
    shell::{Frame, document},
};
use crate::licence::RETURN_SCRIPT;

/// The page; its script fills it. A host may answer it with or without a slash at the end, so that its links begin at the
/// root of the site.
pub(super) fn page(copy: &SiteCopy) -> String {
    let script = ToolCopy {
        markup: String::new(),
        script: format!("{}{RETURN_SCRIPT}", copy.base_path),
        styles: Vec::new(),
    };
    let frame = Frame {
        title: format!("Your payment: {}", copy.name),
        description: format!("Unlocks {} after a payment.", copy.name),
        file: None,
        prefix: &copy.base_path,
        name_mark: None,
        privacy_mark: None,
        tool: Some(&script),
        nav: html! {},
        main: html! {
            section.hero { div.wrap.narrow {
                h1 { "Your payment" }
                noscript { p.notice { "This page needs JavaScript to look at your payment." } }
                p.lead #thanks-state role="status" { "Your payment is being checked." }
                p #thanks-open hidden { a.button href=(copy.base_path) { "Open the tool, unlocked" } }
                p #thanks-retry hidden { button.button type="button" { "Look again" } }
                div #thanks-keep hidden {
                    h2 { "On another device" }
                    p { "Open this link there. Keep it to yourself: it unlocks the tool for whoever has it." }
                    p {
                        label for="thanks-link" { "Link to this purchase" } " "
                        input #thanks-link type="text" readonly;
                    }
                }
            } }
        },
    };
    document(copy, &frame)
}
