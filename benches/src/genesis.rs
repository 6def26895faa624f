//! Ranking of demand signals.

use ae_core::{Currency, Intent, Money, Origin, Untrusted};
use ae_genesis::{Retriever, Signal, SignalQuery, SignalSink};

use crate::{Numbers, now};

const OPENINGS: [&str; 6] = [
    "Ask HN: How do you",
    "Show HN: A tool to",
    "Is there a way to",
    "I would pay to",
    "Why we stopped trying to",
    "Notes on how to",
];
const DEEDS: [&str; 8] = ["clean", "merge", "import", "brew", "paint", "convert", "grow", "repair"];
const THINGS: [&str; 10] = [
    "messy CSV files",
    "spreadsheets",
    "green tea",
    "old bicycles",
    "bank exports",
    "tomatoes",
    "JSON logs",
    "wooden boats",
    "customer lists",
    "photo albums",
];

/// `count` posts, about a third of them on the topic of [`query`].
pub fn posts(count: usize) -> Vec<Signal> {
    let mut numbers = Numbers::new(11);
    (0..count)
        .map(|at| {
            let (opening, deed, thing) =
                (numbers.pick(&OPENINGS), numbers.pick(&DEEDS), numbers.pick(&THINGS));
            let title = format!("{opening} {deed} {thing} for team {at}?");
            let title = Untrusted::new(Origin::Signals("generated".to_owned()), title);
            Signal::new("generated", at.to_string(), title, now())
        })
        .collect()
}

/// The intent that the posts are ranked for.
///
/// # Panics
///
/// Never: the intent is within its limits.
pub fn query() -> SignalQuery {
    let intent =
        Intent::new("Build a $500 MRR CSV tool", Money::zero(Currency::USD)).expect("within the limits");
    SignalQuery::from_intent(&intent)
}

/// Ranks the posts and keeps the best 20; how many matched.
pub fn rank(posts: &[Signal], query: &SignalQuery) -> u64 {
    let mut retriever = Retriever::new(query);
    for post in posts {
        if retriever.accept(post.clone()).is_break() {
            break;
        }
    }
    retriever.finish(now(), 20).matched
}

/// The floor: looks for the query's words as substrings of the lower-cased title; how many posts hold one.
pub fn scan(posts: &[Signal], query: &SignalQuery) -> usize {
    let has = |title: &str| query.terms.iter().any(|term| title.contains(&term.text));
    posts.iter().map(Clone::clone).filter(|post| has(&post.title.as_data().to_lowercase())).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_posts_match_and_some_do_not() {
        let posts = posts(200);
        let matched = rank(&posts, &query());
        assert!((20..180).contains(&matched), "{matched}");
        assert!((20..180).contains(&scan(&posts, &query())));
    }
}
