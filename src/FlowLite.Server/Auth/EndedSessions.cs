using System.Globalization;
using System.Security.Claims;
using System.Security.Cryptography;
using FlowLite.Server.Hosting;

namespace FlowLite.Server.Auth;

/// <summary>
/// Sessions that were signed out of: copies of their cookie and the tokens that were given for it are worth nothing from then on.
/// They are remembered, through restarts, for as long as one of those could be used.
/// </summary>
public sealed class EndedSessions
{
    private const string Claim = "session";

    private readonly Lock _lock = new();
    private readonly string _file;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, DateTimeOffset> _ended = [];

    public EndedSessions(DataDirectory directory, TimeProvider time)
    {
        _file = directory.EndedSessions;
        _time = time;
        foreach (var line in File.Exists(_file) ? File.ReadAllLines(_file) : [])
        {
            if (line.Split(' ') is [var id, var until] && long.TryParse(until, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
            {
                _ended[id] = DateTimeOffset.FromUnixTimeSeconds(Math.Min(seconds, DateTimeOffset.MaxValue.ToUnixTimeSeconds()));
            }
        }
    }

    /// <summary>One more has ended: whoever holds something open for it looks whether it was theirs.</summary>
    public event Action? Ended;

    /// <summary>Who has signed in, in a session of its own.</summary>
    public static ClaimsPrincipal New()
    {
        var principal = AdminAccount.Principal(SessionCookie.Scheme);
        ((ClaimsIdentity)principal.Identity!).AddClaim(new Claim(Claim, RandomNumberGenerator.GetHexString(32, lowercase: true)));
        return principal;
    }

    /// <summary>Whether it is of a session at all. Who signed in for a token alone has none.</summary>
    public static bool IsOfSession(ClaimsPrincipal? principal) => principal?.HasClaim(claim => claim.Type == Claim) == true;

    public bool Contains(ClaimsPrincipal? principal)
    {
        lock (_lock)
        {
            return principal?.FindFirstValue(Claim) is { } id && _ended.ContainsKey(id);
        }
    }

    /// <param name="lifetime">How long a cookie of it may still live.</param>
    public void Add(ClaimsPrincipal principal, TimeSpan lifetime)
    {
        if (principal.FindFirstValue(Claim) is not { } id)
        {
            return;
        }

        lock (_lock)
        {
            var now = _time.GetUtcNow();
            foreach (var (old, _) in _ended.Where(e => e.Value < now).ToList())
            {
                _ended.Remove(old);
            }

            _ended[id] = now + lifetime;
            DataDirectory.WriteSecret(_file, string.Concat(_ended.Select(e => string.Create(CultureInfo.InvariantCulture, $"{e.Key} {e.Value.ToUnixTimeSeconds() + 1}\n"))));
        }

        Ended?.Invoke();
    }
}
