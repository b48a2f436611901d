using System.Text.Json;
using CsCheck;
using FlowLite.Engine.Json;

namespace FlowLite.Tests.Json;

public sealed class JsonValuesTests
{
    [Theory]
    [InlineData("b", "2")]
    [InlineData("B", "3")]
    [InlineData("ä", "5")]
    [InlineData("esc", "6")]
    public void TryGetMember_ExactFirstThenIgnoringCase_LastWins(string name, string expected)
    {
        var document = JsonElement.Parse("""{"b":1,"b":2,"B":3,"Ä":4,"Ä":5,"\u0045SC":6}""");

        JsonValues.TryGetMember(document, name, out var value).Should().BeTrue();
        value.GetRawText().Should().Be(expected);
    }

    [Fact]
    public void TryGetMember_MissingOrNoObject_IsFalse()
    {
        JsonValues.TryGetMember(JsonValues.EmptyObject, "a", out _).Should().BeFalse();
        JsonValues.TryGetMember(JsonValues.Null, "a", out _).Should().BeFalse();
        JsonValues.TryGetMember(default, "a", out _).Should().BeFalse();
    }

    [Fact]
    public void String_AnyText_RoundTrips() =>
        Gen.String[0, 300].Where(text => !text.Any(char.IsSurrogate)).Sample(text => JsonValues.String(text).GetString() == text);

    [Fact]
    public void Number_AnyLong_RoundTrips() => Gen.Long.Sample(number => JsonValues.Number(number).GetInt64() == number);

    [Fact]
    public void Object_NestedMaking_KeepsBothApart() =>
        JsonValues.Object(writer =>
        {
            writer.WriteNumber("n", 1);
            writer.WritePropertyName("inner");
            JsonValues.Object(inner => inner.WriteString("s", "ü")).WriteTo(writer);
        }).GetRawText().Should().Be("""{"n":1,"inner":{"s":"ü"}}""");
}
