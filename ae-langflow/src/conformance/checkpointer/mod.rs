//! The checks that every [`Checkpointer`] passes, one or more for each clause of its contract.
//!
//! Each check works on threads of its own name, so one empty store will do. A failure panics with the number of the
//! clause. The races want several threads: run them under `#[tokio::test(flavor = "multi_thread")]`.
//!
//! [`crash`] checks what a store keeps after its process was killed.

mod commits;
mod copies;
pub mod crash;
mod notes;
mod races;
mod retention;
mod support;
mod threads;

use std::sync::Arc;

use ae_core::conformance::Ran;

pub use self::{
    commits::{
        c1_large_values_come_back, c1_what_was_committed_comes_back, c2_a_moved_head_is_refused,
        c3_a_refused_commit_leaves_nothing, c4_heads_are_numbered, c10_earlier_records_are_read,
    },
    copies::{
        c11_a_copy_ends_where_it_is_told, c11_a_copy_goes_its_own_way, c11_a_refused_copy_changes_nothing,
    },
    notes::{
        c5_a_note_is_stored_once, c6_a_late_note_is_refused, c7_notes_last_as_long_as_the_superstep,
        c15_notes_are_read_on_their_head,
    },
    races::{
        c2_no_commit_is_lost_among_many_writers, c2_one_of_many_writers_wins, c5_one_of_many_notes_stays,
        c11_one_of_many_copies_is_made, c13_a_blob_outlives_a_race_with_a_delete,
        dropped_calls_are_whole_or_not,
    },
    retention::{
        c12_pruning_keeps_what_its_rules_say, c12_what_stays_reads_as_before,
        c13_blobs_are_shared_and_go_with_the_last,
    },
    threads::{
        c8_threads_are_apart_and_delete_takes_one, c9_many_threads_are_listed_in_order,
        c14_names_are_bounded_and_otherwise_free,
    },
};
use crate::Checkpointer;

/// Runs every check on `store`, in the context of a Tokio runtime.
pub async fn run_all(store: Arc<dyn Checkpointer>) -> Ran {
    let (one, mut ran) = (store.as_ref(), Ran::default());
    ran.clause("C1", async {
        c1_what_was_committed_comes_back(one).await;
        c1_large_values_come_back(one).await;
    })
    .await;
    ran.clause("C2", async {
        c2_a_moved_head_is_refused(one).await;
        c2_one_of_many_writers_wins(&store).await;
        c2_no_commit_is_lost_among_many_writers(&store).await;
    })
    .await;
    ran.clause("C3", c3_a_refused_commit_leaves_nothing(one)).await;
    ran.clause("C4", c4_heads_are_numbered(one)).await;
    ran.clause("C5", async {
        c5_a_note_is_stored_once(one).await;
        c5_one_of_many_notes_stays(&store).await;
    })
    .await;
    ran.clause("C6", c6_a_late_note_is_refused(one)).await;
    ran.clause("C7", c7_notes_last_as_long_as_the_superstep(one)).await;
    ran.clause("C8", c8_threads_are_apart_and_delete_takes_one(one)).await;
    ran.clause("C9", c9_many_threads_are_listed_in_order(one)).await;
    ran.clause("C10", c10_earlier_records_are_read(one)).await;
    ran.clause("C11", async {
        c11_a_copy_goes_its_own_way(one).await;
        c11_a_copy_ends_where_it_is_told(one).await;
        c11_a_refused_copy_changes_nothing(one).await;
        c11_one_of_many_copies_is_made(&store).await;
    })
    .await;
    ran.clause("C12", async {
        c12_pruning_keeps_what_its_rules_say(one).await;
        c12_what_stays_reads_as_before(one).await;
    })
    .await;
    ran.clause("C13", async {
        c13_blobs_are_shared_and_go_with_the_last(one).await;
        c13_a_blob_outlives_a_race_with_a_delete(&store).await;
    })
    .await;
    ran.clause("C14", c14_names_are_bounded_and_otherwise_free(one)).await;
    ran.clause("C15", c15_notes_are_read_on_their_head(one)).await;
    dropped_calls_are_whole_or_not(one).await;
    ran
}
