using System.Text.Json;
using FlowLite.Activities.Crm;
using FlowLite.Activities.Crm.Fitting;
using FlowLite.Engine.Activities;

namespace FlowLite.Tests.Activities;

public sealed class FieldFittingTests
{
    private static readonly CrmField[] Columns =
    [
        new("jobtitle", CrmFieldType.Text) { DisplayName = "Job Title", CanCreate = true, MaxLength = 5 },
        new("employees", CrmFieldType.WholeNumber) { DisplayName = "Employees", CanCreate = true, Min = 0, Max = 100 },
        new("revenue", CrmFieldType.Number) { DisplayName = "Revenue", CanCreate = true },
        new("donotemail", CrmFieldType.YesNo) { DisplayName = "E-mail", CanCreate = true, Options = [new(Json("0"), "Allow"), new(Json("1"), "Do Not Allow")] },
        new("day", CrmFieldType.Date) { DisplayName = "Day", CanCreate = true },
        new("instant", CrmFieldType.DateTime) { DisplayName = "Instant", CanCreate = true },
        new("source", CrmFieldType.Choice) { DisplayName = "Source", CanCreate = true, Options = [new(Json("4"), "Partner"), new(Json("8"), "Web")] },
        new("sources", CrmFieldType.Choices) { DisplayName = "Sources", CanCreate = true, Options = [new(Json("4"), "Partner"), new(Json("8"), "Web")] },
        new("createdon", CrmFieldType.DateTime) { DisplayName = "Created on" },
        new("tags", CrmFieldType.Choices) { DisplayName = "Tags", CanCreate = true, Separator = ';', Options = [new(Json("\"a\""), "Alpha, first"), new(Json("\"b\""), "Beta")] },
        new("open", CrmFieldType.Choice) { DisplayName = "Open", CanCreate = true, TakesOthers = true, Options = [new(Json("\"web\""), "Web")] },
        new("opens", CrmFieldType.Choices) { DisplayName = "Opens", CanCreate = true, TakesOthers = true, Separator = ';', Options = [new(Json("\"web\""), "Web")] },
        new("varchar", CrmFieldType.Text) { DisplayName = "Varchar", CanCreate = true, MaxLength = 3, CountsCharacters = true },
        new("Case", CrmFieldType.Text) { DisplayName = "Case", CanCreate = true },
        new("case", CrmFieldType.WholeNumber) { DisplayName = "case", CanCreate = true },
        new("parent", CrmFieldType.Lookup) { DisplayName = "Parent", CanCreate = true },
    ];

    [Theory]
    [InlineData("jobtitle", "\"Boss\"", "\"Boss\"")]
    [InlineData("jobtitle", "12", "\"12\"")]
    [InlineData("employees", "\" 8 \"", "8")]
    [InlineData("employees", "8.0", "8")]
    [InlineData("employees", "\"\"", "null")]
    [InlineData("revenue", "\"1.50\"", "1.50")]
    [InlineData("revenue", "0.1", "0.1")]
    [InlineData("donotemail", "\"True\"", "true")]
    [InlineData("donotemail", "\"no\"", "false")]
    [InlineData("donotemail", "1", "true")]
    [InlineData("donotemail", "\"do not allow\"", "true")]
    [InlineData("day", "\"2026-01-31T23:00:00+09:00\"", "\"2026-01-31\"")]
    [InlineData("instant", "\"2026-01-31\"", "\"2026-01-31T00:00:00Z\"")]
    [InlineData("instant", "\"2026-01-31T08:00:00.5+02:00\"", "\"2026-01-31T06:00:00.5Z\"")]
    [InlineData("source", "\"8\"", "8")]
    [InlineData("source", "\"web\"", "8")]
    [InlineData("sources", "[\"Web\",4]", "\"8,4\"")]
    [InlineData("sources", "\"8, Partner\"", "\"8,4\"")]
    [InlineData("parent", "\"anything\"", "\"anything\"")]
    [InlineData("tags", "\"Alpha, first;b\"", "\"a;b\"")]
    [InlineData("tags", "[\"Beta\",\"a\"]", "\"b;a\"")]
    [InlineData("tags", "\"Beta, a\"", "\"b;a\"")]
    [InlineData("open", "\"WEB\"", "\"web\"")]
    [InlineData("open", "\"Fair\"", "\"Fair\"")]
    [InlineData("opens", "\"Web; Fair\"", "\"web;Fair\"")]
    [InlineData("varchar", "\"\uD83D\uDE00\uD83D\uDE00x\"", "\"\\uD83D\\uDE00\\uD83D\\uDE00x\"")]
    [InlineData("Case", "\"x\"", "\"x\"")]
    [InlineData("case", "\"1\"", "1")]
    [InlineData("varchar", "{}", "\"{}\"")]
    [InlineData("ownerid@odata.bind", "\"systemusers(1)\"", "\"systemusers(1)\"")]
    [InlineData("new_column", "{\"a\":1}", "{\"a\":1}")]
    public void Fit_ValueThatFits_IsWhatTheColumnTakes(string column, string value, string expected)
    {
        var fitted = Fit(column, value, "fail");

        fitted.Fields.GetProperty(column).GetRawText().Should().Be(expected);
        fitted.Notes.Should().BeEmpty();
    }

    [Fact]
    public void Fit_NameInAnotherCase_IsSentAsTheCrmSpellsIt() => Fit("JobTitle", "\"Boss\"", "fail").Fields.GetRawText().Should().Be("""{"jobtitle":"Boss"}""");

    [Fact]
    public void Fit_ObjectInAText_IsItsJsonInLetters() =>
        FieldFitting.Fit(Json("""{"note":{"city":"K\u00f6ln"}}"""), [new("note", CrmFieldType.Memo) { DisplayName = "Note", CanCreate = true }], new FitPolicies("fail", null))
            .Fields.GetProperty("note").GetString().Should().Be("""{"city":"Köln"}""");

    [Theory]
    [InlineData("jobtitle", """a\u0000b""", "ab")]
    [InlineData("unknown", """\u0000""", "")]
    [InlineData("unknown", """a\\u0000b""", """a\u0000b""")]
    public void Fit_TextWithNul_LosesItByThePolicy(string column, string text, string expected)
    {
        var isNul = expected.Length < text.Length - 1;
        foreach (var columns in new[] { Columns, [] })
        {
            var fields = Json($$$"""{"{{{column}}}":"{{{text}}}","deep":{"a":["{{{text}}}"]}}""");

            var cut = FieldFitting.Fit(fields, columns, new FitPolicies("truncate", null));
            var skipped = FieldFitting.Fit(fields, columns, new FitPolicies("skip", null));
            var fails = () => FieldFitting.Fit(fields, columns, new FitPolicies("fail", null));

            cut.Fields.GetProperty(column).GetString().Should().Be(expected);
            cut.Fields.GetProperty("deep").GetProperty("a")[0].GetString().Should().Be(expected);
            cut.Notes.Should().HaveCount(isNul ? 2 : 0);
            skipped.Fields.EnumerateObject().Should().HaveCount(isNul ? 0 : 2);
            if (isNul)
            {
                fails.Should().Throw<ActivityException>().Where(e => e.Code == "FieldInvalid").WithMessage("*NUL character*");
            }
        }
    }

    [Theory]
    [InlineData("jobtitle", "\"too long\"", "8 characters", "\"too l\"")]
    [InlineData("jobtitle", "\"1234\\uD83D\\uDE00\"", "6 characters", "\"1234\"")]
    [InlineData("varchar", "\"a\uD83D\uDE00b\uD83D\uDE00\"", "4 characters", "\"a\\uD83D\\uDE00b\"")]
    [InlineData("tags", "\"Gamma\"", "none of", null)]
    [InlineData("employees", "\"many\"", "no number", null)]
    [InlineData("employees", "101", "not from 0 to 100", null)]
    [InlineData("employees", "1.5", "no whole number", null)]
    [InlineData("revenue", "\"1,5\"", "no number", null)]
    [InlineData("donotemail", "\"maybe\"", "neither true nor false", null)]
    [InlineData("day", "\"03/04/2026\"", "ISO 8601", null)]
    [InlineData("day", "\"2026-13-01\"", "ISO 8601", null)]
    [InlineData("source", "\"Marketplace\"", "none of 4 (Partner), 8 (Web)", null)]
    [InlineData("sources", "\"8,9\"", "'9' is none of", null)]
    [InlineData("createdon", "\"2026-01-31\"", "sets this column itself", null)]
    public void Fit_ValueThatDoesNot_IsCutLeftOutOrRefusedAsThePolicySays(string column, string value, string problem, string? truncated)
    {
        var cut = Fit(column, value, "truncate");
        var skipped = Fit(column, value, "skip");
        var fail = () => Fit(column, value, "fail");

        (cut.Fields.TryGetProperty(column, out var sent) ? sent.GetRawText() : null).Should().Be(truncated);
        cut.Notes.Should().ContainSingle().Which.Should().StartWith(column);
        skipped.Fields.GetRawText().Should().Be("{}");
        skipped.Notes.Should().ContainSingle().Which.Should().Contain(problem);
        var failure = fail.Should().Throw<ActivityException>().Which;
        failure.Code.Should().Be("FieldInvalid");
        failure.Retryable.Should().BeFalse();
        failure.Message.Should().Contain(problem).And.Contain(column);
    }

    [Fact]
    public void Policies_ByColumn_WinOverTheOneForAll()
    {
        var policies = new FitPolicies("skip", Json("""{"JobTitle":"truncate","day":"fail"}"""));

        (policies.Of("jobtitle"), policies.Of("day"), policies.Of("source")).Should().Be((FitPolicy.Truncate, FitPolicy.Fail, FitPolicy.Skip));
        new FitPolicies(null, JsonElement.Parse("\"{\\\"a\\\":\\\"skip\\\"}\"")).Of("a").Should().Be(FitPolicy.Skip);
        FluentActions.Invoking(() => new FitPolicies("drop", null)).Should().Throw<FormatException>().WithMessage("*truncate, fail or skip*");
        FluentActions.Invoking(() => new FitPolicies(null, Json("[1]"))).Should().Throw<FormatException>();
        FluentActions.Invoking(() => new FitPolicies(null, Json("\"{\""))).Should().Throw<FormatException>();
    }

    private static FittedFields Fit(string column, string value, string policy) =>
        FieldFitting.Fit(Json($$"""{"{{column}}":{{value}}}"""), Columns, new FitPolicies(policy, null));

    private static JsonElement Json(string json) => JsonElement.Parse(json);
}
