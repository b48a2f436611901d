using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.FunctionalTests.Connectors;
using FlowLite.FunctionalTests.Support;

namespace FlowLite.FunctionalTests.Crash;

/// <summary>A flow with concurrency 1 while its CRM refuses every third call and the server is killed (kill -9): leads come to the CRM in the order in which they were acknowledged.</summary>
public sealed class LineCrashTests
{
    private const int Leads = 80;

    [Fact]
    public async Task Kill_WhileLeadsStandInALine_KeepsTheirOrder()
    {
        var crm = new OrderedCrm(await FakeCrm.StartAsync());
        await using var world = await CrashWorld.StartAsync(crm);
        (world.Proxy.Latency, world.Proxy.Unavailable) = (TimeSpan.FromMilliseconds(20), 0.3);
        await world.PublishAsync(JsonNode.Parse("""
            {"definitionId":"line","name":"line","root":{"id":"root","type":"Elsa.Sequence","version":1,"activities":[
                {"id":"request","type":"FlowLite.HttpRequest","version":1,"name":"Request","concurrency":1},
                {"id":"create","type":"FlowLite.CreateRecord","version":1,"name":"Create","connection":"crash","entity":"leads",
                 "customProperties":{"resilienceStrategy":{"type":"fixed","interval":"PT0.1S","count":90}},
                 "fields":{"subject":{"expression":{"type":"Scriban","value":"{{ trigger.body.number }}"}}}}]}}
            """)!);
        var trigger = await world.TriggerAsync("line");

        var acknowledged = new List<int>();
        var number = 0;
        for (var life = 1; life <= 2; life++)
        {
            using var http = new HttpClient { BaseAddress = world.Server.Address };
            for (var until = Leads * life / 2; number < until;)
            {
                using var answer = await http.PostAsync(trigger, new StringContent(JsonSerializer.Serialize(new { number = ++number }), Encoding.UTF8, "application/json"));
                answer.StatusCode.Should().Be(HttpStatusCode.Accepted);
                acknowledged.Add(number);
            }

            await Eventually.UntilAsync(() => crm.Leads.Count > 10 * life, "leads at the CRM");
            world.Server.Kill();
            await world.RestartAsync();
        }

        await world.UntilAllRunsSucceededAsync("line");

        crm.Leads.Should().BeInAscendingOrder("whoever calls twice does so before the next calls");
        crm.Leads.Distinct().Should().Equal(acknowledged);
    }

    private sealed class OrderedCrm(FakeCrm crm) : ICrashCrm
    {
        /// <summary>As they were called for.</summary>
        public IReadOnlyList<int> Leads =>
            [.. crm.RecordCalls.Where(c => c.Method == "PATCH").Select(c => int.Parse(JsonElement.Parse(c.Body).GetProperty("subject").ToString(), CultureInfo.InvariantCulture))];

        public Uri Address => new(crm.Url);

        public IReadOnlyDictionary<string, string> Connection(Uri proxy) => new Dictionary<string, string>
        {
            ["Kind"] = "dataverse",
            ["Url"] = proxy.AbsoluteUri,
            ["TokenUrl"] = crm.Url + "/token",
            ["ClientId"] = "flowlite",
            ["ClientSecret"] = "line-crm-secret",
        };

        public bool IsRecordCall(Microsoft.AspNetCore.Http.HttpRequest request) => request.Method == "PATCH";

        public Task<IReadOnlyList<string>> EmailsAsync() => throw new NotSupportedException("Leads have numbers here.");

        public ValueTask DisposeAsync() => crm.DisposeAsync();
    }
}
