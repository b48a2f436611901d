using System.Globalization;
using FlowLite.Activities.Http.Client;

namespace FlowLite.Tests.Runs;

/// <summary>
/// The network of a scenario: the last segment of an address is the status that it answers with, its content what was sent;
/// <c>refused</c> and <c>slow</c> don't answer. With <c>then/200</c> behind it, so is the first call for a key only.
/// </summary>
internal sealed class TestHttp(EffectWorld world) : IHttpSender
{
    public async ValueTask<HttpAnswer> SendAsync(HttpCall call, CancellationToken cancellationToken)
    {
        var header = call.Headers.FirstOrDefault(h => h.Key == "Idempotency-Key").Value;
        var isKnown = header is not null && world.Records.ContainsKey(Guid.Parse(header));
        if (header is not null)
        {
            await world.RecordAsync(Guid.Parse(header), call.Activity, $"{call.Method} {call.Url.AbsolutePath}");
        }

        var segments = call.Url.AbsolutePath.Split('/');
        var answer = segments[^2] == "then" ? segments[isKnown ? ^1 : ^3] : segments[^1];
        return answer switch
        {
            "refused" => throw new HttpCallException("Connection refused.", isTimeout: false, wasSent: false),
            "slow" => throw new HttpCallException("Not answered within 100 seconds.", isTimeout: true, wasSent: true),
            _ => new HttpAnswer(
                int.Parse(answer, CultureInfo.InvariantCulture), null, [KeyValuePair.Create("X-Test", "1")],
                call.ContentType is { } type ? [KeyValuePair.Create("Content-Type", type)] : [], call.Content ?? []),
        };
    }
}
