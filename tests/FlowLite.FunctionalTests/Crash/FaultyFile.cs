using Microsoft.Data.Sqlite;

namespace FlowLite.FunctionalTests.Crash;

/// <summary>
/// In the place of a network before a database that is a file: it is away, or others write in it for as long as an answer would
/// take. No answers get lost on the way to it, but those that a kill costs.
/// </summary>
internal sealed class FaultyFile(Uri file) : FaultyProxy
{
    private readonly CancellationTokenSource _stopping = new();
    private Task? _writing;

    public override Uri Address
    {
        get
        {
            _writing ??= WriteAsync();
            return file;
        }
    }

    public override bool Down
    {
        get => base.Down;
        set
        {
            base.Down = value;
            var (from, to) = value ? ("", ".away") : (".away", "");
            File.Move(file.LocalPath + from, file.LocalPath + to);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await (_writing ?? Task.CompletedTask);
        _stopping.Dispose();
    }

    private async Task WriteAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            // A new one each time: the server gets its turn after each of theirs.
            using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
            await pause.WaitForNextTickAsync();
            if (!Down && Latency > TimeSpan.Zero)
            {
                await using var other = new SqliteConnection($"Data Source={file.LocalPath};Mode=ReadWrite;Pooling=False");
                await other.OpenAsync();
                await using var writes = other.BeginTransaction(deferred: false);
                await DelayAsync();
            }
        }
    }
}
