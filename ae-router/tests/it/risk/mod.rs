//! The words of risk, measured on labelled sentences.

use ae_router::{Complexity, Risk, Scorer};

/// The labels of a corpus with the texts.
fn corpus(text: &str) -> Vec<(bool, String)> {
    let lines = text.lines().filter_map(|line| line.split_at_checked(2));
    let labelled = lines.filter(|(mark, _)| *mark != "# ");
    labelled.map(|(mark, text)| (mark == "+ ", text.replace("\\n", "\n"))).collect()
}

/// Precision and recall in percent, with the texts that were misjudged.
fn judge(corpus: &[(bool, String)]) -> (usize, usize, Vec<&str>) {
    let (mut hits, mut marked, mut wrong) = (0, 0, Vec::new());
    for (expected, text) in corpus {
        let sensitive = Complexity::of_prompt(text).risk == Risk::Sensitive;
        marked += usize::from(sensitive);
        hits += usize::from(sensitive && *expected);
        if sensitive != *expected {
            wrong.push(text.as_str());
        }
    }
    let all = corpus.iter().filter(|(expected, _)| *expected).count();
    (100 * hits / marked.max(1), 100 * hits / all.max(1), wrong)
}

#[test]
fn the_sentences_that_the_rules_were_made_on_are_told_apart() {
    let corpus = corpus(include_str!("tuned.txt"));
    let (precision, recall, wrong) = judge(&corpus);
    assert!(corpus.len() > 80 && precision >= 95 && recall >= 95, "{precision} {recall} {wrong:#?}");
}

/// Set aside before the rules were made, in another way of writing: precision 93 %, recall 88 %.
#[test]
fn sentences_that_the_rules_were_not_made_on_are_told_apart_too() {
    let corpus = corpus(include_str!("unseen.txt"));
    let (precision, recall, wrong) = judge(&corpus);
    assert!(corpus.len() > 70 && precision >= 93 && recall >= 88, "{precision} {recall} {wrong:#?}");
}

#[test]
fn quotation_code_and_lessons_are_no_work() {
    for (sensitive, text) in [
        (true, "Rotate the API keys."),
        (false, "Rename \"API keys\" to \"Keys\"."),
        (false, "Sort:\n```\napi keys\n```"),
        (true, "How do I store passwords in my app?"),
        (false, "How are passwords stored?"),
        (true, "Fix the login.\nA. First the form\nB. Then the session"),
        (false, "Which is right about a login?\nA. It is a name\nB. It is a place\nAnswer:"),
    ] {
        let complexity = Complexity::of_prompt(text);
        assert_eq!(complexity.risk == Risk::Sensitive, sensitive, "{text}: {:?}", complexity.signals);
    }
}

#[test]
fn plain_words_are_rated_by_their_manner() {
    for (text, score) in [
        ("What is the capital of France?", 3),
        ("Explain photosynthesis to a child.", 3),
        ("Write a poem about rain.", 4),
        ("Add a search box to the page.", 5),
        ("Fix the race condition in the importer.", 7),
        ("Design the architecture of a distributed system with eventual consistency.", 8),
        ("Please rename the function and fix its indentation.", 3),
    ] {
        let complexity = Complexity::of_prompt(text);
        assert_eq!(complexity.score, score, "{text}: {:?}", complexity.signals);
        assert!(complexity.signals[0].starts_with("plain words"), "{:?}", complexity.signals);
    }
    for text in ["What is 17 * 23?", "Is it so?\nA. Yes\nB. No", &"word ".repeat(100)] {
        assert_eq!(Complexity::of_prompt(text).score, Scorer::bundled().score(text).score, "{text}");
    }
}
