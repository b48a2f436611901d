using System.Text.Json;
using Azure;
using Azure.Data.Tables;
using FlowLite.Activities.Crm.Http;
using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Crm.AzureTable;

/// <summary>
/// Rows of tables in an Azure storage account, one of the marketplace's own destinations. The idempotency key is the RowKey, which
/// the service enforces as unique within the partition: a second insert of it is refused, and the row is looked for.
/// </summary>
internal sealed class AzureTableConnector(string connection, AzureTableSettings settings, TableServiceClient service) : IConnector
{
    private const int SampleRows = 100;
    private static readonly string[] JustKey = ["RowKey"];
    private readonly SecretMask _mask = new(settings.Secrets());
    private readonly string _who = $"The table service of connection '{connection}'";

    public Effect CreateEffect(string entity) => Effect.Idempotent;

    public ValueTask<CreatedRecord> CreateAsync(CreateRecordRequest request, CancellationToken cancellationToken)
    {
        var row = TableRow.Of(settings.PartitionKey, request.IdempotencyKey.ToString(), request.Fields);
        var url = Url(request.Entity, row.PartitionKey, row.RowKey);
        return CallAsync($"create the row in {request.Entity}", request.Entity, async table =>
        {
            try
            {
                var answer = await table.AddEntityAsync(row, cancellationToken);
                return new CreatedRecord(row.RowKey, url, AlreadyExisted: false, answer.Status);
            }
            catch (RequestFailedException e) when (e.ErrorCode == "EntityAlreadyExists")
            {
                var found = await table.GetEntityIfExistsAsync<TableEntity>(row.PartitionKey, row.RowKey, JustKey, cancellationToken);
                if (!found.HasValue)
                {
                    throw;
                }

                return new CreatedRecord(row.RowKey, url, AlreadyExisted: true, e.Status);
            }
        }, cancellationToken);
    }

    public ValueTask<WrittenRecord> UpdateAsync(UpdateRecordRequest request, CancellationToken cancellationToken)
    {
        var (partition, row) = Key(request.Key);
        return CallAsync($"update the row in {request.Entity}", request.Entity, async table =>
        {
            var answer = await ChangeAsync(table, TableRow.Of(partition, row, request.Fields), request.Fields, request.Version, cancellationToken);
            return new WrittenRecord(row, Url(request.Entity, partition, row), Created: false, answer.Status);
        }, cancellationToken);
    }

    public ValueTask<WrittenRecord> UpsertAsync(UpsertRecordRequest request, CancellationToken cancellationToken)
    {
        var (partition, row) = Key(request.Key);
        var entity = TableRow.Of(partition, row, request.Fields);
        return CallAsync($"write the row in {request.Entity}", request.Entity, async table =>
        {
            // The service's own upsert doesn't tell a new row from a changed one.
            var created = true;
            Response answer;
            try
            {
                answer = await table.AddEntityAsync(entity, cancellationToken);
            }
            catch (RequestFailedException e) when (e.ErrorCode == "EntityAlreadyExists")
            {
                answer = await ChangeAsync(table, entity, request.Fields, null, cancellationToken);
                created = false;
            }

            return new WrittenRecord(row, Url(request.Entity, partition, row), created, answer.Status);
        }, cancellationToken);
    }

    public ValueTask<FoundRecord?> GetAsync(GetRecordRequest request, CancellationToken cancellationToken)
    {
        var (partition, row) = Key(request.Key);
        return CallAsync($"give the row of {request.Entity}", request.Entity, async table =>
        {
            var found = await table.GetEntityIfExistsAsync<TableEntity>(partition, row, request.Columns.Count == 0 ? null : request.Columns, cancellationToken);
            return found.HasValue ? new FoundRecord(row, Url(request.Entity, partition, row), found.Value!.ETag.ToString(), TableRow.Json(found.Value)) : null;
        }, cancellationToken);
    }

    public async ValueTask<string> TestAsync(CancellationToken cancellationToken)
    {
        await TablesAsync(1, cancellationToken);
        return service.AccountName;
    }

    public async ValueTask<IReadOnlyList<CrmEntityInfo>> EntitiesAsync(CancellationToken cancellationToken)
    {
        IEnumerable<string> tables = await TablesAsync(int.MaxValue, cancellationToken);
        if (settings.CreatesTables)
        {
            tables = tables.Union(settings.Tables, StringComparer.OrdinalIgnoreCase);
        }

        return [.. tables.Select(name => new CrmEntityInfo(name, name, name, "RowKey", null))];
    }

    /// <summary>A table has no schema: the columns that the marketplace writes, and those of some rows that are there.</summary>
    public async ValueTask<IReadOnlyList<CrmField>> FieldsAsync(string entity, CancellationToken cancellationToken)
    {
        var seen = await CallAsync($"describe the columns of {entity}", entity, async table =>
        {
            var columns = new Dictionary<string, CrmFieldType>(StringComparer.Ordinal);
            await foreach (var page in table.QueryAsync<TableEntity>(maxPerPage: SampleRows, cancellationToken: cancellationToken).AsPages())
            {
                foreach (var (name, value) in page.Values.SelectMany(row => row))
                {
                    columns.TryAdd(name, TableRow.Type(value));
                }

                break;
            }

            return columns;
        }, cancellationToken);
        return [.. MarketplaceColumns.All, .. seen.Where(column => !MarketplaceColumns.Has(column.Key)).Select(column => new CrmField(column.Key, column.Value)
        {
            DisplayName = column.Key,
            MaxLength = column.Value is CrmFieldType.Text or CrmFieldType.Memo ? TableRow.LongestText : null,
            CanCreate = true,
            CanUpdate = true,
        })];
    }

    public void Dispose()
    {
        // The client has nothing to dispose of; its connections close by themselves when they are idle.
    }

    /// <summary>Merges; a merge can't clear a column, so that one which does replaces what was read.</summary>
    private static async Task<Response> ChangeAsync(TableClient table, TableEntity changes, JsonElement fields, string? version, CancellationToken cancellationToken)
    {
        var cleared = TableRow.Cleared(fields).ToList();
        if (cleared.Count == 0)
        {
            return await table.UpdateEntityAsync(changes, version is null ? ETag.All : new ETag(version), TableUpdateMode.Merge, cancellationToken);
        }

        var before = (await table.GetEntityAsync<TableEntity>(changes.PartitionKey, changes.RowKey, cancellationToken: cancellationToken)).Value;
        var now = new TableEntity(before);
        cleared.ForEach(name => now.Remove(name));
        foreach (var (name, value) in changes)
        {
            now[name] = value;
        }

        return await table.UpdateEntityAsync(now, version is null ? before.ETag : new ETag(version), TableUpdateMode.Replace, cancellationToken);
    }

    private Task<List<string>> TablesAsync(int most, CancellationToken cancellationToken) => CallAsync("list its tables", async () =>
    {
        var names = new List<string>();
        await foreach (var table in service.QueryAsync(maxPerPage: Math.Min(most, 1000), cancellationToken: cancellationToken))
        {
            names.Add(table.Name);
            if (names.Count == most)
            {
                break;
            }
        }

        return names;
    }, cancellationToken);

    /// <summary>Calls with a table, which is made first if it isn't there and the connection says so.</summary>
    private async ValueTask<T> CallAsync<T>(string action, string tableName, Func<TableClient, Task<T>> call, CancellationToken cancellationToken)
    {
        return await CallAsync(action, async () =>
        {
            var table = service.GetTableClient(tableName);
            try
            {
                return await call(table);
            }
            catch (RequestFailedException e) when (e.ErrorCode == "TableNotFound" && settings.CreatesTables)
            {
                await table.CreateIfNotExistsAsync(cancellationToken);
                return await call(table);
            }
        }, cancellationToken);
    }

    private async Task<T> CallAsync<T>(string action, Func<Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call();
        }
        catch (RequestFailedException e)
        {
            throw AzureTableErrors.Failure(e, _who, action, _mask);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw AzureTableErrors.Timeout(_who);
        }
        catch (ArgumentException e)
        {
            // The library refuses what can be no name of a table.
            throw new ActivityException("InvalidArgument", $"{_who} was not asked to {action}: {e.Message}");
        }
    }

    private (string Partition, string Row) Key(RecordKey key)
    {
        if (key.Id is { } id)
        {
            return (settings.PartitionKey, id);
        }

        var columns = key.Columns.ToDictionary(column => column.Key, column => InputValues.Text(column.Value));
        return columns.Remove("RowKey", out var row) && row is not null && (!columns.Remove("PartitionKey", out var partition) || partition is not null) && columns.Count == 0
            ? (partition ?? settings.PartitionKey, row)
            : throw new ActivityException("InvalidKey", "A row is found by its RowKey, or by PartitionKey and RowKey.");
    }

    private string Url(string table, string partition, string row) =>
        $"{service.Uri.GetLeftPart(UriPartial.Path).TrimEnd('/')}/{table}(PartitionKey='{Quoted(partition)}',RowKey='{Quoted(row)}')";

    private static string Quoted(string key) => Uri.EscapeDataString(key.Replace("'", "''", StringComparison.Ordinal));
}
