using FlowLite.Bench;

// One command: `dotnet run -c Release --project bench/FlowLite.Bench`. It starts itself again as the servers it compares with,
// each a process of its own, and the real FlowLite server. `-- loops` measures long loops alone.
return args switch
{
    ["bare", ..] => await Baselines.BareAsync(args[1..]),
    ["loops"] => await LoopsAsync(),
    ["sink", ..] => Sink.Run(),
    _ => await Benchmarks.RunAsync(args),
};

static async Task<int> LoopsAsync()
{
    await Loops.RunAsync();
    return 0;
}
