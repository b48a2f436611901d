using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.FunctionalTests.Triggers;
using static FlowLite.FunctionalTests.Endpoints.EndpointFlows;

namespace FlowLite.FunctionalTests.Endpoints;

/// <summary>Files that come in and go out.</summary>
public sealed class UploadTests(TriggerHost host) : IClassFixture<TriggerHost>
{
    private static readonly byte[] Large = [.. Enumerable.Range(0, 200_000).Select(i => (byte)(i * 7))];

    [Fact]
    public async Task Upload_GivesFieldsAndFiles_AndServesThemAgain()
    {
        var file = new JsonObject { ["id"] = "r", ["type"] = "Elsa.WriteFileHttpResponse", ["version"] = 1, ["content"] = Input("JavaScript", "return getOutputFrom('e','File')") };
        await host.PublishAsync(Sequence("upload", Endpoint("e", "upload"), file));
        using var form = Form(("a.bin", "application/x-test", Large));
        form.Add(new StringContent("Ada"), "name");

        using var answer = await host.Client.PostAsync("/workflows/upload", form);

        answer.StatusCode.Should().Be(HttpStatusCode.OK);
        (await answer.Content.ReadAsByteArrayAsync()).Should().Equal(Large);
        answer.Content.Headers.ContentType!.ToString().Should().Be("application/x-test");
        answer.Content.Headers.ContentDisposition!.FileNameStar.Should().Be("a.bin");
        var run = await host.EndedRunAsync("upload", answer.Headers.GetValues("x-elsa-workflow-instance-id").Single());
        var outputs = run.GetProperty("actions").EnumerateArray().First(a => a.GetProperty("activityId").GetString() == "e").GetProperty("outputs");
        outputs.GetProperty("ParsedContent").GetRawText().Should().Be("""{"name":"Ada"}""");
        outputs.GetProperty("Files").GetArrayLength().Should().Be(1);
        outputs.GetProperty("File").GetProperty("FileName").GetString().Should().Be("a.bin");
        outputs.GetProperty("File").GetProperty("Length").GetInt32().Should().Be(Large.Length);
    }

    [Fact]
    public async Task FileResponse_IsResumable_AndKnownByItsTag()
    {
        var file = new JsonObject
        {
            ["id"] = "r",
            ["type"] = "Elsa.WriteFileHttpResponse",
            ["version"] = 1,
            ["content"] = Input("Literal", "0123456789"),
            ["filename"] = Input("Literal", "größe.csv"),
            ["enableResumableDownloads"] = Input("Literal", "True"),
        };
        await host.PublishAsync(Sequence("file", Endpoint("e", "file", "[\"GET\"]"), file));

        using var whole = await host.Client.GetAsync("/workflows/file");
        using var part = await host.Client.SendAsync(new HttpRequestMessage(HttpMethod.Get, "/workflows/file") { Headers = { Range = new RangeHeaderValue(2, 4) } });
        using var known = await host.Client.SendAsync(new HttpRequestMessage(HttpMethod.Get, "/workflows/file") { Headers = { IfNoneMatch = { whole.Headers.ETag! } } });

        whole.Content.Headers.ContentDisposition!.FileNameStar.Should().Be("größe.csv");
        (await whole.Content.ReadAsStringAsync()).Should().Be("0123456789");
        part.StatusCode.Should().Be(HttpStatusCode.PartialContent);
        (await part.Content.ReadAsStringAsync()).Should().Be("234");
        known.StatusCode.Should().Be(HttpStatusCode.NotModified);
    }

    [Theory]
    [InlineData("v7", "\"v7\"")]
    [InlineData("\"v7\"", "\"v7\"")]
    [InlineData("W/\"v7\"", "W/\"v7\"")]
    public async Task FileResponse_WithATypeAndTagOfItsOwn_HasThem(string tag, string sent)
    {
        await host.PublishAsync(Sequence("tagged", Endpoint("e", "tagged", "[\"GET\"]"), FileResponse(
            ("content", Input("Literal", "0123456789")), ("contentType", Input("Literal", "application/x-own")), ("entityTag", Input("Literal", tag)))));

        using var answer = await host.Client.GetAsync("/workflows/tagged");

        answer.StatusCode.Should().Be(HttpStatusCode.OK);
        answer.Headers.ETag!.ToString().Should().Be(sent);
        answer.Content.Headers.ContentType!.ToString().Should().Be("application/x-own");
    }

    [Fact]
    public async Task FileResponse_WithATagThatIsNone_FailsTheRun()
    {
        await host.PublishAsync(Sequence("bad-tag", Endpoint("e", "bad-tag"), FileResponse(("content", Input("Literal", "0")), ("entityTag", Input("Literal", "a\"b")))));

        using var answer = await host.Client.PostAsync("/workflows/bad-tag", null);

        answer.StatusCode.Should().Be(HttpStatusCode.InternalServerError);
        var run = await host.EndedRunAsync("bad-tag", answer.Headers.GetValues("x-elsa-workflow-instance-id").Single());
        run.GetProperty("error").GetProperty("code").GetString().Should().Be("InvalidInput");
    }

    [Fact]
    public async Task FileResponse_OfNothing_Is404AsInElsa()
    {
        await host.PublishAsync(Sequence("nothing", Endpoint("e", "nothing"), FileResponse(("content", Input("JavaScript", "return getOutputFrom('e','File')")))));

        using var answer = await host.Client.PostAsync("/workflows/nothing", null);

        ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync()).Should().Be((404, ""));
        (await host.EndedRunAsync("nothing", answer.Headers.GetValues("x-elsa-workflow-instance-id").Single())).GetProperty("status").GetString().Should().Be("Succeeded");
    }

    [Fact]
    public async Task FileResponse_OfSeveral_IsAZipArchive()
    {
        var file = new JsonObject { ["id"] = "r", ["type"] = "Elsa.WriteFileHttpResponse", ["version"] = 1, ["content"] = Input("JavaScript", "return getOutputFrom('e','Files').concat(['text'])") };
        await host.PublishAsync(Sequence("zip", Endpoint("e", "zip"), file));
        using var form = Form(("a.txt", "text/plain", [1]), ("../a.txt", "text/plain", [2]));

        using var answer = await host.Client.PostAsync("/workflows/zip", form);

        using var zip = new System.IO.Compression.ZipArchive(await answer.Content.ReadAsStreamAsync());
        zip.Entries.Select(e => e.FullName).Should().Equal("a.txt", "a (2).txt", "file-3.txt");
    }

    [Theory]
    [InlineData("allowedFileExtensions", "[\".pdf\",\"png\"]", 415)]
    [InlineData("blockedFileExtensions", "[\"bin\"]", 415)]
    [InlineData("allowedMimeTypes", "[\"image/png\"]", 415)]
    [InlineData("fileSizeLimit", "100", 413)]
    [InlineData("requestSizeLimit", "1000", 413)]
    public async Task UploadThatIsNotAllowed_IsRefused_AndStartsNothing(string setting, string value, int status)
    {
        var path = $"refused-{setting}";
        await host.PublishAsync(Sequence(path, Endpoint("e", path, more: (setting, Input(value[0] == '[' ? "Object" : "Literal", value)))));
        using var form = Form(("a.bin", "application/x-test", Large));

        var answer = await host.Client.PostAsync($"/workflows/{path}", form).ReadAsync();

        answer.Status.Should().Be(status);
        JsonElement.Parse(answer.Body).GetProperty("message").GetString().Should().NotBeNullOrEmpty();
        (await host.RunsAsync(path)).Should().BeEmpty();
        var kept = (await host.InboxAsync(path)).Should().ContainSingle().Subject;
        (kept.TriggerName, kept.Method, kept.PathAndQuery).Should().Be(("e", "POST", $"/workflows/{path}"));
        kept.ReasonCode.Should().Be(status == 415 ? "FileNotAllowed" : setting == "requestSizeLimit" ? "RequestEntityTooLarge" : "FileTooLarge");
        kept.BodySize.Should().BePositive();
    }

    [Theory]
    [InlineData("allowedFileExtensions", "[\".pdf\"]", "exposeInvalidFileExtensionOutcome", "Invalid file extension")]
    [InlineData("allowedMimeTypes", "[\"image/png\"]", "exposeInvalidFileMimeTypeOutcome", "Invalid file MIME type")]
    [InlineData("fileSizeLimit", "100", "exposeFileTooLargeOutcome", "File too large")]
    [InlineData("requestSizeLimit", "1000", "exposeRequestTooLargeOutcome", "Request too large")]
    public async Task UploadThatIsNotAllowed_WithItsOutcomeExposed_GoesOnThere(string setting, string value, string expose, string outcome)
    {
        var path = $"exposed-{setting}";
        var flow = new JsonObject
        {
            ["definitionId"] = path,
            ["root"] = new JsonObject
            {
                ["id"] = "root",
                ["type"] = "Elsa.Flowchart",
                ["version"] = 1,
                ["activities"] = new JsonArray(
                    Endpoint("e", path, "[\"POST\"]", true, (setting, Input(value[0] == '[' ? "Object" : "Literal", value)), (expose, true)), Respond("r", "return 'no'", "Conflict")),
                ["connections"] = new JsonArray(new JsonObject
                {
                    ["source"] = new JsonObject { ["activity"] = "e", ["port"] = outcome },
                    ["target"] = new JsonObject { ["activity"] = "r", ["port"] = "In" },
                }),
            },
        };
        await host.PublishAsync(flow);
        using var form = Form(("a.bin", "application/x-test", Large));

        (await host.Client.PostAsync($"/workflows/{path}", form).ReadAsync()).Should().Be((409, "text/plain", "no"));
    }

    [Fact]
    public async Task BrokenForm_Is400()
    {
        await host.PublishAsync(Sequence("broken", Endpoint("e", "broken")));

        (await host.PostAsync("/workflows/broken", "--x\r\nContent-Dis", "multipart/form-data; boundary=x").ReadAsync()).Status.Should().Be(400);
        (await host.PostAsync("/workflows/broken", "abc", "multipart/form-data").ReadAsync()).Status.Should().Be(400);
    }

    private static JsonObject FileResponse(params (string Name, JsonNode? Value)[] inputs)
    {
        var activity = new JsonObject { ["id"] = "r", ["type"] = "Elsa.WriteFileHttpResponse", ["version"] = 1 };
        foreach (var (name, value) in inputs)
        {
            activity[name] = value;
        }

        return activity;
    }

    private static MultipartFormDataContent Form(params (string Name, string Type, byte[] Content)[] files)
    {
        var form = new MultipartFormDataContent();
        foreach (var (name, type, content) in files)
        {
            var part = new ByteArrayContent(content);
            part.Headers.ContentType = new MediaTypeHeaderValue(type);
            form.Add(part, "upload", name);
        }

        return form;
    }
}
