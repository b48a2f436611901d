using System.Globalization;

namespace FlowLite.Bench;

/// <summary>
/// What a CRM that is down costs the flows of another one: how many leads a second a server carries to a CRM that is up while 10,000
/// runs wait for one that is down, beside a server without them. Both take turns, so that what else the machine does strikes both.
/// </summary>
internal static class Outage
{
    private const int Rounds = 5;
    private const int Waiting = 10_000;

    /// <param name="quiet">Of the server without an outage.</param>
    /// <param name="drain">Waits until the sink has counted as many, and gives what it has counted.</param>
    public static async Task RunAsync(int seconds, int connections, FlowLiteClient quiet, FlowLiteClient client, ServerProcess server, Func<long, Task<long>> drain)
    {
        var alone = await quiet.PublishAsync(FlowLiteClient.LeadFlow("fast"));
        var beside = await client.PublishAsync(FlowLiteClient.LeadFlow("fast"));
        var down = await client.PublishAsync(FlowLiteClient.LeadFlow("outage", connection: "down"));
        var before = await drain(-1);
        foreach (var url in new[] { alone, beside, alone, beside })
        {
            await CarriedAsync(url);
        }

        var accepted = (await Load.RunAsync(down, connections, TimeSpan.FromMinutes(1), most: Waiting)).Accepted;
        // Those that came before it was known to be down have failed by now and wait as well.
        await Task.Delay(TimeSpan.FromSeconds(10), TimeProvider.System);
        var cpu = server.Cpu;
        await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System);
        var idle = (server.Cpu - cpu).TotalMilliseconds / 5;
        Console.WriteLine($"Outage: leads carried to a CRM that is up, alone and beside {accepted:N0} runs that wait for one that is down");
        Console.WriteLine("round    alone/s   beside/s   ratio");
        var ratios = new List<double>();
        for (var round = 1; round <= Rounds; round++)
        {
            var (without, with) = (await CarriedAsync(alone), await CarriedAsync(beside));
            ratios.Add(with / without);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{round,5}{without,11:N0}{with,11:N0}{ratios[^1],8:F2}"));
        }

        var waiting = await client.WaitingAsync("down");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"median ratio {ratios.Order().ElementAt(Rounds / 2):F2} (wanted 0.90); {waiting:N0} runs still wait; {idle:F0} ms CPU a second while they do; server {server.Memory:N0} MB"));

        async Task<double> CarriedAsync(Uri url)
        {
            var clock = TimeProvider.System.GetTimestamp();
            var result = await Load.RunAsync(url, connections, TimeSpan.FromSeconds(seconds));
            var after = await drain(before + result.Accepted);
            var carried = (after - before) / TimeProvider.System.GetElapsedTime(clock).TotalSeconds;
            before = after;
            return carried;
        }
    }
}
