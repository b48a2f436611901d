using System.Text.Json;

namespace FlowLite.FunctionalTests.Definitions;

/// <summary>
/// The members that an object must have, and their kinds: <c>"id:s version:n isLatest:b links:a options:o description:s?"</c>;
/// a question mark allows it to be null or missing. Nothing else may be there.
/// </summary>
internal static class Shape
{
    public const string Links = "href:s rel:s method:s";

    public const string Summary = "id:s definitionId:s name:s description:s? version:n toolVersion:s? isLatest:b isPublished:b isReadonly:b materializerName:s createdAt:s";

    public const string ListedSummary = Summary + " isMaterializerAvailable:b links:a";

    public const string Exported = "id:s definitionId:s name:s description:s? createdAt:s version:n toolVersion:s? isLatest:b isPublished:b isReadonly:b isSystem:b "
        + "variables:a? inputs:a? outputs:a? outcomes:a? customProperties:o? options:o? root:o $schema:s";

    public const string Definition = "links:a id:s definitionId:s name:s description:s? createdAt:s version:n toolVersion:s? isLatest:b isPublished:b isReadonly:b isSystem:b "
        + "variables:a inputs:a outputs:a outcomes:a customProperties:o options:o root:o";

    public const string Version = "id:s definitionId:s name:s description:s? createdAt:s version:n toolVersion:s? isLatest:b isPublished:b isReadonly:b isSystem:b "
        + "variables:a inputs:a outputs:a outcomes:a customProperties:o options:o materializerName:s stringData:s";

    public static void ShouldHave(this JsonElement value, string shape)
    {
        value.ShouldHaveAtLeast(shape);
        value.EnumerateObject().Select(m => m.Name).Should().OnlyHaveUniqueItems().And.BeSubsetOf(Parse(shape).Keys);
    }

    /// <summary>The same, and more may be there.</summary>
    public static void ShouldHaveAtLeast(this JsonElement value, string shape)
    {
        value.ValueKind.Should().Be(JsonValueKind.Object);
        foreach (var (name, kind) in Parse(shape))
        {
            var isThere = value.TryGetProperty(name, out var member);
            if (kind.EndsWith('?') && (!isThere || member.ValueKind == JsonValueKind.Null))
            {
                continue;
            }

            isThere.Should().BeTrue($"'{name}' belongs to {value}");
            Kind(member).Should().Be(kind[0], $"that is '{name}' of {value}");
        }
    }

    private static Dictionary<string, string> Parse(string shape) =>
        shape.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToDictionary(m => m[..m.LastIndexOf(':')], m => m[(m.LastIndexOf(':') + 1)..]);

    private static char Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => 's',
        JsonValueKind.Number => 'n',
        JsonValueKind.True or JsonValueKind.False => 'b',
        JsonValueKind.Array => 'a',
        JsonValueKind.Object => 'o',
        _ => '-',
    };
}
