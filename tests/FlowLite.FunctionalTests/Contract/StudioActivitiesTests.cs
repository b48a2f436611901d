using System.Net.Http.Json;
using System.Text.Json;
using FlowLite.FunctionalTests.Support;
using FlowLite.Server.Studio;
using Microsoft.Extensions.DependencyInjection;

namespace FlowLite.FunctionalTests.Contract;

/// <summary>Activities that come from elsewhere than the registry: views of a CRM's tables, flows as activities.</summary>
public sealed class StudioActivitiesTests
{
    [Fact]
    public void Answer_WhileNoSourceHasAnotherList_IsTheSameBytes()
    {
        IReadOnlyList<StudioActivity> list = [Activity("B"), Activity("A")];
        var activities = new StudioActivities([() => list]);

        var (first, firstTag) = activities.Answer;
        var (second, secondTag) = activities.Answer;

        second.Equals(first).Should().BeTrue();
        secondTag.Should().Be(firstTag).And.MatchRegex("^\"[0-9a-f]{32}\"$");
    }

    [Fact]
    public void Answer_WhenASourceHasAnotherList_HasAnotherETag()
    {
        IReadOnlyList<StudioActivity> list = [Activity("A")];
        IReadOnlyList<StudioActivity> other = [Activity("Z")];
        var activities = new StudioActivities([() => list, () => other]);
        var before = activities.Answer.ETag;

        list = [Activity("A"), Activity("B")];

        activities.Answer.ETag.Should().NotBe(before);
        activities.All.Select(a => a.TypeName).Should().Equal("A", "B", "Z");
    }

    [Fact]
    public void Answer_WhenTheSameIsListedAnew_HasTheSameETag()
    {
        var activities = new StudioActivities([() => [Activity("A")]]);

        var before = activities.Answer.ETag;

        activities.Answer.ETag.Should().Be(before);
    }

    [Fact]
    public void All_TypeThatTwoSourcesClaim_IsTheFirstOnes()
    {
        IReadOnlyList<StudioActivity> first = [Activity("A") with { DisplayName = "First" }];
        IReadOnlyList<StudioActivity> second = [Activity("A") with { DisplayName = "Second" }, Activity("A") with { Version = 2 }];
        var activities = new StudioActivities([() => first, () => second]);

        activities.All.Select(a => (a.DisplayName, a.Version)).Should().Equal(("First", 1), ("A", 2));
        activities.Find("A")!.Version.Should().Be(2);
        activities.Find("A", 1)!.DisplayName.Should().Be("First");
        activities.Find("A", 3).Should().BeNull();
    }

    [Fact]
    public async Task Server_WithAnotherSourceAndItsChoices_ServesThem()
    {
        var created = Activity("Contoso.Thing") with
        {
            Inputs = [new StudioInput("Color", "String") { DisplayName = "Color", UiHint = "dropdown", UiSpecifications = new Dictionary<string, JsonElement> { ["Refresh"] = JsonElement.Parse("true") } }],
        };
        IReadOnlyList<StudioActivity> list = [created];
        await using var server = await TestServer.StartAsync(
            services => services
                .AddSingleton<StudioActivitySource>(() => list)
                .AddSingleton<StudioOptionsSource>((query, _) => ValueTask.FromResult<IReadOnlyDictionary<string, JsonElement>?>(query is { TypeName: "Contoso.Thing", Property: "Color" }
                    ? new Dictionary<string, JsonElement>([UiSpecifications.Dropdown([(query.Text("car") ?? "none", "1")])])
                    : null)),
            []);
        var client = await server.SignInAsync();

        var one = await client.GetFromJsonAsync<JsonElement>("/elsa/api/descriptors/activities/Contoso.Thing");
        using var options = await client.PostAsJsonAsync("/elsa/api/descriptors/activities/Contoso.Thing/options/Color", new
        {
            context = new { car = new { typeName = "String", expression = new { type = "Literal", value = "Beetle" } } },
        });

        one.GetProperty("displayName").GetString().Should().Be("Contoso.Thing");
        (await options.Content.ReadAsStringAsync()).Should().Be(
            """{"items":{"dropdown":{"selectList":{"items":[{"text":"Beetle","value":"1"}],"isFlagsEnum":false}},"Refresh":true}}""");
    }

    [Fact]
    public async Task Options_OfEntity_AreTheConnectionsTables()
    {
        await using var server = await TestServer.StartAsync(
            services => services.AddSingleton<EntityNames>((connection, _) => ValueTask.FromResult<IReadOnlyList<(string, string)>?>(connection == "contoso" ? [("boats", "Boat")] : null)),
            []);
        var client = await server.SignInAsync();

        (await EntitiesAsync(client, "contoso")).Should().Equal("boats");
        (await EntitiesAsync(client, "embedded")).Should().Equal("accounts", "contacts", "leads");
    }

    private static async Task<IEnumerable<string?>> EntitiesAsync(HttpClient client, string connection)
    {
        using var answer = await client.PostAsJsonAsync("/elsa/api/descriptors/activities/FlowLite.CreateRecord/options/Entity", new { context = new { connection } });
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("items").GetProperty("dropdown").GetProperty("selectList").GetProperty("items")
            .EnumerateArray().Select(item => item.GetProperty("value").GetString()).ToList();
    }

    private static StudioActivity Activity(string typeName) => new()
    {
        TypeName = typeName,
        Namespace = "Contoso",
        Name = typeName,
        Category = "Test",
        DisplayName = typeName,
        Inputs = [],
        Outputs = [],
        Ports = [],
    };
}
