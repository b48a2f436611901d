using FlowLite.Persistence.Sqlite;

namespace FlowLite.Persistence.Catalogue;

internal static class CatalogueSchema
{
    private const string Pragmas = """
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        """;

    // The partial indexes are the law that a definition has one latest and at most one published version.
    private const string Version1 = """
        CREATE TABLE definitions(
            id TEXT PRIMARY KEY,
            definition_id TEXT NOT NULL,
            version INTEGER NOT NULL,
            is_latest INTEGER NOT NULL,
            is_published INTEGER NOT NULL,
            name TEXT COLLATE NOCASE,
            description TEXT,
            created_at INTEGER NOT NULL,
            search TEXT NOT NULL,
            document TEXT NOT NULL);
        CREATE UNIQUE INDEX definitions_by_version ON definitions(definition_id, version);
        CREATE UNIQUE INDEX definitions_latest ON definitions(definition_id) WHERE is_latest = 1;
        CREATE UNIQUE INDEX definitions_published ON definitions(definition_id) WHERE is_published = 1;

        CREATE TABLE flow_secrets(
            definition_id TEXT PRIMARY KEY,
            primary_key TEXT NOT NULL,
            secondary_key TEXT NOT NULL,
            triggers TEXT NOT NULL);

        CREATE TABLE imports(
            definition_id TEXT PRIMARY KEY,
            file_hash TEXT NOT NULL,
            version_id TEXT NOT NULL);
        """;

    // What is no draft was published. Hidden versions keep their number.
    private const string Version2 = """
        ALTER TABLE definitions ADD COLUMN is_frozen INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE definitions ADD COLUMN is_hidden INTEGER NOT NULL DEFAULT 0;
        UPDATE definitions SET is_frozen = 1 WHERE is_published = 1 OR is_latest = 0;
        """;

    // Settings and secrets are JSON objects of texts; each secret is encrypted by itself.
    private const string Version3 = """
        CREATE TABLE connections(
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL COLLATE NOCASE UNIQUE,
            kind TEXT NOT NULL,
            settings TEXT NOT NULL,
            secrets TEXT NOT NULL);
        """;

    // Times are UTC ticks.
    private const string Version4 = """
        CREATE TABLE schedules(
            definition_id TEXT NOT NULL,
            activity TEXT NOT NULL,
            schedule TEXT NOT NULL,
            since INTEGER NOT NULL,
            done INTEGER NOT NULL,
            last_run INTEGER,
            PRIMARY KEY(definition_id, activity)) WITHOUT ROWID;
        """;

    public static readonly SqliteSchema Schema = new(Pragmas, Version1, Version2, Version3, Version4);
}
