using FlowLite.FunctionalTests.Connectors;

namespace FlowLite.BrowserTests.Support;

/// <summary>A CRM whose callers wait for the test to let them go; it tells nothing of its tables.</summary>
internal sealed class HeldCrm : IAsyncDisposable
{
    /// <summary>An activity that makes a record there.</summary>
    public const string Create = """
        {"id":"create","type":"FlowLite.CreateRecord","version":1,"name":"Create",
         "connection":{"typeName":"String","expression":{"type":"Literal","value":"held"}},
         "entity":{"typeName":"String","expression":{"type":"Literal","value":"leads"}},
         "fields":{"subject":{"typeName":"String","expression":{"type":"Literal","value":"Lead"}}}}
        """;

    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private FakeCrm _crm = null!;

    public string[] Settings =>
    [
        "FlowLite:Connections:held:Kind=dataverse",
        $"FlowLite:Connections:held:Url={_crm.Url}",
        $"FlowLite:Connections:held:TokenUrl={_crm.Url}/token",
        "FlowLite:Connections:held:ClientId=flowlite",
        "FlowLite:Connections:held:ClientSecret=held-crm-secret",
    ];

    public bool IsCalled => _crm.RecordCalls.Any(call => call.Method != "GET");

    public static async Task<HeldCrm> StartAsync()
    {
        var held = new HeldCrm { _crm = await FakeCrm.StartAsync() };
        held._crm.Answers.Enqueue(async context =>
        {
            if (context.Request.Method == "GET")
            {
                context.Response.StatusCode = 404;
                return;
            }

            await held._open.Task.WaitAsync(context.RequestAborted);
            context.Response.StatusCode = 204;
        });
        return held;
    }

    public void Open() => _open.TrySetResult();

    public ValueTask DisposeAsync() => _crm.DisposeAsync();
}
