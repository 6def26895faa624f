use ae_core::{Origin, Untrusted};
use ae_genesis::{Ranking, Retriever, Signal, SignalSink};
use proptest::prelude::*;

use crate::{now, query};

fn signal(id: usize, title: &str) -> Signal {
    Signal::new(
        "test",
        format!("{id:03}"),
        Untrusted::new(Origin::Signals("test".into()), title.to_owned()),
        now(),
    )
}

fn rank(intent: &str, titles: &[&str]) -> Ranking {
    let mut retriever = Retriever::new(&query(intent));
    for (id, title) in titles.iter().enumerate() {
        assert!(retriever.accept(signal(id, title)).is_continue());
    }
    retriever.finish(now(), 10)
}

fn ids(ranking: &Ranking) -> Vec<&str> {
    ranking.evidence.iter().map(|evidence| evidence.id.as_str()).collect()
}

const TITLES: [&str; 7] = [
    "A history of tea",
    "CSV considered",
    "Ask HN: Is there a CSV tool?",
    "Show HN: CSV viewer",
    "Ask HN: Is there a CSV tool",
    "Spreadsheets and their discontents",
    "The excellent importance of tea",
];

#[test]
fn requests_come_before_launches_and_talk() {
    let ranking = rank("Build a $500 MRR CSV tool", &TITLES);
    assert_eq!(ids(&ranking)[0], "002");
    assert_eq!((ranking.seen, ranking.matched, ranking.duplicates), (7, 5, 1));
    assert!(!ids(&ranking).contains(&"006"), "\"excellent\" is not \"Excel\"");
    assert!(ranking.evidence[0].reasons.iter().any(|reason| reason.contains("csv")));
}

#[test]
fn money_and_audience_do_not_move_the_rank() {
    let plain = rank("CSV tool", &TITLES);
    for intent in ["Build a $500 MRR CSV tool", "CSV tool for small teams, $2k MRR"] {
        assert_eq!(rank(intent, &TITLES), plain);
    }
}

#[test]
fn nonsense_finds_nothing() {
    let ranking = rank("xyzzy quux flumph", &TITLES);
    assert_eq!((ranking.evidence.len(), ranking.matched, ranking.seen), (0, 0, 7));
}

#[test]
fn repeats_take_no_room() {
    let mut retriever = Retriever::new(&query("CSV tool")).with_candidates_max(4);
    for id in 0..999 {
        assert!(retriever.accept(signal(id, TITLES[id % TITLES.len()])).is_continue());
    }
    let ranking = retriever.finish(now(), 10);
    let mut found = ids(&ranking);
    found.sort_unstable();
    assert_eq!(found, ["001", "002", "003", "005"]);
    assert_eq!((ranking.seen, ranking.dropped), (999, 0));
}

proptest! {
    #[test]
    fn order_of_arrival_does_not_matter(order in Just((0..TITLES.len()).collect::<Vec<_>>()).prop_shuffle()) {
        let mut retriever = Retriever::new(&query("CSV tool"));
        for id in order {
            let _ = retriever.accept(signal(id, TITLES[id]));
        }
        prop_assert_eq!(retriever.finish(now(), 10), rank("CSV tool", &TITLES));
    }

    #[test]
    fn asking_first_changes_nothing(titles in proptest::collection::vec("(csv |tea |Ask HN: |é |spreadsheets ){0,5}", 0..20)) {
        let (mut asked, mut plain) = (
            Retriever::new(&query("CSV tool")),
            Retriever::new(&query("CSV tool")),
        );
        for (id, title) in titles.iter().enumerate() {
            let _ = plain.accept(signal(id, title));
            if asked.wants(title) {
                let _ = asked.accept(signal(id, title));
            }
        }
        prop_assert_eq!(asked.finish(now(), 10), plain.finish(now(), 10));
    }

    #[test]
    fn any_intent_and_title_are_ranked_without_panic(intent in "[a-zA-Z$0-9, -]{3,40}", title in ".{0,60}") {
        prop_assume!(intent.chars().any(char::is_alphanumeric) && intent.trim().len() >= 3);
        let ranking = rank(&intent, &[&title]);
        prop_assert!(ranking.evidence.len() <= 1);
    }
}
