using System.Diagnostics;
using System.Security.Cryptography;
using Azure.Data.Tables;

namespace FlowLite.FunctionalTests.Support;

/// <summary>Microsoft's own stand-in for Azure storage, its table service alone, with nothing on disk. Installed with npm when it is first wanted.</summary>
internal sealed class Azurite(ChildProcess process) : IDisposable
{
    private const string Account = "devstoreaccount1";
    /// <summary>Azurite's documented key, which is the same everywhere.</summary>
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
    private static readonly SemaphoreSlim Installing = new(1, 1);

    public Uri Address => process.Address;

    public TableServiceClient Client => new(ConnectionString(Address));

    public static async Task<Azurite> StartAsync()
    {
        var folder = await InstallAsync();
        return new Azurite(await ChildProcess.StartAsync(
            "node",
            ["-r", "./print-port.js", "node_modules/azurite/dist/src/table/main.js", "--tablePort", "0", "--inMemoryPersistence", "--silent", "--skipApiVersionCheck", "--disableTelemetry"],
            folder, new Dictionary<string, string>()));
    }

    public static string ConnectionString(Uri address, string key = Key) =>
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={key};TableEndpoint={new Uri(address, Account)};";

    public void Dispose() => process.Dispose();

    /// <summary>A folder for each lock file beside the tests, which later runs find.</summary>
    private static async Task<string> InstallAsync()
    {
        var source = Path.Combine(AppContext.BaseDirectory, "Support", "azurite");
        var hash = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(source, "package-lock.json"))))[..16];
        var folder = Path.Combine(AppContext.BaseDirectory, $"azurite-{hash}");
        await Installing.WaitAsync();
        try
        {
            if (!Directory.Exists(folder))
            {
                // Installed aside and renamed when it is whole.
                var aside = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, $"azurite-{Path.GetRandomFileName()}")).FullName;
                foreach (var file in Directory.GetFiles(source))
                {
                    File.Copy(file, Path.Combine(aside, Path.GetFileName(file)));
                }

                using var npm = Process.Start(new ProcessStartInfo("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"]) { WorkingDirectory = aside })!;
                await npm.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(10));
                npm.ExitCode.Should().Be(0, "npm installs Azurite");
                Directory.Move(aside, folder);
            }

            return folder;
        }
        finally
        {
            Installing.Release();
        }
    }
}
