using FlowLite.Server.Replay;

namespace FlowLite.Server.Hosting;

/// <summary>What the program is called with: a word that it knows, or the settings of a server.</summary>
public static class CommandLine
{
    private const int UsageError = 2;

    private const string Usage = """
        FlowLite.Server [--urls http://127.0.0.1:5080] [--FlowLite:<setting> <value>]...
            runs the server; docs/settings.md has the settings
        FlowLite.Server replay <folder> [--filter <text>]
            replays the cases of the folder's flows; docs/replay.md says how
        FlowLite.Server --help
        """;

    /// <returns>The process's exit code.</returns>
    public static async Task<int> RunAsync(string[] args, TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(args);
        ArgumentNullException.ThrowIfNull(output);
        switch (args)
        {
            case ["replay", .. var rest]:
                return await ReplayCommand.RunAsync(rest, output);
            case ["--help" or "-h" or "-?" or "help", ..]:
                await output.WriteLineAsync(Usage);
                return 0;
            // A setting may also stand as name=value and as /name value.
            case [var word, ..] when word is not ['-' or '/', ..] && !word.Contains('=', StringComparison.Ordinal):
                await output.WriteLineAsync($"There is no command '{word}'.{Environment.NewLine}{Usage}");
                return UsageError;
            default:
                return await FlowLiteHost.RunAsync(args);
        }
    }
}
