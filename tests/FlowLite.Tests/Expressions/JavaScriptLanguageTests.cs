using System.Text.Json;
using FlowLite.Engine.Expressions;
using FlowLite.Engine.Json;
using Microsoft.Extensions.Time.Testing;

namespace FlowLite.Tests.Expressions;

public sealed class JavaScriptLanguageTests
{
    [Theory]
    [InlineData("return 1 +", 1, 11)]
    [InlineData("let a = 1;\nlet b = ;\nreturn a", 2, 9)]
    [InlineData("return 10n", 1, 8)]
    [InlineData("return 1;\n  new Uint8Array(9)", 2, 7)]
    [InlineData("import('fs')", 1, 1)]
    [InlineData("return new WeakRef({})", 1, 12)]
    public void Compile_BadScript_IsProblemWithPosition(string script, int line, int column)
    {
        var problem = Problems(script).Should().ContainSingle().Subject;

        (problem.Line, problem.Column).Should().Be((line, column));
        problem.IsWarning.Should().BeFalse();
    }

    [Theory]
    [InlineData("return Guid.NewGuid().ToString()", "Guid", "use newGuid() or parseGuid(text)", 8)]
    [InlineData("new Random().Next()", "Random", "use Math.random()", 5)]
    [InlineData("return `${DateTime.UtcNow}`", "DateTime", "use Date", 11)]
    [InlineData("return TimeSpan.FromDays(1)", "TimeSpan", "use a text such as PT5S, or milliseconds", 8)]
    [InlineData("return JsonNode.Parse('{}')", "JsonNode", "use JSON.parse(text)", 8)]
    public void Compile_TypeOfDotNet_IsProblemWithWhatToUseInstead(string script, string type, string instead, int column)
    {
        var problems = new List<ExpressionProblem>();

        var compiled = new JavaScriptLanguage().Compile(JsonValues.String(script), "test", problems);

        problems.Should().Equal(new ExpressionProblem($"{type} is not available: scripts see nothing of .NET; {instead}.", 1, column));
        compiled.Should().NotBeNull("one that is published already may never come there");
    }

    [Fact]
    public void Evaluate_TypeOfDotNetThatIsNotReached_GivesTheValue()
    {
        var compiled = new JavaScriptLanguage().Compile(JsonValues.String("trigger.body.id ? 'has one' : Guid.NewGuid()"), "test", []);

        compiled!.Evaluate(Scope()).GetString().Should().Be("has one");
    }

    [Theory]
    [InlineData("const Guid = { NewGuid: () => 1 }; return Guid.NewGuid()", "1")]
    [InlineData("class Random { Next() { return 2 } } return new Random().Next()", "2")]
    [InlineData("return ((DateTime) => DateTime)(3)", "3")]
    [InlineData("return { Guid: 4 }.Guid", "4")]
    public void Evaluate_NameOfADotNetTypeThatTheScriptDeclares_IsItsOwn(string script, string expected) =>
        JsonValues.CompactText(Evaluate(script)).Should().Be(expected);

    [Theory]
    [InlineData("(", ")")]
    [InlineData("[", "]")]
    [InlineData("!", "")]
    [InlineData("(()=>", ")()")]
    public void Compile_DeepNesting_IsProblem(string open, string close) =>
        Problems($"return {string.Concat(Enumerable.Repeat(open, 20_000))}1{string.Concat(Enumerable.Repeat(close, 20_000))}").Should().NotBeEmpty();

    [Fact]
    public void Evaluate_ScriptFails_TellsLineAndColumn() =>
        FluentActions.Invoking(() => Evaluate("let a = 1;\n  nothing.x")).Should().Throw<ExpressionException>()
            .Where(e => e.Message == "nothing is not defined" && e.Line == 2 && e.Column == 3);

    [Theory]
    [InlineData("throw new Error('no')", "no")]
    [InlineData("throw 'plain'", "plain")]
    [InlineData("throw { code: 1 }", "{\"code\":1}")]
    [InlineData("throw { code: 1, message: 'no lead' }", "no lead")]
    [InlineData("throw [1, 2]", "[1,2]")]
    [InlineData("throw undefined", "undefined")]
    [InlineData("throw new (class extends Error { constructor() { super('own') } })()", "own")]
    [InlineData("throw { get message() { throw 1 } }", "The script threw something that says nothing.")]
    [InlineData("const a = {}; a.a = a; throw a", "The script threw something that says nothing.")]
    [InlineData("return Promise.reject({ code: 1 })", "{\"code\":1}")]
    [InlineData("return Promise.reject(new Error('late'))", "late")]
    [InlineData("return new Promise(() => {})", "The script waits for a promise that nothing keeps.")]
    [InlineData("return () => 1", "The result is a function, which is not a value.")]
    [InlineData("var a = {}; a.a = a; return a", "*yclic*")]
    [InlineData("setOutcome('x')", "Outcomes can be set*")]
    [InlineData("setCorrelationId('x')", "The correlation id can't be set here.")]
    [InlineData("setWorkflowInstanceName('x')", "The run's name can't be set here.")]
    [InlineData("streamToBase64('x')", "It is no file.")]
    [InlineData("setVariable('x', 1)", "A variable can't be set here.")]
    public void Evaluate_ScriptFails_TellsTheReason(string script, string message) =>
        FluentActions.Invoking(() => Compile(script).Evaluate(new BareScope())).Should().Throw<ExpressionException>().WithMessage(message);

    [Theory]
    [InlineData("trigger.body.id", "7")]
    [InlineData("trigger.headers['X-Source']", "\"web\"")]
    [InlineData("actions.Create.outputs.id + ':' + actions.Create.status", "\"r1:Succeeded\"")]
    [InlineData("actions.Nope === undefined", "true")]
    [InlineData("inputs.region", "\"EU\"")]
    [InlineData("variables.count + 1", "3")]
    [InlineData("getVariable('count')", "2")]
    [InlineData("getCount()", "2")]
    [InlineData("getIdFromCreate()", "\"r1\"")]
    [InlineData("getLastResult()", "[1]")]
    [InlineData("run.id + flow.name", "\"run-1Leads\"")]
    [InlineData("getWorkflowInstanceId() + getWorkflowDefinitionId()", "\"run-1flow-1\"")]
    [InlineData("item", "{\"n\":1}")]
    [InlineData("globalThis.trigger.body.id", "7")]
    [InlineData("Object.keys(variables)", "[\"count\",\"list\"]")]
    [InlineData("fromJson('{\"a\":[1]}').a[0] + toJson({b: 1})", "\"1{\\\"b\\\":1}\"")]
    [InlineData("bytesToString(streamToBytes({ $content: streamToBase64({ $content: 'aGk=' }) }))", "\"hi\"")]
    [InlineData("bytesToString(bytesFromBase64(bytesToBase64(bytesFromString('é'))))", "\"é\"")]
    [InlineData("parseGuid('01890000000070008000000000000001')", "\"01890000-0000-7000-8000-000000000001\"")]
    [InlineData("Array(200).fill(0).every(() => /^[0-9A-Za-z]{9,22}$/.test(newShortGuid()) && /^[0-9A-Za-z]{9,22}$/.test(getShortGuid()))", "true")]
    // Elsa escapes these; it is the same value.
    [InlineData("toJson({ a: `<é&'+>` }) === `{\"a\":\"<é&'+>\"}`", "true")]
    [InlineData("getregion()", "\"EU\"")]
    [InlineData("getOffer()", "null")]
    [InlineData("getList()[0].a", "1")]
    [InlineData("typeof getNothing", "\"undefined\"")]
    [InlineData("undefined", "null")]
    [InlineData("new Date(0)", "\"1970-01-01T00:00:00Z\"")]
    [InlineData("[new globalThis.Date(250)]", "[\"1970-01-01T00:00:00.25Z\"]")]
    [InlineData("new Date(2024, 0, 1).toISOString()", "\"2024-01-01T00:00:00.000Z\"")]
    [InlineData("1e21", "1E+21")]
    [InlineData("0.1", "0.1")]
    [InlineData("-0", "0")]
    [InlineData("if (trigger.body.id > 5) { 'big' } else { 'small' }", "\"big\"")]
    public void Evaluate_Script_SeesTheRun(string script, string expected) =>
        JsonValues.CompactText(Evaluate(script)).Should().Be(expected);

    [Fact]
    public void Evaluate_ValueThatIsOnlyPassedOn_StaysExact() =>
        Compile("trigger.body").Evaluate(new TestScope("""{"big":12345678901234567890,"price":1.10}""")).GetRawText()
            .Should().Be("""{"big":12345678901234567890,"price":1.10}""");

    [Theory]
    [InlineData("setVariable('count', 5)", "count=5")]
    [InlineData("variables.count = 5; return getVariable('count') + getCount()", "count=5")]
    [InlineData("setCount(6)", "count=6")]
    [InlineData("variables.count++", "count=3")]
    [InlineData("variables.list.push({b: 2})", "list=[{\"a\":1},{\"b\":2}]")]
    [InlineData("variables.list[0].a = 3", "list=[{\"a\":3}]")]
    [InlineData("delete variables.list[0].a", "list=[{}]")]
    [InlineData("setVariable('fresh', [1])", "fresh=[1]")]
    [InlineData("setVariable('__proto__', 1)", "__proto__=1")]
    [InlineData("return variables.list.length + variables.list[0].a", "")]
    [InlineData("var own = trigger.body; own.id = 9; return own", "")]
    public void Evaluate_ScriptChangesVariables_SetsExactlyThose(string script, string expected)
    {
        var scope = Scope();

        Compile(script).Evaluate(scope);

        string.Join(";", scope.Set.Select(set => $"{set.Key}={set.Value}")).Should().Be(expected);
    }

    [Theory]
    [InlineData("setOutcome('Yes')", "Yes")]
    [InlineData("setOutcomes(['A', 'B'])", "A,B")]
    [InlineData("setOutcomes('A', 'B')", "A,B")]
    public void Evaluate_ScriptSetsOutcomes_TellsThem(string script, string expected)
    {
        var scope = Scope();

        Compile(script).Evaluate(scope);

        string.Join(",", scope.Outcomes!).Should().Be(expected);
    }

    [Theory]
    [InlineData("new Date().getTime()", true)]
    [InlineData("Date.now()", true)]
    [InlineData("Math.random() < 2", true)]
    [InlineData("globalThis['Ma' + 'th'].random() < 2", true)]
    [InlineData("newGuid()", true)]
    [InlineData("new Intl.DateTimeFormat('en').format()", true)]
    [InlineData("new Date(0).getTime()", false)]
    [InlineData("Math.max(1, 2)", false)]
    public void Evaluate_ClockOrChance_MarksTheValue(string script, bool expected)
    {
        var scope = Scope();

        Compile(script).Evaluate(scope);

        scope.IsUnrepeatable.Should().Be(expected);
    }

    [Fact]
    public void Evaluate_Date_IsTheGivenClock()
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 5, 6, 7, 8, 9, TimeSpan.Zero));

        Compile("return new Date().toISOString()", clock).Evaluate(Scope()).GetString().Should().Be("2026-05-06T07:08:09.000Z");
    }

    [Fact]
    public void Evaluate_OneScriptChangesTheLanguage_TheNextSeesNothingOfIt()
    {
        Evaluate("Object.prototype.leak = 1; Array.prototype.join = () => 'x'; var global = 2; globalThis.other = 3; return 1");

        JsonValues.CompactText(Evaluate("[({}).leak === undefined, [1,2].join(), typeof global, typeof other]"))
            .Should().Be("[true,\"1,2\",\"undefined\",\"undefined\"]");
    }

    [Fact]
    public void Evaluate_ManyThreads_GiveTheirOwnValues()
    {
        var script = Compile("variables.n * 2 + trigger.body.id");

        Parallel.For(0, 500, n => script.Evaluate(new TestScope("""{"id":1}""") { Variables = new() { ["n"] = $"{n}" } }).GetInt32().Should().Be((n * 2) + 1));
    }

    private static CompiledExpression Compile(string script, TimeProvider? clock = null)
    {
        var problems = new List<ExpressionProblem>();
        var compiled = new JavaScriptLanguage(clock).Compile(JsonValues.String(script), "test", problems);
        problems.Should().BeEmpty();
        return compiled!;
    }

    private static List<ExpressionProblem> Problems(string script)
    {
        var problems = new List<ExpressionProblem>();
        new JavaScriptLanguage().Compile(JsonValues.String(script), "test", problems).Should().BeNull();
        return problems;
    }

    private static JsonElement Evaluate(string script) => Compile(script).Evaluate(Scope());

    private static TestScope Scope() => new("""{"id":7}""")
    {
        Item = JsonElement.Parse("""{"n":1}"""),
        LastResult = JsonElement.Parse("[1]"),
        Variables = new() { ["count"] = "2", ["list"] = """[{"a":1}]""" },
        Inputs = new() { ["region"] = "\"EU\"" },
        DeclaredInputs = ["region", "Offer"],
        Actions = new() { ["Create"] = new ActionView("Succeeded", JsonElement.Parse("""{"id":"r1"}""")) },
    };

    /// <summary>A scope in which nothing can be set.</summary>
    private sealed class BareScope : IExpressionScope
    {
        public JsonElement Trigger => default;

        public JsonElement Run => default;

        public JsonElement Flow => default;

        public JsonElement Item => default;

        public bool TryGetAction(string name, out ActionView action)
        {
            action = default;
            return false;
        }

        public bool TryGetVariable(string idOrName, out JsonElement value)
        {
            value = default;
            return false;
        }

        public bool TryGetInput(string name, out JsonElement value)
        {
            value = default;
            return false;
        }
    }
}
