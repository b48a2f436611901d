using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.Json;

namespace FlowLite.FunctionalTests.Crm;

/// <summary>The CRM as a process of its own.</summary>
public sealed class CrmProcessTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Kill_InTheMiddleOfParallelCreates_LosesNothingThatWasAcknowledged()
    {
        var directory = Directory.CreateTempSubdirectory("crm-kill-").FullName;
        try
        {
            var acknowledged = new ConcurrentBag<Guid>();
            using (var process = await CrmProcess.StartAsync(directory))
            {
                using var client = await CrmHost.AuthorizedAsync(process.Address);
                var enough = new TaskCompletionSource();
                var writers = Enumerable.Range(0, 32).Select(_ => CreateUntilItDiesAsync(client, acknowledged, enough)).ToList();
                await enough.Task.WaitAsync(Patience);
                process.Kill();
                await Task.WhenAll(writers).WaitAsync(Patience);
            }

            using var restarted = await CrmProcess.StartAsync(directory);
            using var reader = await CrmHost.AuthorizedAsync(restarted.Address);
            var stored = await AllIdsAsync(reader);
            acknowledged.Should().HaveCountGreaterThanOrEqualTo(500);
            acknowledged.Except(stored).Should().BeEmpty();
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public async Task Terminate_RunningProcess_ExitsCleanly()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var directory = Directory.CreateTempSubdirectory("crm-term-").FullName;
        try
        {
            using var process = await CrmProcess.StartAsync(directory);
            using var terminate = Process.Start("kill", ["-TERM", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);

            (await process.ExitCodeAsync().WaitAsync(Patience)).Should().Be(0);
            Directory.GetFiles(directory, "*-wal").Should().BeEmpty("a clean exit folds the log into the database");
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public async Task Start_WithoutSecret_SaysWhatIsMissing()
    {
        var start = new ProcessStartInfo("dotnet", [CrmProcess.Assembly, "--urls", "http://127.0.0.1:0", "--Crm:DataDirectory", "unused"])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };

        using var process = Process.Start(start)!;
        var error = await process.StandardError.ReadToEndAsync().WaitAsync(Patience);
        await process.WaitForExitAsync().WaitAsync(Patience);

        process.ExitCode.Should().Be(2);
        error.Trim().Should().Be("Crm:ClientSecret is required.");
    }

    private static async Task CreateUntilItDiesAsync(HttpClient client, ConcurrentBag<Guid> acknowledged, TaskCompletionSource enough)
    {
        while (true)
        {
            try
            {
                using var answer = await client.PostAsync("leads", CrmHost.Body("""{"subject":"crash","lastname":"x"}"""));
                if (answer.StatusCode == HttpStatusCode.NoContent)
                {
                    acknowledged.Add(CrmHost.IdOf(answer));
                }
            }
            catch (HttpRequestException)
            {
                return;
            }

            if (acknowledged.Count >= 500)
            {
                enough.TrySetResult();
            }
        }
    }

    private static async Task<HashSet<Guid>> AllIdsAsync(HttpClient client)
    {
        var ids = new HashSet<Guid>();
        for (var next = (string?)"leads?$select=leadid"; next is not null;)
        {
            using var answer = await client.GetAsync(next);
            var page = await CrmHost.JsonAsync(answer);
            ids.UnionWith(page.GetProperty("value").EnumerateArray().Select(lead => lead.GetProperty("leadid").GetGuid()));
            next = page.TryGetProperty("@odata.nextLink", out JsonElement link) ? link.GetString() : null;
        }

        return ids;
    }

    private sealed class CrmProcess : IDisposable
    {
        private readonly Process _process;

        private CrmProcess(Process process, Uri address)
        {
            _process = process;
            Address = address;
        }

        /// <summary>The program as the build leaves it beside the tests.</summary>
        public static string Assembly => Path.Combine(Path.GetDirectoryName(typeof(CrmProcessTests).Assembly.Location)!, "FlowLite.Crm.dll");

        public Uri Address { get; }

        public int Id => _process.Id;

        public static async Task<CrmProcess> StartAsync(string directory)
        {
            var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, WorkingDirectory = directory };
            foreach (var argument in new[]
            {
                Assembly, "--urls", "http://127.0.0.1:0", "--Crm:DataDirectory", directory, "--Crm:ClientId", CrmHost.ClientId, "--Crm:ClientSecret", CrmHost.ClientSecret,
            })
            {
                start.ArgumentList.Add(argument);
            }

            var process = Process.Start(start)!;
            var address = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
            process.OutputDataReceived += (_, line) =>
            {
                const string mark = "Now listening on: ";
                var at = line.Data?.IndexOf(mark, StringComparison.Ordinal) ?? -1;
                if (at >= 0)
                {
                    address.TrySetResult(new Uri(line.Data![(at + mark.Length)..].Trim()));
                }
                else if (line.Data is null)
                {
                    address.TrySetException(new InvalidOperationException("The CRM ended without an address."));
                }
            };
            process.BeginOutputReadLine();
            try
            {
                return new CrmProcess(process, await address.Task.WaitAsync(Patience));
            }
            catch
            {
                process.Kill();
                process.Dispose();
                throw;
            }
        }

        public void Kill() => _process.Kill();

        public async Task<int> ExitCodeAsync()
        {
            await _process.WaitForExitAsync();
            return _process.ExitCode;
        }

        public void Dispose()
        {
            if (!_process.HasExited)
            {
                _process.Kill();
            }

            _process.WaitForExit();
            _process.Dispose();
        }
    }
}
