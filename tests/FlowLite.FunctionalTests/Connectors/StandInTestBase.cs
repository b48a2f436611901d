using System.Text.Json;
using FlowLite.Activities.Crm;
using FlowLite.Engine.Activities;
using Microsoft.Extensions.Time.Testing;

namespace FlowLite.FunctionalTests.Connectors;

/// <summary>A connector before the stand-in of its vendor.</summary>
public abstract class StandInTestBase : IAsyncLifetime
{
    protected static readonly Guid Key = new("0a1b2c3d-0000-5000-8000-000000000001");
    private readonly List<CrmConnectors> _connectors = [];

    protected FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public abstract Task InitializeAsync();

    public virtual Task DisposeAsync()
    {
        _connectors.ForEach(connectors => connectors.Dispose());
        return Task.CompletedTask;
    }

    private protected (ICrmConnector Crm, ICrmMetadata Metadata) Connect(string kind, Dictionary<string, string?> settings, params (string Name, string? Value)[] changed)
    {
        foreach (var (name, value) in changed)
        {
            settings[name] = value;
        }

        var connectors = new CrmConnectors(_ => new ConnectionSettings(kind, settings), Clock);
        _connectors.Add(connectors);
        return (connectors.Find("c")!, connectors.FindMetadata("c")!);
    }

    protected static CreateRecordRequest Request(string entity, string fields, Guid? key = null) => new("c", entity, JsonElement.Parse(fields), key ?? Key, "create", null);

    protected static async Task<ActivityException> FailAsync(Func<Task> call) => (await call.Should().ThrowAsync<ActivityException>()).Which;

    protected static string ActBy(ActivityException failure) => failure.Details!.Value.GetProperty("actBy").GetString()!;

    protected static RecordKey By(string column, string value) => RecordKey.ByColumns(KeyValuePair.Create(column, JsonSerializer.SerializeToElement(value)));

    protected static Task<CreatedRecord> CreateAsync(ICrmConnector crm, string entity, string fields, Guid? key = null) =>
        crm.CreateAsync(Request(entity, fields, key), CancellationToken.None).AsTask();
}
