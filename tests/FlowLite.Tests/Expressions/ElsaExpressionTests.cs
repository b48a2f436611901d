using System.Text.Json;
using FlowLite.Engine.Expressions;
using FlowLite.Engine.Json;

namespace FlowLite.Tests.Expressions;

/// <summary>What Elsa 3.8 answers to the same expressions over a variable of the same shape.</summary>
public sealed class ElsaExpressionTests
{
    private const string Body = """
        {
          "Name": "Grace <Hopper> & \"co\"", "Email": "grace@example.com", "Age": 36, "Price": 12.5, "Big": 12345678901234567890, "Neg": -3,
          "Active": true, "None": null, "Tags": ["b", "a", "c"], "Empty": "", "Uni": "é中😀",
          "Items": [{"sku":"x1","qty":2,"price":1.5},{"sku":"y2","qty":1,"price":10}],
          "When": "2024-03-05T06:07:08Z", "Date": "2024-03-05", "User": {"First":"Grace","Last":"H"}
        }
        """;

    [Theory]
    [InlineData("{{ Variables.Body.Email }}", "grace@example.com")]
    [InlineData("{{ Variables.Body.Name }}", "Grace <Hopper> & \"co\"")]
    [InlineData("{{ Variables.Body.Missing }}", "")]
    [InlineData("{{ Body.Email }}", "")]
    [InlineData("{{ Variables.Body.Age | plus: 1 }}", "37")]
    [InlineData("{{ Variables.Body.Age | divided_by: 5.0 }}", "7.2")]
    [InlineData("{{ Variables.Body.Big }}", "12345678901234600000")]
    [InlineData("{{ Variables.Body.None }}", "")]
    [InlineData("{{ Variables.Body.Empty | default: \"dflt\" }}", "dflt")]
    [InlineData("{{ Variables.Body.Tags | sort | join: \",\" }}", "a,b,c")]
    [InlineData("{{ Variables.Body.Tags[1] }}", "a")]
    [InlineData("{{ Variables.Body.Tags.size }}", "3")]
    [InlineData("{{ Variables.Body.Items | map: \"sku\" | join: \"-\" }}", "x1-y2")]
    [InlineData("{% if Variables.Body.Age > 30 and Variables.Body.Active %}yes{% else %}no{% endif %}", "yes")]
    [InlineData("{{ Variables.Body.When }}", "2024-03-05T06:07:08Z")]
    [InlineData("{{ Variables.Body.Items | json }}", """[{"sku":"x1","qty":2,"price":1.5},{"sku":"y2","qty":1,"price":10}]""")]
    [InlineData("{{ Variables.Body.Tags }}", "bac")]
    [InlineData("{{ Variables.Body.Uni | upcase }}", "É中😀")]
    [InlineData("{{ Variables.Body.Name | url_encode }}", "Grace+%3CHopper%3E+%26+%22co%22")]
    [InlineData("{{ Variables.Body.Email | split: \"@\" | last }}", "example.com")]
    [InlineData("{{ CorrelationId }}", "")]
    [InlineData("plain text no tags", "plain text no tags")]
    [InlineData("{{ 7 | modulo: 3 }}", "1")]
    [InlineData("{{ \"a,b,c\" | split: \",\" | reverse | join: \"\" }}", "cba")]
    [InlineData("{{ Variables.Body.Email | base64 }}", "Z3JhY2VAZXhhbXBsZS5jb20=")]
    [InlineData("{% capture c %}{{ Variables.Body.Age }}!{% endcapture %}{{ c }}", "36!")]
    [InlineData("{{ \"a b\" | capitalize }}", "A B")]
    [InlineData("{{- \" x \" -}}", " x ")]
    [InlineData("{{ Variables.Body.Email | truncate: 6 }}", "gra...")]
    [InlineData("{{ Variables.Body.Tags | uniq | concat: Variables.Body.Tags | size }}", "6")]
    [InlineData("{{ nil }}", "")]
    [InlineData("{{ Variables.Body.None == nil }}", "")]
    [InlineData("{{ WorkflowInstanceId }} {{ WorkflowDefinitionId }} {{ WorkflowDefinitionVersion }}", "run-1 flow-1 3")]
    [InlineData("{{ Input.region }}", "EU")]
    [InlineData("{{ Variables.Body.User | keys | join: \",\" }}", "First,Last")]
    [InlineData("{% assign names = Variables | keys %}{{ names | size }}{{ names[0] }}", "1Body")]
    [InlineData("{% assign names = Variables.Body.Items[0] | keys %}{% for key in names %}{{ key }} {% endfor %}", "sku qty price ")]
    public void Liquid_AsInElsa_GivesTheSameText(string template, string expected) =>
        Evaluate("Liquid", template).GetString().Should().Be(expected);

    [Fact]
    public void Liquid_WholeBodyAsJson_IsEscapedAsInElsa() =>
        Evaluate("Liquid", "{{ Variables.Body | json }}").GetString().Should().Be(
            """{"Name":"Grace \u003CHopper\u003E \u0026 \u0022co\u0022","Email":"grace@example.com","Age":36,"Price":12.5,"Big":12345678901234600000,"Neg":-3,"Active":true,"None":null,"Tags":["b","a","c"],"Empty":"","Uni":"\u00E9\u4E2D\uD83D\uDE00","Items":[{"sku":"x1","qty":2,"price":1.5},{"sku":"y2","qty":1,"price":10}],"When":"2024-03-05T06:07:08Z","Date":"2024-03-05","User":{"First":"Grace","Last":"H"}}""");

    [Fact]
    public void Liquid_FilterThatDoesNotExist_PassesTheValueAndIsAWarning()
    {
        var problems = new List<ExpressionProblem>();

        var compiled = new LiquidLanguage().Compile(JsonValues.String("{{ Variables.Body.Email | nosuchfilter }}"), "test", problems);

        compiled!.Evaluate(Scope()).GetString().Should().Be("grace@example.com");
        problems.Should().Equal(new ExpressionProblem("There is no filter 'nosuchfilter': the value passes unchanged.", 1, 27, IsWarning: true));
    }

    [Theory]
    [InlineData("return variables.Body.Email", "\"grace@example.com\"")]
    [InlineData("return variables.Body.Age / 5", "7.2")]
    [InlineData("return variables.Body.Price * 3", "37.5")]
    [InlineData("return null", "null")]
    [InlineData("return [1,\"a\",null]", "[1,\"a\",null]")]
    [InlineData("({a:1})", "{\"a\":1}")]
    [InlineData("return variables.Body.Items", """[{"sku":"x1","qty":2,"price":1.5},{"sku":"y2","qty":1,"price":10}]""")]
    [InlineData("return variables.Body.Items.reduce((s,i)=>s+i.qty*i.price,0)", "13")]
    [InlineData("return variables.Body.Tags.sort().join(\",\")", "\"a,b,c\"")]
    [InlineData("return JSON.stringify(variables.Body.User)", """
        "{\"First\":\"Grace\",\"Last\":\"H\"}"
        """)]
    [InlineData("return JSON.stringify(variables.Body.Items)", """
        "[{\"sku\":\"x1\",\"qty\":2,\"price\":1.5},{\"sku\":\"y2\",\"qty\":1,\"price\":10}]"
        """)]
    [InlineData("return Object.keys(variables.Body).length", "15")]
    [InlineData("return `${variables.Body.User.First}!`", "\"Grace!\"")]
    [InlineData("return new Date(variables.Body.When).toISOString()", "\"2024-03-05T06:07:08.000Z\"")]
    [InlineData("return {at: new Date(86400000), later: [new Date(1500)], text: JSON.stringify(new Date(1500)), same: toJson(new Date(1500)), never: new Date('x')}", """
        {"at":"1970-01-02T00:00:00Z","later":["1970-01-01T00:00:01.5Z"],"text":"\"1970-01-01T00:00:01.500Z\"","same":"\"1970-01-01T00:00:01.5Z\"","never":null}
        """)]
    [InlineData("return variables.Body.When", "\"2024-03-05T06:07:08Z\"")]
    [InlineData("return typeof variables.Body.Tags", "\"object\"")]
    [InlineData("return variables.Body.Email.match(/@(.*)$/)[1]", "\"example.com\"")]
    [InlineData("return isNullOrWhiteSpace(\"  \")", "true")]
    [InlineData("return newGuidString().length", "36")]
    [InlineData("return getCorrelationId()", "null")]
    [InlineData("return getWorkflowDefinitionVersion()", "3")]
    [InlineData("return getInput(\"X\")", "null")]
    [InlineData("return (async()=>7)()", "7")]
    [InlineData("return 9007199254740993", "9007199254740992")]
    [InlineData("return \"é中😀<&>\"", "\"é中😀<&>\"")]
    [InlineData("return stringToBase64(\"hi\")", "\"aGk=\"")]
    [InlineData("return getOutputFrom(\"e1\",\"ParsedContent\").Email", "\"grace@example.com\"")]
    [InlineData("return getParsedContentFromE1() ? 1 : 2", "1")]
    [InlineData("return Object.entries(variables.Body.User).map(([k,v])=>k+\"=\"+v).join(\"&\")", "\"First=Grace&Last=H\"")]
    [InlineData("return new Map([[1,2]]).get(1)", "2")]
    [InlineData("function f(n){return n<2?n:f(n-1)+f(n-2)}; return f(15)", "610")]
    [InlineData("return \"Email\" in variables.Body", "true")]
    [InlineData("return variables.Body.email", "null")]
    [InlineData("return variables.Body.Name", """
        "Grace <Hopper> & \"co\""
        """)]
    public void JavaScript_AsInElsa_GivesTheSameValue(string script, string expected) =>
        JsonElement.DeepEquals(Evaluate("JavaScript", script), JsonElement.Parse(expected)).Should().BeTrue();

    [Theory]
    [InlineData("return Body.Email", "Body is not defined")]
    [InlineData("return variables.Body.Missing.x", "Cannot read properties of undefined (reading 'x')")]
    [InlineData("return 1/0", "The result is not a finite number.")]
    [InlineData("return require(\"fs\")", "require is not defined")]
    // Too many statements; on a slow machine its time is up before.
    [InlineData("let i=0; while(true){i++}", "The script *")]
    public void JavaScript_FailsInElsa_FailsWithTheReason(string script, string message) =>
        FluentActions.Invoking(() => Evaluate("JavaScript", script)).Should().Throw<ExpressionException>().WithMessage(message);

    private static JsonElement Evaluate(string language, string expression)
    {
        ExpressionLanguages.Default.TryGet(language, out var found).Should().BeTrue();
        var problems = new List<ExpressionProblem>();
        var compiled = found!.Compile(JsonValues.String(expression), "test", problems);
        problems.Should().BeEmpty();
        return compiled!.Evaluate(Scope());
    }

    private static TestScope Scope() => new()
    {
        Variables = new() { ["Body"] = Body },
        Inputs = new() { ["region"] = "\"EU\"" },
        Actions = new() { ["e1"] = new ActionView("Succeeded", JsonElement.Parse($$"""{"ParsedContent":{{Body}}}""")) },
    };
}
