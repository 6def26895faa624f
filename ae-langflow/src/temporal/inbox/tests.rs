use serde_json::json;

use super::*;
use crate::TaskId;

fn question(id: &str, token: &str) -> Question {
    let mut question = Question::new(id, &TaskId::of_node("ask"), json!(null));
    question.token = token.to_owned();
    question
}

fn values(answers: &[Answer]) -> Vec<&str> {
    answers.iter().filter_map(|answer| answer.value.as_str()).collect()
}

fn answer(id: &str, value: &str) -> Answer {
    Answer::from_value(id, json!(value))
}

#[test]
fn an_answer_is_that_of_one_asking() {
    let (first, second) = (question("q", "t1"), question("q", "t2"));
    let mut inbox = Inbox::default();
    inbox.receive(Ok(answer("q", "early")), &[], false);
    inbox.receive(Ok(answer("q", "late")), std::slice::from_ref(&first), false);
    assert_eq!(values(&inbox.take(std::slice::from_ref(&first))), ["early"]);
    // While nothing is open, and once it was asked again.
    for open in [&[][..], std::slice::from_ref(&second)] {
        inbox.receive(Ok(answer("q", "again")), open, false);
        inbox.receive(Ok(answer("q", "again").with_token("t1")), open, false);
    }
    assert!(inbox.take(std::slice::from_ref(&second)).is_empty());
    assert_eq!(inbox.dropped().count, 5, "{:?}", inbox.dropped());
    inbox.receive(Ok(answer("q", "right").with_token("t2")), std::slice::from_ref(&second), false);
    assert!(inbox.answers_any(std::slice::from_ref(&second)));
    assert_eq!(values(&inbox.take(&[second])), ["right"]);
    // A question that is asked again because its answer was of no use takes any answer.
    let mut again = question("q", "t2");
    again.problem = Some("it is not a number".to_owned());
    inbox.receive(Ok(answer("q", "7")), std::slice::from_ref(&again), false);
    assert_eq!(values(&inbox.take(&[again])), ["7"]);
}

#[test]
fn an_early_answer_to_another_asking_does_not_stand_in_the_way() {
    let open = question("q", "t1");
    let mut inbox = Inbox::default();
    inbox.receive(Ok(answer("q", "other").with_token("t0")), &[], false);
    assert!(!inbox.answers_any(std::slice::from_ref(&open)));
    inbox.receive(Ok(answer("q", "right")), std::slice::from_ref(&open), false);
    assert_eq!(values(&inbox.take(&[open])), ["right"]);
    assert_eq!(inbox.dropped().count, 1);
}

#[test]
fn a_flood_keeps_no_answer_to_an_open_question_out_and_grows_nothing_without_a_limit() {
    let open = [question("q", "t")];
    let mut inbox = Inbox::default();
    for number in 0..1000 {
        inbox.receive(Ok(answer(&format!("never {number}"), "x")), &open, false);
        inbox.receive(Err("ö".repeat(1000)), &open, false);
    }
    inbox.receive(Ok(answer("large", &"x".repeat(70_000))), &open, false);
    inbox.receive(Ok(answer("q", "yes")), &open, false);
    assert_eq!(inbox.dropped().count, 1000 + 1000 - 256 + 1);
    assert_eq!(inbox.dropped().reasons.len(), 8);
    assert!(json_bytes(&inbox).unwrap() < 20_000 && inbox.dropped().reasons[7].contains("70"));
    assert_eq!(values(&inbox.take(&open)), ["yes"]);
    for number in 0..2000 {
        let open = [question(&format!("q{number}"), "t")];
        inbox.receive(Ok(answer(&open[0].id, "x")), &open, false);
        assert_eq!(inbox.take(&open).len(), 1);
    }
    assert_eq!(inbox.answered.len(), ANSWERED_MAX);
}

#[test]
fn what_came_before_the_run_was_opened_is_later_than_what_was_carried_over() {
    let mut carried = Inbox::default();
    carried.receive(Ok(answer("q", "carried")), &[], false);
    let mut early = Inbox::default();
    early.receive(Ok(answer("q", "early")), &[], false);
    early.receive(Err("no answer".to_owned()), &[], false);
    carried.open(early, &[]);
    assert_eq!((values(&carried.answers), carried.dropped().count), (vec!["carried"], 2));
}
