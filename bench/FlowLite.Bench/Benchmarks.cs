using System.Globalization;

namespace FlowLite.Bench;

/// <summary>Every number is printed beside its baseline of the same run; ratios are what counts, machines differ.</summary>
internal static class Benchmarks
{
    private const string Password = "bench-password";
    private const int Connections = 32;

    /// <param name="args">Seconds a round, then parts: intake, fairness, outage, timers, loops. Without: 6 and all.</param>
    public static async Task<int> RunAsync(string[] args)
    {
        var seconds = args is [var text, ..] && int.TryParse(text, CultureInfo.InvariantCulture, out var given) ? given : 6;
        var self = typeof(Benchmarks).Assembly.Location;
        var data = Directory.CreateTempSubdirectory("flowlite-bench").FullName;
        using var bare = await ServerProcess.StartAsync(self, ["bare"]);
        using var sink = await ServerProcess.StartAsync(self, ["sink"]);
        using var server = await StartServerAsync(sink.Url, data);
        using var client = new FlowLiteClient(server.Url);
        await client.LoginAsync(Password);
        try
        {
            foreach (var part in args.Skip(1).DefaultIfEmpty("all"))
            {
                if (part is "all" or "intake")
                {
                    await IntakeAsync(seconds, bare, sink, server, client);
                }

                if (part is "all" or "fairness")
                {
                    await FairnessAsync(server, client);
                }

                if (part is "all" or "outage")
                {
                    using var quiet = await StartServerAsync(sink.Url, Path.Combine(data, "quiet"));
                    using var quietClient = new FlowLiteClient(quiet.Url);
                    await quietClient.LoginAsync(Password);
                    await Outage.RunAsync(seconds, Connections, quietClient, quiet, client, server, expected => DrainAsync(sink, "/count", expected));
                }

                if (part is "all" or "loops")
                {
                    await Loops.RunAsync();
                }

                if (part is "all" or "timers")
                {
                    await TimersAsync(server, client);
                }
            }
        }
        finally
        {
            server.Dispose();
            Directory.Delete(data, recursive: true);
        }

        return 0;
    }

    private static Task<ServerProcess> StartServerAsync(Uri sink, string data)
    {
        var environment = new Dictionary<string, string>
        {
            ["FlowLite__DataDirectory"] = data,
            ["FlowLite__WorkflowsDirectory"] = Directory.CreateDirectory(Path.Combine(data, "workflows")).FullName,
            ["FlowLite__AdminPassword"] = Password,
        };
        foreach (var (name, speed) in new[] { ("embedded", "fast"), ("slow", "slow") })
        {
            environment[$"FlowLite__Connections__{name}__Kind"] = "dataverse";
            environment[$"FlowLite__Connections__{name}__Url"] = new Uri(sink, speed).ToString();
            environment[$"FlowLite__Connections__{name}__TokenUrl"] = new Uri(sink, $"{speed}/token").ToString();
            environment[$"FlowLite__Connections__{name}__ClientId"] = "bench";
            environment[$"FlowLite__Connections__{name}__ClientSecret"] = "bench";
        }

        // Nothing listens there.
        environment["FlowLite__Connections__down__Url"] = "http://127.0.0.1:9";
        environment["FlowLite__Connections__down__TokenUrl"] = "http://127.0.0.1:9/token";
        environment["FlowLite__Connections__down__ClientId"] = "bench";
        environment["FlowLite__Connections__down__ClientSecret"] = "bench";
        return ServerProcess.StartAsync(Path.Combine(AppContext.BaseDirectory, "FlowLite.Server.dll"), [], environment);
    }

    /// <summary>(a) leads acknowledged durably while runs execute; (b) leads carried through to the CRM, drain included.</summary>
    private static async Task IntakeAsync(int seconds, ServerProcess bare, ServerProcess sink, ServerProcess server, FlowLiteClient client)
    {
        var url = await client.PublishAsync(FlowLiteClient.LeadFlow("lead"));
        var bareUrl = new Uri(bare.Url, "/workflows/lead/triggers/manual/paths/invoke");
        // Long enough for the runtime to have compiled what is hot.
        await Load.RunAsync(bareUrl, Connections, TimeSpan.FromSeconds(3));
        await Load.RunAsync(url, Connections, TimeSpan.FromSeconds(15));
        var before = await DrainAsync(sink, "/count", -1);

        Console.WriteLine($"Intake and execution, {Connections} connections, {seconds} s a round; every process on this machine");
        Console.WriteLine("round        bare/s  acknowledged/s   ratio a   p50 ms   p99 ms   carried/s   ratio b   drain s   refused   MB   CPU us/lead: server, sink");
        var ratios = new List<(double A, double B)>();
        for (var round = 1; round <= 3; round++)
        {
            var baseline = await Load.RunAsync(bareUrl, Connections, TimeSpan.FromSeconds(seconds));
            var (cpu, sinkCpu) = (server.Cpu, sink.Cpu);
            var clock = TimeProvider.System.GetTimestamp();
            var result = await Load.RunAsync(url, Connections, TimeSpan.FromSeconds(seconds));
            var after = await DrainAsync(sink, "/count", before + result.Accepted);
            var total = TimeProvider.System.GetElapsedTime(clock).TotalSeconds;
            var carried = (after - before) / total;
            before = after;
            ratios.Add((result.PerSecond / baseline.PerSecond, carried / baseline.PerSecond));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{round,5}{baseline.PerSecond,14:N0}{result.PerSecond,16:N0}{ratios[^1].A,10:F2}{result.Percentile(0.5),9:F2}{result.Percentile(0.99),9:F2}{carried,12:N0}{ratios[^1].B,10:F2}{total - result.Seconds,10:F1}{result.Refused,10}{server.Memory,8:N0}{PerLead(server.Cpu - cpu, result),8:N0}{PerLead(sink.Cpu - sinkCpu, result),8:N0}"));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"median ratio a {Median(ratios.Select(r => r.A)):F2} (wanted 0.45), b {Median(ratios.Select(r => r.B)):F2} (wanted 0.25); {before:N0} runs so far, server {server.Memory:N0} MB, {server.Threads} threads"));
    }

    /// <summary>How long another flow's lead takes while a flow has 10,000 slow runs.</summary>
    private static async Task FairnessAsync(ServerProcess server, FlowLiteClient client)
    {
        var quick = await client.PublishAsync(WithResponse("quick"));
        var slow = await client.PublishAsync(FlowLiteClient.LeadFlow("slow", connection: "slow"));
        await Load.RunAsync(quick, 1, TimeSpan.FromSeconds(2), most: 200);
        var alone = await Load.RunAsync(quick, 1, TimeSpan.FromSeconds(10), most: 200);
        await Load.RunAsync(slow, Connections, TimeSpan.FromMinutes(1), most: 10_000);
        var beside = await Load.RunAsync(quick, 1, TimeSpan.FromSeconds(30), most: 200);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"Fairness: another flow's lead, through to its CRM and back: alone p50 {alone.Percentile(0.5):F1} ms, max {alone.Sorted[^1]:F1} ms; beside 10,000 slow runs p50 {beside.Percentile(0.5):F1} ms, max {beside.Sorted[^1]:F1} ms; ratio of p50 {beside.Percentile(0.5) / alone.Percentile(0.5):F2} (wanted: max below 1,000 ms); server {server.Memory:N0} MB"));
    }

    /// <summary>What 100,000 runs that wait on a timer hold.</summary>
    private static async Task TimersAsync(ServerProcess server, FlowLiteClient client)
    {
        var url = await client.PublishAsync(FlowLiteClient.WaitingFlow("waiting", "02:00:00"));
        var (memory, threads) = (server.Memory, server.Threads);
        var result = await Load.RunAsync(url, Connections, TimeSpan.FromMinutes(2), most: 100_000);
        var cpu = server.Cpu;
        await Task.Delay(TimeSpan.FromSeconds(10), TimeProvider.System);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"Timers: {result.Accepted:N0} waiting runs: server {memory:N0} -> {server.Memory:N0} MB, {threads} -> {server.Threads} threads, {(server.Cpu - cpu).TotalMilliseconds / 10:F0} ms CPU a second afterwards"));
    }

    private static System.Text.Json.Nodes.JsonNode WithResponse(string id)
    {
        var flow = FlowLiteClient.LeadFlow(id);
        var root = flow["root"]!;
        root["activities"]!.AsArray().Add(System.Text.Json.Nodes.JsonNode.Parse(
            """{"id":"respond","type":"FlowLite.Response","version":1,"name":"Response","statusCode":{"expression":{"type":"Literal","value":202}}}"""));
        root["connections"]!.AsArray().Add(System.Text.Json.Nodes.JsonNode.Parse(
            """{"source":{"activity":"create","port":"Done"},"target":{"activity":"respond","port":"In"}}"""));
        return flow;
    }

    /// <summary>Waits until the sink has counted as many, or (negative) until it counts no more.</summary>
    private static async Task<long> DrainAsync(ServerProcess sink, string path, long expected)
    {
        using var http = new HttpClient { BaseAddress = sink.Url };
        long last = -1;
        for (var idle = 0; idle < 200; idle++)
        {
            var count = long.Parse(await http.GetStringAsync(path), CultureInfo.InvariantCulture);
            if (expected >= 0 ? count >= expected : count == last && idle > 20)
            {
                return count;
            }

            idle = count == last ? idle : 0;
            last = count;
            await Task.Delay(TimeSpan.FromMilliseconds(expected >= 0 ? 20 : 100), TimeProvider.System);
        }

        return last;
    }

    private static double PerLead(TimeSpan cpu, LoadResult result) => cpu.TotalMicroseconds / result.Accepted;

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(1);
}
