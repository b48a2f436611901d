using System.Security.Cryptography;
using System.Text.Json;
using FlowLite.Engine.Definitions;
using FlowLite.Server.Auth;
using FlowLite.Server.Crm;
using FlowLite.Server.Endpoints;
using FlowLite.Server.Plugins;
using FlowLite.Server.Studio;
using FlowLite.Server.Triggers;

namespace FlowLite.Server.Hosting;

/// <summary>Where the banner goes: standard output, unless a test reads it.</summary>
public sealed record StartConsole(TextWriter Output);

/// <summary>What a person needs to know when the server has started.</summary>
public sealed class StartBanner(
    FlowLiteOptions options, OwnAddress own, AdminAccount admin, FlowCatalog catalog, WorkflowsFolder folder, StartConsole console, TriggerUrls urls,
    StudioPackage studio, TriggerCatalog triggers, EndpointRoutes endpoints, PluginsFolder plugins, ConnectionCatalog connections, ConnectionService checks, IConfiguration configuration)
{
    /// <summary>The example of Microsoft's documentation of HTTPS lead endpoints.</summary>
    private const string SampleLead =
        """{"UserDetails":{"FirstName":"Some","LastName":"One","Email":"someone@contoso.com","Phone":"16175555555","Country":"USA","Company":"Contoso","Title":"Esquire"},"LeadSource":"AzureMarketplace","ActionCode":"INS","OfferTitle":"Test Microsoft","Description":"Test run through Power Automate"}""";

    private const int ShownFlows = 20;

    public async Task PrintAsync()
    {
        var lines = new List<string> { "" };
        lines.AddRange(own.Bound.Select(address => $"Now listening on: {address}"));
        if (options.PublicUrl is not null)
        {
            lines.Add($"  public address   {options.PublicUrl}");
        }

        var address = options.PublicAddress ?? own.Loopback;
        // The pages' own addresses begin at the root.
        if ((options.PublicAddress is { AbsolutePath: "/" } home ? home : own.Loopback) is { } pages)
        {
            lines.Add($"  studio           {pages}");
        }

        if (!studio.IsInstalled)
        {
            lines.Add("  no designer      Elsa Studio is not installed: build again with Node.js 20 or newer and npm");
        }

        lines.Add($"  data             {options.DataDirectory}");
        if (admin.TakeGeneratedPassword() is { } password)
        {
            lines.Add($"  sign in as       {AdminAccount.UserName} with the password {password}   (shown only this once)");
        }

        if (address is not null)
        {
            await AddFlowsAsync(lines, address);
        }

        lines.AddRange(FlowLiteOptions.Unknown(configuration).Select(name => $"  no such setting  {name}: it was passed over; docs/settings.md has those that there are"));
        lines.AddRange(from name in connections.Names from problem in checks.Problems(name) select $"  connection       {name}: {problem}");
        lines.AddRange(plugins.Plugins.Where(plugin => plugin.Problem is not null).Select(plugin => $"  plugin left out  {plugin.File}: {plugin.Problem}"));
        lines.AddRange(folder.Files.Where(f => f.Outcome is ImportOutcome.Conflict or ImportOutcome.Invalid).Select(Say));
        await console.Output.WriteLineAsync(string.Join(Environment.NewLine, lines.Append("")));
        await console.Output.FlushAsync();
    }

    private async Task AddFlowsAsync(List<string> lines, Uri address)
    {
        var flows = catalog.Published.OrderBy(f => f.Definition.DefinitionId, StringComparer.Ordinal).ToList();
        string? sample = null;
        foreach (var flow in flows.Take(ShownFlows))
        {
            lines.Add($"  flow             {flow.Definition.Name ?? flow.Definition.DefinitionId}{(flow.Broken is null ? "" : " (does not run here any more)")}");
            foreach (var trigger in flow.Secrets.Triggers.Values)
            {
                var url = UrlOf(flow, trigger, address);
                lines.Add($"    {trigger,-15}{url ?? "its URL can't be made: its key was encrypted with another key ring (the folder 'keys')"}");
                sample ??= await TakesTheSampleAsync(flow, trigger) ? url : null;
            }
        }

        if (options.ServesEndpoints)
        {
            lines.AddRange(endpoints.All.Take(ShownFlows).Select(endpoint => Say(endpoint, address)));
        }

        if (flows.Count > ShownFlows)
        {
            lines.Add($"                   and {flows.Count - ShownFlows} more");
        }

        if (sample is not null)
        {
            lines.Add($"  a sample lead    curl -i -H 'Content-Type: application/json' -d '{SampleLead}' '{sample}'");
        }
    }

    private async ValueTask<bool> TakesTheSampleAsync(PublishedFlow flow, string trigger)
    {
        var (_, signed) = await triggers.FindAsync(flow.Definition.DefinitionId, trigger, CancellationToken.None);
        return signed is { Workflow: not null, Method: "POST", Path: { } path } && path.TryMatch("", out _)
            && signed.Schema?.IsValid(JsonElement.Parse(SampleLead)) != false;
    }

    private static string Say(StartEndpoint endpoint, Uri address) =>
        $"  {(endpoint.Settings.Authorize ? "endpoint" : "open"),-17}{string.Join(',', endpoint.Settings.Methods)} {address.AbsoluteUri.TrimEnd('/')}{EndpointServer.BasePath}{endpoint.Settings.Path}"
        + (endpoint.Settings.Authorize ? "" : "   (anybody may call it)");

    private string? UrlOf(PublishedFlow flow, string trigger, Uri address)
    {
        try
        {
            return urls.Create(flow, trigger, address, KeyType.Primary);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private static string Say(FileImport import) => import.Outcome == ImportOutcome.Conflict
        ? $"  not imported     {import.File}: the flow '{import.DefinitionId}' was edited since; it was left as it is"
        : $"  not imported     {import.File}: {string.Join(Environment.NewLine + "                     ", import.Problems)}";
}
