using System.Reflection;
using System.Text.Json;
using FlowLite.Engine.Schema;

namespace FlowLite.Tests.Schema;

/// <summary>
/// Runs every case of draft4/*.json, which have the structure of the public draft-04 suite:
/// [{ description, schema, tests: [{ description, data, valid }] }]. A file dropped there runs without further ado.
/// </summary>
public class Draft4FixtureTests
{
    private const string Prefix = "draft4/";

    public static TheoryData<string, string, string> Cases()
    {
        var cases = new TheoryData<string, string, string>();
        foreach (var file in Files())
        {
            using var document = Load(file);
            foreach (var group in document.RootElement.EnumerateArray())
            {
                foreach (var test in group.GetProperty("tests").EnumerateArray())
                {
                    cases.Add(file, group.GetProperty("description").GetString()!, test.GetProperty("description").GetString()!);
                }
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void IsValid_FixtureCase_AgreesWithFixture(string file, string group, string test)
    {
        using var document = Load(file);
        var groupElement = Named(document.RootElement, group);
        var testElement = Named(groupElement.GetProperty("tests"), test);
        var expected = testElement.GetProperty("valid").GetBoolean();
        var data = testElement.GetProperty("data");

        var schema = JsonSchema.Compile(groupElement.GetProperty("schema"));

        schema.IsValid(data).Should().Be(expected);
        (schema.Validate(data).Count == 0).Should().Be(expected);
    }

    [Fact]
    public void Files_EveryKeyword_HasAFixture() =>
        Files().Should().Contain(
        [
            "additionalItems.json", "additionalProperties.json", "allOf.json", "anyOf.json", "definitions.json", "dependencies.json",
            "enum.json", "format.json", "id.json", "items.json", "maxItems.json", "maxLength.json", "maxProperties.json", "maximum.json",
            "minItems.json", "minLength.json", "minProperties.json", "minimum.json", "multipleOf.json", "not.json", "oneOf.json",
            "pattern.json", "patternProperties.json", "properties.json", "ref.json", "required.json", "type.json", "uniqueItems.json",
        ]);

    [Fact]
    public void Files_Descriptions_AreUnique() => Cases().Select(row => string.Join('\n', row)).Should().OnlyHaveUniqueItems();

    private static IEnumerable<string> Files() => Assembly.GetExecutingAssembly().GetManifestResourceNames()
        .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
        .Select(name => name[Prefix.Length..])
        .Order(StringComparer.Ordinal);

    private static JsonDocument Load(string file)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(Prefix + file)!;
        return JsonDocument.Parse(stream);
    }

    private static JsonElement Named(JsonElement list, string description) =>
        list.EnumerateArray().First(item => item.GetProperty("description").GetString() == description);
}
