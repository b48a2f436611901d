using System.Text.Json;
using FlowLite.Engine.Expressions;
using FlowLite.Engine.Json;
using Microsoft.Extensions.Time.Testing;

namespace FlowLite.Tests.Expressions;

public sealed class LiquidLanguageTests
{
    [Theory]
    [InlineData("a\n  {{ x", 2, 3, "*'}}' is missing*")]
    [InlineData("{{ 'a' | }}", 1, 10, "*name of a filter*")]
    [InlineData("x\n {% nosuch %}", 2, 4, "There is no tag 'nosuch' here.")]
    [InlineData("{% if 1 %}a", 1, 3, "*'endif' is missing*")]
    [InlineData("{% if %}a{% endif %}", 1, 7, "A value is missing.")]
    [InlineData("{{ a b }}", 1, 6, "'b' is not expected here.")]
    [InlineData("{% for x of y %}{% endfor %}", 1, 12, "'in' is missing.")]
    [InlineData("{% include 'x' %}", 1, 3, "The tag 'include' is not available.")]
    [InlineData("{% raw %}x", 1, 10, "*'endraw' is missing*")]
    [InlineData("{{ 'abc }}", 1, 4, "The text is not closed.")]
    [InlineData("{{ a[1 }}", 1, 8, "']' is missing.")]
    public void Compile_BadTemplate_IsProblemWithPosition(string template, int line, int column, string message)
    {
        var problem = Problems(template).Should().ContainSingle().Subject;

        problem.Message.Should().Match(message);
        (problem.Line, problem.Column).Should().Be((line, column));
    }

    [Theory]
    [InlineData("{% if true %}", "{% endif %}", 5_000)]
    [InlineData("{{ a[", "] }}", 5_000)]
    [InlineData("{{ (1..", ") }}", 5_000)]
    public void Compile_DeepNesting_IsProblem(string open, string close, int depth) =>
        Problems(string.Concat(Enumerable.Repeat(open.Replace("{{ ", ""), depth).Prepend(open)) + "1" + string.Concat(Enumerable.Repeat(close, depth))).Should().NotBeEmpty();

    [Theory]
    [InlineData("{% for x in trigger.body.list %}{{ forloop.index }}{{ x.n }}{% unless forloop.last %},{% endunless %}{% endfor %}", "11,22,33")]
    [InlineData("{% for x in trigger.body.list limit:1 offset:1 %}{{ x.n }}{% endfor %}", "2")]
    [InlineData("{% for x in trigger.body.list reversed %}{{ x.n }}{% endfor %}", "321")]
    [InlineData("{% for x in trigger.body.nothing %}x{% else %}none{% endfor %}", "none")]
    [InlineData("{% for i in (1..3) %}{% if i == 2 %}{% continue %}{% endif %}{{ i }}{% endfor %}", "13")]
    [InlineData("{% for i in (1..3) %}{% if i == 2 %}{% break %}{% endif %}{{ i }}{% endfor %}", "1")]
    [InlineData("{% case trigger.body.id %}{% when 1, 2 %}low{% when 7 %}seven{% else %}other{% endcase %}", "seven")]
    [InlineData("{% assign x = trigger.body.list | size | plus: 1 %}{{ x }}", "4")]
    [InlineData("{% if trigger.body.id > 5 and trigger.body.name contains 'd' or false %}y{% elsif true %}e{% endif %}", "y")]
    // A comparison that is printed is its left side, in Liquid as in Fluid.
    [InlineData("{{ 1 == 2 }}{{ 'a' == 'a' }}", "1a")]
    [InlineData("{% if a == empty %}x{% endif %}{% if '' == blank %}b{% endif %}", "b")]
    [InlineData("a {%- if true -%} b {%- endif -%} c", "abc")]
    [InlineData("{% raw %}{{ x }}{% endraw %}{% comment %}{{ y {% endcomment %}z", "{{ x }}z")]
    [InlineData("{% cycle 'a', 'b' %}{% cycle 'a', 'b' %}{% increment n %}{% increment n %}{% decrement m %}", "ab010")]
    [InlineData("{{ trigger.headers['X-Source'] }}{{ trigger.body['na me'] }}", "webspaced")]
    [InlineData("{{ TRIGGER }}{{ trigger.body.NAME }}", "ada")]
    [InlineData("{{ actions.Create.outputs.id }} {{ inputs.region }} {{ variables.count }} {{ item.n }} {{ run.id }} {{ flow.name }}", "r1 EU 2 5 run-1 Leads")]
    [InlineData("{{ trigger.body.list.first.n }}{{ trigger.body.list[9].n }}", "1")]
    [InlineData("{{ '}}' }}{{ \"%}\" }}", "}}%}")]
    [InlineData("{{ 'é<' | escape }}{{ 1.10 }}{{ 3 | divided_by: 2 }}{{ 'a-b' | replace: '-', '+' }}", "&#233;&lt;1.11a+b")]
    [InlineData("{{ '2024-03-05T06:07:08Z' | date: '%Y/%m/%d %H' }}", "2024/03/05 06")]
    [InlineData("{% echo 'x' | upcase %}{% # note %}", "X")]
    public void Evaluate_Template_IsLiquid(string template, string expected) => Evaluate(template).Should().Be(expected);

    [Theory]
    [InlineData("{% for i in (1..1000000000) %}x{% endfor %}")]
    [InlineData("{% for i in (1..5000) %}{% for j in (1..5000) %}x{% endfor %}{% endfor %}")]
    [InlineData("{% for i in (1..5000) %}{% for j in (1..5000) %}{% assign x = j %}{% endfor %}{% endfor %}")]
    [InlineData("{% assign s='x' %}{% for i in (1..40) %}{% assign s = s | append: s %}{% endfor %}{{ s | size }}")]
    [InlineData("{% assign a='x' | split: '' %}{% for i in (1..40) %}{% assign a = a | concat: a %}{% endfor %}{{ a | size }}")]
    [InlineData("{% assign s='x' %}{% for i in (1..19) %}{% assign s = s | append: s %}{% endfor %}{{ s | replace: 'x', s }}")]
    [InlineData("{% assign s='x' %}{% for i in (1..19) %}{% assign s = s | append: s %}{% endfor %}{% assign a = (1..90000) | join: s %}")]
    [InlineData("{% for i in (1..5000) %}{% capture c %}{% for j in (1..5000) %}{{ c }}{% endfor %}{% endcapture %}{% endfor %}")]
    [InlineData("{{ 9999999999999999999999999999 | times: 9999999999 }}")]
    public void Evaluate_TooMuch_IsRefused(string template) =>
        FluentActions.Invoking(() => Evaluate(template)).Should().Throw<ExpressionException>();

    [Theory]
    [InlineData("{{ trigger.body.list | keys }}")]
    [InlineData("{{ trigger.body.name | keys }}")]
    [InlineData("{{ trigger.body.nothing | keys }}")]
    public void Evaluate_KeysOfWhatIsNoObject_FailsAsInElsa(string template) =>
        FluentActions.Invoking(() => Evaluate(template)).Should().Throw<ExpressionException>().WithMessage("The filter 'keys' takes an object.");

    [Fact]
    public void Evaluate_LoopsThatGoRoundTooOften_IsToldSo()
    {
        var template = Compile("{% for i in (1..5000) %}{% for j in (1..5000) %}{% assign x = j %}{% endfor %}{% endfor %}", new FakeTimeProvider());

        template.Invoking(t => t.Evaluate(new TestScope())).Should().Throw<ExpressionException>()
            .WithMessage("The template takes more than 1000000 steps; its loops go round too often.");
    }

    [Theory]
    [InlineData("{{ trigger.GetType }}{{ run.Equals }}{{ variables.Keys }}")]
    [InlineData("{{ trigger.body.name.Length }}{{ item.GetType.Assembly }}")]
    public void Evaluate_ClrMembers_AreNotThere(string template) => Evaluate(template).Should().BeEmpty();

    [Fact]
    public void Evaluate_Now_IsTheGivenClockAndMarksTheValue()
    {
        var scope = new TestScope();
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 5, 6, 0, 0, 0, TimeSpan.Zero));

        Compile("{{ 'now' | date: '%Y-%m-%d' }}", clock).Evaluate(scope).GetString().Should().Be("2026-05-06");

        scope.IsUnrepeatable.Should().BeTrue();
    }

    [Fact]
    public void Evaluate_ManyThreads_GiveTheirOwnTexts()
    {
        var template = Compile("{% for i in (1..3) %}{{ variables.n }}{% endfor %}");

        Parallel.For(0, 500, n => template.Evaluate(new TestScope { Variables = new() { ["n"] = $"{n}" } }).GetString().Should().Be($"{n}{n}{n}"));
    }

    private static CompiledExpression Compile(string template, TimeProvider? clock = null)
    {
        var problems = new List<ExpressionProblem>();
        var compiled = new LiquidLanguage(clock).Compile(JsonValues.String(template), "test", problems);
        problems.Should().BeEmpty();
        return compiled!;
    }

    private static List<ExpressionProblem> Problems(string template)
    {
        var problems = new List<ExpressionProblem>();
        new LiquidLanguage().Compile(JsonValues.String(template), "test", problems).Should().BeNull();
        return problems;
    }

    private static string Evaluate(string template) =>
        Compile(template).Evaluate(new TestScope("""{"id":7,"name":"ada","na me":"spaced","list":[{"n":1},{"n":2},{"n":3}]}""")
        {
            Item = JsonElement.Parse("""{"n":5}"""),
            Variables = new() { ["count"] = "2" },
            Inputs = new() { ["region"] = "\"EU\"" },
            Actions = new() { ["Create"] = new ActionView("Succeeded", JsonElement.Parse("""{"id":"r1"}""")) },
        }).GetString()!;
}
