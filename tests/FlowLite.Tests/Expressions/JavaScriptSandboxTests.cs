using FlowLite.Engine.Expressions;
using FlowLite.Engine.Json;

namespace FlowLite.Tests.Expressions;

public sealed class JavaScriptSandboxTests
{
    [Theory]
    [InlineData("while(true);")]
    [InlineData("for(;;){ try { throw 1 } finally { continue } }")]
    [InlineData("(async()=>{while(true)await 1})()")]
    [InlineData("function f(){Promise.resolve().then(f)};f();1")]
    [InlineData("function*g(){while(true)yield 1};for(const x of g());")]
    [InlineData("var o={[Symbol.iterator](){return {next(){return {done:false,value:1}}}}};[...o]")]
    public void Evaluate_EndlessScript_IsStopped(string script) => Refuses(script, "*takes more than*", "*too much memory*", "*runs longer*");

    [Theory]
    [InlineData("function f(){return f()+1} f()")]
    [InlineData("(f=>f(f))(f=>f(f))")]
    [InlineData("var o={get a(){return this.a}};o.a")]
    [InlineData("var o={toString(){return ''+o}};''+o")]
    [InlineData("var p=new Proxy({}, {get(t,k,r){return r[k]}}); p.x")]
    [InlineData("var o={};for(var i=0;i<100000;i++)o={a:o};JSON.stringify(o).length")]
    [InlineData("var o={};for(var i=0;i<100000;i++)o={a:o};return o")]
    [InlineData("var a=[];for(var i=0;i<100000;i++)a=[a];''+a")]
    [InlineData("var a=[];for(var i=0;i<100000;i++)a=[a];a.flat(Infinity).length")]
    [InlineData("var o={};for(var i=0;i<100000;i++)o=new Proxy(o,{});o.x")]
    [InlineData("JSON.parse('['.repeat(100000)+']'.repeat(100000))")]
    public void Evaluate_DeepRecursion_IsStoppedBeforeTheStackEnds(string script) => Refuses(script, "*call stack*", "*calls itself*", "*depth*", "*nested too deep*");

    [Theory]
    [InlineData("var s='x';while(true)s+=s")]
    [InlineData("'x'.repeat(2**29).length")]
    [InlineData("'x'['re'+'peat'](2**28).length")]
    [InlineData("'x'.padEnd(2**28).length")]
    [InlineData("var big='x'.repeat(1e6); Array(1e6).fill(big).join('').length")]
    [InlineData("var a=['x'.repeat(1e6)]; Array(1e5).fill(a).join('').length")]
    [InlineData("'a'.repeat(1e6).replaceAll('a','b'.repeat(1e4)).length")]
    [InlineData("'a'.repeat(1e6).replace(/a/g,'b'.repeat(1e4)).length")]
    [InlineData("'a'.repeat(1e5).replace(/a/g,\"$'\").length")]
    [InlineData("String.prototype.concat.apply('', Array(1e4).fill('x'.repeat(1e4))).length")]
    [InlineData("new Array(1e9).fill(0).length")]
    [InlineData("Array.from({length:1e9}).length")]
    [InlineData("Array.prototype.fill.call({length:2**53-1},1)")]
    [InlineData("Array.prototype.join.call({length:2**31},'')")]
    [InlineData("var m=new Map();for(var i=0;;i++)m.set(i,i)")]
    [InlineData("return Array(9e5).fill('xxxxxxxxxxxx')")]
    public void Evaluate_HugeValues_AreRefused(string script) => Refuses(script, "*memory*", "*more than*", "*larger than*");

    [Theory]
    [InlineData("/^(a+)+$/.test('a'.repeat(40)+'b')")]
    [InlineData("new RegExp('^(a|aa)+$').test('a'.repeat(60)+'b')")]
    [InlineData("'a'.repeat(60).match(/(x+x+)+y|(a*)*b/)")]
    public void Evaluate_SlowRegex_IsStopped(string script) => Refuses(script, "A regular expression took too long.");

    [Theory]
    [InlineData("eval('1+1')")]
    [InlineData("(0,eval)('1+1')")]
    [InlineData("new Function('return this')()")]
    [InlineData("(()=>{}).constructor('return 1')()")]
    [InlineData("(function*(){}).constructor('yield 1')")]
    [InlineData("(async()=>{}).constructor('return 1')()")]
    [InlineData("[].constructor.constructor('return 1')()")]
    [InlineData("toJson.constructor('return 1')()")]
    public void Evaluate_TextAsCode_IsRefused(string script) => Refuses(script, "String compilation has been disabled*");

    [Theory]
    [InlineData("System.IO.File")]
    [InlineData("importNamespace('System')")]
    [InlineData("clr")]
    [InlineData("process.exit()")]
    [InlineData("require('fs')")]
    [InlineData("setTimeout(() => 1)")]
    [InlineData("fetch('http://localhost')")]
    [InlineData("globalThis.BigInt(1)")]
    [InlineData("new this.Uint8Array(9)")]
    [InlineData("getVariable.GetType()")]
    [InlineData("toJson.Method.Invoke()")]
    [InlineData("trigger.body.GetType()")]
    [InlineData("variables.__lookupGetter__('x').GetType()")]
    public void Evaluate_HostAndClr_AreNotThere(string script) => Refuses(script, "*not defined*", "*not a function*", "*not a constructor*", "*of undefined*", "*has no method*");

    [Fact]
    public void Evaluate_ScriptCatchesEverything_TheLimitStillHolds() =>
        Refuses("while(true){ try { while(true); } catch (e) { } }", "*takes more than*");

    [Fact]
    public void Evaluate_Cancelled_Throws() =>
        FluentActions.Invoking(() => Compile("while(true);").Evaluate(new TestScope(), new CancellationToken(canceled: true)))
            .Should().Throw<OperationCanceledException>();

    private static void Refuses(string script, params string[] reasons) =>
        FluentActions.Invoking(() => Compile(script).Evaluate(new TestScope()))
            .Should().Throw<ExpressionException>().Which.Message.Should().Match(message =>
                reasons.Any(reason => System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(reason, message, true)));

    private static CompiledExpression Compile(string script)
    {
        var problems = new List<ExpressionProblem>();
        var compiled = new JavaScriptLanguage().Compile(JsonValues.String(script), "test", problems);
        problems.Should().BeEmpty();
        return compiled!;
    }
}
