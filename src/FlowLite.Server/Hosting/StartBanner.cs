using FlowLite.Engine.Definitions;
using FlowLite.Server.Auth;

namespace FlowLite.Server.Hosting;

/// <summary>Where the banner goes: standard output, unless a test reads it.</summary>
public sealed record StartConsole(TextWriter Output);

/// <summary>What a person needs to know when the server has started.</summary>
public sealed class StartBanner(
    FlowLiteOptions options, OwnAddress own, AdminAccount admin, FlowCatalog catalog, WorkflowsFolder folder, StartConsole console)
{
    public void Print()
    {
        var lines = new List<string> { "" };
        lines.AddRange(own.Bound.Select(address => $"Now listening on: {address}"));
        if (options.PublicUrl is not null)
        {
            lines.Add($"  public address   {options.PublicUrl}");
        }

        lines.Add($"  data             {options.DataDirectory}");
        if (admin.TakeGeneratedPassword() is { } password)
        {
            lines.Add($"  sign in as       {AdminAccount.UserName} with the password {password}   (shown only this once)");
        }

        foreach (var flow in catalog.Published.OrderBy(f => f.Definition.DefinitionId, StringComparer.Ordinal))
        {
            lines.Add($"  flow             {flow.Definition.Name ?? flow.Definition.DefinitionId}{(flow.Broken is null ? "" : " (does not run here any more)")}");
        }

        lines.AddRange(folder.Files.Where(f => f.Outcome is ImportOutcome.Conflict or ImportOutcome.Invalid).Select(Say));
        console.Output.WriteLine(string.Join(Environment.NewLine, lines.Append("")));
        console.Output.Flush();
    }

    private static string Say(FileImport import) => import.Outcome == ImportOutcome.Conflict
        ? $"  not imported     {import.File}: the flow '{import.DefinitionId}' was edited since; it was left as it is"
        : $"  not imported     {import.File}: {string.Join(Environment.NewLine + "                     ", import.Problems)}";
}
