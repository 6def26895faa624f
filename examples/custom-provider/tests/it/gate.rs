use ae_core::{Action, ActionKind, Currency, Digest, Money, Spend};
use ae_safety::{
    AllOf, Decision, Gate, GateTable, PolicyGate,
    conformance::gates::{self as conformance, Cases},
};
use custom_provider::AllowList;

fn usd(text: &str) -> Money {
    Money::parse(text, Currency::USD).unwrap()
}

fn gate() -> AllowList {
    AllowList::new(usd("5")).with_target("shop")
}

fn action(kind: ActionKind, target: &str) -> Action {
    Action::new(kind, "test/operation", target, Digest::of_bytes("request", b"1"))
}

#[track_caller]
fn reason(decision: Decision) -> String {
    match decision {
        Decision::Deny { reason, .. } => reason,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

#[tokio::test]
async fn it_keeps_the_contract_alone_and_beside_the_gate_table() {
    let dear = action(ActionKind::CallModel, "any").with_spend(Spend::AtMost(usd("5.01")));
    let cases = Cases::new()
        .with_unknown([ActionKind::ReadSecret, ActionKind::DeleteFiles])
        .with_action(action(ActionKind::Deploy, "shop"))
        .with_action(action(ActionKind::CreateBilling, "other"))
        .with_action(dear);
    conformance::run_all(&gate(), &cases, Vec::new).await;
    let both = AllOf::new().with(GateTable::default()).with(gate());
    conformance::run_all(&both, &cases, Vec::new).await;
}

#[tokio::test]
async fn only_listed_targets_pass() {
    let gate = gate();
    let first = gate.decide(&action(ActionKind::Deploy, "shop")).await.unwrap();
    assert!(matches!(first, Decision::Allow { gate: Some(Gate::DeployApproval) }));
    for target in ["shop-2", "sho", "SHOP", ""] {
        for kind in [ActionKind::Deploy, ActionKind::CreateBilling] {
            assert!(
                reason(gate.decide(&action(kind, target)).await.unwrap()).contains("list of targets"),
                "{target}"
            );
        }
    }
}

#[tokio::test]
async fn it_fails_closed() {
    let gate = gate();
    let deny = async |action: &Action| reason(gate.decide(action).await.unwrap());
    assert!(deny(&action(ActionKind::ReadSecret, "shop")).await.contains("no list"));
    assert!(deny(&action(ActionKind::DeleteFiles, "shop")).await.contains("no list"));
    let dear = action(ActionKind::CallModel, "any").with_spend(Spend::AtMost(usd("5.000001")));
    assert!(deny(&dear).await.contains("above"));
    let foreign = action(ActionKind::CallModel, "any").with_spend(Spend::AtMost(Money::zero(Currency::EUR)));
    assert!(deny(&foreign).await.contains("can't be compared"));
    let fair = action(ActionKind::CallModel, "any").with_spend(Spend::AtMost(usd("5")));
    assert!(matches!(gate.decide(&fair).await.unwrap(), Decision::Allow { .. }));
}

#[tokio::test]
async fn beside_the_gate_table_it_only_narrows() {
    let both = AllOf::new().with(GateTable::default()).with(gate());
    let listed = both.decide(&action(ActionKind::Deploy, "shop")).await.unwrap();
    assert!(matches!(listed, Decision::NeedsApproval { gate: Gate::DeployApproval, .. }), "{listed:?}");
    let other = both.decide(&action(ActionKind::Deploy, "other")).await.unwrap();
    assert!(matches!(other, Decision::Deny { .. }), "{other:?}");
    // The list allows code; the table still wants a sandbox around it.
    let bare = both.decide(&action(ActionKind::ExecuteCode, "shop")).await.unwrap();
    assert!(matches!(bare, Decision::Deny { gate: Some(Gate::SandboxRequired), .. }), "{bare:?}");
}
