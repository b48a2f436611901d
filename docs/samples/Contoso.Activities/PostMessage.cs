using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FlowLite.Engine.Activities;

namespace Contoso.Activities;

/// <summary>
/// An activity with an effect outside. It says what a crash does to that (<see cref="Effect.AtLeastOnce"/>: it is sent again), sends the key
/// by which the other side can tell a repeat, and says which failures may pass: those are tried again as the retry policy has it.
/// </summary>
[Activity("Contoso", "Contoso", "Posts a message to a webhook.", DisplayName = "Post message", Effect = Effect.AtLeastOnce)]
public sealed class PostMessage : Activity
{
    // One for all runs; connections are renewed now and then, so that a change of addresses is noticed.
    private static readonly HttpClient Http = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5) });

    [Input(Description = "The webhook's address.", Required = true)]
    public Input<string> Url { get; set; } = null!;

    [Input(Description = "What is posted, as {\"text\"}.", UIHint = "multiline", DefaultSyntax = "Scriban", Required = true)]
    public Input<string> Text { get; set; } = null!;

    [Output(DisplayName = "Status code")]
    public Output<int> StatusCode { get; set; } = null!;

    protected override async ValueTask ExecuteAsync(ActivityContext context)
    {
        if (!Uri.TryCreate(Url.Get(context), UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            throw new ActivityException("InvalidInput", "Url has to be an address that begins with https:// or http://.");
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = JsonContent.Create(new { text = Text.Get(context) }) };
        request.Headers.Add("Idempotency-Key", context.IdempotencyKey.ToString());
        var status = await SendAsync(request, context.CancellationToken);
        if ((int)status is < 200 or > 299)
        {
            throw new ActivityException($"Http{(int)status}", $"The webhook answered {(int)status}.")
            {
                Retryable = status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (int)status >= 500,
            };
        }

        context.SetOutput(StatusCode, JsonSerializer.SerializeToElement((int)status));
    }

    private static async Task<HttpStatusCode> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await Http.SendAsync(request, cancellationToken);
            return answer.StatusCode;
        }
        catch (HttpRequestException e)
        {
            throw new ActivityException("ConnectionFailed", $"The webhook did not answer: {e.Message}") { Retryable = true };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ActivityException("Timeout", "The webhook did not answer in time.") { Retryable = true };
        }
    }
}
