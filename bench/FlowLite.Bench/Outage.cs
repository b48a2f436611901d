using System.Globalization;

namespace FlowLite.Bench;

/// <summary>
/// What a CRM that is down costs the flows of another one: how many leads a second a server carries to a CRM that is up while 10,000
/// runs wait for one that is down, beside a server without them. Both take short turns, so that what else the machine does strikes both.
/// </summary>
internal static class Outage
{
    private const int Rounds = 15;
    private const int Waiting = 10_000;

    /// <param name="seconds">Of three rounds.</param>
    /// <param name="quiet">Of the server without an outage.</param>
    /// <param name="drain">Waits until the sink has counted as many, and gives what it has counted.</param>
    public static async Task RunAsync(int seconds, int connections, FlowLiteClient quiet, ServerProcess quietServer, FlowLiteClient client, ServerProcess server, Func<long, Task<long>> drain)
    {
        var alone = await quiet.PublishAsync(FlowLiteClient.LeadFlow("fast"));
        var beside = await client.PublishAsync(FlowLiteClient.LeadFlow("fast"));
        var down = await client.PublishAsync(FlowLiteClient.LeadFlow("outage", connection: "down"));
        var before = await drain(-1);
        for (var warmUp = 0; warmUp < 6; warmUp++)
        {
            await CarriedAsync(warmUp % 2 == 0 ? alone : beside);
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
        var (quietCpu, troubledCpu, leads) = (quietServer.Cpu, server.Cpu, (Alone: 0.0, Beside: 0.0));
        for (var round = 1; round <= Rounds; round++)
        {
            var first = await CarriedAsync(round % 2 == 0 ? alone : beside);
            var second = await CarriedAsync(round % 2 == 0 ? beside : alone);
            var (without, with) = round % 2 == 0 ? (first, second) : (second, first);
            leads = (leads.Alone + without.Leads, leads.Beside + with.Leads);
            ratios.Add(with.PerSecond / without.PerSecond);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{round,5}{without.PerSecond,11:N0}{with.PerSecond,11:N0}{ratios[^1],8:F2}"));
        }

        var waiting = await client.WaitingAsync("down");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"median ratio {ratios.Order().ElementAt(Rounds / 2):F2} (wanted 0.90); CPU of a lead {(quietServer.Cpu - quietCpu).TotalMicroseconds / leads.Alone:F0} us alone, {(server.Cpu - troubledCpu).TotalMicroseconds / leads.Beside:F0} us beside; {waiting:N0} runs still wait; {idle:F0} ms CPU a second while they do; server {server.Memory:N0} MB"));

        async Task<(double Leads, double PerSecond)> CarriedAsync(Uri url)
        {
            var clock = TimeProvider.System.GetTimestamp();
            var result = await Load.RunAsync(url, connections, TimeSpan.FromSeconds(seconds / 3.0));
            var after = await drain(before + result.Accepted);
            var carried = after - before;
            before = after;
            return (carried, carried / TimeProvider.System.GetElapsedTime(clock).TotalSeconds);
        }
    }
}
