//! Values that a thread takes come back equal, from every store, or are refused by the name of the field.
//!
//! `AE_ROUNDTRIP_VALUES` random values (500 without it) go through memory, SQLite, an encrypted store and PostgreSQL: as a
//! state, as updates that are folded, nested and written from outside, as questions, answers, sent inputs and records of
//! `once`, beside fields of sizes on both sides of each limit. Each thread is read again as a new process would read it.
//! Run it twice, without and with `--features exact`. `AE_ROUNDTRIP_SEED` begins with another value.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod thread;
mod values;

#[allow(dead_code, unreachable_pub)]
#[path = "../../it/server.rs"]
mod server;

use std::{collections::BTreeMap, sync::Arc};

use ae_core::Secret;
use ae_langflow::{
    Checkpointer, Durability, Encrypted, EncryptionKeys, MemoryCheckpointer, PostgresCheckpointer,
    PostgresOptions, SqliteCheckpointer,
};

use self::{thread::Outcome, values::Random};

/// Values that once came back changed, or were unreadable, with `exact`: they go first.
const KNOWN: [u64; 2] = [22_056, 40_919];

type Open = Box<dyn Fn() -> Arc<dyn Checkpointer>>;

fn kind(name: &'static str, open: impl Fn() -> Arc<dyn Checkpointer> + 'static) -> (&'static str, Open) {
    (name, Box::new(open))
}

/// A store of each kind, opened as a new process would open it.
async fn open_stores(folder: &std::path::Path) -> Vec<(&'static str, Open)> {
    let keys = || EncryptionKeys::new(Secret::new([7; 32]), "k", Secret::new([8; 32])).unwrap();
    let sqlite =
        |path: std::path::PathBuf| move || SqliteCheckpointer::open(&path, Durability::Normal).unwrap();
    let memory: Arc<dyn Checkpointer> = Arc::new(MemoryCheckpointer::new());
    let (plain, hidden) = (sqlite(folder.join("plain.db")), sqlite(folder.join("hidden.db")));
    let mut stores = vec![
        kind("memory", move || Arc::clone(&memory)),
        kind("SQLite", move || Arc::new(plain())),
        kind("encrypted", move || Arc::new(Encrypted::new(hidden(), keys()))),
    ];
    match server::url() {
        None => server::skip("a PostgreSQL server"),
        Some(url) => {
            let options = PostgresOptions::default().with_schema(server::fresh_schema());
            let store = PostgresCheckpointer::connect_with(&Secret::new(url), options).await.unwrap();
            let store: Arc<dyn Checkpointer> = Arc::new(store);
            stores.push(kind("PostgreSQL", move || Arc::clone(&store)));
        }
    }
    stores
}

fn number(name: &str, without: u64) -> u64 {
    std::env::var(name).map_or(without, |text| text.parse().expect("a number"))
}

#[tokio::main]
async fn main() {
    let (values, seed) = (number("AE_ROUNDTRIP_VALUES", 500), number("AE_ROUNDTRIP_SEED", 0));
    let mut folder = tempfile::tempdir().unwrap();
    let mut stores = open_stores(folder.path()).await;
    let mut wrong = 0_u64;
    let mut seen: BTreeMap<(&str, Outcome), u64> = BTreeMap::new();
    for number in KNOWN.into_iter().chain(seed..seed + values) {
        // A file is read through whenever it is opened.
        if number > seed && number % 100 == 0 {
            folder = tempfile::tempdir().unwrap();
            stores = open_stores(folder.path()).await;
        }
        for (store, open) in &stores {
            let case = thread::Case::new(&mut Random::new(number));
            let outcome = thread::run(open.as_ref(), &format!("{number}"), &case).await;
            if let Outcome::Wrong(why) = &outcome {
                wrong += 1;
                println!("value {number}, {store}: {why}\n    {}", case.describe());
            }
            *seen.entry((*store, outcome.kind())).or_default() += 1;
        }
    }
    let exact =
        if cfg!(feature = "exact") { "arbitrary_precision and preserve_order" } else { "default features" };
    for ((store, outcome), count) in seen {
        println!("{store}: {count} {outcome:?}");
    }
    println!("{values} values x {} stores, serde_json with {exact}: {wrong} wrong", stores.len());
    assert_eq!(wrong, 0, "unreadable, changed, or refused without need");
}
