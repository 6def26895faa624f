//! The front page.

use maud::{Markup, html};

use super::{
    copy::{LIMITS, Quote, SiteCopy},
    marks::{Marks, Part},
    shell::{Frame, document},
};

pub(super) fn page(copy: &SiteCopy, marks: &Marks) -> String {
    let title = if copy.tagline == copy.name {
        copy.name.clone()
    } else {
        format!("{}: {}", copy.name, copy.tagline)
    };
    let frame = Frame {
        title,
        description: copy.summary(),
        file: Some(""),
        prefix: "",
        name_mark: marks.get(Part::Name),
        privacy_mark: marks.get(Part::Privacy),
        nav: nav(copy),
        main: html! {
            (hero(copy, marks))
            (features(copy, marks))
            (evidence(copy))
            (pricing(copy, marks))
            (questions(copy, marks))
        },
    };
    document(copy, &frame)
}

fn nav(copy: &SiteCopy) -> Markup {
    let entries = [
        ("#features", "Features", !copy.features.is_empty()),
        ("#pricing", "Pricing", !copy.tiers.is_empty()),
        ("#questions", "Questions", !copy.limits.is_empty()),
    ];
    html! {
        @if entries.iter().any(|(_, _, there)| *there) {
            nav aria-label="Main" { ul {
                @for (href, name, _) in entries.iter().filter(|(_, _, there)| *there) { li { a href=(href) { (name) } } }
            } }
        }
    }
}

fn hero(copy: &SiteCopy, marks: &Marks) -> Markup {
    html! {
        section.hero { div.wrap {
            @if copy.sample {
                p.notice { "The demand signals behind this page are a bundled sample and no evidence." }
            }
            h1 data-criterion=[marks.get(Part::Tagline)] { (copy.tagline) }
            @if !copy.problem.is_empty() { p.lead data-criterion=[marks.get(Part::Problem)] { (copy.problem) } }
            @if let Some(audience) = &copy.audience {
                p.audience data-criterion=[marks.get(Part::Audience)] { (audience) }
            }
            @if !copy.tiers.is_empty() { p { a.button href="#pricing" { "See the price list" } } }
        } }
    }
}

fn features(copy: &SiteCopy, marks: &Marks) -> Markup {
    html! {
        @if !copy.features.is_empty() {
            section #features { div.wrap {
                h2 { "What it does" }
                ul.cards {
                    @for (at, feature) in copy.features.iter().enumerate() {
                        li.card data-criterion=[marks.get(Part::Feature(at))] {
                            h3 { (feature.title) }
                            @if !feature.description.is_empty() { p { (feature.description) } }
                            p.small { (feature.ground) }
                        }
                    }
                }
            } }
        }
    }
}

fn evidence(copy: &SiteCopy) -> Markup {
    html! {
        @if !copy.quotes.is_empty() {
            section.tinted #evidence { div.wrap {
                h2 { @if copy.sample { "Sample signals" } @else { "What people write" } }
                p {
                    @if copy.sample {
                        "Bundled examples of posts. They show how the page works and are no evidence of demand."
                    } @else {
                        "Titles of public posts that this product answers, as their authors wrote them."
                    }
                }
                ul.quotes { @for quote in &copy.quotes { li { (figure(quote)) } } }
            } }
        }
    }
}

fn figure(quote: &Quote) -> Markup {
    html! {
        figure {
            blockquote { p { (quote.text) } }
            figcaption {
                @match &quote.url {
                    Some(url) => a href=(url) rel="nofollow noopener" { (quote.source) },
                    None => span { (quote.source) },
                }
                @for fact in &quote.facts { ", " (fact) }
                @if let Some(date) = &quote.date { ", " time datetime=(date) { (date) } }
            }
        }
    }
}

fn pricing(copy: &SiteCopy, marks: &Marks) -> Markup {
    html! {
        @if !copy.tiers.is_empty() {
            section #pricing { div.wrap {
                h2 { "Pricing" }
                ul.cards {
                    @for (at, tier) in copy.tiers.iter().enumerate() {
                        li.card.tier data-criterion=[marks.get(Part::Tier(at))] {
                            h3 { (tier.name) }
                            p.price { (tier.price) }
                            @if !tier.includes.is_empty() {
                                ul.includes { @for item in &tier.includes { li { (item) } } }
                            }
                            p.action {
                                a.button href=(tier.checkout) data-criterion=[marks.get(Part::Checkout)] { "Choose " (tier.name) }
                            }
                        }
                    }
                }
            } }
        }
    }
}

fn questions(copy: &SiteCopy, marks: &Marks) -> Markup {
    html! {
        @if !copy.limits.is_empty() {
            section #questions { div.wrap.narrow {
                h2 { "Questions" }
                div.question data-criterion=[marks.get(Part::Limits)] {
                    h3 { (LIMITS) }
                    ul { @for limit in &copy.limits { li { (limit) } } }
                }
            } }
        }
    }
}
