//! The front page.

use maud::{Markup, PreEscaped, html};

use super::{
    copy::{SiteCopy, ToolCopy},
    marks::{Marks, Part},
    shell::{Frame, document},
};

pub(super) fn page(copy: &SiteCopy, marks: &Marks) -> String {
    let name = if copy.is_planned { format!("{} (not built yet)", copy.name) } else { copy.name.clone() };
    let title = if copy.tagline == copy.name { name } else { format!("{name}: {}", copy.tagline) };
    let frame = Frame {
        title,
        description: copy.summary(),
        file: Some(""),
        prefix: "",
        name_mark: marks.get(Part::Name),
        privacy_mark: marks.get(Part::Privacy),
        tool: copy.tool.as_ref(),
        nav: nav(copy),
        main: html! {
            @if let Some(parts) = &copy.tool { (working(copy, parts, marks)) } @else { (hero(copy, marks)) }
            (features(copy, marks))
            (pricing(copy, marks))
            (questions(copy, marks))
        },
    };
    document(copy, &frame)
}

fn nav(copy: &SiteCopy) -> Markup {
    let entries = [
        ("#tool", "The tool", copy.tool.is_some()),
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

/// A short head, and the tool at once.
fn working(copy: &SiteCopy, parts: &ToolCopy, marks: &Marks) -> Markup {
    html! {
        section.hero.compact { div.wrap {
            (head(copy, marks))
            noscript { p.notice { "The tool runs in your browser and needs JavaScript for it." } }
        } }
        (PreEscaped(&parts.markup))
    }
}

fn hero(copy: &SiteCopy, marks: &Marks) -> Markup {
    html! {
        section.hero { div.wrap {
            (head(copy, marks))
            (problem(copy, marks))
            @if copy.is_planned {
                div #interest data-criterion=[marks.get(Part::Interest)] {
                    form method="post" action=(copy.interest) { button.button type="submit" { "Count me in" } }
                    p { "One more is counted, and that is all: no name, no address, nothing to pay." }
                }
            } @else if !copy.tiers.is_empty() {
                p { a.button href="#pricing" { "See the price list" } }
            }
        } }
    }
}

fn head(copy: &SiteCopy, marks: &Marks) -> Markup {
    html! {
        @if copy.is_planned {
            p.notice data-criterion=[marks.get(Part::NotBuilt)] {
                strong { "Not built yet." } " " (copy.name) " is a plan. This page asks who would want it; nothing is sold here."
            }
        }
        @if copy.sample {
            p.notice { "The demand signals behind this page are a bundled sample and no evidence." }
        }
        @for (at, notice) in copy.notices.iter().enumerate() {
            p.notice data-criterion=[marks.get(Part::Notice(at))] { (notice) }
        }
        h1 data-criterion=[marks.get(Part::Tagline)] { (copy.promised(&copy.tagline)) }
        @if let Some(audience) = &copy.audience {
            p.audience data-criterion=[marks.get(Part::Audience)] { (audience) }
        }
    }
}

fn problem(copy: &SiteCopy, marks: &Marks) -> Markup {
    html! {
        @if !copy.problem.is_empty() { p.lead data-criterion=[marks.get(Part::Problem)] { (copy.problem) } }
    }
}

fn features(copy: &SiteCopy, marks: &Marks) -> Markup {
    let is_tool = copy.tool.is_some();
    html! {
        @if !copy.features.is_empty() || (is_tool && !copy.problem.is_empty()) {
            section #features { div.wrap {
                h2 { @if copy.is_planned { "What is planned" } @else { "What it does" } }
                @if is_tool { (problem(copy, marks)) }
                @if copy.is_planned { p { "None of this exists yet." } }
                ul.cards {
                    @for (at, feature) in copy.features.iter().enumerate() {
                        li.card data-criterion=[marks.get(Part::Feature(at))] {
                            h3 { (copy.promised(&feature.title)) }
                            @if !feature.description.is_empty() { p { (feature.description) } }
                            @if copy.has_paid { p.small { @if feature.is_paid { "In the paid plan" } @else { "Free" } } }
                        }
                    }
                }
            } }
        }
    }
}

fn pricing(copy: &SiteCopy, marks: &Marks) -> Markup {
    html! {
        @if !copy.tiers.is_empty() {
            section #pricing { div.wrap {
                h2 { @if copy.is_planned { "Planned price" } @else { "Pricing" } }
                @if copy.is_planned { p { "Not built yet, so nothing can be bought. This is what it is meant to cost:" } }
                ul.cards {
                    @for (at, tier) in copy.tiers.iter().enumerate() {
                        li.card.tier data-criterion=[marks.get(Part::Tier(at))] {
                            h3 { (tier.name) }
                            @if copy.is_planned { p.small { "Planned price" } }
                            p.price { (tier.price) }
                            @if !tier.includes.is_empty() {
                                ul.includes { @for item in &tier.includes { li { (copy.promised(item)) } } }
                            }
                            @if !copy.is_planned {
                                p.action {
                                    a.button href=(tier.checkout) data-criterion=[marks.get(Part::Checkout)] { "Choose " (tier.name) }
                                }
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
                    h3 { (copy.limits_title()) }
                    ul { @for limit in &copy.limits { li { (limit) } } }
                }
            } }
        }
    }
}
