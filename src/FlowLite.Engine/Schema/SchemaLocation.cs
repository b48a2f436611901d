using System.Text.Json;

namespace FlowLite.Engine.Schema;

/// <summary>A place in a schema document.</summary>
/// <param name="Pointer">JSON pointer from the document's root.</param>
/// <param name="Base">Absolute URI, without fragment, that relative references here are resolved against.</param>
/// <param name="BuiltIn">In the draft-04 metaschema rather than in the user's document.</param>
internal readonly record struct SchemaLocation(JsonElement Element, string Pointer, string Base, bool BuiltIn)
{
    public (bool BuiltIn, string Pointer) Key => (BuiltIn, Pointer);

    public SchemaLocation Child(JsonElement element, string token) =>
        this with { Element = element, Pointer = $"{Pointer}/{token.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}" };

    public SchemaLocation Child(JsonElement element, int index) =>
        this with { Element = element, Pointer = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Pointer}/{index}") };

    public JsonSchemaException Error(string message, Exception? cause = null) => new(BuiltIn ? "" : Pointer, message, cause);
}
