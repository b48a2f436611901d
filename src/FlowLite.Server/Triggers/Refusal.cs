namespace FlowLite.Server.Triggers;

/// <summary>Why a request starts no run: what its sender is told.</summary>
/// <param name="RetryAfter">Seconds.</param>
internal sealed record Refusal(int Status, string Code, string Message, int? RetryAfter = null, string? Allow = null);
