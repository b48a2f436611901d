using System.Globalization;

namespace FlowLite.Bench;

/// <summary>What a CRM that is down costs the flows of another one: their throughput beside 10,000 runs that wait for it, and without.</summary>
internal static class Outage
{
    private const int Rounds = 3;

    /// <param name="drain">Waits until the sink has counted as many more, and gives what it has counted.</param>
    public static async Task RunAsync(int seconds, int connections, FlowLiteClient client, ServerProcess server, Func<long, Task<long>> drain)
    {
        var fast = await client.PublishAsync(FlowLiteClient.LeadFlow("beside-an-outage"));
        var down = await client.PublishAsync(FlowLiteClient.LeadFlow("outage", connection: "down"));
        var before = await drain(-1);
        await CarriedAsync();
        var alone = await RoundsAsync();
        await Load.RunAsync(down, connections, TimeSpan.FromMinutes(1), most: 10_000);
        // Those that came before it was known to be down have failed by now and wait as well.
        await Task.Delay(TimeSpan.FromSeconds(10), TimeProvider.System);
        var beside = await RoundsAsync();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"Outage: leads carried to a CRM that is up: alone {alone:N0}/s, beside 10,000 runs of a CRM that is down {beside:N0}/s; ratio {beside / alone:F2} (wanted 0.90); server {server.Memory:N0} MB"));

        async Task<double> RoundsAsync()
        {
            var rounds = new List<double>();
            for (var round = 0; round < Rounds; round++)
            {
                rounds.Add(await CarriedAsync());
            }

            return rounds.Order().ElementAt(Rounds / 2);
        }

        async Task<double> CarriedAsync()
        {
            var clock = TimeProvider.System.GetTimestamp();
            var result = await Load.RunAsync(fast, connections, TimeSpan.FromSeconds(seconds));
            var after = await drain(before + result.Accepted);
            var carried = (after - before) / TimeProvider.System.GetElapsedTime(clock).TotalSeconds;
            before = after;
            return carried;
        }
    }
}
