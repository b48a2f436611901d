using System.Globalization;
using System.Text.Json;

namespace FlowLite.Engine.Schema;

/// <summary>
/// Resolves <c>$ref</c> by draft-zyp-json-schema-04 section 7: every <c>id</c> in the document is indexed first, each changing the base
/// of what is below it. Looks only into the document itself and the built-in metaschema.
/// </summary>
internal sealed class SchemaReferences
{
    /// <summary>Base of a document without an id of its own; no user writes this scheme.</summary>
    private const string DefaultBase = "flowlite-schema://document/root";

    /// <summary>Levels of subschemas; the parser's default bound on nesting (64) is far below.</summary>
    private const int MaxDepth = 500;

    private static readonly string[] Single = ["items", "additionalItems", "additionalProperties", "not"];
    private static readonly string[] Lists = ["items", "allOf", "anyOf", "oneOf"];
    private static readonly string[] Maps = ["definitions", "properties", "patternProperties", "dependencies"];

    private readonly Dictionary<string, SchemaLocation> _documents = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SchemaLocation> _anchors = new(StringComparer.Ordinal);
    private readonly Dictionary<(bool BuiltIn, string Pointer), string> _bases = [];

    public SchemaReferences(JsonElement root)
    {
        Index(new SchemaLocation(root, "", DefaultBase, BuiltIn: false));
        _documents.TryAdd(DefaultBase, Root(root));
    }

    public SchemaLocation Root(JsonElement root) => new(root, "", _bases[(false, "")], BuiltIn: false);

    /// <summary>The location with the base that its ids give it.</summary>
    public SchemaLocation Rebased(SchemaLocation location) => location with { Base = _bases.GetValueOrDefault(location.Key, location.Base) };

    /// <param name="from">The location of the <c>$ref</c> keyword.</param>
    /// <exception cref="JsonSchemaException">It leads nowhere, or out of the document.</exception>
    public SchemaLocation Resolve(string reference, SchemaLocation from)
    {
        var hash = reference.IndexOf('#', StringComparison.Ordinal);
        var uri = hash < 0 ? reference : reference[..hash];
        var fragment = hash < 0 ? "" : Uri.UnescapeDataString(reference[(hash + 1)..]);
        var document = ResolveUri(from.Base, uri) ?? throw from.Error($"The reference '{reference}' is not a URI.");
        if (fragment.Length > 0 && fragment[0] != '/')
        {
            return _anchors.TryGetValue($"{document}#{fragment}", out var anchored)
                ? anchored
                : throw from.Error($"The reference '{reference}' cannot be resolved: no schema has that id.");
        }

        if (!_documents.TryGetValue(document, out var target))
        {
            target = Draft4Metaschema.IsUri(document)
                ? AddMetaschema(document)
                : throw from.Error($"The reference '{reference}' leads out of the schema. Remote references are never fetched; copy the schema into 'definitions'.");
        }

        return fragment.Length == 0 ? target : Walk(target, fragment, reference, from);
    }

    private SchemaLocation AddMetaschema(string uri)
    {
        var location = new SchemaLocation(Draft4Metaschema.Root, "", uri, BuiltIn: true);
        Index(location);
        _documents[uri] = Rebased(location);
        return _documents[uri];
    }

    private SchemaLocation Walk(SchemaLocation at, string fragment, string reference, SchemaLocation from)
    {
        foreach (var part in fragment[1..].Split('/'))
        {
            var token = part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            if (at.Element.ValueKind == JsonValueKind.Object && at.Element.TryGetProperty(token, out var member))
            {
                at = Rebased(at.Child(member, token));
            }
            else if (at.Element.ValueKind == JsonValueKind.Array
                && int.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < at.Element.GetArrayLength())
            {
                at = Rebased(at.Child(at.Element[index], index));
            }
            else
            {
                throw from.Error($"The reference '{reference}' cannot be resolved in {Describe(at.Base)}: there is no '{token}' at '{at.Pointer}'.");
            }
        }

        if (at.Element.ValueKind != JsonValueKind.Object)
        {
            throw from.Error($"The reference '{reference}' leads to something that is not a schema.");
        }

        if (!_bases.ContainsKey(at.Key))
        {
            // A place that only this reference makes a schema; its ids count from here on.
            Index(at);
        }

        return Rebased(at);
    }

    private static string Describe(string uri) => uri == DefaultBase ? "the schema" : $"'{uri}' (the base that the nearest 'id' sets)";

    private void Index(SchemaLocation location, int depth = 0)
    {
        if (depth > MaxDepth)
        {
            throw new JsonSchemaException("", "The schema is nested too deeply.");
        }

        if (location.Element.ValueKind != JsonValueKind.Object || _bases.ContainsKey(location.Key))
        {
            return;
        }

        location = ApplyId(location);
        _bases[location.Key] = location.Base;
        foreach (var property in location.Element.EnumerateObject())
        {
            var child = location.Child(property.Value, property.Name);
            switch (property.Value.ValueKind)
            {
                case JsonValueKind.Object when Single.Contains(property.Name):
                    Index(child, depth + 1);
                    break;
                case JsonValueKind.Object when Maps.Contains(property.Name):
                    foreach (var member in property.Value.EnumerateObject())
                    {
                        Index(child.Child(member.Value, member.Name), depth + 1);
                    }

                    break;
                case JsonValueKind.Array when Lists.Contains(property.Name):
                    var index = 0;
                    foreach (var item in property.Value.EnumerateArray())
                    {
                        Index(child.Child(item, index++), depth + 1);
                    }

                    break;
            }
        }
    }

    private SchemaLocation ApplyId(SchemaLocation location)
    {
        // The siblings of a $ref are ignored, its id among them. Of equal ids the first one counts: generated schemas repeat them.
        if (location.Element.TryGetProperty("$ref", out _) || !location.Element.TryGetProperty("id", out var id)
            || id.ValueKind != JsonValueKind.String)
        {
            return location;
        }

        var text = id.GetString()!;
        var hash = text.IndexOf('#', StringComparison.Ordinal);
        var uri = hash < 0 ? text : text[..hash];
        if (ResolveUri(location.Base, uri) is not { } resolved)
        {
            return location;
        }

        if (uri.Length > 0)
        {
            location = location with { Base = resolved };
            _documents.TryAdd(resolved, location);
        }

        if (hash >= 0 && hash + 1 < text.Length)
        {
            _anchors.TryAdd($"{resolved}#{Uri.UnescapeDataString(text[(hash + 1)..])}", location);
        }

        return location;
    }

    private static string? ResolveUri(string baseUri, string reference)
    {
        if (reference.Length == 0)
        {
            return baseUri;
        }

        return Uri.TryCreate(new Uri(baseUri), reference, out var resolved) ? resolved.AbsoluteUri : null;
    }
}
