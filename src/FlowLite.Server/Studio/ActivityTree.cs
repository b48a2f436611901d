using System.Text.Json;
using FlowLite.Engine.Compilation;
using FlowLite.Engine.Json;

namespace FlowLite.Server.Studio;

/// <summary>
/// The activities in a definition's document. An activity is whatever object, at any depth below <c>root</c>, stands where an
/// activity may stand: it has an <c>id</c> and a <c>type</c>, both text, the type with a namespace (a JSON schema's nodes have
/// both as well, but no dot in the type), or it names the flow that it is. Nothing that an activity's expressions, metadata or custom properties hold is one.
/// </summary>
public static class ActivityTree
{
    /// <summary>The document with each activity replaced by what <paramref name="map"/> makes of it: outer ones first; what it returns is not mapped again, but what stands inside it is.</summary>
    /// <param name="map">Returns the activity itself to keep it.</param>
    public static JsonElement Map(JsonElement document, Func<JsonElement, JsonElement> map) => JsonValues.Object(writer =>
    {
        foreach (var member in document.EnumerateObject())
        {
            writer.WritePropertyName(member.Name);
            if (member.Name == "root")
            {
                Write(writer, member.Value, map);
            }
            else
            {
                member.Value.WriteTo(writer);
            }
        }
    });

    /// <summary>Every activity, outer ones before those in them.</summary>
    public static IEnumerable<JsonElement> All(JsonElement document)
    {
        var work = new Stack<JsonElement>();
        if (document.TryGetProperty("root", out var root))
        {
            work.Push(root);
        }

        while (work.TryPop(out var value))
        {
            if (IsActivity(value))
            {
                yield return value;
            }

            var inner = value.ValueKind switch
            {
                JsonValueKind.Object => value.EnumerateObject().Where(member => !HoldsData(member.Name)).Select(member => member.Value),
                JsonValueKind.Array => value.EnumerateArray(),
                _ => Enumerable.Empty<JsonElement>(),
            };
            foreach (var child in inner.Reverse())
            {
                work.Push(child);
            }
        }
    }

    public static bool IsActivity(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object
        && value.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.String
        && value.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String
        && (type.GetString()!.Contains('.', StringComparison.Ordinal) || FlowActivity.IsOne(value));

    /// <summary>Members of an activity, or of an input, that hold data and no activities.</summary>
    private static bool HoldsData(string member) => member is "expression" or "customProperties" or "metadata" or "memoryReference";

    // DefinitionJson.MaxDepth bounds the recursion.
    private static void Write(Utf8JsonWriter writer, JsonElement value, Func<JsonElement, JsonElement> map)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                var written = IsActivity(value) ? map(value) : value;
                writer.WriteStartObject();
                foreach (var member in written.EnumerateObject())
                {
                    writer.WritePropertyName(member.Name);
                    if (HoldsData(member.Name))
                    {
                        member.Value.WriteTo(writer);
                    }
                    else
                    {
                        Write(writer, member.Value, map);
                    }
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                {
                    Write(writer, item, map);
                }

                writer.WriteEndArray();
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }
}
