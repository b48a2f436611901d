using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using FlowLite.Engine.Activities;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace FlowLite.FunctionalTests.Contract;

/// <summary>What the Studio and stored flows depend on, as text that is read when it changes.</summary>
[Collection(ContractServerCollection.Name)]
public sealed class ApprovedContractTests(ContractServer server)
{
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public async Task ActivityDescriptors_AreTheApprovedOnes()
    {
        // Those that are made of a CRM's metadata come and go with it.
        var built = server.Server.Services.GetRequiredService<ActivityRegistry>().Descriptors.Select(d => d.TypeName).Append("Elsa.NotFoundActivity").Append("Elsa.Workflow").ToHashSet();
        var text = new StringBuilder();
        foreach (var activity in (await server.ActivitiesAsync()).Where(a => built.Contains(a.GetProperty("typeName").GetString()!)))
        {
            Write(text, activity);
        }

        await Approval.VerifyAsync("activities", text.ToString());
    }

    [Fact]
    public async Task RestApi_IsTheApprovedOne()
    {
        var lines =
            from endpoint in server.Server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            let path = "/" + endpoint.RoutePattern.RawText!.Trim('/')
            where path.StartsWith("/elsa/", StringComparison.Ordinal) || path.StartsWith("/api/", StringComparison.Ordinal)
            where !path.EndsWith("{**path}", StringComparison.Ordinal)
            from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["*"]
            orderby path, method
            select $"{path} {method}\n";

        await Approval.VerifyAsync("rest-api", string.Concat(lines.Distinct()));
    }

    private static void Write(StringBuilder text, JsonElement activity)
    {
        var flags = new[] { "isContainer", "isBrowsable", "isStart", "isTerminal" }.Where(flag => activity.GetProperty(flag).GetBoolean());
        text.Append(CultureInfo.InvariantCulture, $"{Text(activity, "typeName")} {activity.GetProperty("version")}: {Text(activity, "displayName")} [{Text(activity, "category")}, {Text(activity, "kind")}{string.Concat(flags.Select(f => ", " + f))}]\n");
        text.Append(CultureInfo.InvariantCulture, $"  {Text(activity, "description")}\n");
        foreach (var input in activity.GetProperty("inputs").EnumerateArray())
        {
            Write(text, "in ", input, ["uiHint", "defaultSyntax", "defaultValue", "category", "isWrapped", "isBrowsable", "isReadOnly", "isSensitive", "uiSpecifications"]);
        }

        foreach (var output in activity.GetProperty("outputs").EnumerateArray())
        {
            Write(text, "out", output, ["isBrowsable"]);
        }

        foreach (var port in activity.GetProperty("ports").EnumerateArray())
        {
            text.Append(CultureInfo.InvariantCulture, $"  port {Text(port, "name")} ({Text(port, "displayName")}) {Text(port, "type")}{(port.GetProperty("isBrowsable").GetBoolean() ? "" : " hidden")}\n");
        }

        foreach (var preset in activity.GetProperty("constructionProperties").EnumerateObject())
        {
            text.Append(CultureInfo.InvariantCulture, $"  preset {preset.Name} = {JsonSerializer.Serialize(preset.Value, Readable)}\n");
        }

        text.Append('\n');
    }

    private static void Write(StringBuilder text, string kind, JsonElement property, string[] members)
    {
        text.Append(CultureInfo.InvariantCulture, $"  {kind} {Text(property, "name")}: {Text(property, "typeName")} ({Text(property, "displayName")})");
        foreach (var member in members)
        {
            if (property.TryGetProperty(member, out var value))
            {
                text.Append(CultureInfo.InvariantCulture, $" {member}={JsonSerializer.Serialize(value, Readable)}");
            }
        }

        text.Append(CultureInfo.InvariantCulture, $"\n      {Text(property, "description")}\n");
    }

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;
}
