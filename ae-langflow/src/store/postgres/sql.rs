//! The statements, each with the schema in it.

use ae_core::{BackendError, ErrorKind};

use super::errors::unusable;

const SCHEMA_BYTES_MAX: usize = 63;

/// The parts of a record, of the row `thread`.
const PARTS: &str = "record AS (
            INSERT INTO {s}.records
            SELECT id, $2, $3, $5, $6, $4, $7::bytea, $8::text FROM thread
        ), snapshot AS (
            INSERT INTO {s}.snapshots SELECT id, $2, $9::text FROM thread WHERE $9::text IS NOT NULL
        ), header AS (
            INSERT INTO {s}.headers SELECT id, $2, $10::text FROM thread WHERE $10::text IS NOT NULL
        ), blob AS (
            INSERT INTO {s}.blobs SELECT given.* FROM thread, unnest($12::bytea[], $13::text[]) given
            ON CONFLICT DO NOTHING
        ), ref AS (
            INSERT INTO {s}.refs SELECT id, $2, digest FROM thread, unnest($12::bytea[]) digest";

macro_rules! statements {
    ($($name:ident: $text:literal,)*) => {
        pub(super) struct Sql {
            $(pub(super) $name: String,)*
        }

        impl Sql {
            fn new(schema: &str) -> Self {
                Self { $($name: $text.replace("{parts}", PARTS).replace("{s}", schema),)* }
            }
        }
    };
}

// In those that add a record: thread, number, step, digest, time, end, hash, change, snapshot, header, graph, the names
// and the texts of the blobs, and the number, step and digest of the expected head. The check of the references comes at
// the end of the statement, when the blobs are there.
statements! {
    begin: "
        WITH thread AS (
            INSERT INTO {s}.threads (name, graph, seq, step, digest, at, finished)
            VALUES ($1, $11, $2::bigint, $3::bigint, $4::bytea, $5::bigint, $6::boolean)
            ON CONFLICT (name) DO NOTHING RETURNING id
        ), {parts}
        )
        SELECT id FROM thread",
    add: "
        WITH thread AS (
            UPDATE {s}.threads SET seq = $2::bigint, step = $3::bigint, digest = $4::bytea, at = $5::bigint,
                finished = $6::boolean, graph = coalesce($11, graph)
            WHERE name = $1 AND seq = $14 AND step = $15 AND digest = $16 RETURNING id
        ), {parts}
        ), note AS (
            DELETE FROM {s}.notes USING thread WHERE thread = id AND notes.step < $3
        )
        SELECT id FROM thread",
    append: "
        WITH at AS (
            SELECT id FROM {s}.threads WHERE name = $1 AND seq = $2 AND step = $3::bigint AND digest = $4 FOR SHARE
        ), stored AS (
            INSERT INTO {s}.notes AS known
            SELECT id, $3, given.* FROM at, unnest($5::text[], $6::text[], $7::text[]) given
            ON CONFLICT (thread, step, task, key) DO UPDATE SET value = known.value RETURNING task, key, value
        )
        SELECT task, key, value FROM at LEFT JOIN stored ON true",
    notes_at: "
        SELECT notes.step, task, key, value FROM {s}.threads
        LEFT JOIN {s}.notes ON id = thread AND threads.step = notes.step
        WHERE name = $1 AND seq = $2 AND threads.step = $3 AND digest = $4 ORDER BY task, key",
    find: "
        SELECT id, (SELECT max(seq) FROM {s}.snapshots WHERE thread = id AND seq <= $2)
        FROM {s}.threads WHERE name = $1",
    snapshot: "
        SELECT position, header FROM {s}.snapshots, LATERAL (
            SELECT header FROM {s}.headers WHERE thread = $1 AND seq <= (
                SELECT max(seq) FROM {s}.records WHERE thread = $1 AND seq <= $3
            ) ORDER BY seq DESC LIMIT 1
        ) newest WHERE thread = $1 AND seq = $2",
    records: "
        SELECT seq, step, digest, at, state_hash, change FROM {s}.records
        WHERE thread = $1 AND seq BETWEEN $2 AND $3 ORDER BY seq",
    blobs: "
        SELECT digest, content FROM {s}.blobs WHERE digest IN (
            SELECT digest FROM {s}.refs WHERE thread = $1 AND seq BETWEEN $2 AND $3
        )",
    notes: "
        SELECT notes.step, task, key, value FROM {s}.notes JOIN {s}.threads ON id = thread AND threads.step = notes.step
        WHERE thread = $1 ORDER BY task, key",
    list: "
        SELECT name, graph, seq, step, at, finished FROM {s}.threads
        WHERE $1::text IS NULL OR name > $1 ORDER BY name LIMIT $2",
    source: "SELECT id, seq FROM {s}.threads WHERE name = $1 FOR SHARE",
    record: "SELECT seq, step, digest, at, finished FROM {s}.records WHERE thread = $1 AND seq = $2",
    target: "
        INSERT INTO {s}.threads (name, graph, seq, step, digest, at, finished)
        SELECT $2::text, graph, $3::bigint, $4::bigint, $5::bytea, $6::bigint, $7::boolean
        FROM {s}.threads WHERE id = $1
        ON CONFLICT (name) DO NOTHING RETURNING id",
    copy_records: "
        INSERT INTO {s}.records SELECT $2::bigint, seq, step, at, finished, digest, state_hash, change
        FROM {s}.records WHERE thread = $1 AND seq <= $3",
    copy_snapshots: "
        INSERT INTO {s}.snapshots SELECT $2::bigint, seq, position FROM {s}.snapshots WHERE thread = $1 AND seq <= $3",
    copy_headers: "
        INSERT INTO {s}.headers SELECT $2::bigint, seq, header FROM {s}.headers WHERE thread = $1 AND seq <= $3",
    copy_refs: "
        INSERT INTO {s}.refs SELECT $2::bigint, seq, digest FROM {s}.refs WHERE thread = $1 AND seq <= $3",
    hold: "SELECT id, seq FROM {s}.threads WHERE name = $1 FOR NO KEY UPDATE",
    first_since: "SELECT min(seq) FROM {s}.records WHERE thread = $1 AND at >= $2",
    snapshots: "SELECT seq FROM {s}.snapshots WHERE thread = $1 ORDER BY seq",
    remove_records: "
        DELETE FROM {s}.records USING unnest($2::bigint[], $3::bigint[]) gap (first, last)
        WHERE thread = $1 AND seq BETWEEN first AND last",
    remove_snapshots: "
        DELETE FROM {s}.snapshots USING unnest($2::bigint[], $3::bigint[]) gap (first, last)
        WHERE thread = $1 AND seq BETWEEN first AND last",
    remove_refs: "
        WITH gone AS (
            DELETE FROM {s}.refs USING unnest($2::bigint[], $3::bigint[]) gap (first, last)
            WHERE thread = $1 AND seq BETWEEN first AND last RETURNING digest
        )
        SELECT DISTINCT digest FROM gone",
    remove_headers: "
        DELETE FROM {s}.headers WHERE thread = $1 AND seq < (
            SELECT max(seq) FROM {s}.headers WHERE thread = $1 AND seq <= (
                SELECT min(seq) FROM {s}.records WHERE thread = $1
            )
        )",
    hold_blobs: "SELECT digest FROM {s}.blobs WHERE digest = ANY($1) ORDER BY digest FOR UPDATE",
    remove_blobs: "
        DELETE FROM {s}.blobs WHERE digest = ANY($1)
            AND NOT EXISTS (SELECT FROM {s}.refs WHERE refs.digest = blobs.digest)",
    remove_thread: "DELETE FROM {s}.threads WHERE name = $1 RETURNING id",
    remove_all_headers: "DELETE FROM {s}.headers WHERE thread = $1",
    remove_notes: "DELETE FROM {s}.notes WHERE thread = $1",
}

impl Sql {
    /// The statements on a schema, whose name needs no quotes.
    pub(super) fn of_schema(schema: &str) -> Result<Self, BackendError> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
        let first = schema.bytes().next().is_some_and(plain);
        let rest = schema.bytes().all(|byte| plain(byte) || byte.is_ascii_digit());
        if first && rest && schema.len() <= SCHEMA_BYTES_MAX {
            return Ok(Self::new(schema));
        }
        let message = format!(
            "{schema:?} can't name the schema: choose 1 to {SCHEMA_BYTES_MAX} lower-case letters, digits and _, no \
             digit first"
        );
        Err(unusable(ErrorKind::InvalidInput, message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_get_into_a_statement() {
        let longest = "s".repeat(SCHEMA_BYTES_MAX);
        for good in ["a", "ae_langflow", "_1", longest.as_str()] {
            assert!(Sql::of_schema(good).is_ok_and(|sql| sql.hold.contains(&format!("{good}.threads"))));
        }
        let too_long = "s".repeat(SCHEMA_BYTES_MAX + 1);
        for bad in ["", "1a", "A", "a.b", "a b", "a;drop", "a\"", "ä", "a-b", too_long.as_str()] {
            assert!(Sql::of_schema(bad).is_err_and(|error| error.kind() == ErrorKind::InvalidInput), "{bad}");
        }
    }
}
