using System.Text.Json;
using System.Text.Unicode;
using FlowLite.Engine.Json;

namespace FlowLite.Engine.Definitions;

/// <summary>
/// Reads a workflow definition in Elsa 3's JSON, exports of Elsa included, and says everything that is wrong with its shape at once.
/// What it does not know it keeps: unknown properties and unknown activity types are part of the document.
/// </summary>
public static class DefinitionJson
{
    /// <summary>
    /// 200 activities, one in the other, fit. Nothing here needs stack for them but a few writers that recurse once for each level, which this bounds.
    /// </summary>
    public const int MaxDepth = 500;

    /// <summary>The Studio reads answers to a depth of 64, and the definition stands one level deep in them.</summary>
    internal const int StudioDepth = 63;

    private static readonly JsonDocumentOptions Nesting = new() { MaxDepth = MaxDepth };

    /// <param name="utf8">With or without a byte order mark.</param>
    /// <exception cref="InvalidDefinitionException">It is not JSON, or not the JSON of a definition.</exception>
    public static JsonElement Read(ReadOnlyMemory<byte> utf8)
    {
        var document = Parse(utf8, MaxDepth);
        var problems = DefinitionShape.Check(document);
        return problems.Count == 0 ? document : throw new InvalidDefinitionException(problems);
    }

    /// <summary>A document that was read here before, from where it is stored.</summary>
    public static JsonElement ReadStored(string text) => JsonElement.Parse(text, Nesting);

    /// <summary>JSON without duplicate keys (whose meaning differs from reader to reader) and with nothing but Unicode text in it.</summary>
    /// <exception cref="InvalidDefinitionException">It isn't that.</exception>
    public static JsonElement Parse(ReadOnlyMemory<byte> utf8, int maxDepth)
    {
        if (utf8.Span.StartsWith("\uFEFF"u8))
        {
            utf8 = utf8[3..];
        }

        // The parser takes names as they are, and stumbles when they are read.
        if (!Utf8.IsValid(utf8.Span))
        {
            throw Invalid(new DefinitionProblem(null, "", "This is not JSON: it is not UTF-8."));
        }

        try
        {
            var json = JsonElement.Parse(utf8.Span, new JsonDocumentOptions { MaxDepth = maxDepth, AllowDuplicateProperties = false });
            // A lone surrogate (\ud800) parses but can't be read or written as text.
            JsonValues.CompactText(json);
            return json;
        }
        catch (JsonException e)
        {
            throw Invalid(new DefinitionProblem(null, "", $"This is not JSON: {e.Message}"));
        }
        catch (InvalidOperationException)
        {
            throw Invalid(new DefinitionProblem(null, "", "This is not JSON: a text holds half a surrogate pair."));
        }
    }

    private static InvalidDefinitionException Invalid(DefinitionProblem problem) => new([problem]);
}
