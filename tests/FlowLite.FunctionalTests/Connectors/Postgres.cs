using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using FlowLite.FunctionalTests.Support;
using Npgsql;

namespace FlowLite.FunctionalTests.Connectors;

/// <summary>A PostgreSQL server of its own, from Debian's package, in a temporary folder and on loopback.</summary>
public sealed class Postgres : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("flowlite-pg-").FullName;
    private Process? _server;

    public int Port { get; private set; }

    /// <summary>In PEM: nobody but its maker trusts it, and only as localhost.</summary>
    public string Certificate { get; private set; } = "";

    public string ConnectionString => $"Host=127.0.0.1;Port={Port};Database=postgres;Username=flowlite;Password=pg-secret;SSL Mode=Disable";

    private static string Programs => Directory.EnumerateDirectories("/usr/lib/postgresql").OrderByDescending(path => int.Parse(Path.GetFileName(path), System.Globalization.CultureInfo.InvariantCulture)).Select(path => Path.Combine(path, "bin")).First();

    // It doesn't run as root.
    private static bool AsOther => Environment.IsPrivilegedProcess;

    public async Task InitializeAsync()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "password"), "pg-secret");
        var certificate = new SelfSigned("localhost");
        Certificate = certificate.Certificate;
        await File.WriteAllTextAsync(Path.Combine(_folder, "server.crt"), certificate.Certificate);
        await File.WriteAllTextAsync(Path.Combine(_folder, "server.key"), certificate.Key);
        await RunAsync(Process.Start("chmod", ["600", Path.Combine(_folder, "server.key")])!);

        if (AsOther)
        {
            await RunAsync(Process.Start("chown", ["-R", "postgres", _folder])!);
        }

        await RunAsync(Start("initdb", "-D", $"{_folder}/data", "-U", "flowlite", "--auth=scram-sha-256", $"--pwfile={_folder}/password", "--no-sync", "-E", "UTF8", "--locale=C"));
        for (var attempt = 0; attempt < 5 && _server is null; attempt++)
        {
            Port = FreePort();
            var server = Start("postgres", "-D", $"{_folder}/data", "-p", $"{Port}", "-h", "127.0.0.1", "-k", _folder, "-c", "fsync=off",
                "-c", "ssl=on", "-c", $"ssl_cert_file={_folder}/server.crt", "-c", $"ssl_key_file={_folder}/server.key");
            _ = server.StandardOutput.ReadToEndAsync();
            _ = server.StandardError.ReadToEndAsync();
            _server = await AnswersAsync(server) ? server : null;
        }

        _server.Should().NotBeNull("PostgreSQL has to start");
    }

    public async Task DisposeAsync()
    {
        if (_server is not null)
        {
            NpgsqlConnection.ClearAllPools();
            await RunAsync(Start("pg_ctl", "stop", "-D", $"{_folder}/data", "-m", "immediate"));
            await _server.WaitForExitAsync();
            _server.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    public async Task<object?> ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    // Another process may take it first; then the next one is tried.
    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task<bool> AnswersAsync(Process server)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!server.HasExited)
        {
            try
            {
                await ExecuteAsync("SELECT 1");
                return true;
            }
            catch (NpgsqlException)
            {
                await timer.WaitForNextTickAsync(patience.Token);
            }
        }

        return false;
    }

    private static Process Start(string program, params string[] arguments)
    {
        var path = Path.Combine(Programs, program);
        var start = AsOther
            ? new ProcessStartInfo("setpriv", ["--reuid=postgres", "--regid=postgres", "--init-groups", path, .. arguments])
            : new ProcessStartInfo(path, arguments);
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.WorkingDirectory = "/";
        return Process.Start(start)!;
    }

    private static async Task RunAsync(Process process)
    {
        using (process)
        {
            var said = process.StartInfo.RedirectStandardOutput ? await process.StandardOutput.ReadToEndAsync() + await process.StandardError.ReadToEndAsync() : "";
            await process.WaitForExitAsync();
            process.ExitCode.Should().Be(0, said);
        }
    }
}
