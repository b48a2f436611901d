using System.Text.Json;
using Azure.Data.Tables;
using FlowLite.FunctionalTests.Support;

namespace FlowLite.FunctionalTests.Crash;

/// <summary>The Azure Table connector with the marketplace's own columns, and Azurite as the service.</summary>
[Collection(CrashMatrix.Collection)]
public sealed class AzureTableCrashTests : CrashMatrix
{
    protected override int Leads => 150;

    private protected override async Task<ICrashCrm> StartCrmAsync()
    {
        var azurite = await Azurite.StartAsync();
        await azurite.Client.CreateTableAsync(AzureTables.Table);
        return new AzureTables(azurite);
    }

    private sealed class AzureTables(Azurite azurite) : ICrashCrm
    {
        public const string Table = "MarketplaceLeads";

        public Uri Address => azurite.Address;

        public (string Entity, IReadOnlyDictionary<string, string> Fields)? Record => (Table, new Dictionary<string, string>
        {
            ["CustomerInfo"] = "{{ trigger.body.UserDetails }}",
            ["LeadSource"] = "{{ trigger.body.LeadSource }}",
            ["OfferDisplayName"] = "{{ trigger.body.OfferTitle }}",
        });

        public IReadOnlyDictionary<string, string> Connection(Uri proxy) => new Dictionary<string, string>
        {
            ["Kind"] = "azuretable",
            ["ConnectionString"] = Azurite.ConnectionString(proxy),
        };

        public async Task<IReadOnlyList<string>> EmailsAsync()
        {
            var emails = new List<string>();
            await foreach (var row in azurite.Client.GetTableClient(Table).QueryAsync<TableEntity>())
            {
                emails.Add(JsonElement.Parse(row.GetString("CustomerInfo")).GetProperty("Email").GetString()!);
            }

            return emails;
        }

        public ValueTask DisposeAsync()
        {
            azurite.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
