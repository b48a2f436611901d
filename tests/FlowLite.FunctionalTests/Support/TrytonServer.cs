using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace FlowLite.FunctionalTests.Support;

/// <summary>
/// A real Tryton server, as Debian packages it, with the module sale_opportunity on a SQLite database of its own. The database is
/// made once, with a company for the administrator, and copied for each server.
/// </summary>
internal sealed class TrytonServer : IDisposable
{
    public const string Database = "crm";
    public const string User = "admin";
    public const string Password = "Xk7-uVq2#mWz9";
    private const string Configuration = "trytond.conf";
    private static readonly Lazy<Task<string>> Template = new(MakeTemplateAsync);
    private readonly string _directory;
    private readonly ChildProcess _process;
    private readonly HttpClient _http;
    private object _context = new { company = 1 };

    private TrytonServer(string directory, ChildProcess process)
    {
        _directory = directory;
        _process = process;
        _http = new HttpClient { BaseAddress = new Uri(process.Address, $"/{Database}/") };
    }

    public Uri Address => _process.Address;

    public string DatabaseFile => File(_directory);

    public static async Task<TrytonServer> StartAsync()
    {
        var template = await Template.Value;
        var directory = Directory.CreateTempSubdirectory("flowlite-tryton-").FullName;
        System.IO.File.Copy(template, File(directory));
        return await StartAsync(directory);
    }

    /// <summary>A call as the administrator; gives its result.</summary>
    /// <param name="first">By itself, so that a list is one parameter and not several.</param>
    public async Task<JsonElement> CallAsync(string method, object? first, params object?[] more)
    {
        var answer = await AskAsync(method, first, more);
        return answer.TryGetProperty("result", out var result) ? result : throw new InvalidOperationException($"{method}: {answer}");
    }

    /// <summary>The whole answer, which may be an error.</summary>
    public async Task<JsonElement> AskAsync(string method, object? first, params object?[] more)
    {
        if (_http.DefaultRequestHeaders.Authorization is null)
        {
            await SignInAsync();
        }

        try
        {
            return await PostAsync(method, [first, .. more, _context]);
        }
        catch (HttpRequestException e) when (e.StatusCode == HttpStatusCode.Unauthorized)
        {
            // A test has ended the sessions.
            _http.DefaultRequestHeaders.Authorization = null;
            await SignInAsync();
            return await PostAsync(method, [first, .. more, _context]);
        }
    }

    private async Task SignInAsync()
    {
        var session = (await PostAsync("common.db.login", User, new { password = Password }, "en")).GetProperty("result");
        var token = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{session[0]}:{session[1].GetString()}"));
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Session", token);
    }

    public void Dispose()
    {
        _http.Dispose();
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static string File(string directory) => Path.Combine(directory, $"{Database}.sqlite");

    private static async Task<TrytonServer> StartAsync(string directory)
    {
        await WriteConfigurationAsync(directory);
        return new TrytonServer(directory, await ChildProcess.StartAsync("trytond", ["-c", Configuration, "-d", Database], directory, new Dictionary<string, string>()));
    }

    private static Task WriteConfigurationAsync(string directory) => System.IO.File.WriteAllTextAsync(
        Path.Combine(directory, Configuration), $"[database]\nuri = sqlite://\npath = {directory}\n[web]\nlisten = 127.0.0.1:0\n");

    /// <summary>Lies beside the tests, so that later runs find it.</summary>
    private static async Task<string> MakeTemplateAsync()
    {
        var version = (await RunAsync(AppContext.BaseDirectory, "trytond-admin", "--version")).Split(' ', StringSplitOptions.TrimEntries)[^1];
        var template = Path.Combine(AppContext.BaseDirectory, $"tryton-{version}.sqlite");
        if (System.IO.File.Exists(template))
        {
            return template;
        }

        var directory = Directory.CreateTempSubdirectory("flowlite-tryton-new-").FullName;
        await WriteConfigurationAsync(directory);
        // Tryton makes no SQLite file itself.
        await System.IO.File.WriteAllBytesAsync(File(directory), []);
        await System.IO.File.WriteAllTextAsync(Path.Combine(directory, "password"), Password);
        await RunAsync(directory, "trytond-admin", "-c", Configuration, "-d", Database, "--all", "-u", "sale_opportunity", "--activate-dependencies", "--email", "admin@example.com");
        using (var server = await StartAsync(directory))
        {
            // There is no company yet.
            server._context = new { };
            await server.CallAsync("model.currency.currency.create", new[] { new { name = "Euro", code = "EUR", symbol = "€" } });
            await server.CallAsync("model.party.party.create", new[] { new { name = "Our company" } });
            await server.CallAsync("model.company.company.create", new[] { new { party = 1, currency = 1 } });
            await server.CallAsync("model.res.user.write", new[] { 1 }, new { companies = new object[] { new object[] { "add", new[] { 1 } } }, company = 1 });
            server._process.Kill();
            System.IO.File.Move(File(directory), template, overwrite: true);
        }

        return template;
    }

    private static async Task<string> RunAsync(string directory, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = directory, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["TRYTONPASSFILE"] = Path.Combine(directory, "password");
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new InvalidOperationException("These tests need Tryton: ./test.sh installs it, or apt-get install tryton-server tryton-modules-sale-opportunity.", e);
        }

        using (process)
        {
            var output = process.StandardOutput.ReadToEndAsync();
            var errors = process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(15));
            return process.ExitCode == 0 ? (await output).Trim() : throw new InvalidOperationException($"{program} ended with code {process.ExitCode}:\n{await errors}");
        }
    }

    private async Task<JsonElement> PostAsync(string method, params object?[] parameters)
    {
        // With a length: Tryton refuses chunks.
        using var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(new { id = 1, method, @params = parameters }));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var answer = await _http.PostAsync((Uri?)null, content);
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }
}
