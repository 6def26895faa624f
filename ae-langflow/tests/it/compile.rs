//! The mistakes that compile names.

use ae_langflow::{CompileProblem as P, CompileWarning, END, START, StateGraph, node as configured};

use crate::{engine::Say, support::Log};

fn node(name: &str) -> String {
    name.to_owned()
}

#[test]
fn every_mistake_is_listed_at_once() {
    let error = StateGraph::<Log>::new("g")
        .add_node("a", Say("a"))
        .add_node("a", Say("a"))
        .add_node("", Say("x"))
        .add_node(END, Say("x"))
        .add_node("dead", Say("x"))
        .add_node("l1", Say("x"))
        .add_node("l2", Say("x"))
        .add_edge("a", "dead")
        .add_edge("a", "missing")
        .add_edge("a", START)
        .add_edge(END, "a")
        .add_edge("l1", "l2")
        .add_edge("l2", "l1")
        .add_edge([START, "a"], "dead")
        .add_conditional_edges("a", |s: &Log| s.count, [(1, "dead"), (1, END)])
        .add_conditional_edges("a", |s: &Log| s.count, Vec::<(u32, &str)>::new())
        .compile()
        .unwrap_err();
    for expected in [
        P::DuplicateNode { name: node("a") },
        P::BadName { name: node("") },
        P::BadName { name: node(END) },
        P::DeadEnd { name: node("dead") },
        P::UnknownNode { name: node("missing") },
        P::ToStart { node: node("a") },
        P::FromEnd,
        P::Unreachable { name: node("l1") },
        P::Unreachable { name: node("l2") },
        P::NoExit { nodes: vec![node("l1"), node("l2")] },
        P::BadWaiting { target: node("dead") },
        P::DuplicateLabel { node: node("a"), label: node("1") },
        P::NoTargets { node: node("a") },
    ] {
        assert!(error.problems.contains(&expected), "{expected:?} is missing in {error}");
        assert!(error.to_string().contains(&expected.to_string()));
    }
}

#[test]
fn a_missing_start_is_named() {
    let error = StateGraph::<Log>::new("g").add_node("a", Say("a")).add_edge("a", END).compile().unwrap_err();
    assert_eq!(error.problems, [P::NoStart, P::Unreachable { name: node("a") }]);
    assert!(error.to_string().contains("add_edge(START"), "{error}");
}

#[test]
fn a_target_whose_sources_can_not_all_run_is_unreachable() {
    let error = StateGraph::<Log>::new("g")
        .add_node("a", Say("a"))
        .add_node("b", Say("b"))
        .add_node("c", Say("c"))
        .add_edge(START, "a")
        .add_edge(["a", "b"], "c")
        .add_edge("c", END)
        .compile()
        .unwrap_err();
    assert_eq!(error.problems, [P::Unreachable { name: node("b") }, P::Unreachable { name: node("c") }]);
}

#[test]
fn a_picture_shows_every_edge() {
    let graph = StateGraph::<Log>::new("g")
        .add_node("a", Say("a"))
        .add_node("b", Say("b"))
        .add_node("c", Say("c"))
        .add_edge(START, "a")
        .add_edge(START, "b")
        .add_edge(["a", "b"], "c")
        .add_conditional_edges("c", |s: &Log| s.text.clone(), [("say \"x\"".to_owned(), "a")])
        .add_goto("c", [END])
        .compile()
        .unwrap();
    let expected = "flowchart TD
    start([start])
    n0[\"a\"]
    n1[\"b\"]
    n2[\"c\"]
    stop([end])
    start --> n0
    start --> n1
    n0 & n1 ==> n2
    n2 -. \"say #quot;x#quot;\" .-> n0
    n2 -. goto .-> stop
";
    assert_eq!(graph.to_mermaid(), expected);
}

#[test]
fn paths_of_unequal_length_that_meet_by_plain_edges_are_warned_of() {
    let graph = |waits: bool, deferred: bool, extra: bool| {
        let join = configured(Say("d"));
        let join = if deferred { join.deferred() } else { join };
        let graph = StateGraph::<Log>::new("g")
            .add_node("a", Say("a"))
            .add_node("b", Say("b"))
            .add_node("c", Say("c"))
            .add_node("d", join)
            .add_node("e", Say("e"))
            .add_edge(START, "a")
            .add_edge("a", "b")
            .add_edge("a", "c")
            .add_edge("b", "e")
            .add_edge("d", END);
        let loops = |state: &Log| state.count;
        let graph = if extra { graph.add_conditional_edges("e", loops, [(0, "a"), (1, END)]) } else { graph };
        let graph =
            if waits { graph.add_edge(["e", "c"], "d") } else { graph.add_edge("e", "d").add_edge("c", "d") };
        graph.compile().unwrap()
    };
    let expected = CompileWarning::UnequalJoin { fork: node("a"), node: node("d"), steps: vec![2, 3] };
    for extra in [false, true] {
        assert_eq!(graph(false, false, extra).warnings(), std::slice::from_ref(&expected));
        assert_eq!(graph(true, false, extra).warnings(), []);
        assert_eq!(graph(false, true, extra).warnings(), []);
    }
    assert!(expected.to_string().contains("add_edge([…], \"d\")"), "{expected}");
}

#[test]
fn paths_of_equal_length_and_those_of_a_choice_are_not_warned_of() {
    let graph = StateGraph::<Log>::new("g")
        .add_node("a", Say("a"))
        .add_node("b", Say("b"))
        .add_node("c", Say("c"))
        .add_node("d", Say("d"))
        .add_edge(START, "a")
        .add_edge("a", "b")
        .add_edge("a", "c")
        .add_edge("b", "d")
        .add_edge("c", "d")
        .add_conditional_edges("d", |state: &Log| state.count, [(0, END), (1, "b"), (2, "a")])
        .compile()
        .unwrap();
    assert_eq!(graph.warnings(), []);
}

#[test]
fn a_subgraph_is_checked_as_one_node_and_its_name_is_like_any_other() {
    let inner = StateGraph::<Log>::new("inner")
        .add_node("x", Say("x"))
        .add_edge(START, "x")
        .add_edge("x", END)
        .compile()
        .unwrap();
    let error = StateGraph::<Log>::new("g")
        .add_subgraph("a", &inner)
        .add_subgraph("a", &inner)
        .add_subgraph("b/c", &inner)
        .add_subgraph("lost", &inner)
        .add_node("a", Say("a"))
        .add_edge(START, "a")
        .add_edge("a", "a/x")
        .add_edge("lost", END)
        .compile()
        .unwrap_err();
    for expected in [
        P::DuplicateNode { name: node("a") },
        P::BadName { name: node("b/c") },
        P::UnknownNode { name: node("a/x") },
        P::Unreachable { name: node("lost") },
    ] {
        assert!(error.problems.contains(&expected), "{expected:?} is missing in {error}");
    }
}

#[test]
fn a_subgraph_is_drawn_as_a_box_and_an_error_handler_as_an_arrow() {
    let inner = StateGraph::<Log>::new("inner")
        .add_node("x", Say("x"))
        .add_edge(START, "x")
        .add_edge("x", END)
        .compile()
        .unwrap();
    let graph = StateGraph::<Log>::new("g")
        .add_node("a", ae_langflow::node(Say("a")).with_error_handler("b"))
        .add_node("b", Say("b"))
        .add_subgraph("sub", &inner)
        .add_edge(START, "a")
        .add_edge("a", "sub")
        .add_edge("sub", END)
        .add_edge("b", END)
        .compile()
        .unwrap();
    let expected = "flowchart TD
    start([start])
    n0[\"a\"]
    n1[\"b\"]
    subgraph box_n2[\"sub\"]
        n2[\"start\"]
        n3[\"end\"]
        n4[\"x\"]
    end
    stop([end])
    start --> n0
    n0 --> n2
    n1 --> stop
    n2 --> n4
    n3 --> stop
    n4 --> n3
    n0 -. error .-> n1
";
    assert_eq!(graph.to_mermaid(), expected);
}
