using System.Globalization;
using System.Text.Json;
using CsCheck;

namespace FlowLite.FunctionalTests.Triggers;

/// <summary>JSON texts of any shape, with every escape, number form and script.</summary>
internal static class RandomJson
{
    private static readonly Gen<string> Strings = Gen.Frequency(
        (4, Gen.String[Gen.Char['a', 'z'], 0, 8].Select(s => JsonSerializer.Serialize(s))),
        (2, OneOf("\"\"", "\"\\u0000\"", "\"\\ud83d\\ude00\"", "\"\\\\u\"", "\"\\/\\b\\f\\n\\r\\t\\\"\"", "\"{{ 1 }}\"", "\"😀é中\"", "\"\u2028\"")),
        (1, Gen.String[Gen.Char[' ', '\uD7FF'], 0, 20].Select(s => JsonSerializer.Serialize(s))));

    private static readonly Gen<string> Numbers = Gen.Frequency(
        (3, Gen.Int.Select(i => i.ToString(CultureInfo.InvariantCulture))),
        (1, OneOf("0", "-0", "1.0", "1.50", "1e5", "1E-400", "123456789012345678901234567890", "0.1e+10", "1e308", "-2.5")));

    private static readonly Gen<string> Leaves = Gen.Frequency((3, Strings), (2, Numbers), (1, OneOf("null", "true", "false")));

    public static Gen<string> Texts { get; } = Gen.Recursive<string>((depth, self) => depth > 4
        ? Leaves
        : Gen.Frequency(
            (2, Leaves),
            (2, self.Array[0, 4].Select(items => $"[{string.Join(" , ", items)}]")),
            (3, Gen.Select(Strings, self).Array[0, 5].Select(members => $"{{ {string.Join(",\n", members.Select((m, i) => $"{Key(m.Item1, i)}: {m.Item2}"))}}}"))));

    private static Gen<string> OneOf(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(i => texts[i]);

    // Members of one object have keys of their own.
    private static string Key(string text, int index) => $"\"{index}{text[1..]}";
}
