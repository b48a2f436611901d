using System.Text.Json;
using FlowLite.Engine.Compilation;
using FlowLite.Tests.Runs;

namespace FlowLite.Tests.Definitions;

public sealed class VariableTypeTests
{
    [Theory]
    [InlineData("Int32", "\"05\"", "5")]
    [InlineData("Int32", "\" 5 \"", "5")]
    [InlineData("Int32", "5e2", "500")]
    [InlineData("Long", "\"9007199254740993\"", "9007199254740993")]
    [InlineData("System.Int64", "\"1\"", "1")]
    [InlineData("Decimal", "\"0.10\"", "0.10")]
    [InlineData("Single", "\"+1.5\"", "1.5")]
    [InlineData("Boolean", "\"TRUE\"", "true")]
    [InlineData("String", "1.50", "\"1.50\"")]
    [InlineData("String", "true", "\"true\"")]
    [InlineData("String", "\"\"", "\"\"")]
    [InlineData("String", """{"a":"é"}""", """{"a":"é"}""")]
    [InlineData("Guid", "\"0d3f9c1e-77a1-4f0e-9d1c-3a3a5f3e5a11\"", "\"0d3f9c1e-77a1-4f0e-9d1c-3a3a5f3e5a11\"")]
    [InlineData("TimeSpan", "\"PT5S\"", "\"PT5S\"")]
    [InlineData("DateTime", "\"2026-01-31T08:00:00\"", "\"2026-01-31T08:00:00\"")]
    [InlineData("ObjectDictionary", """ "{\"a\":1}" """, """{"a":1}""")]
    [InlineData("JSON", "\"plain\"", "\"plain\"")]
    [InlineData("Object", "\"5\"", "\"5\"")]
    [InlineData("Contoso.Order, Contoso", "[1]", "[1]")]
    [InlineData(null, "5", "5")]
    [InlineData("Int32", "null", "null")]
    [InlineData("Int32", "\"\"", "null")]
    [InlineData("DateTimeOffset", "\" \"", "null")]
    public void TryFit_WhatTheTypeTakes_IsOneOfIt(string? type, string value, string expected)
    {
        new VariableType(type).TryFit(JsonElement.Parse(value), out var fitted).Should().BeTrue();

        JsonElement.DeepEquals(fitted, JsonElement.Parse(expected)).Should().BeTrue(fitted.GetRawText());
    }

    [Theory]
    [InlineData("Int32", "\"many\"")]
    [InlineData("Int32", "1.5")]
    [InlineData("Int32", "3000000000")]
    [InlineData("Long", "1e30")]
    [InlineData("Int32", "true")]
    [InlineData("Int32", "[5]")]
    [InlineData("Double", "\"1e999\"")]
    [InlineData("Double", "\"NaN\"")]
    [InlineData("Boolean", "1")]
    [InlineData("Boolean", "\"yes\"")]
    [InlineData("Guid", "\"x\"")]
    [InlineData("DateTime", "\"soon\"")]
    [InlineData("DateTime", "5")]
    [InlineData("TimeSpan", "\"long\"")]
    public void TryFit_WhatTheTypeDoesNotTake_IsRefused(string type, string value) =>
        new VariableType(type).TryFit(JsonElement.Parse(value), out _).Should().BeFalse();

    [Theory]
    [InlineData("[\"1\",2]", "[1,2]")]
    [InlineData("\"[1, 2]\"", "[1,2]")]
    [InlineData("[]", "[]")]
    [InlineData("\"\"", "null")]
    [InlineData("5", null)]
    [InlineData("[\"x\"]", null)]
    public void TryFit_OfAList_FitsEachItem(string value, string? expected)
    {
        var fits = new VariableType("Int32", IsArray: true).TryFit(JsonElement.Parse(value), out var fitted);

        (fits ? fitted.GetRawText() : null).Should().Be(expected);
    }

    [Theory]
    [InlineData("JSON", "5", "5")]
    [InlineData("JsonNode", "true", "true")]
    [InlineData("JsonElement", "{\"a\":1}", "{\"a\":1}")]
    [InlineData("Object", "5", "5")]
    [InlineData("String", "5", "\"5\"")]
    [InlineData("DateTime", "2026-01-31", "\"2026-01-31\"")]
    public void Compile_DefaultThatTheStudioSavedAsText_IsReadAsItsTypeSays(string type, string text, string expected) =>
        Compile(type, text, "x").Variables["v"].Default.GetRawText().Should().Be(expected);

    [Theory]
    [InlineData("Int32", "many", "Literal", true)]
    [InlineData("Int32", "1.5", "Literal", true)]
    [InlineData("Boolean", "{\"a\":1}", "Object", true)]
    [InlineData("Int32", "12", "Literal", false)]
    [InlineData("Int32", "", "Literal", false)]
    [InlineData("Object", "many", "Literal", false)]
    [InlineData("Int32", "many", "JavaScript", false)]
    public void Compile_SetVariableToAFixedValueThatDoesNotFit_IsWarnedOf(string type, string value, string language, bool warns) =>
        Compile(type, null, value, language).Warnings.Any(w => w.Message.Contains($"'v' is of the type {type}")).Should().Be(warns);

    private static CompiledWorkflow Compile(string type, string? text, string value, string language = "Literal") => new EffectWorld().Compile(JsonSerializer.SerializeToElement(new
    {
        definitionId = "t",
        variables = new[] { new { id = "v", name = "v", typeName = type, value = text } },
        root = text is null
            ? (object)new { id = "a", type = "Elsa.SetVariable", variable = new { id = "v", name = "v" }, value = new { expression = new { type = language, value } } }
            : new { id = "a", type = "Elsa.WriteLine" },
    }));
}
