#![allow(clippy::unwrap_used)]
use ae_langflow::{Checkpointer, MemoryCheckpointer, conformance};
use std::sync::Arc;
#[tokio::test(flavor = "multi_thread")]
async fn memory_conforms() {
    conformance::run_all(Arc::new(MemoryCheckpointer::new())).await;
    let boxed: Box<dyn Checkpointer> = Box::new(MemoryCheckpointer::new());
    conformance::run_all(Arc::new(boxed)).await;
    let s = conformance::crash::script(7, 300);
    let st = MemoryCheckpointer::new();
    conformance::crash::run(&st, &s, 0, |_| {}).await;
    assert_eq!(conformance::crash::verify_after_crash(&st, &s, 300).await, 300);
    assert_eq!(conformance::crash::verify_after_crash(&st, &s, 299).await, 300);
    let mut m = std::collections::BTreeMap::new();
    for o in &s {
        *m.entry(format!("{o:?}").split(' ').next().unwrap().to_owned()).or_insert(0) += 1;
    }
    println!("{m:?}");
}
#[cfg(feature = "sqlite")]
#[tokio::test(flavor = "multi_thread")]
async fn sqlite_conforms() {
    use ae_langflow::{Durability, SqliteCheckpointer};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.db");
    let store = Arc::new(SqliteCheckpointer::open(&path, Durability::Normal).unwrap());
    conformance::run_all(store).await;
    let path = folder.path().join("u.db");
    let st = SqliteCheckpointer::open(&path, Durability::Normal).unwrap();
    let s = conformance::crash::script(7, 300);
    conformance::crash::run(&st, &s, 0, |_| {}).await;
    assert_eq!(conformance::crash::verify_after_crash(&st, &s, 300).await, 300);
}
