using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace FlowLite.FunctionalTests.Contract;

/// <summary>The lists that the Studio asks for before it shows anything; each is mandatory for one of its elements.</summary>
[Collection(ContractServerCollection.Name)]
public sealed class DescriptorsTests(ContractServer server)
{
    [Theory]
    [InlineData("/descriptors/workflow-activation-strategies", "typeName displayName description")]
    [InlineData("/descriptors/incident-strategies", "typeName displayName description")]
    [InlineData("/descriptors/log-persistence-strategies", "typeName displayName description")]
    [InlineData("/descriptors/expression-descriptors", "type displayName isSerializable isBrowsable properties")]
    [InlineData("/features/installed", "name namespace fullName displayName description")]
    public async Task List_OfDescriptors_HasElsasShape(string path, string members)
    {
        var items = await server.ItemsAsync(path);

        items.Should().NotBeEmpty();
        items.Should().AllSatisfy(item => item.EnumerateObject().Select(p => p.Name).Should().Equal(members.Split(' ')));
        items.Select(item => item.EnumerateObject().First().Value.GetString()).Should().OnlyHaveUniqueItems();
    }

    [Theory]
    [InlineData("/descriptors/commit-strategies/workflows")]
    [InlineData("/descriptors/commit-strategies/activities")]
    [InlineData("/descriptors/output-converters?sourceType=Object&destinationType=String")]
    public async Task List_OfWhatIsNoChoiceHere_IsEmpty(string path) =>
        (await server.ItemsAsync(path)).Should().BeEmpty();

    [Fact]
    public async Task Secrets_AreNoneToPickAndNoneToMake()
    {
        using var picked = await server.Client.PostAsJsonAsync("/elsa/api/secrets/picker", new { search = "", typeNames = Array.Empty<string>(), activeOnly = true });
        using var made = await server.Client.PostAsJsonAsync("/elsa/api/secrets", new { name = "a", value = "b" });

        (await server.ItemsAsync("/secrets/descriptors")).Should().BeEmpty();
        (await picked.Content.ReadAsStringAsync()).Should().Be("""{"items":[],"canCreateInline":false}""");
        made.StatusCode.Should().Be(HttpStatusCode.BadRequest);
        (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("errors").GetProperty("generalErrors")[0].GetString().Should().Contain("connections");
    }

    [Fact]
    public async Task StorageDrivers_OneIsOffered()
    {
        var drivers = (await server.GetAsync("/descriptors/storage-drivers")).GetProperty("items").EnumerateArray().ToList();

        drivers.Should().AllSatisfy(driver => driver.EnumerateObject().Select(p => p.Name).Should().Equal("typeName", "displayName", "priority", "deprecated"));
        drivers.Should().ContainSingle(driver => !driver.GetProperty("deprecated").GetBoolean());
    }

    [Fact]
    public async Task VariableTypes_StandOnceWithACategory()
    {
        var types = (await server.GetAsync("/descriptors/variables")).GetProperty("items").EnumerateArray().ToList();

        types.Should().AllSatisfy(type => type.EnumerateObject().Select(p => p.Name).Should().Equal("typeName", "displayName", "category", "description"));
        types.Select(type => type.GetProperty("typeName").GetString()).Should().OnlyHaveUniqueItems().And.Contain(["Object", "String", "Boolean", "Int32", "JsonElement"]);
    }

    [Fact]
    public async Task ExpressionDescriptors_ScribanComesFirstAndHasAnEditor()
    {
        var languages = await server.ItemsAsync("/descriptors/expression-descriptors");

        languages[0].GetProperty("type").GetString().Should().Be("Scriban");
        languages[0].GetProperty("isBrowsable").GetBoolean().Should().BeTrue();
        languages[0].GetProperty("properties").GetProperty("MonacoLanguage").GetString().Should().Be("handlebars");
        languages.Select(l => l.GetProperty("type").GetString()).Should().Contain(["Literal", "Object", "Json", "Variable", "Input"]);
    }

    [Fact]
    public async Task Activities_AskedForAgainUnchanged_Is304WithoutBody()
    {
        using var first = await server.Client.GetAsync("/elsa/api/descriptors/activities?Refresh=True");
        var etag = first.Headers.ETag!;
        using var request = new HttpRequestMessage(HttpMethod.Get, "/elsa/api/descriptors/activities?Refresh=True");
        request.Headers.IfNoneMatch.Add(etag);

        using var second = await server.Client.SendAsync(request);

        etag.IsWeak.Should().BeFalse();
        second.StatusCode.Should().Be(HttpStatusCode.NotModified);
        second.Headers.ETag.Should().Be(etag);
        (await second.Content.ReadAsByteArrayAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task Activities_WithAnotherETag_AreSentInFull()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/elsa/api/descriptors/activities");
        request.Headers.IfNoneMatch.Add(new EntityTagHeaderValue("\"0123\""));

        using var answer = await server.Client.SendAsync(request);

        answer.StatusCode.Should().Be(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Activity_ByType_IsAsInTheList()
    {
        var listed = (await server.ActivitiesAsync()).Single(a => a.GetProperty("typeName").ValueEquals("FlowLite.HttpRequest"));

        var one = await server.GetAsync("/descriptors/activities/FlowLite.HttpRequest");

        one.GetRawText().Should().Be(listed.GetRawText());
    }

    [Theory]
    [InlineData("/descriptors/activities/Elsa.Nothing")]
    [InlineData("/descriptors/activities/FlowLite.HttpRequest?version=99")]
    [InlineData("/features/installed/Elsa.Nothing")]
    [InlineData("/incident-strategies")]
    [InlineData("/no/such/path")]
    public async Task Get_OfWhatIsNotThere_Is404WithoutBody(string path)
    {
        using var answer = await server.Client.GetAsync("/elsa/api" + path);

        answer.StatusCode.Should().Be(HttpStatusCode.NotFound);
        (await answer.Content.ReadAsByteArrayAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task Feature_Http_IsInstalled()
    {
        var feature = await server.GetAsync("/features/installed/Elsa.Http");

        feature.GetRawText().Should().StartWith("""{"name":"Http","namespace":"Elsa","fullName":"Elsa.Http","displayName":"Http",""");
    }

    // Each of these switches parts of the Studio on that nothing here serves.
    [Theory]
    [InlineData("Elsa.Resilience")]
    [InlineData("Elsa.Alterations")]
    [InlineData("Elsa.Secrets")]
    public async Task Feature_WithoutServer_IsNotInstalled(string feature) =>
        (await server.ItemsAsync("/features/installed")).Should().NotContain(f => f.GetProperty("fullName").GetString()!.StartsWith(feature, StringComparison.Ordinal));

    [Fact]
    public async Task PackageVersion_IsTheServers()
    {
        var version = await server.GetAsync("/package/version");

        version.EnumerateObject().Select(p => p.Name).Should().Equal("packageVersion");
        Version.TryParse(version.GetProperty("packageVersion").GetString(), out _).Should().BeTrue();
    }

    [Fact]
    public async Task Options_OfConnection_AreTheKnownOnes()
    {
        var items = await OptionsAsync("FlowLite.CreateRecord", "Connection", """{"context":{}}""");

        items.GetProperty("Refresh").GetBoolean().Should().BeTrue();
        Choices(items).Should().Equal("embedded");
    }

    [Fact]
    public async Task Options_OfAnInputWithAnotherChoiceNow_KeepIt()
    {
        var items = await OptionsAsync("FlowLite.CreateRecord", "connection", """{"context":{"connection":"gone"}}""");

        Choices(items).Should().Equal("embedded", "gone");
    }

    [Fact]
    public async Task Options_OfAFixedChoice_AreTheDescriptors()
    {
        var items = await OptionsAsync("FlowLite.HttpRequest", "Method", "{}");

        Choices(items).Should().Contain(["POST", "GET"]);
        items.TryGetProperty("Refresh", out _).Should().BeFalse();
    }

    [Theory]
    [InlineData("FlowLite.HttpRequest", "Nothing", "{}", HttpStatusCode.NotFound)]
    [InlineData("Elsa.Nothing", "Method", "{}", HttpStatusCode.NotFound)]
    [InlineData("FlowLite.HttpRequest", "Method", "{", HttpStatusCode.BadRequest)]
    [InlineData("FlowLite.CreateRecord", "Entity", "{\"context\":[1]}", HttpStatusCode.OK)]
    [InlineData("FlowLite.CreateRecord", "Entity", "{\"context\":{\"connection\":{\"expression\":7}}}", HttpStatusCode.OK)]
    [InlineData("FlowLite.CreateRecord", "Entity", "", HttpStatusCode.OK)]
    public async Task Options_OfOddRequests_AreAnswered(string type, string property, string body, HttpStatusCode expected)
    {
        using var content = new StringContent(body, null, "application/json");

        using var answer = await server.Client.PostAsync($"/elsa/api/descriptors/activities/{type}/options/{property}", content);

        answer.StatusCode.Should().Be(expected);
    }

    private async Task<JsonElement> OptionsAsync(string type, string property, string body)
    {
        using var content = new StringContent(body, null, "application/json");
        using var answer = await server.Client.PostAsync($"/elsa/api/descriptors/activities/{type}/options/{property}", content);
        answer.StatusCode.Should().Be(HttpStatusCode.OK);
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("items");
    }

    private static IEnumerable<string> Choices(JsonElement items) =>
        items.GetProperty("dropdown").GetProperty("selectList").GetProperty("items").EnumerateArray().Select(item => item.GetProperty("value").GetString()!);
}
