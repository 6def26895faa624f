//! How long audit records and budget holds take.

use benches::{
    ratio::{compare, is_measuring, report},
    safety::{audit, audit_by, hash_chain, memory_budget, sqlite_budget, two_balances, two_commits},
};

fn main() {
    let many: u32 = if is_measuring() { 2_000 } else { 10 };
    report(&compare(
        "audit: append and verify in memory",
        "JSON and SHA-256 by hand",
        many,
        || audit(many),
        || hash_chain(many),
    ));
    report(&compare(
        "budget: reserve and settle in memory",
        "two balances under a lock",
        many,
        || memory_budget(many),
        || two_balances(many),
    ));
    let few: u32 = if is_measuring() { 100 } else { 3 };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let records = 8 * few;
    report(&compare(
        "audit: append to a file by 8 writers",
        "one writer",
        records,
        || audit_by(8, folder.path(), records),
        || audit_by(1, folder.path(), records),
    ));
    report(&compare(
        "budget: reserve and settle in SQLite",
        "two commits with rusqlite",
        few,
        || sqlite_budget(folder.path(), few),
        || two_commits(folder.path(), few),
    ));
}
