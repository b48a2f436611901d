using System.Text.Json;
using FlowLite.Activities.Crm;
using FlowLite.Engine.Activities;
using Microsoft.Extensions.Time.Testing;

namespace FlowLite.FunctionalTests.Connectors;

/// <summary>The Dataverse connector before a CRM that answers as the test says.</summary>
public abstract class DataverseTestBase : IAsyncLifetime, IDisposable
{
    protected const string Secret = "s3cret+/=ü";
    protected static readonly Guid Key = new("0a1b2c3d-0000-5000-8000-000000000001");
    private CrmConnectors _connectors = null!;

    protected FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private protected FakeCrm Crm { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Crm = await FakeCrm.StartAsync();
        _connectors = new CrmConnectors(_ => Settings(Crm.Url), Clock);
    }

    public async Task DisposeAsync() => await Crm.DisposeAsync();

    public void Dispose()
    {
        _connectors.Dispose();
        GC.SuppressFinalize(this);
    }

    protected static ConnectionSettings Settings(string url, string? tokenUrl = null, string client = "app", string secret = Secret) =>
        new("dataverse", new Dictionary<string, string?>
        {
            ["Url"] = url,
            ["TokenUrl"] = tokenUrl ?? $"{url}/token",
            ["ClientId"] = client,
            ["ClientSecret"] = secret,
            ["Scope"] = "crm/.default",
        });

    protected static CreateRecordRequest Request(string fields = """{"lastname":"One"}""", string entity = "lead") =>
        new("c", entity, JsonElement.Parse(fields), Key, "create", null);

    protected ICrmConnector Connector => _connectors.Find("c")!;

    protected ICrmMetadata Metadata => _connectors.FindMetadata("c")!;

    protected Task<CreatedRecord> CreateAsync(string fields = """{"lastname":"One"}""", string entity = "lead") =>
        Connector.CreateAsync(Request(fields, entity), CancellationToken.None).AsTask();

    protected async Task<ActivityException> FailAsync(CrmConnectors? connectors = null)
    {
        var create = () => (connectors ?? _connectors).Find("c")!.CreateAsync(Request(), CancellationToken.None).AsTask();
        return (await create.Should().ThrowAsync<ActivityException>()).Which;
    }
}
