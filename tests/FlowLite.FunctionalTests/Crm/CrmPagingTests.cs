using System.Net;
using System.Text.Json;

namespace FlowLite.FunctionalTests.Crm;

public sealed class CrmPagingTests
{
    private static readonly (string, string) PagesOf40 = ("Prefer", "odata.maxpagesize=40");

    [Theory]
    [InlineData("")]
    [InlineData("$orderby=companyname desc,numberofemployees")]
    [InlineData("$orderby=numberofemployees desc,subject&$filter=donotemail eq false")]
    [InlineData("$orderby=leadid desc")]
    [InlineData("$orderby=address1_latitude,createdon desc,estimatedclosedate")]
    public async Task NextLink_WithInsertsAndDeletesBetweenPages_GivesEachEarlierRecordOnce(string query)
    {
        await using var crm = await CrmHost.StartAsync();
        var ids = await Task.WhenAll(Enumerable.Range(0, 250).Select(i => crm.CreateAsync("leads", Lead(i))));
        var seen = new List<Guid>();
        var url = "leads?$count=true&" + query;
        var pages = 0;

        for (var next = (string?)url; next is not null; pages++)
        {
            var page = await crm.GetAsync(next, PagesOf40);
            page.GetProperty("@odata.count").GetInt64().Should().Be(250 + (4 * pages));
            seen.AddRange(Ids(page));
            next = Next(page);
            await Task.WhenAll(Enumerable.Range(0, 5).Select(i => crm.CreateAsync("leads", Lead(i * 7))));
            // The record that a page ended with may be gone before the next one is asked for.
            var last = seen[^1];
            using var deleted = await crm.SendAsync(HttpMethod.Delete, $"leads({last})");
            deleted.StatusCode.Should().Be(HttpStatusCode.NoContent);
        }

        pages.Should().BeGreaterThanOrEqualTo(7);
        seen.Should().OnlyHaveUniqueItems();
        seen.Should().Contain(ids);
    }

    [Fact]
    public async Task NextLink_OrderedPages_AreTheWholeOrderedList()
    {
        await using var crm = await CrmHost.StartAsync();
        await Task.WhenAll(Enumerable.Range(0, 60).Select(i => crm.CreateAsync("leads", Lead(i))));
        const string url = "leads?$orderby=companyname,numberofemployees desc&$select=subject";
        var paged = new List<Guid>();

        for (var next = (string?)url; next is not null;)
        {
            var page = await crm.GetAsync(next, ("Prefer", "odata.include-annotations=\"*\", odata.maxpagesize=7"));
            page.GetProperty("value").GetArrayLength().Should().BeLessThanOrEqualTo(7);
            paged.AddRange(Ids(page));
            next = Next(page);
        }

        paged.Should().Equal(Ids(await crm.GetAsync(url)));
    }

    [Fact]
    public async Task Top_AboveThePageSize_IsSpreadOverPages()
    {
        await using var crm = await CrmHost.StartAsync();
        await Task.WhenAll(Enumerable.Range(0, 30).Select(i => crm.CreateAsync("leads", Lead(i))));
        var sizes = new List<int>();

        for (var next = (string?)"leads?$top=25"; next is not null;)
        {
            var page = await crm.GetAsync(next, ("Prefer", "odata.maxpagesize=10"));
            sizes.Add(page.GetProperty("value").GetArrayLength());
            next = Next(page);
        }

        sizes.Should().Equal(10, 10, 5);
    }

    [Fact]
    public async Task List_ExactlyOnePage_HasNoNextLink()
    {
        await using var crm = await CrmHost.StartAsync();
        await Task.WhenAll(Enumerable.Range(0, 10).Select(i => crm.CreateAsync("leads", Lead(i))));

        var page = await crm.GetAsync("leads", ("Prefer", "odata.maxpagesize=10"));

        page.GetProperty("value").GetArrayLength().Should().Be(10);
        Next(page).Should().BeNull();
    }

    /// <summary>Many ties and nulls in every sorted column, so that page marks fall among equals.</summary>
    private static string Lead(int i) => JsonSerializer.Serialize(new Dictionary<string, object?>
    {
        ["subject"] = $"lead {i % 13}",
        ["companyname"] = (i % 3) switch { 0 => null, 1 => "contoso", _ => "CONTOSO" },
        ["numberofemployees"] = i % 4 == 0 ? null : i % 5,
        ["donotemail"] = false,
        ["address1_latitude"] = i % 6 == 0 ? null : (i % 7) / 3.0,
        ["estimatedclosedate"] = i % 2 == 0 ? null : $"2026-01-{1 + (i % 9):00}",
    });

    private static IEnumerable<Guid> Ids(JsonElement page) =>
        page.GetProperty("value").EnumerateArray().Select(lead => lead.GetProperty("leadid").GetGuid());

    private static string? Next(JsonElement page) => page.TryGetProperty("@odata.nextLink", out var next) ? next.GetString() : null;
}
