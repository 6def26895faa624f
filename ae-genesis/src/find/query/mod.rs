//! An intent, read for searching.

mod audience;
mod expansion;
mod money;
mod paying;
mod price;
mod product;
mod terms;
mod tokens;
mod words;

use ae_core::{BillingInterval, Intent, Money};
use serde::{Deserialize, Serialize};

use crate::find::text;
pub(crate) use expansion::WEIGHT_NAME;
pub(crate) use paying::scale;
use tokens::Word;
pub(crate) use words::{is_boilerplate, is_common, is_other_form, is_quality};

/// Bounds on the reading of a source for one query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct QueryLimits {
    /// The most signals read from one source.
    pub signals_max: u64,
    /// The most hits asked for in one search.
    pub hits_per_search_max: u32,
    /// The most bytes taken of one answer of a service, or of one row of a file.
    pub answer_bytes_max: usize,
    /// The most characters kept of one text.
    pub text_chars_max: usize,
}

impl Default for QueryLimits {
    /// 200 million signals, 100 hits a search, 8 MiB an answer, 2,000 characters a text.
    fn default() -> Self {
        Self {
            signals_max: 200_000_000,
            hits_per_search_max: 100,
            answer_bytes_max: 8 * 1024 * 1024,
            text_chars_max: 2_000,
        }
    }
}

ae_core::setters! { QueryLimits {
    /// Sets the most signals read from one source.
    fn with_signals_max(signals_max: u64);
    /// Sets the most bytes taken of one answer of a service, or of one row of a file.
    fn with_answer_bytes_max(answer_bytes_max: usize);
} }

/// A word or phrase to look for, with its weight.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct QueryTerm {
    /// A word, or several that must stand together; lower-case.
    pub text: String,
    /// The weight, 1 for a word of the intent itself.
    pub weight: f64,
    /// Whether the intent itself says it; otherwise it is a related term from the bundled table.
    pub own: bool,
}

/// An intent, read for searching: keywords without money, audience and boilerplate, related terms, short searches.
///
/// Which words are dropped depends on the words alone, so the same topic under another revenue target or for another
/// audience is the same search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SignalQuery {
    /// The words that carry the topic, in the order of the intent, lower-case.
    pub keywords: Vec<String>,
    /// Everything to look for: the keywords, pairs of them, and related terms of the bundled table.
    pub terms: Vec<QueryTerm>,
    /// Short searches for services that require every word.
    pub searches: Vec<String>,
    /// Whom the intent names, for example `small teams`.
    pub audience: Option<String>,
    /// The monthly revenue that the intent aims at.
    pub target: Option<Money>,
    /// The price that the intent names.
    pub price: Option<Money>,
    /// The product in the intent's own words, without money, audience and the wish to build; empty when there is none.
    #[serde(default)]
    pub product: String,
    /// How often the price is charged; monthly when the intent does not say.
    #[serde(default = "monthly")]
    pub interval: BillingInterval,
    /// Remarks on the amounts of the intent: what was not used or was converted, and why.
    #[serde(default)]
    pub money_notes: Vec<String>,
    /// The question that would make the intent clear; `None` when it is. A run with a question cannot go on: no niche is
    /// proposed.
    #[serde(default)]
    pub question: Option<String>,
    /// The bounds on reading.
    pub limits: QueryLimits,
}

/// The most words of an intent that are looked for.
pub(crate) const KEYWORDS_MAX: usize = 12;
/// The most searches sent to one search service.
const SEARCHES_MAX: usize = 6;
/// The weight that two adjacent words of the intent add over the words alone.
const WEIGHT_PAIR: f64 = 0.7;
/// The weight of a word that means something only together with others.
const WEIGHT_WEAK: f64 = 0.35;

impl SignalQuery {
    /// Reads an intent.
    pub fn from_intent(intent: &Intent) -> Self {
        let mut words = tokens::words(intent.text());
        let form = words::form(&words);
        let money = price::take(&mut words, intent.currency(), form.once);
        let audience = audience::take(&mut words, form.part);
        let left: Vec<&Word> = words.iter().filter(|word| !word.taken).collect();
        let keywords = keywords(&left);
        let question = money.question.or_else(|| product::question(&words, &keywords, audience.as_deref()));
        let terms = terms(&keywords);
        let (searches, limits) = (searches(&keywords, &terms), QueryLimits::default());
        Self {
            product: product::phrase(&words),
            keywords,
            terms,
            searches,
            audience,
            target: money.target,
            price: money.price,
            interval: money.interval.unwrap_or(BillingInterval::MONTH),
            money_notes: money.notes,
            question,
            limits,
        }
    }
}

ae_core::setters! { SignalQuery {
    /// Sets the bounds on reading.
    fn with_limits(limits: QueryLimits);
} }

const fn monthly() -> BillingInterval {
    BillingInterval::MONTH
}

fn keywords(words: &[&Word]) -> Vec<String> {
    let mut keywords: Vec<String> = Vec::new();
    for word in words {
        let text = word.text.trim_end_matches("'s").trim_end_matches("’s");
        for part in parts(text) {
            let meaningful = part.chars().any(char::is_alphabetic) && !words::is_boilerplate(part);
            if meaningful && !keywords.iter().any(|known| known == part) && keywords.len() < KEYWORDS_MAX {
                keywords.push(part.to_owned());
            }
        }
    }
    keywords
}

/// The parts of a hyphenated word, or the word itself when a part means nothing alone, as in `co-founder`.
fn parts(word: &str) -> Vec<&str> {
    let parts: Vec<&str> = word.split(['-', '/', '\'', '’']).filter(|part| !part.is_empty()).collect();
    let fragment = |part: &&str| part.chars().count() <= 2 && !words::is_boilerplate(part);
    if words::is_boilerplate(word) || parts.iter().any(fragment) { vec![word] } else { parts }
}

fn terms(keywords: &[String]) -> Vec<QueryTerm> {
    let own = |text: String, weight| QueryTerm { text, weight, own: true };
    let mut terms: Vec<QueryTerm> = Vec::new();
    for keyword in keywords {
        let weight = if words::is_weak(keyword) { WEIGHT_WEAK } else { 1.0 };
        terms.push(own(keyword.clone(), weight));
    }
    for pair in keywords.windows(2) {
        terms.push(own(pair.join(" "), WEIGHT_PAIR));
    }
    for (text, weight) in expansion::related(keywords) {
        if !terms.iter().any(|term| text::same_stems(&term.text, text)) {
            terms.push(QueryTerm { text: text.to_owned(), weight, own: false });
        }
    }
    terms
}

/// Pairs of strong keywords first, then single ones, then the strongest related terms.
fn searches(keywords: &[String], terms: &[QueryTerm]) -> Vec<String> {
    let strong = || keywords.iter().filter(|word| !words::is_weak(word));
    let mut searches: Vec<String> = Vec::new();
    let mut add = |text: String| {
        if searches.len() < SEARCHES_MAX && !searches.contains(&text) {
            searches.push(text);
        }
    };
    for pair in keywords.windows(2) {
        add(pair.join(" "));
    }
    for keyword in strong() {
        add(format!("Ask HN {keyword}"));
        add(keyword.clone());
    }
    if strong().next().is_none() {
        keywords.iter().for_each(|keyword| add(keyword.clone()));
    }
    for term in terms.iter().filter(|term| !term.own) {
        add(term.text.clone());
    }
    searches
}

#[cfg(test)]
mod tests {
    use ae_core::Currency;

    use super::*;

    fn query(text: &str) -> SignalQuery {
        SignalQuery::from_intent(&Intent::new(text, Money::zero(Currency::USD)).unwrap())
    }

    #[test]
    fn only_the_topic_is_left() {
        for (text, keywords, audience) in [
            ("Build a $500 MRR CSV tool", "csv", None),
            ("Invoicing app for small plumbing firms, $2k MRR", "invoicing", Some("small plumbing firms")),
            ("Tool for tax reminders", "tax reminders", None),
            ("Tool for dentists", "", Some("dentists")),
            ("Résumé builder for engineers", "resume builder", Some("engineers")),
            ("A spreadsheet-to-database tool", "spreadsheet database", None),
            ("Find a co-founder", "co-founder", None),
            ("RSS reader with sync for $3 a month", "rss reader sync", None),
        ] {
            let query = query(text);
            assert_eq!(query.keywords.join(" "), keywords, "{text}");
            assert_eq!(query.audience.as_deref(), audience, "{text}");
        }
    }

    #[test]
    fn money_and_audience_do_not_move_the_search() {
        let plain = query("Build a CSV tool");
        for text in
            ["Build a $500 MRR CSV tool", "CSV tool for small teams, $1k MRR", "Make me a CSV app for nurses"]
        {
            assert_eq!(query(text).terms, plain.terms, "{text}");
            assert_eq!(query(text).searches, plain.searches, "{text}");
        }
    }

    #[test]
    fn searches_are_short_and_few() {
        let query = query(
            "Self-hosted calendar and meeting scheduling assistant with reminders for busy sales teams",
        );
        assert!(!query.searches.is_empty() && query.searches.len() <= 6);
        assert!(query.searches.iter().all(|search| search.split(' ').count() <= 4), "{:?}", query.searches);
    }
}
