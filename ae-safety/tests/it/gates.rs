use ae_core::{Action, ActionKind, BackendError, ErrorKind};
use ae_safety::{AllOf, Decision, Gate, GateRow, GateRule, GateTable, PolicyGate};

use crate::support::{block_on, digest};

#[derive(Debug)]
struct Broken;

#[async_trait::async_trait]
impl PolicyGate for Broken {
    fn name(&self) -> &str {
        "broken"
    }

    async fn decide(&self, _: &Action) -> Result<Decision, BackendError> {
        Err(BackendError::new(ErrorKind::Unavailable, "broken", "decide", "down"))
    }
}

fn table(rule: GateRule) -> GateTable {
    GateTable::new([GateRow::new(ActionKind::CallModel, Some(Gate::BillingApproval), rule)]).unwrap()
}

fn call() -> Action {
    Action::new(ActionKind::CallModel, "x/y", "model", digest("request"))
}

#[test]
fn further_gates_only_narrow() {
    let rules = [GateRule::Audit, GateRule::AskPerson, GateRule::Deny];
    for (strict, first) in rules.iter().enumerate() {
        for (other_strict, second) in rules.iter().enumerate() {
            let both = AllOf::new().with(table(*first)).with(table(*second));
            let expected = table(rules[strict.max(other_strict)]).judge(&call());
            assert_eq!(block_on(both.decide(&call())).unwrap(), expected, "{first:?} and {second:?}");
        }
    }
}

#[test]
fn no_gate_denies_and_a_broken_one_is_an_error() {
    assert!(matches!(block_on(AllOf::new().decide(&call())).unwrap(), Decision::Deny { .. }));
    let with_broken = AllOf::new().with(table(GateRule::Audit)).with(Broken);
    assert_eq!(block_on(with_broken.decide(&call())).unwrap_err().kind(), ErrorKind::Unavailable);
}
