using System.Diagnostics;
using System.Text;
using System.Text.Json;
using FlowLite.Engine.Schema;

namespace FlowLite.Tests.Schema;

public class JsonSchemaHostileTests
{
    [Theory]
    [InlineData("""{"minLength":1}""", "\"\\ud800\"", "")]
    [InlineData("""{"pattern":"x"}""", "\"\\udc00x\"", "")]
    [InlineData("""{"format":"email"}""", "\"\\ud800\"", "")]
    [InlineData("""{"enum":["a"]}""", "\"\\ud800\"", "")]
    [InlineData("""{"uniqueItems":true}""", "[\"\\ud800\",\"\\ud800\"]", "")]
    [InlineData("""{"properties":{"a":{"maxLength":9}}}""", "{\"a\":\"\\ud800\"}", "/a")]
    [InlineData("""{"properties":{"a":{}}}""", "{\"\\ud800\":1}", "")]
    [InlineData("""{"maxProperties":9}""", "{\"\\ud800\":1,\"b\":2}", "")]
    [InlineData("""{"not":{"pattern":"x"}}""", "\"\\ud800\"", "")]
    [InlineData("""{"anyOf":[{"maxLength":9},{}]}""", "\"\\ud800\"", "")]
    public void Validate_LoneSurrogate_IsAnError(string schema, string instance, string path)
    {
        var compiled = schema.Schema();

        compiled.Accepts(instance).Should().BeFalse();
        var error = compiled.Errors(instance).Should().ContainSingle().Which;
        error.Path.Should().Be(path);
        error.Message.Should().Be("The text is not valid Unicode.");
    }

    [Fact]
    public void Validate_InvalidUtf8_IsAnError()
    {
        byte[] bytes = [.. "{\"a\":\""u8, 0xC3, 0x28, .. "\",\"b"u8, 0xFF, .. "\":1}"u8];
        using var document = JsonDocument.Parse(bytes);

        """{"properties":{"a":{"maxLength":9}}}""".Schema().IsValid(document.RootElement).Should().BeFalse();
        """{"properties":{"c":{}}}""".Schema().Validate(document.RootElement).Should().ContainSingle();
    }

    [Fact]
    public void Validate_NoElement_IsAnError()
    {
        "{}".Schema().IsValid(default).Should().BeFalse();
        "{}".Schema().Validate(default).Should().ContainSingle();
    }

    [Fact]
    public void Validate_NumberOfFiveThousandDigits_IsJudgedExactly()
    {
        var digits = new string('9', 5_000);
        var schema = $$"""{"type":"integer","maximum":{{digits}},"multipleOf":3,"minimum":-{{digits}},"exclusiveMinimum":true}""".Schema();

        schema.Accepts(digits).Should().BeTrue();
        schema.Accepts(digits[1..] + "8").Should().BeFalse();
        schema.Accepts("-" + digits).Should().BeFalse();
        schema.Accepts($"1{digits}").Should().BeFalse();
        """{"type":"string"}""".Schema().Accepts(digits).Should().BeFalse();
    }

    [Fact]
    public void IsValid_NumberOfMillionsOfDigits_TakesLinearTime()
    {
        var number = new string('7', 5_000_000);
        var schema = """{"maximum":1e6,"multipleOf":0.7,"enum":[1,2]}""".Schema();
        var clock = Stopwatch.StartNew();

        schema.Accepts(number).Should().BeFalse();

        clock.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void Validate_CatastrophicPattern_EndsWithOneError()
    {
        // The back-reference keeps it off the linear engine.
        var schema = """{"items":{"pattern":"^(a+)+\\1b$"}}""".Schema();
        var evil = $"\"{new string('a', 60)}\"";
        var clock = Stopwatch.StartNew();

        var errors = schema.Errors($"[{string.Join(',', Enumerable.Repeat(evil, 1_000))}]");

        clock.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(5));
        errors.Should().ContainSingle().Which.Should().Match<JsonSchemaError>(error => error.Path == "/0" && error.Keyword == "pattern");
        """{"not":{"pattern":"^(a+)+\\1b$"}}""".Schema().Accepts(evil).Should().BeFalse();
    }

    [Fact]
    public void IsValid_NestedQuantifiers_AreLinear()
    {
        var schema = """{"pattern":"^(a+)+b$"}""".Schema();

        schema.Accepts($"\"{new string('a', 10_000)}\"").Should().BeFalse();
        schema.Accepts($"\"{new string('a', 10_000)}b\"").Should().BeTrue();
    }

    [Fact]
    public void Validate_InstanceNestedWithoutBound_IsAnError()
    {
        const int Depth = 200_000;
        using var document = JsonDocument.Parse(
            new string('[', Depth) + new string(']', Depth), new JsonDocumentOptions { MaxDepth = Depth });

        foreach (var text in new[] { """{"items":{"$ref":"#"}}""", """{"enum":[1]}""", """{"items":{"uniqueItems":true,"enum":[[]]}}""" })
        {
            var schema = text.Schema();
            schema.IsValid(document.RootElement).Should().BeFalse();
            schema.Validate(document.RootElement).Should().ContainSingle().Which.Message.Should().Contain("too deeply");
        }
    }

    [Fact]
    public void IsValid_ManyPropertiesAndItems_TakesLinearTime()
    {
        const int Count = 100_000;
        var properties = string.Join(',', Enumerable.Range(0, Count).Select(i => $"\"p{i}\":[{i},{i}.5]"));
        var items = string.Join(',', Enumerable.Range(0, Count).Select(i => $"{{\"a\":{i}}}"));
        var schema = """{"additionalProperties":{"uniqueItems":true},"maxProperties":100000,"uniqueItems":true}""".Schema();
        var clock = Stopwatch.StartNew();

        schema.Accepts($"{{{properties}}}").Should().BeTrue();
        schema.Accepts($"{{{properties},\"p0\":[1,1]}}").Should().BeFalse();
        schema.Accepts($"[{items}]").Should().BeTrue();
        schema.Accepts($"[{items},{{\"a\":0}}]").Should().BeFalse();

        clock.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void IsValid_SchemaOfExponentialWork_EndsInBoundedTime()
    {
        var text = new StringBuilder("""{"$ref":"#/definitions/d0","definitions":{""");
        for (var i = 0; i < 60; i++)
        {
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $$"""
                "d{{i}}":{"allOf":[{"$ref":"#/definitions/d{{i + 1}}"},{"$ref":"#/definitions/d{{i + 1}}"}]},
                """);
        }

        text.Append("\"d60\":{}}}");

        text.ToString().Schema().IsValid("1".Json()).Should().BeFalse();
    }
}
