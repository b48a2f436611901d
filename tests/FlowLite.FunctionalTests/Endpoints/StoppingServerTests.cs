using System.Text.Json.Nodes;
using FlowLite.FunctionalTests.Support;
using FlowLite.FunctionalTests.Triggers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Time.Testing;
using static FlowLite.FunctionalTests.Endpoints.EndpointFlows;

namespace FlowLite.FunctionalTests.Endpoints;

/// <summary>Who waits for a run while the server stops is answered if the run gets there in time, as by Elsa, and need not send anything again.</summary>
public sealed class StoppingServerTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(7);

    private readonly TaskCompletionSource _opens = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private Receiver _crm = null!;
    private TriggerHost _host = null!;

    public async Task InitializeAsync()
    {
        _crm = await Receiver.StartAsync(async http =>
        {
            await _opens.Task;
            http.Response.StatusCode = 201;
        });
        _host = await TriggerHost.StartAsync(services => services.Replace(ServiceDescriptor.Singleton<TimeProvider>(_time)));
        await _host.PublishAsync(Sequence(
            "stop",
            Endpoint("e", "stop"),
            new JsonObject
            {
                ["id"] = "send",
                ["type"] = "Elsa.SendHttpRequest",
                ["version"] = 1,
                ["url"] = Input("Literal", _crm.Address.ToString()),
                ["method"] = Input("Literal", "POST"),
            },
            Respond("r", "return 'done'", "Accepted")));
    }

    public async Task DisposeAsync()
    {
        _opens.TrySetResult();
        await ((IAsyncDisposable)_host).DisposeAsync();
        await _crm.DisposeAsync();
    }

    [Fact]
    public async Task Stop_WhileACallerWaits_AnswersTheCallerWhenTheRunDoes()
    {
        var (calling, stopping) = await StopWhileCallingAsync();
        calling.IsCompleted.Should().BeFalse();

        _opens.SetResult();

        (await calling.ReadAsync()).Should().Be((202, "text/plain", "done"));
        await stopping;
        _crm.Requests.Should().ContainSingle();
    }

    [Fact]
    public async Task Stop_WhileACallerWaitsForTooLong_Is504_AndTheRunGoesOnInTheNextLife()
    {
        var (calling, stopping) = await StopWhileCallingAsync();

        _time.Advance(Patience);

        using var answer = await calling;
        ((int)answer.StatusCode).Should().Be(504);
        _opens.SetResult();
        await stopping;
        await _host.StartAgainAsync();
        var run = await _host.EndedRunAsync("stop", answer.Headers.GetValues("x-elsa-workflow-instance-id").Single());
        run.GetProperty("status").GetString().Should().Be("Succeeded");
        _crm.Requests.Select(r => r.Headers["Idempotency-Key"]).Distinct().Should().ContainSingle("it is sent again with its key");
    }

    private async Task<(Task<HttpResponseMessage> Calling, Task Stopping)> StopWhileCallingAsync()
    {
        var stops = new TaskCompletionSource();
        _host.Services.GetRequiredService<Microsoft.Extensions.Hosting.IHostApplicationLifetime>().ApplicationStopping.Register(() => stops.TrySetResult());
        var calling = _host.PostAsync("/workflows/stop", "{}");
        await Eventually.UntilAsync(() => !_crm.Requests.IsEmpty, "the request of the flow");
        var stopping = _host.StopAsync();
        await stops.Task;
        return (calling, stopping);
    }
}
