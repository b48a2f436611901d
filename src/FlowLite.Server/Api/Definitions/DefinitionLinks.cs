using System.Text.Json;

namespace FlowLite.Server.Api.Definitions;

/// <summary>Links of definitions. The Studio lets a person do what they name: without <c>publish</c> a flow is read-only in it.</summary>
internal static class DefinitionLinks
{
    private const string Root = "/workflow-definitions";

    private static readonly (string Href, string Rel, string Method)[] List =
    [
        (Root, "self", "GET"),
        ($"{Root}/validation/is-name-unique", "is-name-unique", "GET"),
        ($"{Root}/query/count", "count", "GET"),
        ($"{Root}/many-by-id", "many-by-id", "GET"),
        ("/bulk-actions/delete/workflow-definitions/by-definition-id", "bulk-delete-by-definition-id", "POST"),
        ("/bulk-actions/delete/workflow-definitions/by-id", "bulk-delete-by-id", "POST"),
        ("/bulk-actions/publish/workflow-definitions/by-definition-ids", "bulk-publish", "POST"),
        ("/bulk-actions/retract/workflow-definitions/by-definition-ids", "bulk-retract", "POST"),
        ($"{Root}/import", "import", "POST"),
        ($"{Root}/import-files", "import-files", "POST"),
        (Root, "create", "POST"),
    ];

    public static void WriteList(Utf8JsonWriter writer) => Write(writer, List);

    public static void WriteOne(Utf8JsonWriter writer, string definitionId)
    {
        var one = $"{Root}/{Uri.EscapeDataString(definitionId)}";
        Write(writer,
        [
            (one, "self", "GET"),
            ($"{Root}/by-definition-id/{Uri.EscapeDataString(definitionId)}", "self", "GET"),
            ($"{one}/versions", "versions", "GET"),
            ($"{one}/bulk-dispatch", "bulk-dispatch", "POST"),
            ($"{one}/dispatch", "dispatch", "POST"),
            ($"{one}/execute", "execute", "POST"),
            ($"{one}/export", "export", "POST"),
            ($"{one}/publish", "publish", "POST"),
            ($"{one}/retract", "retract", "POST"),
            (one, "delete", "DELETE"),
            ($"{one}/import", "import", "PUT"),
            ($"{one}/update-references", "update-references", "POST"),
        ]);
    }

    private static void Write(Utf8JsonWriter writer, IEnumerable<(string Href, string Rel, string Method)> links)
    {
        writer.WriteStartArray("links");
        foreach (var (href, rel, method) in links)
        {
            writer.WriteStartObject();
            writer.WriteString("href", href);
            writer.WriteString("rel", rel);
            writer.WriteString("method", method);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
