using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using FlowLite.Engine.Definitions;
using FlowLite.FunctionalTests.Server;
using FlowLite.FunctionalTests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace FlowLite.FunctionalTests.Definitions;

public sealed class DefinitionFilesTests : DefinitionsTestBase
{
    [Fact]
    public async Task Export_One_IsAFileThatElsaReads()
    {
        var saved = await Client.SaveAsync(ServerTestFlows.Small("a", "Lead flow"), publish: true);

        using var answer = await Client.GetAsync($"{DefinitionsApi.Path}/a/export?versionOptions=Latest&includeConsumingWorkflows=False");

        answer.Content.Headers.ContentType!.MediaType.Should().Be("application/octet-stream");
        answer.Content.Headers.ContentDisposition!.ToString().Should()
            .Contain("attachment").And.Contain($"filename=workflow-definition-lead-flow-a-{saved.Text("id")}.json").And.Contain("filename*=UTF-8''");
        var file = JsonElement.Parse(await answer.Content.ReadAsStringAsync());
        file.ShouldHave(Shape.Exported);
        file.EnumerateObject().First().Name.Should().Be("$schema");
        file.Text("$schema").Should().StartWith("https://elsaworkflows.io/schemas/workflow-definition");
    }

    [Fact]
    public async Task Export_PublishedFlow_HoldsNoKey()
    {
        await Client.SaveAsync(ServerTestFlows.Small("a"), publish: true);
        var secrets = (await Server.Services.GetRequiredService<IDefinitionStore>().FindSecretsAsync("a"))!;

        var text = await Client.GetStringAsync($"{DefinitionsApi.Path}/a/export");

        text.Should().NotContain(secrets.PrimaryKey).And.NotContain(secrets.SecondaryKey).And.NotContain("sig=");
    }

    [Theory]
    [InlineData("1", "One")]
    [InlineData("2", "Two")]
    [InlineData("Published", "One")]
    [InlineData("", "Two")]
    public async Task Export_ByVersion_IsThatVersion(string version, string name)
    {
        await SaveTwoAsync("a");

        (await Client.ExportAsync("a", version)).Text("name").Should().Be(name);
        (await PostAsync($"/workflow-definitions/a/export?versionOptions={version}")).Body.Text("name").Should().Be(name);
    }

    [Fact]
    public async Task Export_Several_IsAZip()
    {
        var (published, draft) = await SaveTwoAsync("a");
        using var ids = JsonContent.Create(new { ids = new[] { published.Text("id"), draft.Text("id"), "nope" }, includeConsumingWorkflows = false });

        using var bulk = await Client.PostAsync(Api + "/bulk-actions/export/workflow-definitions", ids);
        using var all = await Client.GetAsync($"{DefinitionsApi.Path}/a/export?versionOptions=AllVersions");

        foreach (var answer in (HttpResponseMessage[])[bulk, all])
        {
            answer.Content.Headers.ContentDisposition!.FileName.Should().Be("workflow-definitions.zip");
            await using var zip = new ZipArchive(await answer.Content.ReadAsStreamAsync());
            zip.Entries.Select(e => e.Name).Should().BeEquivalentTo($"workflow-definition-one-a-{published.Text("id")}.json", $"workflow-definition-two-a-{draft.Text("id")}.json");
            await using var entry = await zip.Entries[0].OpenAsync();
            (await JsonSerializer.DeserializeAsync<JsonElement>(entry)).ShouldHave(Shape.Exported);
        }

        (await PostAsync("/bulk-actions/export/workflow-definitions", """{"ids":["nope"]}""")).Status.Should().Be(404);
    }

    [Fact]
    public async Task Import_OfAnExport_IntoASecondServer_IsTheSameFlow()
    {
        await Client.SaveAsync(ServerTestFlows.Foreign("foreign"));
        var file = await Client.GetStringAsync($"{DefinitionsApi.Path}/foreign/export");
        await using var second = await TestServer.StartAsync();
        using var client = await second.SignInAsync();

        using var answer = await client.PostTextAsync($"{DefinitionsApi.Path}/import", file);

        var imported = JsonElement.Parse(await answer.Content.ReadAsStringAsync());
        imported.GetProperty("links").GetArrayLength().Should().BePositive();
        imported.State().Should().Be((1, true, false), "an import is a draft, whatever the file says");
        Document(await client.ExportAsync("foreign")).Should().Be(Document(JsonElement.Parse(file)));
    }

    [Fact]
    public async Task Import_OverAPublishedFlow_IsADraftOfTheNext()
    {
        await Client.SaveAsync(ServerTestFlows.Small("a", "One"), publish: true);
        var file = ServerTestFlows.Small("other", "Imported").ToJsonString();

        var (status, body) = await CallAsync(HttpMethod.Put, "/workflow-definitions/a/import", file);

        status.Should().Be(200);
        body.ShouldHave(Shape.Definition);
        body.Text("definitionId").Should().Be("a");
        body.State().Should().Be((2, true, false));
        (await Client.FindAsync("a", "Published")).Text("name").Should().Be("One");
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"root":{"type":1}}""")]
    public async Task Import_BadFile_Is400(string body)
    {
        (await PostAsync("/workflow-definitions/import", body)).Status.Should().Be(400);
        (await CallAsync(HttpMethod.Put, "/workflow-definitions/a/import", body)).Status.Should().Be(400);
    }

    [Fact]
    public async Task ImportFiles_JsonAndZip_AreAllImported()
    {
        using var zip = new MemoryStream();
        await using (var archive = new ZipArchive(zip, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, text) in (IEnumerable<(string, string)>)[("b.json", ServerTestFlows.Small("b").ToJsonString()), ("in/c.json", ServerTestFlows.Small("c").ToJsonString()), ("readme.txt", "hello")])
            {
                await using var entry = await archive.CreateEntry(name).OpenAsync();
                await entry.WriteAsync(Encoding.UTF8.GetBytes(text));
            }
        }

        var (status, body) = await ImportFilesAsync(("a.json", Encoding.UTF8.GetBytes(ServerTestFlows.Small("a").ToJsonString())), ("more.zip", zip.ToArray()));

        status.Should().Be(HttpStatusCode.OK);
        body.ShouldHave("count:n");
        body.GetProperty("count").GetInt32().Should().Be(3);
        (await Client.ListAsync("versionOptions=")).GetProperty("items").EnumerateArray().Select(d => d.Text("definitionId")).Should().BeEquivalentTo("a", "b", "c");
    }

    [Theory]
    [InlineData("PK, or so it says")]
    [InlineData("not json")]
    [InlineData("")]
    [InlineData("""{"root":[]}""")]
    public async Task ImportFiles_OneIsBad_Is400AndImportsNone(string bad)
    {
        var (status, body) = await ImportFilesAsync(("a.json", Encoding.UTF8.GetBytes(ServerTestFlows.Small("a").ToJsonString())), ("bad.json", Encoding.UTF8.GetBytes(bad)));

        status.Should().Be(HttpStatusCode.BadRequest);
        body.ShouldHave("statusCode:n message:s errors:o");
        (await Client.ListAsync("versionOptions=")).GetProperty("totalCount").GetInt32().Should().Be(0);
    }

    [Fact]
    public async Task ImportFiles_ADamagedEntry_Is400AndImportsNothing()
    {
        const string flow = """{"definitionId":"zipped","name":"Good","root":{"id":"flow","type":"Elsa.Flowchart"}}""";

        var (status, body) = await ImportFilesAsync(("flows.zip", DamagedZip.Of("flow.json", flow, flow.Replace("Good", "Evil"))));

        status.Should().Be(HttpStatusCode.BadRequest);
        body.ToString().Should().Contain("flow.json is damaged");
        (await Client.ListAsync("versionOptions=")).GetProperty("items").EnumerateArray().Should().NotContain(d => d.Text("definitionId") == "zipped");
    }

    [Fact]
    public async Task ImportFiles_WithoutFiles_Is400()
    {
        (await PostAsync("/workflow-definitions/import-files")).Status.Should().Be(400);
        using var form = new MultipartFormDataContent { { new StringContent("x"), "field" } };
        using var answer = await Client.PostAsync($"{DefinitionsApi.Path}/import-files", form);
        answer.StatusCode.Should().Be(HttpStatusCode.BadRequest);
    }

    private async Task<(HttpStatusCode Status, JsonElement Body)> ImportFilesAsync(params (string Name, byte[] Bytes)[] files)
    {
        using var form = new MultipartFormDataContent();
        foreach (var (name, bytes) in files)
        {
            form.Add(new ByteArrayContent(bytes), "files", name);
        }

        using var answer = await Client.PostAsync($"{DefinitionsApi.Path}/import-files", form);
        return (answer.StatusCode, JsonElement.Parse(await answer.Content.ReadAsStringAsync()));
    }

    /// <summary>The file without what each server gives anew.</summary>
    private static string Document(JsonElement file) => JsonSerializer.Serialize(file.EnumerateObject()
        .Where(m => m.Name is not ("id" or "createdAt"))
        .OrderBy(m => m.Name, StringComparer.Ordinal)
        .ToDictionary(m => m.Name, m => m.Value));
}
