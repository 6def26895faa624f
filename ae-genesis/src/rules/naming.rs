//! Names for niches and products: the intent's own words, cleaned.

use std::{collections::BTreeSet, sync::LazyLock};

use ae_core::Digest;

use super::coverage;
use crate::{
    SignalQuery,
    find::{
        query::{is_boilerplate, is_quality},
        text,
    },
};

/// The longest product name, in characters.
const NAME_CHARS_MAX: usize = 40;
/// The longest slug, as `ProductSpec` has it.
pub(super) const SLUG_CHARS_MAX: usize = 48;

/// One list a line: `name: words`.
const WORDS: &str = include_str!("naming.txt");
/// Names of others that must not become part of a product's name.
static BRANDS: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| text::list(WORDS, "brands"));
/// Words that are written in capitals.
static ABBREVIATIONS: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| text::list(WORDS, "abbreviations"));
/// Words that stay small within a name.
static SMALL: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| text::list(WORDS, "small"));

/// The programs that a part such as an extension is made for.
const HOSTS: [&str; 7] = ["chrome", "firefox", "safari", "linux", "mac", "macos", "browser"];

/// The name of another product in `name`.
pub(super) fn brand(name: &str) -> Option<String> {
    text::words(name).into_iter().find(|word| BRANDS.contains(word.as_str()))
}

/// Letters, digits and plain inner marks of `text` in one line: what may stand on a page and in a criterion.
pub(super) fn plain(text: &str) -> String {
    let kept = |c: char| c.is_alphanumeric() || matches!(c, '-' | '+' | '#' | '/' | '.' | '’' | '%');
    let text = text.replace('\'', "’");
    let kept: String = text.chars().map(|c| if kept(c) { c } else { ' ' }).collect();
    let words = kept.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric));
    words.collect::<Vec<_>>().join(" ").chars().take(90).collect::<String>().trim_end().to_owned()
}

/// A text of an offer in one line, without what could break a page or a quotation.
pub(super) fn line(text: &str) -> String {
    let kept: String = text
        .chars()
        .map(|c| if c.is_control() || matches!(c, '<' | '>' | '`' | '"') { ' ' } else { c })
        .collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The product as the intent says it, in one line.
pub(super) fn product(query: &SignalQuery) -> String {
    let product = plain(&query.product);
    if product.is_empty() { "product".to_owned() } else { product }
}

/// Whom the product is for, as the intent says it.
pub(super) fn audience(query: &SignalQuery) -> Option<String> {
    query.audience.as_deref().map(plain).filter(|audience| !audience.is_empty())
}

/// The product's name: what it is and, if there is room, for whom.
pub(super) fn product_name(query: &SignalQuery) -> String {
    let product = product(query);
    let words: Vec<&str> = product.split(' ').collect();
    let mut name = cut(core(&words));
    if name.is_empty() {
        name = words.iter().map(|word| (*word).to_owned()).collect();
    }
    let mut name = title(&name);
    if let Some(audience) = audience(query) {
        let longer =
            format!("{name} for {}", title(&audience.split(' ').map(str::to_owned).collect::<Vec<_>>()));
        if longer.chars().count() <= NAME_CHARS_MAX {
            name = longer;
        }
    }
    name
}

/// The words of a product that name it: "ebook about X" is an X ebook, "tool that validates X" validates X.
fn core(words: &[&str]) -> Vec<String> {
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let folded: Vec<String> = words.iter().map(|word| text::fold(word)).collect();
    let host = |word: &String| BRANDS.contains(word.as_str()) || HOSTS.contains(&word.as_str());
    let says_much = |word: &String| {
        !(is_boilerplate(word) || is_quality(word) || host(word) || coverage::other_form(word).is_some())
    };
    let link = folded.iter().position(|word| {
        matches!(
            word.as_str(),
            "that" | "which" | "to" | "about" | "for" | "of" | "on" | "with" | "in" | "where" | "who"
        )
    });
    let Some(link) = link.filter(|link| *link > 0) else { return owned(words) };
    let (head, tail) = (words.get(..link).unwrap_or_default(), words.get(link + 1..).unwrap_or_default());
    let linked = folded.get(link).map_or("", String::as_str);
    let tool = folded.get(..link).unwrap_or_default();
    if tool.iter().any(says_much) {
        // "PDF to markdown API" is one name; "CSV tool that merges files" ends before "that".
        let range = linked == "to" && tool.last().is_some_and(says_much);
        if range || matches!(linked, "of" | "in" | "on") {
            return owned(words);
        }
        // "Replace Excel for construction estimates" is named by the estimates.
        let left = tool.iter().filter(|word| says_much(word)).count();
        if linked != "for" || left >= 2 || !tool.iter().any(host) {
            return owned(head);
        }
    }
    let end = tail.iter().position(|word| {
        matches!(
            text::fold(word).as_str(),
            "that" | "which" | "with" | "and" | "so" | "from" | "without" | "by"
        )
    });
    let tail = tail.get(..end.unwrap_or(tail.len())).unwrap_or_default();
    let form = head.last().copied().filter(|form| coverage::other_form(form).is_some());
    let verb = matches!(linked, "that" | "which" | "to");
    let mut object = owned(if form.is_some() && verb && tail.len() > 1 {
        tail.get(1..).unwrap_or_default()
    } else {
        tail
    });
    if let Some(first) = object.first_mut().filter(|_| form.is_none() && matches!(linked, "that" | "which")) {
        *first = infinitive(first);
    }
    object.extend(form.map(str::to_owned));
    object
}

/// "validates" as "validate".
fn infinitive(verb: &str) -> String {
    for (ending, plain) in [("ies", "y"), ("sses", "ss"), ("shes", "sh"), ("ches", "ch"), ("xes", "x")] {
        if let Some(stem) = verb.strip_suffix(ending) {
            return format!("{stem}{plain}");
        }
    }
    verb.strip_suffix('s').filter(|stem| !stem.ends_with('s')).unwrap_or(verb).to_owned()
}

/// Without brands of others and outer small words, as many words as fit.
fn cut(named: Vec<String>) -> Vec<String> {
    let small = |word: &String| SMALL.contains(text::fold(word).as_str());
    let mut words: Vec<String> = Vec::new();
    for word in named {
        if !BRANDS.contains(text::fold(&word).as_str()) && text::fold(&word) != "free" {
            words.push(word);
            continue;
        }
        // "CSV to Excel converter" is not a "CSV to converter".
        while words.last().is_some_and(small) {
            words.pop();
        }
    }
    let length = |words: &[String]| words.iter().map(|word| word.chars().count() + 1).sum::<usize>();
    while words.len() > 1 && (length(&words) > NAME_CHARS_MAX + 1 || words.last().is_some_and(small)) {
        words.pop();
    }
    while words.len() > 1 && words.first().is_some_and(small) {
        words.remove(0);
    }
    words
}

/// In title case, at most as long as a name may be.
fn title(words: &[String]) -> String {
    let shown = words.iter().enumerate().map(|(at, word)| {
        let folded = text::fold(word);
        if at > 0 && SMALL.contains(folded.as_str()) { folded } else { display(word) }
    });
    let name = shown.collect::<Vec<_>>().join(" ");
    name.chars().take(NAME_CHARS_MAX).collect::<String>().trim_end().to_owned()
}

/// A word as the intent wrote it, when it has capitals of its own; otherwise capitalised, and in capitals when it is a
/// known abbreviation.
pub(super) fn display(word: &str) -> String {
    if word.chars().skip(1).any(char::is_uppercase) {
        return word.to_owned();
    }
    if ABBREVIATIONS.contains(text::fold(word).as_str()) {
        return word.to_uppercase();
    }
    word.split('-').map(capitalised).collect::<Vec<_>>().join("-")
}

/// Whether the intent asks for something free of charge: `free CSV tool`, `CSV tool for free`, and not `ad free radio`.
///
/// A product that is sold must not be called free.
pub(super) fn asks_for_free(query: &SignalQuery) -> bool {
    let keywords = &query.keywords;
    [keywords.first(), keywords.last()].into_iter().flatten().any(|word| word == "free")
}

/// The name as a label for addresses; a name without Latin letters gets one from its digest.
pub(super) fn slug(name: &str) -> String {
    let mut slug = String::new();
    for word in text::words(name) {
        let plain: String = word.chars().filter(char::is_ascii_alphanumeric).collect();
        if plain.is_empty() || slug.len() + plain.len() + 1 > SLUG_CHARS_MAX {
            continue;
        }
        if !slug.is_empty() {
            slug.push('-');
        }
        slug.push_str(&plain);
    }
    let latin = text::words(name).iter().all(|word| word.is_ascii()) && !slug.is_empty();
    if latin {
        return slug;
    }
    let digest = Digest::of_bytes("slug", name.as_bytes()).short(8);
    let head: String = slug.chars().take(SLUG_CHARS_MAX - 17).collect();
    if head.is_empty() {
        format!("product-{digest}")
    } else {
        format!("{}-{digest}", head.trim_end_matches('-'))
    }
}

/// With a capital first letter.
pub(super) fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use ae_core::{Currency, Intent, Money};

    use super::*;

    fn named(text: &str) -> String {
        let intent = Intent::new(text, Money::zero(Currency::USD)).unwrap();
        product_name(&SignalQuery::from_intent(&intent))
    }

    #[test]
    fn names_are_readable_and_from_the_intent() {
        for (text, name) in [
            ("Build a $500 MRR CSV tool", "CSV Tool"),
            ("time tracking app for freelancers", "Time Tracking App for Freelancers"),
            ("free CSV tool", "CSV Tool"),
            ("Résumé builder", "Résumé Builder"),
            ("Tool to help lawyers redact PDF documents", "Redact PDF Documents for Lawyers"),
            ("B2B API that validates VAT numbers", "VAT Numbers API for Businesses"),
            ("Sell an ebook about sourdough baking for a one-time payment of $29", "Sourdough Baking Ebook"),
            ("Drone photography booking site", "Drone Photography Booking Site"),
            ("Bookkeeping for Handwerker", "Bookkeeping for Handwerker"),
            ("A Chrome extension that blocks cookie banners", "Cookie Banners Extension"),
            ("Replace Excel for construction estimates", "Construction Estimates"),
            ("CSV to Excel converter", "CSV Converter"),
            ("Sell a tool that merges spreadsheets to accountants", "Merge Spreadsheets for Accountants"),
            ("A co-founder matching site", "Co-Founder Matching Site"),
            ("PDF to markdown API for developers", "PDF to Markdown API for Developers"),
        ] {
            assert_eq!(named(text), name, "{text}");
        }
    }

    #[test]
    fn markup_and_long_words_stay_out_of_names() {
        let name = named(&format!("<script>alert(\"x\")</script> `{}` tool", "a".repeat(300)));
        assert!(name.chars().all(|c| c.is_alphanumeric() || c == ' '), "{name}");
        assert!(name.chars().count() <= NAME_CHARS_MAX && slug(&name).len() <= SLUG_CHARS_MAX, "{name}");
        assert_eq!(slug("CSV Tool for IT"), "csv-tool-for-it");
        let foreign = slug("請求書 作成");
        assert!(foreign.is_ascii() && foreign.len() > 8, "{foreign}");
    }
}
