//! A letter that is written, waits for a person, and is sent, in one file that outlives the process.
//!
//! ```sh
//! cargo run -p ae-langflow --features sqlite --example letter -- letters.db        # writes it, asks, and ends
//! cargo run -p ae-langflow --features sqlite --example letter -- letters.db yes    # answers, and goes on
//! ```
#![allow(clippy::print_stdout, reason = "an example prints what it does")]

#[cfg(feature = "sqlite")]
mod letter {
    use std::{error::Error, sync::Arc};

    use ae_langflow::{Durability, SqliteCheckpointer, prelude::*};
    use serde::{Deserialize, Serialize};

    #[derive(Debug, Clone, Default, Serialize, Deserialize, State)]
    pub(crate) struct Letter {
        text: String,
        sent: bool,
    }

    async fn write(_: Arc<Letter>, _: Cx) -> Result<LetterUpdate, Stop> {
        println!("writing");
        Ok(Letter::update().text("Dear Ada"))
    }

    async fn send(letter: Arc<Letter>, cx: Cx) -> Result<LetterUpdate, Stop> {
        let sent: bool = cx.ask("send it?", &letter.text).await?;
        Ok(Letter::update().sent(sent))
    }

    pub(crate) async fn run(path: &str, answer: Option<bool>) -> Result<(), Box<dyn Error>> {
        let graph = StateGraph::<Letter>::new("letter")
            .add_node("write", write)
            .add_node("send", send)
            .add_edge(START, "write")
            .add_edge("write", "send")
            .add_edge("send", END)
            .compile()?;
        let app = graph.with_store(Arc::new(SqliteCheckpointer::open(path, Durability::Full)?));
        let thread = RunConfig::thread("letter-1");
        let known = app.get_state(&thread).await?;
        let ending = match (known, answer) {
            (None, _) => app.invoke(Input::Start(Letter::default()), &thread).await?,
            (Some(known), Some(answer)) => {
                let question = known.questions.first().ok_or("nothing is asked any more")?;
                app.resume(&thread, question.answer(&answer)?).await?
            }
            (Some(_), None) => app.invoke(Input::Continue, &thread).await?,
        };
        match ending {
            Ending::Asked { questions, .. } => {
                for question in questions {
                    println!("{} {} (run it again with yes or no)", question.id, question.payload);
                }
            }
            other => println!("{other:?}"),
        }
        Ok(())
    }
}

#[cfg(feature = "sqlite")]
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("name a file")?;
    let answer = arguments.next().map(|answer| answer == "yes");
    letter::run(&path, answer).await
}

#[cfg(not(feature = "sqlite"))]
fn main() {
    println!("run it with --features sqlite");
}
