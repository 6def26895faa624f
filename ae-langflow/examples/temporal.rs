//! A letter that is written, waits for a person, and is sent, as a workflow.
//!
//! ```sh
//! temporal server start-dev --headless &
//! cargo run -p ae-langflow --features temporal --example temporal -- http://127.0.0.1:7233
//! ```
#![allow(clippy::print_stdout, reason = "an example prints what it does")]

#[cfg(feature = "temporal")]
mod letter {
    use std::{error::Error, sync::Arc};

    use ae_langflow::{
        Cancel, Cx, END, Graph, START, State, StateGraph, Stop,
        temporal::{ConnectOptions, RunOptions, TemporalClient, TemporalWorker},
    };
    use serde::{Deserialize, Serialize};

    #[derive(Debug, Clone, Default, Serialize, Deserialize, State)]
    pub(crate) struct Letter {
        text: String,
        sent: bool,
    }

    async fn write(_: Arc<Letter>, _: Cx) -> Result<LetterUpdate, Stop> {
        Ok(Letter::update().text("Dear Ada"))
    }

    async fn send(letter: Arc<Letter>, cx: Cx) -> Result<LetterUpdate, Stop> {
        let sent: bool = cx.ask("send it?", &letter.text).await?;
        Ok(Letter::update().sent(sent))
    }

    fn graph() -> Result<Graph<Letter>, Box<dyn Error>> {
        Ok(StateGraph::<Letter>::new("letter")
            .add_node("write", write)
            .add_node("send", send)
            .add_edge(START, "write")
            .add_edge("write", "send")
            .add_edge("send", END)
            .compile()?)
    }

    pub(crate) async fn run(url: &str) -> Result<(), Box<dyn Error>> {
        let graph = graph()?;
        let client = TemporalClient::connect(ConnectOptions::new(url), "letters").await?;
        let stop = Cancel::new();
        let worker = TemporalWorker::new(&client).graph(&graph).spawn(stop.clone())?;
        let thread = format!("letter-{}", std::process::id());
        client.start(&graph, &thread, Letter::default(), &RunOptions::new()).await?;
        let mut pause = tokio::time::interval(std::time::Duration::from_millis(100));
        let question = loop {
            // A person would get a message; here we look until the question is there.
            if let Some(question) = client.state::<Letter>(&thread).await?.questions.into_iter().next() {
                break question;
            }
            pause.tick().await;
        };
        println!("{} {}", question.id, question.payload);
        client.answer(&thread, vec![question.answer(&true)?]).await?;
        println!("{:?}", client.result::<Letter>(&thread).await?);
        stop.cancel();
        worker.join().await?;
        Ok(())
    }
}

#[cfg(feature = "temporal")]
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1);
    letter::run(url.as_deref().unwrap_or("http://127.0.0.1:7233")).await
}

#[cfg(not(feature = "temporal"))]
fn main() {
    println!("run it with `--features temporal`");
}
