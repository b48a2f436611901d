using System.Reflection;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace FlowLite.Server.Api.Reference;

/// <summary>What stands at each operation: its group, a summary, who may call it.</summary>
internal static class OperationTexts
{
    private const string ElsaApi = "elsa/api/";
    private const string FlowApi = "api/";

    /// <param name="path">Without the first slash.</param>
    public static bool IsOurs(string path) => path.StartsWith(ElsaApi, StringComparison.Ordinal) || path.StartsWith(FlowApi, StringComparison.Ordinal);

    public static Task DescribeAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var path = context.Description.RelativePath ?? "";
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        operation.Tags = new HashSet<OpenApiTagReference> { new(Tag(path), context.Document) };
        operation.Summary ??= Summary(metadata.OfType<MethodInfo>().FirstOrDefault(), context.Description.HttpMethod ?? "", path);
        if (!metadata.OfType<IAllowAnonymous>().Any())
        {
            operation.Security = [ReferenceDocument.Requirement(context.Document)];
            operation.Responses ??= [];
            operation.Responses.TryAdd("401", new OpenApiResponse { Description = "Not signed in" });
        }

        return Task.CompletedTask;
    }

    /// <summary><c>elsa/api/workflow-definitions/…</c>: Workflow definitions.</summary>
    private static string Tag(string path)
    {
        var name = (path.StartsWith(ElsaApi, StringComparison.Ordinal) ? path[ElsaApi.Length..] : path[FlowApi.Length..]).Split('/')[0].Replace('-', ' ');
        return $"{char.ToUpperInvariant(name[0])}{name[1..]}";
    }

    /// <summary>
    /// An endpoint without a summary of its own is told by its handler's name and what it is about: <c>BulkDeleteAsync</c> at
    /// <c>…/workflow-instances</c> is Bulk delete workflow instances.
    /// </summary>
    private static string Summary(MethodInfo? handler, string method, string path)
    {
        var name = handler?.Name ?? "";
        if (name.Length == 0 || name.Contains('<', StringComparison.Ordinal))
        {
            name = string.Concat(method[..1], method[1..].ToLowerInvariant());
        }

        var verb = Words(name.EndsWith("Async", StringComparison.Ordinal) ? name[..^5] : name);
        var about = Words(path.Split('/').LastOrDefault(segment => segment.Length > 0 && segment[0] != '{') ?? "");
        return verb.Contains(about, StringComparison.OrdinalIgnoreCase) ? verb : $"{verb} {char.ToLowerInvariant(about[0])}{about[1..]}";
    }

    private static string Words(string name) =>
        string.Concat(name.Replace('-', ' ').Select((c, i) => i > 0 && char.IsUpper(c) ? $" {char.ToLowerInvariant(c)}" : $"{c}"));
}
