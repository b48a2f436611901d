using System.Globalization;
using System.Numerics;
using CsCheck;
using FlowLite.Engine.Schema;

namespace FlowLite.Tests.Schema;

public class JsonSchemaPropertyTests
{
    private static readonly Gen<string> Scalar = Gen.OneOf(
        Pick("null", "true", "false", "0", "-0.0", "1.0", "1e400", "\"\"", "\"a\"", "\"\\u0061\"", "\"\\ud800\"", "\"a@b.com\"", "\"💩\""),
        Gen.Int[-3, 12].Select(i => i.ToString(CultureInfo.InvariantCulture)));

    private static readonly Gen<string> Key = Pick("a", "A", "b", "x-1", "\\u0061", "c/d");

    private static readonly JsonSchema[] Schemas =
    [
        .. new[]
        {
            """{"type":"object","properties":{"a":{"type":["string","null"],"maxLength":2},"b":{"$ref":"#"}},"required":["a"],"additionalProperties":false}""",
            """{"items":{"$ref":"#"},"uniqueItems":true,"maxItems":3,"minimum":1,"multipleOf":0.5,"additionalProperties":{"$ref":"#"}}""",
            """{"oneOf":[{"type":"integer"},{"properties":{"a":{"type":"integer"}},"minProperties":1},{"enum":[[],"a",{"a":1}]}]}""",
            """{"not":{"anyOf":[{"properties":{"b":{"not":{"type":"null"}}},"required":["b"]},{"pattern":"^a"}]},"patternProperties":{"^x-":{"type":"boolean"}}}""",
            """{"dependencies":{"a":["b"],"b":{"maxProperties":2}},"items":[{"format":"email"},{"minLength":1}],"additionalItems":false}""",
        }.SelectMany(text => new[] { text.Schema(), text.Schema(new JsonSchemaOptions(true, true)) }),
    ];

    [Fact]
    public void IsValid_AnyInstance_AgreesWithValidate() =>
        Gen.Select(Gen.Int[0, Schemas.Length - 1], Value(3)).Sample((index, text) =>
        {
            var instance = text.Json();
            return Schemas[index].IsValid(instance) == (Schemas[index].Validate(instance).Count == 0);
        });

    [Fact]
    public void Compile_AnyJson_SchemaOrJsonSchemaException() =>
        Gen.Select(Pick("type", "items", "properties", "enum", "allOf", "not", "$ref", "id", "pattern", "required", "maxLength", "dependencies"), Value(3))
            .Sample((keyword, text) =>
            {
                try
                {
                    $$"""{"{{keyword}}":{{text}},"items":{{text}}}""".Schema().IsValid("[1]".Json());
                }
                catch (JsonSchemaException)
                {
                    // The only exception that may come out.
                }
            });

    [Fact]
    public void Numbers_AnyPair_AgreeWithBigIntegerArithmetic() =>
        Gen.Select(Gen.Long, Gen.Int[-40, 40], Gen.Long, Gen.Int[-40, 40]).Sample((a, x, b, y) =>
        {
            var (left, right) = ($"{a}e{x}", $"{b}e{y}");
            var shift = Math.Min(x, y);
            var (l, r) = (a * BigInteger.Pow(10, x - shift), b * BigInteger.Pow(10, y - shift));

            $$"""{"maximum":{{right}}}""".Schema().IsValid(left.Json()).Should().Be(l <= r);
            $$"""{"minimum":{{right}},"exclusiveMinimum":true}""".Schema().IsValid(left.Json()).Should().Be(l > r);
            $$"""{"enum":[{{right}}]}""".Schema().IsValid(left.Json()).Should().Be(l == r);
            if (b > 0)
            {
                $$"""{"multipleOf":{{right}}}""".Schema().IsValid(left.Json()).Should().Be(l % r == 0);
            }
        });

    [Fact]
    public void MultipleOf_Product_IsAMultiple() =>
        Gen.Select(Gen.Long[1, 1_000_000], Gen.Int[0, 9], Gen.Int[-100_000, 100_000]).Sample((divisor, scale, factor) =>
        {
            var unit = new decimal((int)divisor, 0, 0, false, (byte)scale);
            var text = (unit * factor).ToString(CultureInfo.InvariantCulture);
            return $$"""{"multipleOf":{{unit.ToString(CultureInfo.InvariantCulture)}}}""".Schema().IsValid(text.Json());
        });

    private static Gen<string> Pick(params string[] choices) => Gen.Int[0, choices.Length - 1].Select(i => choices[i]);

    private static Gen<string> Value(int depth) => depth == 0
        ? Scalar
        : Gen.OneOf(
            Scalar,
            Value(depth - 1).Array[0, 4].Select(items => $"[{string.Join(',', items)}]"),
            Gen.Select(Key, Value(depth - 1)).Array[0, 4].Select(members =>
                $"{{{string.Join(',', members.Select(member => $"\"{member.Item1}\":{member.Item2}"))}}}"));
}
