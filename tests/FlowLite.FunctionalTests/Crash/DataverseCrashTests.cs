using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using FlowLite.FunctionalTests.Support;
using Microsoft.AspNetCore.Http;

namespace FlowLite.FunctionalTests.Crash;

/// <summary>The Dataverse connector and the shipped flow, with the embedded CRM as a process of its own.</summary>
[Collection(CrashMatrix.Collection)]
public sealed class DataverseCrashTests : CrashMatrix
{
    protected override int Leads => 500;

    protected override int Rounds => 2;

    private protected override async Task<ICrashCrm> StartCrmAsync() => await EmbeddedCrm.StartAsync();

    internal sealed class EmbeddedCrm(ChildProcess process, string directory) : ICrashCrm
    {
        private const string ClientId = "flowlite";
        private const string Secret = "crash-test-secret";

        public Uri Address => process.Address;

        public static async Task<EmbeddedCrm> StartAsync()
        {
            var directory = Directory.CreateTempSubdirectory("flowlite-crash-crm-").FullName;
            var process = await ChildProcess.StartAsync("FlowLite.Crm", directory, new Dictionary<string, string>
            {
                ["Crm__DataDirectory"] = directory,
                ["Crm__ClientId"] = ClientId,
                ["Crm__ClientSecret"] = Secret,
            });
            return new EmbeddedCrm(process, directory);
        }

        public IReadOnlyDictionary<string, string> Connection(Uri proxy) => new Dictionary<string, string>
        {
            ["Kind"] = "dataverse",
            ["Url"] = new Uri(proxy, "crm").ToString(),
            ["TokenUrl"] = new Uri(proxy, "crm/oauth2/v2.0/token").ToString(),
            ["ClientId"] = ClientId,
            ["ClientSecret"] = Secret,
        };

        public bool IsRecordCall(HttpRequest request) => request.Path.Value!.Contains("/api/data/", StringComparison.Ordinal);

        public async Task<IReadOnlyList<string>> EmailsAsync()
        {
            using var http = new HttpClient { BaseAddress = Address };
            using var form = new FormUrlEncodedContent(new Dictionary<string, string>
            {
                ["grant_type"] = "client_credentials",
                ["client_id"] = ClientId,
                ["client_secret"] = Secret,
            });
            using var token = await http.PostAsync("/crm/oauth2/v2.0/token", form);
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
                "Bearer", (await token.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("access_token").GetString());
            var emails = new List<string>();
            for (var next = "/crm/api/data/v9.2/leads?$select=emailaddress1"; next is not null;)
            {
                var page = await http.GetFromJsonAsync<JsonElement>(next);
                emails.AddRange(page.GetProperty("value").EnumerateArray().Select(lead => lead.GetProperty("emailaddress1").GetString()!));
                next = page.TryGetProperty("@odata.nextLink", out var link) ? link.GetString() : null;
            }

            return emails;
        }

        public ValueTask DisposeAsync()
        {
            process.Dispose();
            Directory.Delete(directory, recursive: true);
            return ValueTask.CompletedTask;
        }
    }
}
