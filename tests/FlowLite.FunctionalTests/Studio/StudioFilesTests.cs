using System.IO.Compression;
using System.Net;
using FlowLite.FunctionalTests.Support;
using FlowLite.Server.Studio;
using Microsoft.Extensions.DependencyInjection;

namespace FlowLite.FunctionalTests.Studio;

public sealed class StudioFilesTests : IDisposable
{
    private const string Boot = "_framework/blazor.webassembly.js";
    private const string Fingerprinted = "_framework/Some.Library.98tzo6dc2v.wasm";

    private readonly string _folder = Directory.CreateTempSubdirectory("flowlite-studio-").FullName;

    [Theory]
    [InlineData("br, gzip", "br")]
    [InlineData("gzip, deflate, br, zstd", "br")]
    [InlineData("gzip", "gzip")]
    [InlineData("br;q=0, gzip", "gzip")]
    [InlineData("", null)]
    public async Task File_Compressed_IsSentAsTheBrowserTakesIt(string accepted, string? sent)
    {
        await using var server = await StartAsync();

        using var answer = await GetAsync(server, Boot, "Accept-Encoding", accepted);

        answer.Content.Headers.ContentEncoding.Should().Equal(sent is null ? [] : [sent]);
        answer.Headers.Vary.Should().Equal("Accept-Encoding");
        answer.Content.Headers.ContentType!.ToString().Should().Be("text/javascript; charset=utf-8");
        var body = await answer.Content.ReadAsStreamAsync();
        using var plain = new StreamReader(sent switch
        {
            "br" => new BrotliStream(body, CompressionMode.Decompress),
            "gzip" => new GZipStream(body, CompressionMode.Decompress),
            _ => body,
        });
        (await plain.ReadToEndAsync()).Should().Be("start();");
    }

    [Fact]
    public async Task File_WithAFingerprint_IsKeptForAYear()
    {
        await using var server = await StartAsync();

        using var answer = await server.Client.GetAsync("/studio/" + Fingerprinted);

        answer.Headers.CacheControl!.ToString().Should().Be("public, max-age=31536000, immutable");
        answer.Content.Headers.ContentType!.ToString().Should().Be("application/wasm");
        answer.Headers.GetValues("X-Content-Type-Options").Should().Equal("nosniff");
    }

    [Theory]
    [InlineData("/studio/" + Boot)]
    [InlineData("/studio/_content/Some/javascript.component.js")]
    [InlineData("/assets/js/session.js")]
    public async Task File_WithoutAFingerprint_IsAskedForAgainAndNotSentAgain(string path)
    {
        await using var server = await StartAsync();

        using var first = await server.Client.GetAsync(path);
        using var again = await GetAsync(server, path, "If-None-Match", first.Headers.ETag!.ToString());
        using var other = await GetAsync(server, path, "If-None-Match", "\"other\"");

        first.Headers.CacheControl!.ToString().Should().Be("no-cache");
        again.StatusCode.Should().Be(HttpStatusCode.NotModified);
        (await again.Content.ReadAsByteArrayAsync()).Should().BeEmpty();
        other.StatusCode.Should().Be(HttpStatusCode.OK);
    }

    [Fact]
    public async Task File_InTwoEncodings_HasTwoTags()
    {
        await using var server = await StartAsync();

        using var plain = await server.Client.GetAsync("/studio/" + Boot);
        using var brotli = await GetAsync(server, Boot, "Accept-Encoding", "br");

        brotli.Headers.ETag.Should().NotBe(plain.Headers.ETag);
    }

    [Theory]
    [InlineData("_framework/none.js")]
    [InlineData("_framework/blazor.webassembly.js.br")]
    [InlineData("index.html")]
    [InlineData("_content/Some/javascript.component.js.map")]
    [InlineData("..%2fsecret.txt")]
    [InlineData("%2e%2e%2fsecret.txt")]
    public async Task File_ThatThePackageDoesNotServe_Is404(string path)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "secret.txt"), "secret");
        await using var server = await StartAsync();

        using var answer = await server.Client.GetAsync("/studio/" + path);

        answer.StatusCode.Should().Be(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task File_AskedForByHead_HasTheHeadersOnly()
    {
        await using var server = await StartAsync();

        using var answer = await server.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/studio/" + Boot));

        answer.StatusCode.Should().Be(HttpStatusCode.OK);
        answer.Content.Headers.ContentLength.Should().Be("start();".Length);
    }

    [Fact]
    public async Task Package_ThatTheBuildInstalled_IsFound()
    {
        await using var server = await TestServer.StartAsync();

        using var boot = await server.Client.GetAsync("/studio/" + Boot);

        boot.StatusCode.Should().Be(HttpStatusCode.OK, "the build installs it with npm");
        server.Output.Should().Contain($"studio           {server.Address}").And.NotContain("not installed");
    }

    [Fact]
    public async Task Package_ThatIsMissing_IsToldAtTheStartAndOnThePages()
    {
        await using var server = await TestServer.StartAsync(services => services.AddSingleton(new StudioPackage(null)), []);
        using var browser = await Browser.SignInAsync(server);

        using var page = await browser.GetAsync("/studio/workflows/definitions");

        var html = await page.Content.ReadAsStringAsync();
        html.Should().Contain("Elsa Studio is not installed").And.Contain("dotnet build").And.NotContain("_framework");
        server.Output.Should().Contain("Elsa Studio is not installed");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task<HttpResponseMessage> GetAsync(TestServer server, string path, string header, string value)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path.StartsWith('/') ? path : "/studio/" + path);
        request.Headers.TryAddWithoutValidation(header, value);
        return await server.Client.SendAsync(request);
    }

    private Task<TestServer> StartAsync()
    {
        var package = Path.Combine(_folder, "package");
        Write("index.html", "sample");
        Write(Boot, "start();");
        Compress(Boot, ".br", stream => new BrotliStream(stream, CompressionLevel.Fastest));
        Compress(Boot, ".gz", stream => new GZipStream(stream, CompressionLevel.Fastest));
        Write(Fingerprinted, "\0asm");
        Write("_content/Some/javascript.component.js", "more();");
        Write("_content/Some/javascript.component.js.map", "{}");
        return TestServer.StartAsync(services => services.AddSingleton(new StudioPackage(package)), []);

        void Write(string path, string text)
        {
            var file = Path.Combine(package, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, text);
        }

        void Compress(string path, string suffix, Func<Stream, Stream> compressor)
        {
            using var file = File.Create(Path.Combine(package, path + suffix));
            using var stream = compressor(file);
            stream.Write(File.ReadAllBytes(Path.Combine(package, path)));
        }
    }
}
