using System.Globalization;
using System.Text.Json;
using CsCheck;

namespace FlowLite.FunctionalTests.Crm;

/// <summary>Over generated records, a generated filter gives what the same condition gives in LINQ.</summary>
public sealed class CrmFilterPropertyTests(CrmHost crm) : IClassFixture<CrmHost>
{
    private static readonly string[] Operators = ["eq", "ne", "gt", "ge", "lt", "le"];

    // Few values, so that comparisons hit; quotes, operators and case pairs, so that they are hard.
    private static readonly Gen<string?> GenText = Gen.OneOf<string?>(null, "", "a", "A", "ä", "Ä", "b", "it's", "' or 1 eq 1", "null", "eq", "€ 😀", " a");
    private static readonly Gen<int?> GenNumber = Gen.OneOf<int?>(null, 0, 1, 2, 1_000_000);
    private static readonly Gen<bool?> GenFlag = Gen.OneOf<bool?>(null, true, false);
    private static readonly Gen<int?> GenDay = Gen.OneOf<int?>(null, 0, 1, 400);

    private static readonly Gen<Lead> GenLead = Gen.Select(GenText, GenNumber, GenFlag, GenDay, (text, number, flag, day) => new Lead(text, number, flag, day));

    private static readonly Gen<Condition> GenComparison = Gen.OneOf(
        Gen.Select(Gen.OneOf(Operators), GenText, (op, value) => Compare("companyname", op, Text(value), value, lead => lead.Company, StringComparer.OrdinalIgnoreCase)),
        Gen.Select(Gen.OneOf(Operators), GenNumber, (op, value) => Compare("numberofemployees", op, Invariant(value), value, lead => lead.Employees, Comparer<int?>.Default)),
        Gen.Select(Gen.OneOf("eq", "ne"), GenFlag, (op, value) => Compare("donotemail", op, value is { } b ? b ? "true" : "false" : "null", value, lead => lead.DoNotEmail, Comparer<bool?>.Default)),
        Gen.Select(Gen.OneOf(Operators), GenDay, (op, value) => Compare("schedulefollowup_prospect", op, Lead.Instant(value) ?? "null", value, lead => lead.Day, Comparer<int?>.Default)));

    private static readonly Gen<Condition> GenCondition = Gen.Recursive<Condition>((depth, inner) => depth > 4
        ? GenComparison
        : Gen.Frequency(
            (3, GenComparison),
            (2, Gen.Select(inner, inner, (a, b) => new Condition($"({a.Text}) and ({b.Text})", lead => a.Holds(lead) && b.Holds(lead)))),
            (2, Gen.Select(inner, inner, (a, b) => new Condition($"({a.Text}) or ({b.Text})", lead => a.Holds(lead) || b.Holds(lead)))),
            (1, inner.Select(a => new Condition($"not ({a.Text})", lead => !a.Holds(lead))))));

    [Fact]
    public async Task Filter_GeneratedExpressions_EqualLinq()
    {
        var leads = new Dictionary<Guid, Lead>();
        await GenLead.Array[60].SampleAsync(
            async batch =>
            {
                foreach (var lead in batch)
                {
                    leads.Add(await crm.CreateAsync("leads", lead.Json), lead);
                }
            },
            iter: 1,
            threads: 1);

        await GenCondition.SampleAsync(
            async condition =>
            {
                var expected = leads.Where(pair => condition.Holds(pair.Value)).Select(pair => pair.Key);
                var list = await crm.GetAsync("leads?$select=leadid&$filter=" + Uri.EscapeDataString(condition.Text));
                var actual = list.GetProperty("value").EnumerateArray().Select(lead => lead.GetProperty("leadid").GetGuid());
                return actual.ToHashSet().SetEquals(expected);
            },
            iter: 300,
            threads: 1,
            print: condition => condition.Text);
    }

    private static Condition Compare<T>(string column, string op, string literal, T value, Func<Lead, T> actual, IComparer<T> comparer) =>
        new($"{column} {op} {literal}", lead => Holds(op, actual(lead), value, comparer));

    private static bool Holds<T>(string op, T left, T right, IComparer<T> comparer) => op switch
    {
        "eq" => comparer.Compare(left, right) == 0,
        "ne" => comparer.Compare(left, right) != 0,
        _ when left is null || right is null => false,
        "gt" => comparer.Compare(left, right) > 0,
        "ge" => comparer.Compare(left, right) >= 0,
        "lt" => comparer.Compare(left, right) < 0,
        _ => comparer.Compare(left, right) <= 0,
    };

    private static string Text(string? value) => value is null ? "null" : "'" + value.Replace("'", "''", StringComparison.Ordinal) + "'";

    private static string Invariant(int? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "null";

    private sealed record Condition(string Text, Func<Lead, bool> Holds);

    private sealed record Lead(string? Company, int? Employees, bool? DoNotEmail, int? Day)
    {
        public string Json => JsonSerializer.Serialize(new
        {
            companyname = Company,
            numberofemployees = Employees,
            donotemail = DoNotEmail,
            schedulefollowup_prospect = Instant(Day),
        });

        public static string? Instant(int? day) => day is { } days
            ? new DateTime(2026, 1, 1, 8, 30, 0, DateTimeKind.Utc).AddDays(days).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)
            : null;
    }
}
