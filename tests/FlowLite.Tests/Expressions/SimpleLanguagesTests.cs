using System.Text.Json;
using FlowLite.Engine.Expressions;
using FlowLite.Engine.Json;

namespace FlowLite.Tests.Expressions;

public sealed class SimpleLanguagesTests
{
    private readonly List<ExpressionProblem> _problems = [];

    [Fact]
    public void Default_Names_AreElsas()
    {
        ExpressionLanguages.Default.Names.Should().BeEquivalentTo("Scriban", "JavaScript", "Liquid", "Literal", "Object", "Json", "Variable", "Input");
        ExpressionLanguages.Default.TryGet("scriban", out _).Should().BeFalse();
    }

    [Theory]
    [InlineData("Literal", "\"x\"", "\"x\"")]
    [InlineData("Literal", "\"12\"", "\"12\"")]
    [InlineData("Literal", "true", "true")]
    [InlineData("Object", "\"{\\\"a\\\":[1]}\"", """{"a":[1]}""")]
    [InlineData("Json", "\"1.50\"", "1.50")]
    [InlineData("Json", "{\"a\":1}", "{\"a\":1}")]
    [InlineData("Object", "\"  \"", "null")]
    public void Compile_Constant_IsEvaluatedOnce(string language, string stored, string expected)
    {
        var compiled = Compile(language, JsonElement.Parse(stored))!;

        compiled.Constant!.Value.GetRawText().Should().Be(expected);
        compiled.Evaluate(new TestScope()).GetRawText().Should().Be(expected);
        _problems.Should().BeEmpty();
    }

    [Theory]
    [InlineData("Literal")]
    [InlineData("Object")]
    [InlineData("Scriban")]
    public void Compile_AbsentValue_IsNull(string language) =>
        Compile(language, default)!.Evaluate(new TestScope()).ValueKind.Should().Be(JsonValueKind.Null);

    [Fact]
    public void Compile_LiteralWithBraces_Warns()
    {
        Compile("Literal", JsonValues.String("Hi {{ trigger.body }}"))!.Constant!.Value.GetString().Should().Be("Hi {{ trigger.body }}");

        _problems.Should().ContainSingle().Which.IsWarning.Should().BeTrue();
    }

    [Theory]
    [InlineData("{\n  \"a\": x\n}", 2, 8)]
    [InlineData("[1,", 1, 3)]
    public void Compile_BadJson_IsProblemWithPosition(string json, int line, int column)
    {
        Compile("Object", JsonValues.String(json)).Should().BeNull();

        var problem = _problems.Should().ContainSingle().Subject;
        (problem.Line, problem.Column).Should().Be((line, column));
        problem.Message.Should().StartWith("Not valid JSON").And.NotContain("LineNumber");
    }

    [Theory]
    [InlineData("Scriban")]
    [InlineData("Object")]
    [InlineData("Variable")]
    [InlineData("Input")]
    public void Compile_LoneSurrogate_IsProblem(string language)
    {
        Compile(language, JsonElement.Parse("\"{{ \\ud800 }}\"")).Should().BeNull();

        _problems.Should().ContainSingle();
    }

    [Theory]
    [InlineData("""{"id":"v1","name":"Total","typeName":"Int32"}""")]
    [InlineData("""{"id":"gone","name":"v1"}""")]
    [InlineData("\"{\\\"id\\\":\\\"v1\\\"}\"")]
    [InlineData("\"v1\"")]
    public void Variable_StoredForms_FindIt(string stored) =>
        Compile("Variable", JsonElement.Parse(stored))!.Evaluate(new TestScope { Variables = { ["v1"] = "5" } }).GetRawText().Should().Be("5");

    [Theory]
    [InlineData("""{"name":"region","type":"String"}""")]
    [InlineData("\"{\\\"Name\\\":\\\"region\\\"}\"")]
    [InlineData("\"region\"")]
    public void Input_StoredForms_FindIt(string stored) =>
        Compile("Input", JsonElement.Parse(stored))!.Evaluate(new TestScope { Inputs = { ["region"] = "\"EU\"" } }).GetString().Should().Be("EU");

    [Theory]
    [InlineData("Variable")]
    [InlineData("Input")]
    public void Reference_Unknown_IsNullAndEmptyIsProblem(string language)
    {
        Compile(language, JsonValues.String("x"))!.Evaluate(new TestScope()).ValueKind.Should().Be(JsonValueKind.Null);
        Compile(language, default).Should().BeNull();
        Compile(language, JsonValues.String("{}")).Should().BeNull();
        Compile(language, JsonValues.String("{")).Should().BeNull();

        _problems.Should().HaveCount(3);
    }

    private CompiledExpression? Compile(string language, JsonElement value)
    {
        ExpressionLanguages.Default.TryGet(language, out var found).Should().BeTrue();
        return found!.Compile(value, "test", _problems);
    }
}
