using FlowLite.Engine.Expressions;
using FlowLite.Engine.Json;
using Microsoft.Extensions.Time.Testing;

namespace FlowLite.Tests.Expressions;

public sealed class ScribanSandboxTests
{
    [Theory]
    [InlineData("{{ triger.body }}", 1, 4, "Unknown name 'triger'. Available: trigger, actions, variables, inputs, run, flow, item.")]
    [InlineData("a\n  {{ x = 1; y }}", 2, 13, "Unknown name 'y'.*")]
    [InlineData("{{ trigger = 1 }}", 1, 4, "'trigger' cannot be assigned.")]
    [InlineData("{{ date.now }}", 1, 4, "'date.now' is not available: *run.now*")]
    [InlineData("{{ date.utc_now }}", 1, 4, "*run.now*")]
    [InlineData("{{ math.random 1 2 }}", 1, 4, "'math.random' is not available*")]
    [InlineData("{{ math.uuid }}", 1, 4, "'math.uuid' is not available*")]
    [InlineData("{{ '1+1' | object.eval }}", 1, 12, "'object.eval' is not available*")]
    [InlineData("{{ object.eval_template '{{1}}' }}", 1, 4, "'object.eval_template' is not available*")]
    [InlineData("{{ include 'x' }}", 1, 4, "'include' is not available*")]
    [InlineData("{{ import trigger.body }}", 1, 4, "import is not available*")]
    [InlineData("{{ 'a' | string.upcas }}", 1, 10, "Unknown function 'string.upcas'.")]
    [InlineData("{{ 1e999999999 }}", 1, 4, "The number has too many digits.")]
    [InlineData("a\nb {{ 1 + }}", 2, 10, "*Expecting an <expression>*")]
    public void Compile_BadTemplate_IsProblemWithPosition(string template, int line, int column, string message)
    {
        var problem = Templates.Problems(template).Should().ContainSingle().Subject;

        problem.Message.Should().Match(message);
        (problem.Line, problem.Column).Should().Be((line, column));
    }

    [Theory]
    [InlineData("{{ func f(a); ret a + 1; end; f 1 }}")]
    [InlineData("{{ for x in [1]; x; for.index; end }}")]
    [InlineData("{{ capture c }}x{{ end }}{{ c }}")]
    [InlineData("{{ with trigger.body }}{{ anything }}{{ end }}")]
    [InlineData("{{ { a: 1, b: 2 }.a }}")]
    [InlineData("{{ [1] | array.each @(do; ret $0; end) }}")]
    [InlineData("{{ x = empty; x }}")]
    [InlineData("if you do this, or when for else: {{ trigger.body }}")]
    public void Compile_NamesThatTheTemplateDefines_AreNoProblem(string template) =>
        Templates.Problems(template).Should().BeEmpty();

    [Theory]
    [InlineData("{{ ", "(", "1", ")", " }}", 5000)]
    [InlineData("{{ ", "[", "1", "]", " }}", 5000)]
    [InlineData("{{ ", "!", "true", "", " }}", 5000)]
    [InlineData("{{ 1", " + 1", "", "", " }}", 20000)]
    [InlineData("{{ trigger", ".a", "", "", " }}", 60000)]
    [InlineData("", "{{ if true }}", "x", "{{ end }}", "", 5000)]
    [InlineData("{{ ", "@(do; ", "1", "; end)", " }}", 5000)]
    public void Compile_DeepNesting_IsProblem(string head, string open, string middle, string close, string tail, int depth)
    {
        var template = head + string.Concat(Enumerable.Repeat(open, depth)) + middle + string.Concat(Enumerable.Repeat(close, depth)) + tail;

        Templates.Problems(template).Should().NotBeEmpty();
    }

    [Theory]
    [InlineData("{{ 'ab' * 1000000000 }}")]
    [InlineData("{{ 'a' | string.pad_left 2000000000 }}")]
    [InlineData("{{ 1 << 2000000000 }}")]
    [InlineData("{{ x = 9; for i in 1..100; x = x * x; end; x }}")]
    [InlineData("{{ x = 'a'; for i in 1..100; x = x + x; end; x }}")]
    [InlineData("{{ a = [1]; for i in 1..100; a = a + a; end; a }}")]
    [InlineData("{{ a = []; for i in 1..100000; a = a | array.add i; end; a.size }}")]
    [InlineData("{{ a = {}; a.self = a; a }}")]
    [InlineData("{{ a = [1,1,1,1,1,1,1,1]; for i in 1..15; a = [a,a,a,a,a,a,a,a]; end; a }}")]
    [InlineData("{{ while true; end }}")]
    [InlineData("{{ for i in 1..99999; for j in 1..9999; end; end }}")]
    [InlineData("{{ 1..2000000000 }}")]
    [InlineData("{{ func f; f; end; f }}")]
    [InlineData("{{ 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!' | regex.match '^(a+)+$' }}")]
    [InlineData("{{ o = object; o.eval '1+1' }}")]
    [InlineData("{{ s = string; s.y = 1 }}")]
    [InlineData("{{ trigger.body.x = 1 }}")]
    [InlineData("{{ actions }}")]
    [InlineData("{{ string }}")]
    public void Evaluate_Attack_Throws(string template)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var expression = Templates.Compile(template);

        expression.Invoking(e => e.Evaluate(new TestScope())).Should().Throw<ExpressionException>()
            .Which.Message.Should().NotContain("   at ");

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(256L * 1024 * 1024);
    }

    [Fact]
    public void Evaluate_ReflectionOnData_IsNull() =>
        Templates.Evaluate("{{ [trigger.get_type, ''.get_type, (run.now | date.parse).now, (run.now | date.parse).get_type] }}", new TestScope())
            .Should().Be("[null,null,null,null]");

    [Fact]
    public void Evaluate_DateWithoutOffset_IsUtc() =>
        Templates.Evaluate("{{ '22.11.2026 10:00' | date.parse 'dd.MM.yyyy HH:mm' | date.add_hours 1 }}", new TestScope())
            .Should().Be("\"2026-11-22T11:00:00Z\"");

    [Fact]
    public void Evaluate_TextThatIsNoDateWhereOneIsWanted_SaysSo() =>
        Templates.Compile("{{ 'soon' | date.to_string '%F' }}").Invoking(e => e.Evaluate(new TestScope()))
            .Should().Throw<ExpressionException>().WithMessage("*'soon' is not a date*");

    [Fact]
    public void Evaluate_LongerThanASecond_Throws()
    {
        // Each look at the clock takes a tenth of a second.
        var clock = new FakeTimeProvider { AutoAdvanceAmount = TimeSpan.FromMilliseconds(100) };
        var expression = Templates.Compile("{{ for i in 1..1000; x = i + 1; end }}", clock: clock);

        expression.Invoking(e => e.Evaluate(new TestScope())).Should().Throw<ExpressionException>().WithMessage("*longer than 1 s*");
    }

    [Fact]
    public void Evaluate_Cancelled_ThrowsOperationCanceled()
    {
        var expression = Templates.Compile("{{ for i in 1..1000; x = i + 1; end }}");

        expression.Invoking(e => e.Evaluate(new TestScope(), new CancellationToken(canceled: true)))
            .Should().Throw<OperationCanceledException>();
    }

    [Fact]
    public void Evaluate_TextOfPathsBeyondLimit_Throws()
    {
        var body = JsonValues.String(new string('a', 600_000)).GetRawText();
        var scope = new TestScope(body);

        foreach (var template in new[] { "{{ trigger.body }}{{ trigger.body }}", "{{ (trigger.body) }}{{ trigger.body }}" })
        {
            Templates.Compile(template).Invoking(e => e.Evaluate(scope)).Should().Throw<ExpressionException>();
        }
    }
}
