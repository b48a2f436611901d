using System.Net;
using System.Threading.RateLimiting;

namespace FlowLite.Server.Auth;

/// <summary>
/// Slows down who guesses passwords: from one address one attempt at a time, and none for the rest of the minute after ten
/// that failed.
/// </summary>
public sealed class SignInGuard : IDisposable
{
    public const int FailuresPerMinute = 10;

    private readonly PartitionedRateLimiter<IPAddress> _failures = PartitionedRateLimiter.Create<IPAddress, IPAddress>(address =>
        RateLimitPartition.GetFixedWindowLimiter(address, _ => new FixedWindowRateLimiterOptions
        {
            PermitLimit = FailuresPerMinute,
            Window = TimeSpan.FromMinutes(1),
        }));

    // Checking a password costs the processor dearly, on purpose.
    private readonly PartitionedRateLimiter<IPAddress> _turns = PartitionedRateLimiter.Create<IPAddress, IPAddress>(address =>
        RateLimitPartition.GetConcurrencyLimiter(address, _ => new ConcurrencyLimiterOptions { PermitLimit = 1, QueueLimit = 8 }));

    /// <returns>Null: not now, too many have failed or wait.</returns>
    public async ValueTask<bool?> TryAsync(IPAddress? from, Func<bool> isRight, CancellationToken cancellationToken)
    {
        var address = from ?? IPAddress.None;
        using var turn = await _turns.AcquireAsync(address, 1, cancellationToken);
        if (!turn.IsAcquired || !MayTry(address))
        {
            return null;
        }

        if (isRight())
        {
            return true;
        }

        using var failure = _failures.AttemptAcquire(address);
        return false;
    }

    private bool MayTry(IPAddress address)
    {
        using var left = _failures.AttemptAcquire(address, 0);
        return left.IsAcquired;
    }

    public void Dispose()
    {
        _failures.Dispose();
        _turns.Dispose();
    }
}
