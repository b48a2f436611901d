using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using MimeKit;

namespace FlowLite.FunctionalTests.Npm;

/// <summary>A mail server that others wrote (smtp-server), with all mails that it took.</summary>
internal sealed class MailServer : IAsyncDisposable
{
    public const string User = "flowlite";
    public const string Password = "mail-secret";

    private readonly List<Mail> _mails = [];
    private readonly Process _process;

    private readonly Task _reading;

    private MailServer(Process process, int port)
    {
        (_process, Port) = (process, port);
        _reading = ReadAsync();
    }

    public int Port { get; }

    public IReadOnlyList<Mail> Mails
    {
        get
        {
            lock (_mails)
            {
                return [.. _mails];
            }
        }
    }

    /// <param name="password">Null: it asks for no sign-in.</param>
    /// <param name="options">Of smtp-server.</param>
    public static async Task<MailServer> StartAsync(string? password = null, object? options = null)
    {
        var process = await NpmPackages.StartAsync("smtp.mjs", JsonSerializer.Serialize(new { user = User, password, server = options ?? new { } }));
        _ = process.StandardError.ReadToEndAsync();
        var port = int.Parse(await process.StandardOutput.ReadLineAsync() ?? "0", CultureInfo.InvariantCulture);
        return new MailServer(process, port);
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await _process.WaitForExitAsync(patience.Token);
        await _reading;
        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            lock (_mails)
            {
                _mails.Add(JsonSerializer.Deserialize<Mail>(line, JsonSerializerOptions.Web)!);
            }
        }
    }

    /// <param name="From">As the envelope says.</param>
    /// <param name="User">Who had signed in.</param>
    /// <param name="Secure">It came encrypted.</param>
    public sealed record Mail(string From, IReadOnlyList<string> To, string? User, bool Secure, string Source)
    {
        public MimeMessage Parsed() => MimeMessage.Load(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(Source)));
    }
}
