//! The privacy page and the error page.

use maud::{Markup, html};

use super::{
    contact::Contact,
    copy::SiteCopy,
    shell::{Frame, document},
};

pub(super) fn privacy(copy: &SiteCopy) -> String {
    let frame = Frame {
        title: format!("Privacy: {}", copy.name),
        description: format!("What {} collects, how long it is kept, and whom to ask.", copy.name),
        file: Some("privacy.html"),
        prefix: "",
        name_mark: None,
        privacy_mark: None,
        tool: None,
        nav: html! {},
        main: html! { section { div.wrap.narrow { (policy(copy)) } } },
    };
    document(copy, &frame)
}

/// Statements that hold for these pages by the way they are made.
fn policy(copy: &SiteCopy) -> Markup {
    html! {
        h1 { "Privacy" }
        p { "This page says what " (copy.name) " collects. It was written on " time datetime=(copy.date) { (copy.date) } "." }
        h2 { "What is not done" }
        ul {
            li { "No cookies are set, and nothing is measured: there are no analytics and no trackers." }
            li { "Nothing is loaded from other sites: no fonts, no images, no scripts." }
            @if copy.tool.is_some() {
                li { "Your files are not uploaded. The tool works on them in your browser." }
            } @else {
                li { "No scripts run, and nothing is stored on your device." }
            }
        }
        h2 { "What is collected" }
        p {
            "To send you a page, the server has to see your network address and which page you ask for. The operator of the \
             server may keep that in its log."
        }
        @if copy.is_planned {
            p { "The button on the front page adds one to a number. Nothing about you is kept with it." }
        }
        @if copy.tool.is_some() { (on_the_device(copy)) }
        @if !copy.tiers.is_empty() && !copy.is_planned { (buying()) }
        h2 { "How long it is kept" }
        p { "The pages themselves keep nothing. How long the log of the server is kept is up to its operator, who can be asked." }
        @if copy.is_planned { p { "The number of the button is kept for as long as the plan is." } }
        h2 { "Whom to ask" }
        (whom(copy))
    }
}

fn on_the_device(copy: &SiteCopy) -> Markup {
    html! {
        h2 { "What stays on your device" }
        p {
            "The tool stores what it needs in this browser, on your device: its settings, work in progress, a copy of its own \
             files for use without a network"
            @if copy.has_paid { ", and the licence that you bought" }
            ". "
            @if copy.has_paid && copy.renews {
                "Of this only the number of a purchase is sent, to this site alone, which asks the payment provider with it \
                 about once a day whether the licence still holds. "
            } @else { "It is sent to no one. " }
            "It stays until you remove it in the tool, or clear the data of this site in your browser."
        }
    }
}

fn buying() -> Markup {
    html! {
        h2 { "When you buy" }
        p {
            "The buttons of the price list lead to a payment page. It collects what the payment needs, and says so there. \
             Nothing is collected before you press a button. The licence that you get names the product, what you bought, a \
             number for the order and the times between which it holds, and nothing about you."
        }
    }
}

fn whom(copy: &SiteCopy) -> Markup {
    html! {
        @match copy.contact.as_deref().map(Contact::of) {
            Some(Some(contact)) => p { "Ask " a href=(contact.href) { (contact.text) } " about your data, or to have it removed." },
            _ => p {
                "No contact was given for this site. Ask the operator of the server that it comes from"
                @if !copy.tiers.is_empty() && !copy.is_planned { ", or the seller that the payment page names" }
                "."
            },
        }
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
        tool: None,
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
