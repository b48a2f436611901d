namespace FlowLite.Server.Replay;

/// <summary>What came of all flows' cases, and how it is told.</summary>
internal sealed class ReplayReport(IReadOnlyList<ReplayFlowResult> flows)
{
    private int Passed => flows.Sum(f => f.Cases.Count(c => c.Passed));

    /// <summary>Cases that failed, and flows that could not be run.</summary>
    public int Failed => flows.Sum(f => f.Cases.Count(c => !c.Passed)) + flows.Count(f => f.Problems.Count > 0);

    public void Write(TextWriter output)
    {
        foreach (var flow in flows)
        {
            Write(output, flow);
        }

        var withoutCases = flows.Count(f => f.HasNoCases);
        var note = withoutCases == 0 ? "" : $", {withoutCases} {(withoutCases == 1 ? "flow" : "flows")} without cases";
        output.WriteLine($"{Passed} passed, {Failed} failed{note}.");
    }

    private static void Write(TextWriter output, ReplayFlowResult flow)
    {
        output.WriteLine(flow.Name);
        if (flow.Problems.Count > 0)
        {
            output.WriteLine($"  FAIL  {flow.File} can't be run:");
            WriteLines(output, flow.Problems);
        }
        else if (flow.HasNoCases)
        {
            output.WriteLine("  -     no cases; docs/replay.md says how to write one");
        }

        foreach (var @case in flow.Cases)
        {
            output.WriteLine($"  {(@case.Passed ? "ok    " : "FAIL  ")}{@case.Name}{(@case.Description is null ? "" : $": {@case.Description}")}");
            if (!@case.Passed)
            {
                Write(output, @case);
            }
        }

        output.WriteLine();
    }

    private static void Write(TextWriter output, ReplayCaseResult @case)
    {
        output.WriteLine($"        in {@case.File}");
        WriteLines(output, @case.Problems);
        foreach (var difference in @case.Differences)
        {
            output.WriteLine($"        {difference.Path}");
            output.WriteLine($"          expected  {difference.Expected}");
            output.WriteLine($"          actual    {difference.Actual}");
        }
    }

    private static void WriteLines(TextWriter output, IReadOnlyList<string> problems)
    {
        foreach (var line in problems.SelectMany(p => p.ReplaceLineEndings("\n").Split('\n')))
        {
            output.WriteLine($"        {line}");
        }
    }
}

/// <param name="Problems">Why none of its cases could be run.</param>
internal sealed record ReplayFlowResult(string Name, string File, bool HasNoCases, IReadOnlyList<string> Problems, IReadOnlyList<ReplayCaseResult> Cases);

/// <param name="Description">Null where the case could not be read.</param>
/// <param name="Problems">What is wrong apart from the expectations: the file, calls without an answer…</param>
internal sealed record ReplayCaseResult(string Name, string File, string? Description, IReadOnlyList<string> Problems, IReadOnlyList<ReplayDifference> Differences)
{
    public bool Passed => Problems.Count == 0 && Differences.Count == 0;
}
