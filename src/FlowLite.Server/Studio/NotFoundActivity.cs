using System.Text.Json;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Json;

namespace FlowLite.Server.Studio;

/// <summary>
/// The stand-in for an activity whose kind is unknown here, as Elsa has it:
/// <c>{"type":"Elsa.NotFoundActivity","version":1,"missingTypeName","missingTypeVersion","originalActivityJson",…}</c>.
/// </summary>
internal static class NotFoundActivity
{
    private const string Original = "originalActivityJson";
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = DefinitionJson.MaxDepth };

    public static JsonElement Wrap(JsonElement activity, string type, JsonElement version) => JsonValues.Object(writer =>
    {
        writer.WriteString("id", activity.GetProperty("id").GetString());
        Copy(writer, activity, "name");
        writer.WriteString("type", ElsaActivities.NotFound);
        writer.WriteNumber("version", 1);
        writer.WriteString("missingTypeName", type);
        writer.WriteNumber("missingTypeVersion", version.ValueKind == JsonValueKind.Number && version.TryGetInt32(out var number) ? number : 0);
        writer.WriteString(Original, JsonValues.CompactText(activity));
        if (!Copy(writer, activity, "customProperties"))
        {
            writer.WriteStartObject("customProperties");
            writer.WriteEndObject();
        }

        writer.WriteStartObject("metadata");
        foreach (var member in Members(activity, "metadata").Where(m => m.Name is not ("displayText" or "description")))
        {
            member.WriteTo(writer);
        }

        writer.WriteString("displayText", DisplayText(type));
        writer.WriteString("description", Description(type));
        writer.WriteEndObject();
    });

    /// <summary>The original with the id, the name, the place and the settings that the stand-in has now; anything else comes back as it is.</summary>
    public static JsonElement Restore(JsonElement activity)
    {
        if (activity.GetProperty("type").GetString() != ElsaActivities.NotFound || Parse(activity) is not { } original)
        {
            return activity;
        }

        return JsonValues.Object(writer =>
        {
            foreach (var member in original.EnumerateObject())
            {
                switch (member.Name)
                {
                    // A stand-in that was copied on the canvas has an id of its own.
                    case "id" or "name" when activity.TryGetProperty(member.Name, out var now) && now.ValueKind == JsonValueKind.String:
                        writer.WriteString(member.Name, now.GetString());
                        break;
                    case "metadata" when Metadata(original, activity) is { Count: > 0 } metadata:
                        Write(writer, member.Name, metadata);
                        break;
                    case "customProperties" when Settings(original, activity) is { Count: > 0 } settings:
                        Write(writer, member.Name, settings);
                        break;
                    default:
                        member.WriteTo(writer);
                        break;
                }
            }

            Add("name", activity);
            AddMembers("metadata", Metadata(original, activity));
            AddMembers("customProperties", Settings(original, activity));

            void Add(string name, JsonElement from)
            {
                if (!original.TryGetProperty(name, out _) && from.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String)
                {
                    writer.WritePropertyName(name);
                    value.WriteTo(writer);
                }
            }

            void AddMembers(string name, List<JsonProperty> members)
            {
                if (!original.TryGetProperty(name, out _) && members.Count > 0)
                {
                    Write(writer, name, members);
                }
            }
        });
    }

    private static JsonElement? Parse(JsonElement activity)
    {
        if (activity.TryGetProperty(Original, out var text) && text.ValueKind == JsonValueKind.String)
        {
            try
            {
                var original = JsonElement.Parse(text.GetString()!, Strict);
                return ActivityTree.IsActivity(original) ? original : null;
            }
            catch (JsonException)
            {
                // Not of our making: it stays the stand-in that it is.
            }
        }

        return null;
    }

    // Texts of the stand-in are the original's again, unless they are somebody's own.
    private static List<JsonProperty> Metadata(JsonElement original, JsonElement now)
    {
        var type = original.GetProperty("type").GetString()!;
        var given = Members(now, "metadata").Where(m => !(m.Name == "displayText" && Is(m.Value, DisplayText(type))) && !(m.Name == "description" && Is(m.Value, Description(type))));
        return Merge(Members(original, "metadata"), given);
    }

    private static bool Is(JsonElement value, string text) => value.ValueKind == JsonValueKind.String && value.ValueEquals(text);

    private static List<JsonProperty> Settings(JsonElement original, JsonElement now) =>
        Merge(Members(original, "customProperties"), Members(now, "customProperties"));

    private static List<JsonProperty> Merge(List<JsonProperty> original, IEnumerable<JsonProperty> now)
    {
        List<JsonProperty> merged = [.. original];
        foreach (var member in now)
        {
            var at = merged.FindIndex(m => m.Name == member.Name);
            if (at < 0)
            {
                merged.Add(member);
            }
            else
            {
                merged[at] = member;
            }
        }

        return merged;
    }

    private static List<JsonProperty> Members(JsonElement activity, string name) =>
        activity.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object ? [.. value.EnumerateObject()] : [];

    private static void Write(Utf8JsonWriter writer, string name, List<JsonProperty> members)
    {
        writer.WriteStartObject(name);
        foreach (var member in members)
        {
            member.WriteTo(writer);
        }

        writer.WriteEndObject();
    }

    private static bool Copy(Utf8JsonWriter writer, JsonElement activity, string name)
    {
        if (!activity.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return false;
        }

        writer.WritePropertyName(name);
        value.WriteTo(writer);
        return true;
    }

    private static string DisplayText(string type) => $"Not Found: {type}";

    private static string Description(string type) => $"There is no activity of type {type} here. Nothing of it is lost.";
}
