//! One thread that a value goes through.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, Mutex},
};

use ae_langflow::{
    Answer, App, Checkpointer, Cx, END, Ending, Graph, GraphError, Input, Retention, RunConfig, START, State,
    StateGraph, Step, Stop, WriteAs,
};
use serde::{Deserialize, Serialize};

use crate::values::{Any, Made, Random};

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, State)]
struct Part {
    value: Any,
    #[reduce(append)]
    list: Vec<Any>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, State)]
struct Whole {
    first: Any,
    value: Any,
    option: Option<Any>,
    #[reduce(append)]
    list: Vec<Any>,
    #[reduce(merge)]
    set: HashSet<String>,
    #[reduce(merge)]
    map: BTreeMap<String, Any>,
    #[state(nested)]
    part: Part,
    answer: Any,
    sent: Any,
    pad: String,
    edited: Any,
    #[serde(skip)]
    #[state(untracked)]
    scratch: u8,
}

/// A value for each place.
#[derive(Debug, Clone)]
pub struct Case {
    first: Made,
    value: Made,
    nested: Made,
    once: Made,
    sent: Made,
    question: Made,
    answer: Made,
    edited: Made,
    pad: usize,
    key: String,
    name: String,
}

/// How it went.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    Equal,
    Refused,
    Wrong(String),
}

impl Outcome {
    /// Without details.
    pub fn kind(&self) -> Self {
        match self {
            Self::Wrong(_) => Self::Wrong(String::new()),
            other => other.clone(),
        }
    }
}

impl Case {
    pub fn new(random: &mut Random) -> Self {
        let mut made = |by_value| match random.below(3) {
            0 => Made::new(random, by_value),
            _ => Made { value: Any::Nothing, risk: false },
        };
        let (first, value, nested, edited) = (made(false), made(false), made(false), made(false));
        let (once, sent, question, answer) = (made(true), made(true), made(true), made(true));
        let pad = random.one_of(&[0, 10, 4000, 4093, 4094, 4095, 4096, 4097, 16_000, 16_384, 70_000]);
        let key = match random.below(30) {
            0 => "\0".to_owned(),
            1 => "k".repeat(961),
            2..9 => "k".repeat(960),
            _ => "ß\u{1}".to_owned(),
        };
        let name = match random.below(30) {
            0 => "\0".to_owned(),
            1 => "n".repeat(1020),
            2..9 => "n".repeat(1000),
            _ => "\u{7f}'\"\\ß".to_owned(),
        };
        Self { first, value, nested, once, sent, question, answer, edited, pad, key, name }
    }

    pub fn describe(&self) -> String {
        format!("{self:?}").chars().take(600).collect()
    }

    fn may_be_refused(&self) -> bool {
        let values = [&self.first, &self.value, &self.nested, &self.once, &self.sent, &self.question];
        values.iter().chain(&[&self.answer, &self.edited]).any(|made| made.risk)
            || self.key.len() > 960
            || self.key.contains('\0')
            || self.name.contains('\0')
            || self.name.len() > 1000
    }

    fn update(&self) -> WholeUpdate {
        let value = &self.value.value;
        Whole::update()
            .value(value.clone())
            .option(Some(value.clone()))
            .list(vec![value.clone(), Any::Nothing])
            .set((0..20).map(|n| n.to_string()).collect::<HashSet<_>>())
            .map(BTreeMap::from([("k\"\\\0".to_owned(), value.clone())]))
            .part(Part::update().value(self.nested.value.clone()).list(vec![self.nested.value.clone()]))
            .pad("p".repeat(self.pad))
            .scratch(1)
    }

    fn start(&self) -> Whole {
        Whole {
            first: self.first.value.clone(),
            set: ["a".to_owned(), "b".to_owned()].into(),
            pad: "\"".repeat(self.pad / 2),
            ..Whole::default()
        }
    }

    fn end(&self) -> Whole {
        let mut state = self.start();
        state.apply(self.update());
        state.sent = self.sent.value.clone();
        state.answer = self.answer.value.clone();
        state.scratch = 0;
        state
    }
}

type Faults = Arc<Mutex<Vec<String>>>;

type Work = std::pin::Pin<Box<dyn Future<Output = Result<Step<Whole>, Stop>> + Send>>;

fn graph(case: &Arc<Case>, faults: &Faults) -> Graph<Whole> {
    let node = |run: fn(Arc<Case>, Faults, Cx) -> Work| {
        let (case, faults) = (Arc::clone(case), Arc::clone(faults));
        move |_: Arc<Whole>, cx: Cx| run(Arc::clone(&case), Arc::clone(&faults), cx)
    };
    StateGraph::<Whole>::new("roundtrip \u{1}ß")
        .add_node("write", node(write))
        .add_node("ask", node(ask))
        .add_node("sent", node(sent))
        .add_edge(START, "write")
        .add_edge("write", "ask")
        .add_goto("write", ["sent"])
        .add_edge("ask", END)
        .add_edge("sent", END)
        .compile()
        .unwrap()
}

fn check(faults: &Faults, what: &str, same: bool) {
    if !same {
        faults.lock().unwrap().push(format!("{what} came back changed"));
    }
}

fn write(case: Arc<Case>, _: Faults, _: Cx) -> Work {
    Box::pin(async move { Ok(Step::update(case.update()).send("sent", &case.sent.value)) })
}

fn ask(case: Arc<Case>, faults: Faults, cx: Cx) -> Work {
    Box::pin(async move {
        let work = async { Ok::<_, Stop>(case.once.value.clone()) };
        let once: Any = cx.once(&case.key, work).await?;
        check(&faults, "a record of once", once == case.once.value);
        let answer: Any = cx.ask("q", &case.question.value).await?;
        check(&faults, "an answer", answer == case.answer.value);
        Ok(Step::update(Whole::update().answer(answer)))
    })
}

fn sent(case: Arc<Case>, faults: Faults, cx: Cx) -> Work {
    Box::pin(async move {
        let input: Any = cx.input()?;
        check(&faults, "an input", input == case.sent.value);
        Ok(Step::update(Whole::update().sent(input)))
    })
}

/// Why a call came to nothing.
enum Fault {
    Refused(String),
    Wrong(String),
}

impl From<GraphError> for Fault {
    fn from(error: GraphError) -> Self {
        let text = format!("{error}: {:?}", std::error::Error::source(&error).map(ToString::to_string));
        match error {
            GraphError::Encode { .. } | GraphError::Node { .. } => Self::Refused(text),
            // A name that no store keeps.
            GraphError::Store { source, .. } if source.kind() == ae_core::ErrorKind::InvalidInput => {
                Self::Refused(text)
            }
            _ => Self::Wrong(text),
        }
    }
}

/// Runs a thread with the case's values.
pub async fn run(open: &dyn Fn() -> Arc<dyn Checkpointer>, number: &str, case: &Case) -> Outcome {
    let (case, faults) = (Arc::new(case.clone()), Faults::default());
    let config = RunConfig::thread(format!("{}{number}", case.name));
    let graph = graph(&case, &faults);
    let app = || graph.with_store(open()).with_snapshots_after(if case.pad % 2 == 0 { 0 } else { 100_000 });
    let ended = whole(&app, &config, &case).await;
    // Whatever happened, what is there can be read.
    let there = every_record(&app, &config).await;
    let faults = std::mem::take(&mut *faults.lock().unwrap());
    match (there, ended) {
        (Err(Fault::Refused(why) | Fault::Wrong(why)), _) => Outcome::Wrong(format!("unreadable: {why}")),
        (Ok(()), Err(Fault::Wrong(why))) => Outcome::Wrong(why),
        (Ok(()), _) if !faults.is_empty() => Outcome::Wrong(faults.join(", ")),
        (Ok(()), Err(Fault::Refused(why))) if !case.may_be_refused() => {
            Outcome::Wrong(format!("refused without need: {why}"))
        }
        (Ok(()), Err(Fault::Refused(_))) => Outcome::Refused,
        (Ok(()), Ok(())) => Outcome::Equal,
    }
}

/// Reads each record of a thread by itself and among the others.
async fn every_record(app: &dyn Fn() -> App<Whole>, config: &RunConfig) -> Result<(), Fault> {
    if app().get_state(config).await?.is_none() {
        return Ok(());
    }
    for point in app().history(config, 99).await? {
        let at = app().get_state(&config.at(point.seq)).await?;
        if at.is_none_or(|at| (at.seq, at.step, at.questions) != (point.seq, point.step, point.questions)) {
            return Err(Fault::Wrong(format!("record {} differs", point.seq)));
        }
    }
    Ok(())
}

async fn whole(app: &dyn Fn() -> App<Whole>, config: &RunConfig, case: &Case) -> Result<(), Fault> {
    let Ending::Asked { state, questions } = app().invoke(Input::Start(case.start()), config).await? else {
        return Err(Fault::Wrong("it asked nothing".to_owned()));
    };
    let read = read(app, config).await?;
    // A field that is not stored begins again.
    if read != (Whole { scratch: 0, ..Whole::clone(&state) }) {
        return Err(Fault::Wrong("a parked state came back changed".to_owned()));
    }
    let question = questions.first().map(|question| question.payload_as::<Any>());
    if !matches!(question, Some(Ok(question)) if question == case.question.value) {
        return Err(Fault::Wrong("a question came back changed".to_owned()));
    }
    let answer = Answer::new("q", &case.answer.value).map_err(|error| Fault::Refused(error.to_string()))?;
    let Ending::Done(state) = app().resume(config, answer).await? else {
        return Err(Fault::Wrong("it did not end".to_owned()));
    };
    if *state != case.end() || self::read(app, config).await? != *state {
        return Err(Fault::Wrong("a state came back changed".to_owned()));
    }
    let edited = Whole::update().edited(case.edited.value.clone());
    app().update_state(config, edited, WriteAs::NoNode).await?;
    let expected = Whole { edited: case.edited.value.clone(), ..Whole::clone(&state) };
    if self::read(app, config).await? != expected {
        return Err(Fault::Wrong("an edited state came back changed".to_owned()));
    }
    app().fork(config, "a fork").await?;
    let fork = RunConfig::thread("a fork");
    let forked = self::read(app, &fork).await;
    app().delete(&fork).await?;
    if forked? != expected {
        return Err(Fault::Wrong("a fork came back changed".to_owned()));
    }
    app().prune(config, Retention::KeepLast(std::num::NonZeroU64::MIN)).await?;
    if self::read(app, config).await? != expected {
        return Err(Fault::Wrong("a pruned state came back changed".to_owned()));
    }
    Ok(())
}

async fn read(app: &dyn Fn() -> App<Whole>, config: &RunConfig) -> Result<Whole, Fault> {
    match app().get_state(config).await? {
        Some(thread) => Ok(Whole::clone(&thread.state)),
        None => Err(Fault::Wrong("the thread is gone".to_owned())),
    }
}
