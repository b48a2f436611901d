using System.Text.Json;
using FlowLite.Engine.Json;
using FlowLite.Engine.Runs;
using FlowLite.Engine.Secure;

namespace FlowLite.Tests.Secure;

public sealed class SecureValuesTests
{
    private readonly SecureValues _secure = new(new Keys("mine"));

    [Theory]
    [InlineData("\"a text\"")]
    [InlineData("null")]
    [InlineData("12345678901234567890.50")]
    [InlineData("[1,{\"a\":[]}]")]
    [InlineData("""{"$secure":"x"}""")]
    [InlineData("""{"a":{"$secure":"redacted"}}""")]
    public void Open_WhatWasKept_IsTheValue(string json)
    {
        var kept = _secure.Keep(JsonElement.Parse(json), isSecure: true);

        SecureValues.AreIn(kept).Should().BeTrue();
        SecureValues.Redact(kept).GetRawText().Should().Be("""{"$secure":"redacted"}""");
        _secure.Open(kept).GetRawText().Should().Be(json);
    }

    // However its name is written: the journal writes it anew.
    [Theory]
    [InlineData("""{"$secure":"x"}""")]
    [InlineData("""[0,{"a":{"\u0024secure":"x"}}]""")]
    [InlineData("""{"deep":{"$sec\u0075re":"redacted"}}""")]
    public void Keep_WhatSomebodySentThatLooksSealed_ComesBackAsItWas(string json)
    {
        var sent = JsonElement.Parse(json);

        var kept = JsonElement.Parse(JsonValues.CompactText(_secure.Keep(sent, isSecure: false)));

        SecureValues.AreIn(kept).Should().BeTrue();
        JsonElement.DeepEquals(_secure.Open(kept), sent).Should().BeTrue();
    }

    [Theory]
    [InlineData("""{"a":"$secure","b":["\u0022\u00e4\u0041"]}""")]
    [InlineData("""{"$secure":1}""")]
    [InlineData("""{"$secure":"x","more":1}""")]
    [InlineData("\"$secure\"")]
    public void Keep_WhatDoesNotLookSealed_IsItself(string json) =>
        _secure.Keep(JsonElement.Parse(json), isSecure: false).GetRawText().Should().Be(json);

    [Fact]
    public void KeepMembers_OfAnObject_HidesValuesAndTellsNames()
    {
        var kept = _secure.KeepMembers(JsonElement.Parse("""{"body":{"a":1},"path":{}}"""), isSecure: true);

        SecureValues.Redact(kept).GetRawText().Should().Be("""{"body":{"$secure":"redacted"},"path":{"$secure":"redacted"}}""");
        _secure.Open(kept).GetRawText().Should().Be("""{"body":{"a":1},"path":{}}""");
    }

    [Fact]
    public void KeepMembers_OfWhatLooksSealedItself_ComesBackAsItWas() =>
        _secure.Open(_secure.KeepMembers(JsonElement.Parse("""{"$secure":"x"}"""), isSecure: false)).GetRawText().Should().Be("""{"$secure":"x"}""");

    [Fact]
    public void KeepItems_OfAList_TellsHowMany()
    {
        var kept = _secure.KeepItems(JsonElement.Parse("[1,2,3]"), isSecure: true);

        kept.GetArrayLength().Should().Be(3);
        _secure.Open(kept[1]).GetRawText().Should().Be("2");
    }

    [Fact]
    public void Open_WithOtherKeysOrLeftOut_SaysSo()
    {
        var kept = _secure.Keep(JsonElement.Parse("1"), isSecure: true);

        FluentActions.Invoking(() => new SecureValues(new Keys("others")).Open(kept)).Should().Throw<SecureValueLostException>().WithMessage("*exported*key ring*");
        FluentActions.Invoking(() => _secure.Open(SecureValues.Redact(kept))).Should().Throw<SecureValueLostException>();
    }

    // A plugin's activity may set an output of its run and wait.
    [Fact]
    public void Events_WithARunsOutput_TellNothingOfItWhateverTheyAre()
    {
        var run = new RunChanges { Outputs = new Dictionary<string, JsonElement> { ["a"] = _secure.Keep(JsonElement.Parse("1"), isSecure: true), ["b"] = JsonElement.Parse("2") } };
        ActivityEvent[] events =
        [
            new ActivityCompleted { At = default, StartedAt = default, Instance = default, Activity = "x", Outcomes = [], Run = run },
            new ActivitySuspended { At = default, StartedAt = default, Instance = default, Activity = "x", Run = run },
            new ActivityEntered { At = default, Instance = default, Activity = "x", Run = run },
        ];
        foreach (var @event in events)
        {
            Outputs(SecureEvents.Redact(@event)).Should().Equal("""{"$secure":"redacted"}""", "2");
            Outputs(SecureEvents.Open(@event, _secure)).Should().Equal("1", "2");
        }

        static IEnumerable<string> Outputs(RunEvent @event) => ((ActivityEvent)@event).Run!.Outputs!.Values.Select(value => value.GetRawText());
    }

    private sealed class Keys(string key) : IValueProtector
    {
        public string Protect(string text) => $"{key}:{Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(text))}";

        public string? Unprotect(string text) =>
            text.StartsWith(key + ":", StringComparison.Ordinal) ? System.Text.Encoding.UTF8.GetString(Convert.FromHexString(text[(key.Length + 1)..])) : null;
    }
}
