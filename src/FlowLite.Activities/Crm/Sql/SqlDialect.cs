using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using FlowLite.Activities.Crm.Fitting;
using FlowLite.Activities.Crm.Http;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;
using Microsoft.Data.Sqlite;
using Npgsql;
using NpgsqlTypes;

namespace FlowLite.Activities.Crm.Sql;

/// <summary>In what databases differ, as far as a connector meets it.</summary>
internal abstract class SqlDialect
{
    /// <summary>Tables of the connection's user, a column <c>name</c>.</summary>
    public abstract string Tables { get; }

    /// <summary>Columns of the table <c>@p0</c>: <c>name, type, length, is_nullable, has_default, is_generated, values</c>; the last a JSON array of those of an enumeration.</summary>
    public abstract string Columns { get; }

    /// <summary>Whether the table <c>@p0</c> has a unique index of the column <c>@p1</c> alone, for all rows.</summary>
    public abstract string IsUnique { get; }

    /// <summary>Who is signed in.</summary>
    public abstract string Who { get; }

    /// <summary>Waits for what a write waits for, and writes nothing; null: reading tells as much.</summary>
    public virtual string? WouldWrite => null;

    /// <summary>Whether it is written otherwise in columns of other types.</summary>
    public virtual bool DependsOnColumn(JsonElement value) => false;

    /// <summary>A value as a column of the type takes it.</summary>
    public virtual JsonElement AsColumn(JsonElement value, string type) => value;

    public abstract void Add(DbCommand command, string name, JsonElement value);

    /// <summary>A failure as the engine takes it: whether it passes, and whether it is the database's word on the record.</summary>
    /// <param name="connected">It came after the connection was made: a lost answer leaves open what was done.</param>
    public abstract ActivityException Failure(DbException e, string who, bool connected);

    public abstract CrmFieldType TypeOf(string type);

    /// <summary>How a value of the type is written, for who fills the column; empty: it is clear.</summary>
    public virtual string NoteOf(string type) => "";

    /// <summary>A name as SQL writes it, whatever is in it.</summary>
    public static string Quote(string name) => "\"" + name.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";

    public static ActivityException Unreachable(string who, Exception e, bool outcomeUnknown) =>
        new("ConnectionFailed", $"{who} could not be reached: {e.Message}") { Retryable = true, OutcomeUnknown = outcomeUnknown };

    /// <summary>The database's word, with its own code and text in the details.</summary>
    protected static ActivityException Refused(string code, string message, string said, string text, FailureOwner owner) => new(code, message)
    {
        Retryable = owner == FailureOwner.Crm,
        Details = FailureOwners.Details(owner, said, text),
    };
}

internal sealed class PostgresDialect : SqlDialect
{
    public override string Tables => "SELECT table_name FROM information_schema.tables WHERE table_schema = ANY(current_schemas(false)) AND table_type = 'BASE TABLE' ORDER BY table_name";

    public override string Columns => """
        SELECT column_name, data_type, CASE WHEN data_type LIKE 'character%' THEN character_maximum_length END, is_nullable = 'YES',
               column_default IS NOT NULL OR is_identity = 'YES' OR is_generated <> 'NEVER', is_generated = 'ALWAYS' OR coalesce(identity_generation = 'ALWAYS', false),
               (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder)::text FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid JOIN pg_namespace n ON n.oid = t.typnamespace
                WHERE t.typname = udt_name AND n.nspname = udt_schema)
        FROM information_schema.columns WHERE table_schema = ANY(current_schemas(false)) AND table_name = @p0 ORDER BY ordinal_position
        """;

    public override string IsUnique => """
        SELECT EXISTS(SELECT FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace
            JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[0]
          WHERE n.nspname = ANY(current_schemas(false)) AND lower(t.relname) = lower(@p0) AND a.attname = @p1 AND i.indisunique AND i.indisvalid AND i.indnkeyatts = 1 AND i.indpred IS NULL)
        """;

    public override string Who => "SELECT current_user";

    public override bool DependsOnColumn(JsonElement value) => value.ValueKind == JsonValueKind.Array || IsJsonWithNul(value) || MayBeList(value);

    public override JsonElement AsColumn(JsonElement value, string type) => type switch
    {
        "ARRAY" when value.ValueKind == JsonValueKind.Array => JsonValues.String(ArrayLiteral(value)),
        // A list that an editor or a template gives as its text. PostgreSQL's own begin with a brace, or with bounds that are no JSON.
        "ARRAY" when MayBeList(value) && CrmJson.TryParse(value.GetString(), out var list) => JsonValues.String(ArrayLiteral(list)),
        // It takes no NUL however it is written.
        "jsonb" when IsJsonWithNul(value) && CrmJson.TryParse(value.GetString(), out var json) => NulCharacters.Without(json),
        _ => value,
    };

    private static bool MayBeList(JsonElement value) => value.ValueKind == JsonValueKind.String && value.GetString()!.AsSpan().TrimStart() is ['[', ..];

    private static bool IsJsonWithNul(JsonElement value) => value.ValueKind == JsonValueKind.String && value.GetString()!.Contains("\\u0000", StringComparison.Ordinal);

    /// <summary>PostgreSQL, "Array Input": quoted, so that no text is taken for NULL or a part of the array.</summary>
    private static string ArrayLiteral(JsonElement list) => "{" + string.Join(',', list.EnumerateArray().Select(item => item.ValueKind switch
    {
        JsonValueKind.Null => "NULL",
        JsonValueKind.Array => ArrayLiteral(item),
        _ => "\"" + FieldValues.Text(item).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"",
    })) + "}";

    // As text of a type that is not said: the server reads it as the column's.
    public override void Add(DbCommand command, string name, JsonElement value) => command.Parameters.Add(new NpgsqlParameter(name, NpgsqlDbType.Unknown)
    {
        Value = value.ValueKind == JsonValueKind.Null ? DBNull.Value : FieldValues.Text(value).Replace("\0", "", StringComparison.Ordinal),
    });

    public override ActivityException Failure(DbException e, string who, bool connected) => e is not PostgresException refused
        ? Unreachable(who, e, connected)
        : refused.SqlState switch
        {
            ['2', '8', ..] or "42501" => Refused("SignInRefused", $"{who} refused the connection's user, {refused.SqlState}: {refused.MessageText}. Check its name, password and rights.", refused, FailureOwner.Administrator),
            "3D000" => Refused(refused.SqlState, $"{who} was not found, {refused.SqlState}: {refused.MessageText}. Check the connection's database.", refused, FailureOwner.Administrator),
            // A standby, or a server that is being taken over.
            "25006" => Unreachable(who, refused, outcomeUnknown: false),
            // Connections, resources, operators and conflicts of transactions pass (PostgreSQL, "Error Codes").
            ['5', '3', ..] => Unreachable(who, refused, outcomeUnknown: false),
            ['0', '8', ..] or ['5', '7', ..] or ['5', '8', ..] => Unreachable(who, refused, connected),
            ['4', '0', ..] or "55P03" => Refused(refused.SqlState, $"{who} did not write the row, {refused.SqlState}: {refused.MessageText}.", refused, FailureOwner.Crm),
            "42P10" => Refused(refused.SqlState, $"{who} did not write the row: the connection's key column has no unique index in this table, so that a row could be written twice.", refused, FailureOwner.Administrator),
            var state => Refused(state, $"{who} did not write the row, {state}: {refused.MessageText}. Check the mapped fields, then resubmit the run.", refused, FailureOwner.Author),
        };

    private static ActivityException Refused(string code, string message, PostgresException refused, FailureOwner owner) => Refused(code, message, refused.SqlState, refused.MessageText, owner);

    public override CrmFieldType TypeOf(string type) => type switch
    {
        "text" => CrmFieldType.Memo,
        "character varying" or "character" => CrmFieldType.Text,
        "smallint" or "integer" or "bigint" => CrmFieldType.WholeNumber,
        "numeric" or "real" or "double precision" or "money" => CrmFieldType.Number,
        "boolean" => CrmFieldType.YesNo,
        "date" => CrmFieldType.Date,
        "timestamp with time zone" or "timestamp without time zone" => CrmFieldType.DateTime,
        // Each type has a form as text, which the server reads as the column's.
        _ => CrmFieldType.Verbatim,
    };

    public override string NoteOf(string type) => type switch
    {
        "ARRAY" => "A list as JSON: [\"a\",\"b\"].",
        "json" or "jsonb" => "JSON: an object, a list, a number, or a text in quotes.",
        "USER-DEFINED" => "",
        _ when TypeOf(type) == CrmFieldType.Verbatim => $"As PostgreSQL writes its type {type}.",
        _ => "",
    };
}

internal sealed class SqliteDialect : SqlDialect
{
    private const int Error = 1, Busy = 5, Locked = 6, ReadOnly = 8, IoError = 10, Full = 13, CantOpen = 14;
    /// <summary>SQLITE_READONLY_DBMOVED: the file went away after it was opened (SQLite, "Result and Error Codes").</summary>
    private const int Moved = 1032;

    public override string Tables => "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY name";

    public override string Columns => "SELECT name, lower(type), NULL, \"notnull\" = 0, dflt_value IS NOT NULL OR pk > 0, 0, NULL FROM pragma_table_info(@p0)";

    public override string IsUnique => """
        SELECT EXISTS(SELECT 1 FROM pragma_index_list(@p0) i JOIN pragma_index_info(i.name) c
          WHERE i."unique" AND NOT i.partial AND lower(c.name) = lower(@p1) AND (SELECT count(*) FROM pragma_index_info(i.name)) = 1)
        """;

    public override string Who => "SELECT 'the server''s user'";

    // A file that another process writes can be read all the while.
    public override string WouldWrite => "BEGIN IMMEDIATE; ROLLBACK";

    public override void Add(DbCommand command, string name, JsonElement value) => ((SqliteCommand)command).Parameters.AddWithValue(name, value.ValueKind switch
    {
        JsonValueKind.Null => DBNull.Value,
        JsonValueKind.True => 1,
        JsonValueKind.False => 0,
        JsonValueKind.Number => value.TryGetInt64(out var whole) ? whole : value.GetDouble(),
        _ => FieldValues.Text(value),
    });

    public override ActivityException Failure(DbException e, string who, bool connected) => ((SqliteException)e).SqliteErrorCode switch
    {
        IoError => Unreachable(who, e, connected),
        Busy or Locked or Full or CantOpen => Unreachable(who, e, outcomeUnknown: false),
        ReadOnly when ((SqliteException)e).SqliteExtendedErrorCode == Moved => Unreachable(who, e, outcomeUnknown: false),
        Error when e.Message.Contains("ON CONFLICT", StringComparison.Ordinal) =>
            Refused(Name(Error), $"{who} did not write the row: the connection's key column has no unique index in this table, so that a row could be written twice.", Name(Error), e.Message, FailureOwner.Administrator),
        ReadOnly => Refused(Name(ReadOnly), $"{who} did not write the row: {e.Message.TrimEnd('.')}. Check that the server's user may write the file and its folder.", Name(ReadOnly), e.Message, FailureOwner.Administrator),
        var code => Refused(Name(code), $"{who} did not write the row: {e.Message.TrimEnd('.')}. Check the mapped fields and the table's keys, then resubmit the run.", Name(code), e.Message, FailureOwner.Author),
    };

    private static string Name(int code) => string.Create(CultureInfo.InvariantCulture, $"Sqlite{code}");

    // What was declared is free text there (SQLite, "Datatypes").
    public override CrmFieldType TypeOf(string type) => type switch
    {
        _ when type.Contains("bool", StringComparison.Ordinal) => CrmFieldType.YesNo,
        _ when type.Contains("int", StringComparison.Ordinal) => CrmFieldType.WholeNumber,
        _ when type.Contains("char", StringComparison.Ordinal) || type.Contains("clob", StringComparison.Ordinal) || type.Contains("text", StringComparison.Ordinal) => CrmFieldType.Text,
        _ when type.Contains("datetime", StringComparison.Ordinal) || type.Contains("timestamp", StringComparison.Ordinal) => CrmFieldType.DateTime,
        "date" => CrmFieldType.Date,
        _ when type.Contains("real", StringComparison.Ordinal) || type.Contains("floa", StringComparison.Ordinal) || type.Contains("doub", StringComparison.Ordinal) || type.Contains("num", StringComparison.Ordinal) || type.Contains("dec", StringComparison.Ordinal) => CrmFieldType.Number,
        _ => CrmFieldType.Other,
    };
}
