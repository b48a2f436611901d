using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace FlowLite.FunctionalTests.Support;

/// <summary>
/// A program as a real process that can be killed: the server or the CRM, as the build leaves them beside the tests, or another
/// one that prints where it listens.
/// </summary>
internal sealed partial class ChildProcess : IDisposable
{
    private readonly Process _process;
    private readonly List<string> _output;
    private bool _disposed;

    private ChildProcess(Process process, Uri address, List<string> output)
    {
        _process = process;
        _output = output;
        Address = address;
    }

    public Uri Address { get; }

    /// <summary>Bytes that it has in memory.</summary>
    public long Memory => Status("VmRSS");

    /// <summary>The most that it has had in memory since <see cref="ForgetPeak"/>, in bytes.</summary>
    public long PeakMemory => Status("VmHWM");

    /// <summary>proc(5): writing 5 to clear_refs begins the peak anew.</summary>
    public void ForgetPeak() => File.WriteAllText($"/proc/{_process.Id}/clear_refs", "5");

    private long Status(string name) =>
        1024 * long.Parse(File.ReadLines($"/proc/{_process.Id}/status").First(line => line.StartsWith($"{name}:", StringComparison.Ordinal)).Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);

    public string Output
    {
        get
        {
            lock (_output)
            {
                return string.Join('\n', _output);
            }
        }
    }

    /// <param name="assembly">FlowLite.Server or FlowLite.Crm.</param>
    public static Task<ChildProcess> StartAsync(string assembly, string workingDirectory, IReadOnlyDictionary<string, string> settings, string address = "http://127.0.0.1:0") =>
        StartAsync("dotnet", [Path.Combine(AppContext.BaseDirectory, $"{assembly}.dll"), "--urls", address], workingDirectory, settings);

    /// <param name="settings">Environment variables.</param>
    public static async Task<ChildProcess> StartAsync(string program, IEnumerable<string> arguments, string workingDirectory, IReadOnlyDictionary<string, string> settings)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = workingDirectory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start)!;
        var output = new List<string>();
        var listening = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        void Read(object _, DataReceivedEventArgs line)
        {
            if (line.Data is null)
            {
                return;
            }

            lock (output)
            {
                output.Add(line.Data);
            }

            if (Listening().Match(line.Data) is { Success: true } match)
            {
                listening.TrySetResult(new Uri(match.Groups[1].Value));
            }
        }

        process.OutputDataReceived += Read;
        process.ErrorDataReceived += Read;
        process.EnableRaisingEvents = true;
        process.Exited += (_, _) => listening.TrySetException(new InvalidOperationException("It ended before."));
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            return new ChildProcess(process, await listening.Task.WaitAsync(TimeSpan.FromSeconds(60)), output);
        }
        catch (Exception e)
        {
            process.Kill();
            process.Dispose();
            lock (output)
            {
                throw new InvalidOperationException($"{program} does not listen: {e.Message}\n{string.Join('\n', output)}", e);
            }
        }
    }

    /// <summary>kill -9: nothing of the process gets to run any more.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>SIGTERM, as a service manager stops it; gives the exit code.</summary>
    public async Task<int> TerminateAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        if (!_process.HasExited)
        {
            Kill();
        }

        _process.Dispose();
    }

    [GeneratedRegex(@"(?:Now listening|Running) on:? (https?://\S+)")]
    private static partial Regex Listening();
}
