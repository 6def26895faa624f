use ae_core::TaskKind;
use ae_router::{Complexity, Level, Risk};
use proptest::prelude::*;

use crate::task;

#[track_caller]
fn check(kind: TaskKind, text: &str, score: u8, risk: Risk) {
    let complexity = Complexity::of(&task(kind, text), "");
    assert_eq!((complexity.score, complexity.risk), (score, risk), "{text:?}: {:?}", complexity.signals);
}

#[test]
fn the_kind_sets_the_base() {
    for (kind, score, level) in [
        (TaskKind::Architecture, 9, Level::High),
        (TaskKind::Debugging, 8, Level::High),
        (TaskKind::Implementation, 5, Level::Medium),
        (TaskKind::Testing, 4, Level::Medium),
        (TaskKind::Content, 4, Level::Medium),
        (TaskKind::Operations, 4, Level::Medium),
        (TaskKind::Formatting, 2, Level::Low),
    ] {
        let complexity = Complexity::of(&task(kind, "Something"), "");
        assert_eq!((complexity.score, complexity.level), (score, level), "{kind:?}");
        assert_eq!(complexity.signals.len(), 1, "{:?}", complexity.signals);
    }
}

#[test]
fn parts_of_words_are_no_signals() {
    for text in [
        "Show the product page and deliver it",
        "Add a dropdown with one entry for each column",
        "Find the root cause of the empty list",
        "Speed up the tokenizer tests",
        "Remove the live region from the page",
        "Let the author sort the list",
        "Print the passwordless greeting",
        "Encode the authored text",
        "Show a token of appreciation",
        "Drop the last column of the table",
    ] {
        check(TaskKind::Implementation, text, 5, Risk::Safe);
    }
}

#[test]
fn whole_words_and_phrases_are() {
    check(TaskKind::Implementation, "Store the password of each user", 5, Risk::Sensitive);
    check(TaskKind::Implementation, "Rotate API-keys", 5, Risk::Sensitive);
    check(TaskKind::Implementation, "Take payments by credit card", 5, Risk::Sensitive);
    check(TaskKind::Operations, "Deploy the site", 4, Risk::Moderate);
    check(TaskKind::Operations, "Drop the table of old orders", 4, Risk::Moderate);
    check(TaskKind::Implementation, "Fix the race condition in the importer", 7, Risk::Safe);
    check(TaskKind::Formatting, "Remove trailing whitespace", 1, Risk::Safe);
    check(TaskKind::Debugging, "Fix a typo in the error", 6, Risk::Safe);
}

#[test]
fn negated_words_are_no_signals() {
    check(TaskKind::Implementation, "A page with no authentication", 5, Risk::Safe);
    check(TaskKind::Implementation, "It doesn't store passwords", 5, Risk::Safe);
    check(TaskKind::Implementation, "It must not store passwords in plain text", 5, Risk::Sensitive);
    check(TaskKind::Implementation, "Leave auth as it is", 5, Risk::Safe);
    check(
        TaskKind::Implementation,
        "Sort it; there is no need for you to touch any of the authentication",
        5,
        Risk::Safe,
    );
    check(TaskKind::Implementation, "Without a credit card", 5, Risk::Safe);
    check(TaskKind::Implementation, "No frills, but encryption at rest", 5, Risk::Sensitive);
}

#[test]
fn the_flag_stands_whatever_the_words_say() {
    let mut task = task(TaskKind::Formatting, "No authentication, no passwords, trailing whitespace");
    task.requires_security = true;
    assert_eq!(Complexity::of(&task, "").risk, Risk::Sensitive);
}

#[test]
fn a_text_about_security_is_text() {
    let complexity = Complexity::of(&task(TaskKind::Content, "Write about password managers"), "");
    assert_eq!(complexity.risk, Risk::Safe);
    assert!(complexity.signals.iter().any(|signal| signal.contains("subject")), "{:?}", complexity.signals);
}

#[test]
fn shape_counts() {
    let long = "word ".repeat(500);
    assert_eq!(Complexity::of(&task(TaskKind::Testing, "Test"), &long).score, 5);
    assert_eq!(Complexity::of(&task(TaskKind::Testing, "Test"), &"word ".repeat(2_500)).score, 6);
    assert_eq!(Complexity::of(&task(TaskKind::Testing, "Test"), "```rust\nfn main() {}\n```").score, 5);
    let trace = "TypeError: x is undefined\n    at run (/app/main.js:10:4)\n";
    assert_eq!(Complexity::of(&task(TaskKind::Testing, "Test"), trace).score, 5);
    let mut many = task(TaskKind::Testing, "Test");
    many.criteria = (0..9).map(|n| format!("AC-{n}")).collect();
    many.depends_on = (0..4).map(|n| format!("T-{n}").parse().unwrap()).collect();
    assert_eq!(Complexity::of(&many, "").score, 6);
}

#[test]
fn words_move_the_score_by_a_bounded_amount() {
    let all = "race condition, consensus, architecture, compiler, refactor, performance";
    check(TaskKind::Formatting, all, 5, Risk::Safe);
    check(TaskKind::Implementation, "typo, rename, whitespace, lint", 3, Risk::Safe);
}

proptest! {
    #[test]
    fn any_text_gives_a_score_within_its_range(text in "\\PC{0,300}", prompt in "(?s).{0,300}") {
        let complexity = Complexity::of(&task(TaskKind::Implementation, &text), &prompt);
        prop_assert!((1..=10).contains(&complexity.score));
        prop_assert!(!complexity.signals.is_empty());
        prop_assert_eq!(&complexity, &Complexity::of(&task(TaskKind::Implementation, &text), &prompt));
    }

    #[test]
    fn letters_around_a_word_make_it_another_word(before in "[a-z]{1,4}", after in "[a-z]{1,4}") {
        for word in ["password", "encryption", "refund"] {
            let text = format!("Show {before}{word}{after} here");
            let complexity = Complexity::of(&task(TaskKind::Implementation, &text), "");
            prop_assume!(!["passwords", "refunds"].iter().any(|plural| text.contains(&format!(" {plural} "))));
            prop_assert_eq!(complexity.risk, Risk::Safe, "{}", text);
        }
    }
}
