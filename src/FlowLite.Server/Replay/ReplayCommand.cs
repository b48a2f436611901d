namespace FlowLite.Server.Replay;

/// <summary>
/// <c>replay &lt;folder&gt; [--filter text]</c>: runs the cases of the folder's flows with the server's own executor on virtual time,
/// without network or disk.
/// </summary>
public static class ReplayCommand
{
    private const int Success = 0;
    private const int Failure = 1;
    private const int UsageError = 2;

    private const string Usage = "Usage: replay <folder> [--filter text]. The folder holds flows as <flow>/flow.json and their cases as <flow>/cases/*.json; the filter picks the cases whose <flow>/<case> contains the text.";

    /// <param name="args">What follows the word replay.</param>
    /// <returns>The process's exit code: 0 when every case passed, 1 when one failed or a flow can't be run, 2 for a call that makes no sense.</returns>
    public static async Task<int> RunAsync(string[] args, TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(args);
        ArgumentNullException.ThrowIfNull(output);
        if (!TryRead(args, out var folder, out var filter))
        {
            output.WriteLine(Usage);
            return UsageError;
        }

        if (!Directory.Exists(folder))
        {
            output.WriteLine($"There is no folder '{Path.GetFullPath(folder)}'. Name the folder that holds your flows, such as 'workflows', relative to where you are.");
            return UsageError;
        }

        var flows = ReplayFlow.Find(folder);
        if (flows.Count == 0)
        {
            output.WriteLine($"There is no flow in '{Path.GetFullPath(folder)}'. A flow is a folder in it with a flow.json.");
            return UsageError;
        }

        var chosen = flows.Select(f => f.Choose(filter)).OfType<ReplayFlow>().ToList();
        if (chosen.Count == 0)
        {
            output.WriteLine($"No flow or case in '{Path.GetFullPath(folder)}' has '{filter}' in its name. Leave --filter out to see them all.");
            return UsageError;
        }

        var all = ReplayFlow.FindAll(folder);
        var results = new List<ReplayFlowResult>();
        foreach (var flow in chosen)
        {
            results.Add(await ReplayRunner.RunAsync(flow, all));
        }

        var report = new ReplayReport(results);
        report.Write(output);
        return report.Failed == 0 ? Success : Failure;
    }

    private static bool TryRead(string[] args, out string folder, out string filter)
    {
        (folder, filter) = args switch
        {
            [var only] => (only, ""),
            [var first, "--filter", var text] => (first, text),
            ["--filter", var text, var last] => (last, text),
            _ => ("", ""),
        };
        return folder.Length > 0 && folder[0] != '-';
    }
}
