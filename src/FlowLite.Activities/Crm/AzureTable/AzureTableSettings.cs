using Azure.Core.Pipeline;
using Azure.Data.Tables;
using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Crm.AzureTable;

/// <param name="ConnectionString">Of the storage account; secret.</param>
/// <param name="PartitionKey">Of every row that is created.</param>
/// <param name="CreatesTables">Whether a table that isn't there is made.</param>
/// <param name="Tables">Those that forms are offered for.</param>
internal sealed record AzureTableSettings(string ConnectionString, string PartitionKey, bool CreatesTables, IReadOnlyList<string> Tables)
{
    // Where the marketplace itself puts leads.
    private const string DefaultTable = "MarketplaceLeads";
    private const string DefaultPartition = "leads";
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(100);

    /// <summary>What in the connection string nobody may see: the account's key, or a shared access signature and what signs it.</summary>
    public string[] Secrets() =>
    [
        .. from part in ConnectionString.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
           where part.StartsWith("AccountKey=", StringComparison.OrdinalIgnoreCase) || part.StartsWith("SharedAccessSignature=", StringComparison.OrdinalIgnoreCase)
           let value = part[(part.IndexOf('=', StringComparison.Ordinal) + 1)..]
           from secret in value.Split('&').Where(pair => pair.StartsWith("sig=", StringComparison.OrdinalIgnoreCase)).Select(pair => Uri.UnescapeDataString(pair[4..])).Prepend(value)
           select secret,
    ];

    public static ConnectorKind Kind { get; } = new(
        "azuretable",
        "Azure Table",
        [
            new("ConnectionString", "Connection string", "Of the storage account: DefaultEndpointsProtocol=https;AccountName=…;AccountKey=…;EndpointSuffix=core.windows.net", IsSecret: true),
            new("PartitionKey", "Partition key", "The PartitionKey of every row. Changed while runs wait, it can make a lead's row a second time.", Required: false, Default: DefaultPartition),
            new("CreateTables", "Create tables", "Whether a table that isn't there is made when the first row comes.", Required: false, Default: "no", Options: ["yes", "no"]),
            new("Entities", "Tables", "Names of the tables to offer forms for, separated by commas.", Required: false, Default: DefaultTable),
        ],
        [DefaultTable],
        (name, settings, _) => new AzureTableConnector(name, Read(name, settings), Client(name, settings)));

    private static AzureTableSettings Read(string connection, ConnectionSettings settings)
    {
        var partition = settings["PartitionKey"] ?? DefaultPartition;
        var creates = settings["CreateTables"] ?? "no";
        var problem = settings switch
        {
            _ when settings["ConnectionString"] is null => "its connection string is missing",
            _ when !TableRow.IsKey(partition) => "its partition key has characters that no key may have (/ \\ # ? and control characters), or is longer than 512",
            _ when creates is not ("yes" or "no") => "CreateTables is neither 'yes' nor 'no'",
            _ => null,
        };
        return problem is null
            ? new AzureTableSettings(settings["ConnectionString"]!, partition, creates == "yes", settings.FormEntities ?? [DefaultTable])
            : throw ConnectionSettings.Invalid(connection, problem);
    }

    /// <exception cref="ActivityException"><c>ConnectionInvalid</c></exception>
    private static TableServiceClient Client(string connection, ConnectionSettings settings)
    {
        try
        {
            var parsed = new TableServiceClient(settings["ConnectionString"]);
            var handler = new SocketsHttpHandler
            {
                PooledConnectionLifetime = TimeSpan.FromMinutes(5),
                AllowAutoRedirect = false,
                UseCookies = false,
                ActivityHeadersPropagator = null,
                UseProxy = !parsed.Uri.IsLoopback,
            };
            // Retries are the run's: durable, and with the same key. What the library's own would do is only done twice.
            var options = new TableClientOptions
            {
                Transport = new HttpClientTransport(new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan }),
                Retry = { MaxRetries = 0, NetworkTimeout = CallTimeout },
                Diagnostics = { IsLoggingEnabled = false, IsDistributedTracingEnabled = false, IsTelemetryEnabled = false },
            };
            return new TableServiceClient(settings["ConnectionString"], options);
        }
        catch (Exception e) when (e is FormatException or ArgumentException or InvalidOperationException)
        {
            // What the library says may hold the key.
            throw ConnectionSettings.Invalid(connection, "its connection string can't be read; copy it anew from the storage account's access keys");
        }
    }
}
