using System.Text;
using System.Text.Json;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Json;

namespace FlowLite.Server.Studio;

/// <summary>
/// A definition's document as it goes out to the Studio, and as it comes back. What is stored and exported is the original;
/// the Studio gets what it can show of it, and nothing is lost on the way.
/// </summary>
/// <param name="activities">Those that the Studio is told of.</param>
public sealed class StudioDocuments(StudioActivities activities, RecordViews records)
{
    private static readonly string[] Lists = ["variables", "inputs", "outputs", "outcomes"];

    /// <summary>
    /// Every list is there, and every activity has a descriptor: one of an unknown kind is wrapped in
    /// <c>Elsa.NotFoundActivity</c>, without which the canvas would stay empty. A Create record shows the form of its table.
    /// </summary>
    public JsonElement ForStudio(JsonElement document) => ActivityTree.Map(Complete(document), activity => records.ForStudio(Known(activity)));

    /// <summary>The original of what <see cref="ForStudio"/> made; where the user has moved things is kept.</summary>
    /// <param name="document">Any JSON: what is no definition comes back as it is.</param>
    /// <exception cref="InvalidDefinitionException">With its originals it is nested too deep.</exception>
    public JsonElement FromStudio(JsonElement document)
    {
        if (document.ValueKind != JsonValueKind.Object)
        {
            return document;
        }

        var original = ActivityTree.Map(document, activity => records.FromStudio(NotFoundActivity.Restore(activity)));
        return DefinitionJson.Parse(Encoding.UTF8.GetBytes(original.GetRawText()), DefinitionJson.MaxDepth);
    }

    // As Elsa answers; the Studio can't read null in their place.
    private static JsonElement Complete(JsonElement document) => JsonValues.Object(writer =>
    {
        foreach (var member in document.EnumerateObject())
        {
            if (member.Value.ValueKind != JsonValueKind.Null || !(Lists.Contains(member.Name) || member.Name is "customProperties" or "options"))
            {
                member.WriteTo(writer);
            }
        }

        foreach (var list in Lists.Where(IsMissing))
        {
            writer.WriteStartArray(list);
            writer.WriteEndArray();
        }

        if (IsMissing("customProperties"))
        {
            writer.WriteStartObject("customProperties");
            writer.WriteEndObject();
        }

        if (IsMissing("options"))
        {
            writer.WriteStartObject("options");
            writer.WriteBoolean("autoUpdateConsumingWorkflows", false);
            writer.WriteEndObject();
        }

        bool IsMissing(string name) => !document.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null;
    });

    private JsonElement Known(JsonElement activity)
    {
        var type = activity.GetProperty("type").GetString()!;
        var version = activity.TryGetProperty("version", out var given) && given.ValueKind == JsonValueKind.Number ? given : default;
        // Of a flow only the published version is described; what it is pinned to stands beside its type.
        if (version.ValueKind == JsonValueKind.Undefined || (FlowActivity.IsOne(activity) && activities.Find(type) is not null))
        {
            return activities.Find(type) is { } newest ? WithVersion(activity, newest.Version) : NotFoundActivity.Wrap(activity, type, version);
        }

        return version.TryGetInt32(out var number) && activities.Find(type, number) is not null ? activity : NotFoundActivity.Wrap(activity, type, version);
    }

    /// <summary>The Studio reads a missing version as 0, of which there is no descriptor.</summary>
    private static JsonElement WithVersion(JsonElement activity, int version) => JsonValues.Object(writer =>
    {
        foreach (var member in activity.EnumerateObject())
        {
            if (member.Name != "version")
            {
                member.WriteTo(writer);
            }
        }

        writer.WriteNumber("version", version);
    });
}
