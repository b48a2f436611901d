using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;

namespace FlowLite.Activities.Crm.Sql;

/// <summary>
/// Rows of a database's tables. The idempotency key is the value of a column that the connection names, which has a unique index in
/// each table: an insert that finds its key there does nothing. Without such a column creates are what the connection chose.
/// </summary>
/// <param name="key">The column of the idempotency key; null: there is none.</param>
internal sealed class SqlConnector(string connection, string? key, Effect withoutKey, DbDataSource source, SqlDialect dialect) : IConnector
{
    private readonly string _who = $"The database of connection '{connection}'";

    // A table whose column has no unique index refuses the insert, so that the column's name is enough.
    public Effect CreateEffect(string entity) => key is null ? withoutKey : Effect.Idempotent;

    /// <summary>Looked up for those who set the connection up: creates need no look, as the database refuses them itself.</summary>
    public async ValueTask<string?> CheckKeyAsync(string entity, bool anew, CancellationToken cancellationToken)
    {
        if (key is null || !anew)
        {
            return null;
        }

        var isUnique = await CallAsync(async db =>
        {
            await using var command = Command(db, dialect.IsUnique, [new("", JsonValues.String(entity)), new("", JsonValues.String(key))]);
            return Convert.ToBoolean(await command.ExecuteScalarAsync(cancellationToken), CultureInfo.InvariantCulture);
        }, cancellationToken);
        return isUnique ? null : $"'{entity}' has no column {key} with a unique index of its own: {_who} will refuse rows of flows there.";
    }

    public ValueTask<CreatedRecord> CreateAsync(CreateRecordRequest request, CancellationToken cancellationToken) => CallAsync(async db =>
    {
        var fields = await FieldsAsync(db, request.Entity, request.Fields, cancellationToken);
        fields.RemoveAll(field => field.Value.ValueKind == JsonValueKind.Null);
        if (key is null)
        {
            await ExecuteAsync(db, Insert(request.Entity, [], fields), cancellationToken);
            return new CreatedRecord("", request.Entity, AlreadyExisted: false, 201);
        }

        var id = request.IdempotencyKey.ToString();
        var existed = await ExecuteAsync(db, Insert(request.Entity, [key], [new(key, JsonValues.String(id)), .. fields]), cancellationToken) == 0;
        if (existed && await FindAsync(db, new GetRecordRequest(request.Entity, RecordKey.ById(id), [key]), cancellationToken) is null)
        {
            throw new ActivityException("NotWritten", $"{_who} wrote no row into '{request.Entity}' and said nothing: a trigger or rule of the table keeps rows out.");
        }

        return new CreatedRecord(id, Url(request.Entity, id), existed, existed ? 200 : 201);
    }, cancellationToken);

    public ValueTask<WrittenRecord> UpdateAsync(UpdateRecordRequest request, CancellationToken cancellationToken) => CallAsync(async db =>
    {
        if (request.Version is not null)
        {
            throw new ActivityException("NotSupported", "Rows of a database have no version that a change could ask for.");
        }

        return await ExecuteAsync(db, Update(request.Entity, Key(request.Key), await FieldsAsync(db, request.Entity, request.Fields, cancellationToken)), cancellationToken) > 0
            ? new WrittenRecord(request.Key.Id, Url(request.Entity, request.Key.Id), Created: false, 200)
            : throw new ActivityException("RecordNotFound", $"{_who} has no such row in '{request.Entity}'.");
    }, cancellationToken);

    public ValueTask<WrittenRecord> UpsertAsync(UpsertRecordRequest request, CancellationToken cancellationToken) => CallAsync(async db =>
    {
        var (found, fields) = (Key(request.Key), await FieldsAsync(db, request.Entity, request.Fields, cancellationToken));
        var created = false;
        if (await ExecuteAsync(db, Update(request.Entity, found, fields), cancellationToken) == 0)
        {
            created = await ExecuteAsync(db, Insert(request.Entity, [.. found.Select(column => column.Key)], [.. found, .. fields.Where(field => found.All(column => column.Key != field.Key))]), cancellationToken) > 0;
            if (!created)
            {
                // Another one was faster.
                await ExecuteAsync(db, Update(request.Entity, found, fields), cancellationToken);
            }
        }

        return new WrittenRecord(request.Key.Id, Url(request.Entity, request.Key.Id), created, created ? 201 : 200);
    }, cancellationToken);

    public ValueTask<FoundRecord?> GetAsync(GetRecordRequest request, CancellationToken cancellationToken) =>
        CallAsync(db => FindAsync(db, request, cancellationToken), cancellationToken);

    public ValueTask<string> TestAsync(CancellationToken cancellationToken) => CallAsync(async db =>
    {
        if (dialect.WouldWrite is { } wouldWrite)
        {
            await using var attempt = Command(db, wouldWrite, []);
            await attempt.ExecuteNonQueryAsync(cancellationToken);
        }

        await using var command = Command(db, dialect.Who, []);
        return Convert.ToString(await command.ExecuteScalarAsync(cancellationToken), CultureInfo.InvariantCulture)!;
    }, cancellationToken);

    public ValueTask<IReadOnlyList<CrmEntityInfo>> EntitiesAsync(CancellationToken cancellationToken) => CallAsync<IReadOnlyList<CrmEntityInfo>>(async db =>
    {
        var tables = new List<CrmEntityInfo>();
        await using var command = Command(db, dialect.Tables, []);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            tables.Add(new CrmEntityInfo(reader.GetString(0), reader.GetString(0), reader.GetString(0), key ?? "", null));
        }

        return tables;
    }, cancellationToken);

    public ValueTask<IReadOnlyList<CrmField>> FieldsAsync(string entity, CancellationToken cancellationToken) => CallAsync<IReadOnlyList<CrmField>>(async db =>
    {
        var columns = new List<CrmField>();
        await using var command = Command(db, dialect.Columns, [new("", JsonValues.String(entity))]);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var (name, type) = (reader.GetString(0), reader.GetString(1));
            var options = reader.IsDBNull(6) ? [] : JsonElement.Parse(reader.GetString(6)).EnumerateArray().Select(label => new CrmFieldOption(label, label.GetString()!)).ToList();
            columns.Add(new CrmField(name, name == key ? CrmFieldType.Id : options.Count > 0 ? CrmFieldType.Choice : dialect.TypeOf(type))
            {
                DisplayName = name,
                Description = dialect.NoteOf(type),
                Options = options,
                MaxLength = reader.IsDBNull(2) ? null : reader.GetInt32(2),
                CountsCharacters = true,
                Requirement = reader.GetBoolean(3) || reader.GetBoolean(4) || name == key ? CrmRequirement.None : CrmRequirement.Required,
                CanCreate = name != key && !reader.GetBoolean(5),
                CanUpdate = name != key && !reader.GetBoolean(5),
            });
        }

        return columns;
    }, cancellationToken);

    public void Dispose() => source.Dispose();

    private static string Url(string table, string? id) => id is null ? table : $"{table}/{id}";

    private List<KeyValuePair<string, JsonElement>> Key(RecordKey record) =>
        (record.Id, key) switch
        {
            (null, _) => record.Columns.Count > 0 ? [.. record.Columns] : throw new ActivityException("InvalidKey", "The key has no column."),
            (_, null) => throw new ActivityException("InvalidKey", $"The connection '{connection}' names no key column, so that its rows have no id: name the row by columns."),
            ({ } id, { } column) => [new(column, JsonValues.String(id))],
        };

    /// <summary>Values as their columns take them. The database is asked for its columns where a value needs it.</summary>
    private async Task<List<KeyValuePair<string, JsonElement>>> FieldsAsync(DbConnection db, string table, JsonElement fields, CancellationToken cancellationToken)
    {
        var values = fields.EnumerateObject().Select(field => new KeyValuePair<string, JsonElement>(field.Name, field.Value)).ToList();
        if (!values.Exists(value => dialect.DependsOnColumn(value.Value)))
        {
            return values;
        }

        var types = new Dictionary<string, string>(StringComparer.Ordinal);
        await using var command = Command(db, dialect.Columns, [new("", JsonValues.String(table))]);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            types[reader.GetString(0)] = reader.GetString(1);
        }

        return [.. values.Select(value => types.GetValueOrDefault(value.Key) is { } type ? new(value.Key, dialect.AsColumn(value.Value, type)) : value)];
    }

    private static (string Sql, IReadOnlyList<KeyValuePair<string, JsonElement>> Values) Insert(string table, IReadOnlyList<string> unique, List<KeyValuePair<string, JsonElement>> values) =>
        ($"INSERT INTO {SqlDialect.Quote(table)} "
            + (values.Count > 0 ? $"({Names(values.Select(value => value.Key))}) VALUES ({string.Join(", ", values.Select((_, index) => $"@p{index}"))})" : "DEFAULT VALUES")
            + (unique.Count > 0 ? $" ON CONFLICT ({Names(unique)}) DO NOTHING" : ""), values);

    private static (string Sql, IReadOnlyList<KeyValuePair<string, JsonElement>> Values) Update(string table, List<KeyValuePair<string, JsonElement>> key, List<KeyValuePair<string, JsonElement>> fields) =>
        // With nothing to set it only says whether the row is there.
        ($"UPDATE {SqlDialect.Quote(table)} SET {string.Join(", ", (fields.Count > 0 ? fields : key).Select((field, index) => $"{SqlDialect.Quote(field.Key)} = @p{index}"))} WHERE {Where(table, key, fields.Count > 0 ? fields.Count : key.Count)}",
            [.. fields.Count > 0 ? fields : key, .. key]);

    // SQLite takes a quoted name that it doesn't know for a text, unless a table stands before it (SQLite, "Quirks").
    private static string Column(string table, string column) => $"{SqlDialect.Quote(table)}.{SqlDialect.Quote(column)}";

    private static string Where(string table, List<KeyValuePair<string, JsonElement>> key, int first) =>
        string.Join(" AND ", key.Select((column, index) => $"{Column(table, column.Key)} = @p{first + index}"));

    private static string Names(IEnumerable<string> columns) => string.Join(", ", columns.Select(SqlDialect.Quote));

    private async Task<int> ExecuteAsync(DbConnection db, (string Sql, IReadOnlyList<KeyValuePair<string, JsonElement>> Values) statement, CancellationToken cancellationToken)
    {
        await using var command = Command(db, statement.Sql, statement.Values);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<FoundRecord?> FindAsync(DbConnection db, GetRecordRequest request, CancellationToken cancellationToken)
    {
        var (key, columns) = (Key(request.Key), request.Columns.Count == 0 ? "*" : string.Join(", ", request.Columns.Select(column => Column(request.Entity, column))));
        await using var command = Command(db, $"SELECT {columns} FROM {SqlDialect.Quote(request.Entity)} WHERE {Where(request.Entity, key, 0)}", key);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? new FoundRecord(request.Key.Id, Url(request.Entity, request.Key.Id), null, Row(reader)) : null;
    }

    private DbCommand Command(DbConnection db, string sql, IReadOnlyList<KeyValuePair<string, JsonElement>> values)
    {
        var command = db.CreateCommand();
        command.CommandText = sql;
        for (var index = 0; index < values.Count; index++)
        {
            dialect.Add(command, $"p{index}", values[index].Value);
        }

        return command;
    }

    private static JsonElement Row(DbDataReader reader) => JsonValues.Object(writer =>
    {
        for (var column = 0; column < reader.FieldCount; column++)
        {
            writer.WritePropertyName(reader.GetName(column));
            switch (reader.GetValue(column))
            {
                case DBNull:
                    writer.WriteNullValue();
                    break;
                case bool value:
                    writer.WriteBooleanValue(value);
                    break;
                case short or int or long:
                    writer.WriteNumberValue(Convert.ToInt64(reader.GetValue(column), CultureInfo.InvariantCulture));
                    break;
                case decimal value:
                    writer.WriteNumberValue(value);
                    break;
                case float value when float.IsFinite(value):
                    writer.WriteNumberValue(value);
                    break;
                case double value when double.IsFinite(value):
                    writer.WriteNumberValue(value);
                    break;
                case DateTime value:
                    writer.WriteStringValue(value);
                    break;
                case byte[] value:
                    writer.WriteBase64StringValue(value);
                    break;
                case var value:
                    writer.WriteStringValue(Convert.ToString(value, CultureInfo.InvariantCulture));
                    break;
            }
        }
    });

    private async ValueTask<T> CallAsync<T>(Func<DbConnection, Task<T>> call, CancellationToken cancellationToken)
    {
        // Before it is connected nothing can have been written.
        var connected = false;
        try
        {
            await using var db = await source.OpenConnectionAsync(cancellationToken);
            connected = true;
            return await call(db);
        }
        catch (DbException e)
        {
            throw dialect.Failure(e, _who, connected);
        }
        catch (Exception e) when (e is TimeoutException or IOException or System.Net.Sockets.SocketException)
        {
            throw SqlDialect.Unreachable(_who, e, connected);
        }
    }
}
