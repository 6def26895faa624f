//! How long ranking takes.

use benches::{
    genesis::{posts, query, rank, scan},
    ratio::{compare, is_measuring, report},
};

fn main() {
    let count: u32 = if is_measuring() { 10_000 } else { 100 };
    let (posts, query) = (posts(count as usize), query());
    report(&compare(
        "rank: one of 10,000 posts",
        "substring search",
        count,
        || rank(&posts, &query),
        || scan(&posts, &query),
    ));
}
