//! Checks for any [`PolicyGate`].

use std::{future::poll_fn, task::Poll};

use ae_core::{
    Action, ActionKind, Currency, Digest, Isolation, Money, Spend,
    conformance::{Ran, held, holds},
};

use super::{Decision, PolicyGate};

const KINDS: [ActionKind; 8] = [
    ActionKind::ExecuteCode,
    ActionKind::WriteFiles,
    ActionKind::Deploy,
    ActionKind::CreateBilling,
    ActionKind::ReadSecret,
    ActionKind::CallModel,
    ActionKind::NetworkAccess,
    ActionKind::DeleteFiles,
];

/// How often one question is repeated.
const REPEATS: usize = 20;

/// The questions to a gate, in addition to an action of every kind at every isolation, free and for $0.50.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Cases {
    /// The kinds that the gate's policy does not know; none for a policy with an answer for every kind.
    pub unknown: Vec<ActionKind>,
    /// Actions that this policy treats in a way of its own, for example listed targets. Each is also asked about under
    /// every unknown kind.
    pub actions: Vec<Action>,
}

impl Cases {
    /// A policy that knows every kind and treats no action in a way of its own.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds kinds that the policy does not know.
    #[must_use]
    pub fn with_unknown(mut self, kinds: impl IntoIterator<Item = ActionKind>) -> Self {
        self.unknown.extend(kinds);
        self
    }

    /// Adds an action that the policy treats in a way of its own.
    #[must_use]
    pub fn with_action(mut self, action: Action) -> Self {
        self.actions.push(action);
        self
    }

    fn questions(&self) -> Vec<Action> {
        KINDS.iter().chain(&self.unknown).flat_map(of_kind).chain(self.actions.iter().cloned()).collect()
    }
}

/// Every check below on one gate. `observe` gives what a decision could leave behind, for example the log or the books
/// that the gate can reach; `Vec::new` for a gate that reaches nothing.
pub async fn run_all(gate: &dyn PolicyGate, cases: &Cases, observe: impl Fn() -> Vec<u8>) -> Ran {
    let mut ran = Ran::default();
    ran.clause("C1", c1_the_same_action_has_the_same_answer(gate, cases)).await;
    ran.clause("C2", c2_an_unknown_kind_is_denied(gate, cases)).await;
    ran.clause("C3", async {
        c3_asking_leaves_nothing_behind(gate, cases, &observe).await;
        c3_a_dropped_question_has_no_effect(gate, cases, &observe).await;
    })
    .await;
    ran
}

/// C1, under one policy: neither repeats nor other questions in between change an answer.
pub async fn c1_the_same_action_has_the_same_answer(gate: &dyn PolicyGate, cases: &Cases) {
    let questions = cases.questions();
    let first = answers(gate, &questions).await;
    for (action, answer) in questions.iter().zip(&first).rev() {
        let again = held("C1", gate.decide(action).await);
        holds("C1", again == *answer, &format!("{action:?} was {answer:?}, then {again:?}"));
    }
    holds("C1", answers(gate, &questions).await == first, "the order of questions does not matter");
}

async fn c2_an_unknown_kind_is_denied(gate: &dyn PolicyGate, cases: &Cases) {
    for kind in &cases.unknown {
        let disguised = cases.actions.iter().cloned().map(|mut action| {
            action.kind = kind.clone();
            action
        });
        for action in of_kind(kind).into_iter().chain(disguised) {
            let answer = held("C2", gate.decide(&action).await);
            let is_denied = matches!(answer, Decision::Deny { .. });
            holds("C2", is_denied, &format!("{kind} is unknown, yet {action:?} is {answer:?}"));
        }
    }
}

/// C3: no answer is used up by asking, and nothing is approved, spent or recorded.
pub async fn c3_asking_leaves_nothing_behind(
    gate: &dyn PolicyGate,
    cases: &Cases,
    observe: impl Fn() -> Vec<u8>,
) {
    let before = observe();
    for action in cases.questions() {
        let first = held("C3", gate.decide(&action).await);
        for _ in 1..REPEATS {
            let again = held("C3", gate.decide(&action).await);
            holds("C3", again == first, &format!("asking used {first:?} up: now {again:?}"));
        }
    }
    holds("C3", observe() == before, "a decision left something behind");
}

/// C3, for a question that is given up after its first step.
pub async fn c3_a_dropped_question_has_no_effect(
    gate: &dyn PolicyGate,
    cases: &Cases,
    observe: impl Fn() -> Vec<u8>,
) {
    let questions = cases.questions();
    let (before, first) = (observe(), answers(gate, &questions).await);
    for action in &questions {
        let mut asked = gate.decide(action);
        poll_fn(|context| Poll::Ready(asked.as_mut().poll(context).is_ready())).await;
    }
    holds("C3", answers(gate, &questions).await == first, "dropped questions changed an answer");
    holds("C3", observe() == before, "a dropped question left something behind");
}

async fn answers(gate: &dyn PolicyGate, questions: &[Action]) -> Vec<Decision> {
    let mut answers = Vec::with_capacity(questions.len());
    for action in questions {
        answers.push(held("C1", gate.decide(action).await));
    }
    answers
}

fn of_kind(kind: &ActionKind) -> Vec<Action> {
    let half = held("setup", Money::from_minor(50, 2, Currency::USD));
    let free = [Isolation::None, Isolation::Confined, Isolation::Process].map(|isolation| {
        let request = Digest::of_bytes("gate-conformance", kind.to_string().as_bytes());
        Action::new(kind.clone(), "conformance/act", "conformance-target", request).with_isolation(isolation)
    });
    let paid = free.clone().map(|action| action.with_spend(Spend::AtMost(half)));
    free.into_iter().chain(paid).collect()
}
