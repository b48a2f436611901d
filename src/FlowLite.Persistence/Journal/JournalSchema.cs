using FlowLite.Persistence.Sqlite;

namespace FlowLite.Persistence.Journal;

internal static class JournalSchema
{
    // Checkpoints run beside the commit path, see Checkpointer. No mmap: an I/O error must be an error, not a SIGBUS.
    private const string Pragmas = """
        PRAGMA page_size = 8192;
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        PRAGMA wal_autocheckpoint = 0;
        PRAGMA temp_store = MEMORY;
        PRAGMA cache_size = -65536;
        """;

    // One index on runs serves lists by flow and status, the ready ones included; whatever the hot append has to keep up to
    // date costs throughput.
    private const string Version1 = """
        CREATE TABLE definitions(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
        CREATE TABLE versions(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);

        CREATE TABLE runs(
            run_id BLOB PRIMARY KEY,
            seq INTEGER NOT NULL,
            definition INTEGER NOT NULL,
            version INTEGER NOT NULL,
            status INTEGER NOT NULL,
            started_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            finished_at INTEGER,
            root_run_id BLOB,
            resubmit_of BLOB,
            client_tracking_id TEXT,
            error_code TEXT,
            error_message TEXT,
            incidents INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX runs_by_flow ON runs(definition, status, run_id);

        CREATE TABLE batches(
            run_id BLOB NOT NULL,
            first_seq INTEGER NOT NULL,
            count INTEGER NOT NULL,
            events BLOB NOT NULL,
            PRIMARY KEY(run_id, first_seq));

        CREATE TABLE snapshots(run_id BLOB PRIMARY KEY, seq INTEGER NOT NULL, data BLOB NOT NULL);
        CREATE TABLE stored_values(hash BLOB PRIMARY KEY, utf8 BLOB NOT NULL);

        CREATE TABLE timers(
            run_id BLOB NOT NULL,
            instance BLOB NOT NULL,
            due INTEGER NOT NULL,
            PRIMARY KEY(run_id, instance)) WITHOUT ROWID;
        CREATE INDEX timers_by_due ON timers(due, run_id);

        CREATE TABLE inbox(
            id BLOB PRIMARY KEY,
            received_at INTEGER NOT NULL,
            definition INTEGER NOT NULL,
            trigger_name TEXT NOT NULL,
            reason_code TEXT NOT NULL,
            reason_message TEXT NOT NULL,
            method TEXT NOT NULL,
            path_and_query TEXT NOT NULL,
            headers TEXT NOT NULL,
            body BLOB NOT NULL);
        CREATE INDEX inbox_by_flow ON inbox(definition, id);

        CREATE TABLE epochs(epoch INTEGER PRIMARY KEY AUTOINCREMENT, clean INTEGER NOT NULL DEFAULT 0);
        """;

    // Which runs refer to a large value, so that it goes with the last of them. Only appends that have such values write here.
    // Of values from before nobody knows it: the nil id uses them for good.
    private const string Version2 = """
        CREATE TABLE value_uses(
            hash BLOB NOT NULL,
            run_id BLOB NOT NULL,
            PRIMARY KEY(hash, run_id)) WITHOUT ROWID;
        CREATE INDEX value_uses_by_run ON value_uses(run_id);
        INSERT INTO value_uses SELECT hash, zeroblob(16) FROM stored_values;
        """;

    // What a run says of itself (SetName, Correlate); most say nothing.
    private const string Version3 = """
        ALTER TABLE runs ADD COLUMN name TEXT;
        ALTER TABLE runs ADD COLUMN correlation_id TEXT;
        """;

    // What lets a waiting run on before its timer does: a connection that is back.
    private const string Version4 = """
        ALTER TABLE timers ADD COLUMN gate TEXT;
        CREATE INDEX timers_by_gate ON timers(gate, run_id) WHERE gate IS NOT NULL;
        """;

    // What waits for something other than time, and what has come for it. Both are all but empty, and most runs write to neither.
    // Nor are most in the index: a lead has no correlation id.
    private const string Version5 = """
        CREATE TABLE bookmarks(
            run_id BLOB NOT NULL,
            instance BLOB NOT NULL,
            kind TEXT NOT NULL,
            key TEXT NOT NULL,
            correlation_id TEXT,
            payload TEXT,
            PRIMARY KEY(run_id, instance, kind, key)) WITHOUT ROWID;
        CREATE INDEX bookmarks_by_key ON bookmarks(kind, key);

        CREATE TABLE signals(
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            run_id BLOB NOT NULL,
            instance BLOB NOT NULL,
            kind TEXT NOT NULL,
            key TEXT NOT NULL,
            payload TEXT,
            awaits_response INTEGER NOT NULL);
        CREATE INDEX signals_by_run ON signals(run_id, instance);

        ALTER TABLE runs ADD COLUMN parent_run_id BLOB;
        CREATE INDEX runs_by_correlation ON runs(coalesce(correlation_id, client_tracking_id)) WHERE coalesce(correlation_id, client_tracking_id) IS NOT NULL;
        """;

    // What comes for such a bookmark is sealed.
    private const string Version6 = "ALTER TABLE bookmarks ADD COLUMN secure INTEGER NOT NULL DEFAULT 0;";

    // One activity may wait for thousands of runs: whether the end of one has come already is asked for each.
    private const string Version7 = """
        DROP INDEX signals_by_run;
        CREATE INDEX signals_by_run ON signals(run_id, instance, kind, key);
        """;

    public static readonly SqliteSchema Schema = new(Pragmas, Version1, Version2, Version3, Version4, Version5, Version6, Version7);
}
