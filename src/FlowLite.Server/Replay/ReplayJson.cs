using System.Text.Encodings.Web;
using System.Text.Json;
using FlowLite.Engine.Definitions;
using FlowLite.Engine.Json;

namespace FlowLite.Server.Replay;

/// <summary>Reading the files of a replay, and telling two JSON values apart.</summary>
internal static class ReplayJson
{
    /// <exception cref="InvalidDefinitionException">It is not JSON; says where.</exception>
    /// <exception cref="ReplayCaseException">It can't be read.</exception>
    public static JsonElement ReadFile(string file)
    {
        const int maxDepth = 64;
        try
        {
            return DefinitionJson.Parse(File.ReadAllBytes(file), maxDepth);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ReplayCaseException([$"It can't be read: {e.Message}"]);
        }
    }

    /// <summary>One line; long values are cut.</summary>
    public static string Text(JsonElement? value)
    {
        const int longest = 300;
        if (value is not { } json)
        {
            return "(nothing)";
        }

        var text = JsonSerializer.Serialize(json, Relaxed);
        return text.Length <= longest ? text : $"{text[..longest]}... ({text.Length} characters)";
    }

    /// <summary>A JSON pointer to a member or an item.</summary>
    public static string Child(string path, string name) => $"{path}/{name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}";

    /// <summary>
    /// Where <paramref name="actual"/> is not what was expected. Partial: objects may have more members than expected,
    /// and their names match ignoring case, as expressions find them.
    /// </summary>
    public static IEnumerable<ReplayDifference> Compare(JsonElement expected, JsonElement? actual, string path, bool partial = false)
    {
        if (actual is not { } value || value.ValueKind != expected.ValueKind)
        {
            return [new ReplayDifference(path, Text(expected), Text(actual))];
        }

        return expected.ValueKind switch
        {
            JsonValueKind.Object => CompareObjects(expected, value, path, partial),
            JsonValueKind.Array => CompareArrays(expected, value, path, partial),
            _ when JsonElement.DeepEquals(expected, value) => [],
            _ => [new ReplayDifference(path, Text(expected), Text(value))],
        };
    }

    private static IEnumerable<ReplayDifference> CompareObjects(JsonElement expected, JsonElement actual, string path, bool partial)
    {
        foreach (var member in expected.EnumerateObject())
        {
            var found = partial ? JsonValues.TryGetMember(actual, member.Name, out var value) : actual.TryGetProperty(member.Name, out value);
            foreach (var difference in Compare(member.Value, found ? value : null, Child(path, member.Name), partial))
            {
                yield return difference;
            }
        }

        foreach (var member in actual.EnumerateObject().Where(m => !partial && !expected.TryGetProperty(m.Name, out _)))
        {
            yield return new ReplayDifference(Child(path, member.Name), Text(null), Text(member.Value));
        }
    }

    private static IEnumerable<ReplayDifference> CompareArrays(JsonElement expected, JsonElement actual, string path, bool partial)
    {
        for (var i = 0; i < Math.Max(expected.GetArrayLength(), actual.GetArrayLength()); i++)
        {
            var item = i < actual.GetArrayLength() ? actual[i] : (JsonElement?)null;
            var differences = i < expected.GetArrayLength()
                ? Compare(expected[i], item, $"{path}/{i}", partial)
                : [new ReplayDifference($"{path}/{i}", Text(null), Text(item))];
            foreach (var difference in differences)
            {
                yield return difference;
            }
        }
    }

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}

/// <param name="Path">JSON pointer into the case file.</param>
internal sealed record ReplayDifference(string Path, string Expected, string Actual);
