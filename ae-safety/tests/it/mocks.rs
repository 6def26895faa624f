use ae_core::{Action, ActionKind};
use ae_safety::{Decision, MockPolicyGate, PolicyGate};

use crate::support::{block_on, digest};

#[test]
fn a_mock_answers_as_it_is_told() {
    let mut gate = MockPolicyGate::new();
    gate.expect_decide().times(1).returning(|action| {
        let reason = format!("{} is not for tests", action.kind);
        Ok(Decision::Deny { gate: None, reason })
    });
    let action = Action::new(ActionKind::Deploy, "deploy", "shop", digest("r"));
    let Decision::Deny { reason, .. } = block_on(gate.decide(&action)).unwrap() else { panic!() };
    assert_eq!(reason, "deploy is not for tests");
}
