using System.Diagnostics;

namespace FlowLite.FunctionalTests.Npm;

/// <summary>Programs of others, as pinned in package-lock.json beside this file; installed once, beside the tests.</summary>
internal static class NpmPackages
{
    private static readonly Lazy<Task> Installed = new(InstallAsync);

    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "Npm");

    /// <summary>Runs a script to its end.</summary>
    /// <returns>What it printed.</returns>
    public static async Task<string> RunAsync(string script, params string[] arguments)
    {
        await Installed.Value;
        return await RunAsync(Start("node", [script, .. arguments]));
    }

    /// <summary>Starts a script that goes on until its standard input ends.</summary>
    public static async Task<Process> StartAsync(string script, params string[] arguments)
    {
        await Installed.Value;
        return Start("node", [script, .. arguments]);
    }

    private static async Task InstallAsync()
    {
        var stamp = Path.Combine(Folder, "node_modules", ".installed");
        var wanted = await File.ReadAllTextAsync(Path.Combine(Folder, "package-lock.json"));
        if (File.Exists(stamp) && await File.ReadAllTextAsync(stamp) == wanted)
        {
            return;
        }

        await RunAsync(Start("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"]));
        await File.WriteAllTextAsync(stamp, wanted);
    }

    private static async Task<string> RunAsync(Process process)
    {
        using (process)
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            process.StandardInput.Close();
            using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(3));
            await process.WaitForExitAsync(patience.Token);
            process.ExitCode.Should().Be(0, await errors + await output);
            return await output;
        }
    }

    private static Process Start(string program, string[] arguments) => Process.Start(new ProcessStartInfo(program, arguments)
    {
        WorkingDirectory = Folder,
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;
}
