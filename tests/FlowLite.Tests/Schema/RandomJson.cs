using System.Globalization;
using CsCheck;

namespace FlowLite.Tests.Schema;

/// <summary>JSON texts with few distinct keys, so that values meet at the same place.</summary>
internal static class RandomJson
{
    private static readonly Gen<string> Scalar = Gen.OneOf(
        Pick("null", "true", "false", "-0.0", "1.0", "1e400", "\"\"", "\"a\"", "\"💩\"", "\"a@b.com\"", "12345678901234567890123"),
        Gen.Int[-3, 12].Select(i => i.ToString(CultureInfo.InvariantCulture)));

    private static readonly Gen<string> Key = Pick("a", "A", "b", "x-1", "c/d", "", "$ref", "id", "type", "properties", "__proto__", "ä ö");

    public static Gen<string> Pick(params string[] choices) => Gen.Int[0, choices.Length - 1].Select(i => choices[i]);

    public static Gen<string> Value(int depth) => depth == 0
        ? Scalar
        : Gen.OneOf(
            Scalar,
            Value(depth - 1).Array[0, 4].Select(items => $"[{string.Join(',', items)}]"),
            Gen.Select(Key, Value(depth - 1)).Array[0, 4].Select(members =>
                $"{{{string.Join(',', members.Select(member => $"\"{member.Item1}\":{member.Item2}"))}}}"));
}
