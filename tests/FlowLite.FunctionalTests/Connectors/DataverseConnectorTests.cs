using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using FlowLite.Activities.Crm;
using FlowLite.Engine.Activities;
using Microsoft.AspNetCore.Http;

namespace FlowLite.FunctionalTests.Connectors;

public sealed class DataverseConnectorTests : DataverseTestBase
{
    [Fact]
    public async Task Create_204_SendsOneConditionalPatchUnderTheKey()
    {
        var record = await CreateAsync("""{"lastname":"Öne","jobtitle":null,"telephone1":"1"}""");

        record.Should().Be(new CreatedRecord(Key.ToString(), $"{Crm.Url}/api/data/v9.2/leads({Key})", AlreadyExisted: false, 204));
        var call = Crm.RecordCalls.Single();
        call.Method.Should().Be("PATCH");
        call.Path.Should().Be($"/api/data/v9.2/leads({Key})");
        call.Body.Should().Be("""{"lastname":"\u00D6ne","telephone1":"1"}""", "a null is left out");
        call.Headers["If-None-Match"].Should().Be("*");
        call.Headers["OData-Version"].Should().Be("4.0");
        call.Headers["OData-MaxVersion"].Should().Be("4.0");
        call.Headers["Authorization"].Should().Be("Bearer t1");
        call.Headers["Content-Type"].Should().Be("application/json; charset=utf-8");
    }

    [Theory]
    [InlineData("leads", "leads")]
    [InlineData("Opportunity", "opportunities")]
    [InlineData("new_offers", "new_offers")]
    public async Task Create_Entity_IsTheLogicalOrTheSetName(string entity, string set)
    {
        Crm.Answers.Enqueue(FakeCrm.Json(201, "{}"));

        await CreateAsync("""{"a":1}""", entity);

        Crm.RecordCalls.Single().Path.Should().Be($"/api/data/v9.2/{set}({Key})");
        Crm.RecordCalls.Single().Body.Should().Be("""{"a":1}""");
    }

    [Fact]
    public async Task Create_412AndTheRecordIsThere_WasDelivered()
    {
        Crm.Answers.Enqueue(FakeCrm.Json(412, """{"error":{"code":"","message":"A record with matching key values already exists."}}"""));
        Crm.Answers.Enqueue(FakeCrm.Json(200, "{}"));

        var record = await CreateAsync();

        record.AlreadyExisted.Should().BeTrue();
        record.StatusCode.Should().Be(412);
        Crm.RecordCalls.Select(c => c.Method).Should().Equal("PATCH", "GET");
        Crm.RecordCalls.Select(c => c.Path).Distinct().Should().ContainSingle();
    }

    [Theory]
    [InlineData("0x80040237", "0x80040237")]
    [InlineData("", "Http412")]
    public async Task Create_412AndNoSuchRecord_IsTheCrmsRefusal(string code, string expected)
    {
        Crm.Answers.Enqueue(FakeCrm.Json(412, $$"""{"error":{"code":"{{code}}","message":"Duplicate."} }"""));
        Crm.Answers.Enqueue(FakeCrm.Status(404));

        var failure = await FailAsync();

        failure.Code.Should().Be(expected);
        failure.Retryable.Should().BeFalse();
        failure.Message.Should().Contain("Duplicate");
        failure.Details!.Value.GetProperty("status").GetInt32().Should().Be(412);
    }

    [Fact]
    public async Task Create_412AndTheLookupFails_IsTriedAgain()
    {
        Crm.Answers.Enqueue(FakeCrm.Status(412));
        Crm.Answers.Enqueue(FakeCrm.Status(503));

        (await FailAsync()).Retryable.Should().BeTrue();
    }

    [Fact]
    public async Task Create_412AndALoginPage_IsNotTakenForTheRecord()
    {
        Crm.Answers.Enqueue(FakeCrm.Status(412));
        Crm.Answers.Enqueue(context =>
        {
            context.Response.ContentType = "text/html";
            return context.Response.WriteAsync("<h1>Sign in</h1>");
        });

        var failure = await FailAsync();

        failure.Code.Should().Be("UnexpectedAnswer");
        failure.Retryable.Should().BeTrue();
    }

    [Theory]
    [InlineData("37", 37)]
    [InlineData("Thu, 01 Jan 2026 00:02:00 GMT", 120)]
    [InlineData("Wed, 31 Dec 2025 23:00:00 GMT", 0)]
    [InlineData("Fri, 31 Dec 9999 23:59:59 GMT", 7 * 24 * 3600)]
    [InlineData("soon", null)]
    public async Task Create_429_ObeysRetryAfter(string header, int? seconds)
    {
        Crm.Answers.Enqueue(FakeCrm.Json(429, """{"error":{"code":"0x80072322","message":"Number of requests exceeded the limit."}}""", ("Retry-After", header)));

        var failure = await FailAsync();

        failure.Code.Should().Be("0x80072322");
        failure.Retryable.Should().BeTrue();
        failure.RetryAfter.Should().Be(seconds is { } s ? TimeSpan.FromSeconds(s) : null);
    }

    [Theory]
    [InlineData("0x80072322", "Number of requests exceeded the limit of 6000 over time window of 300 seconds.")]
    [InlineData("0x80072321", "Combined execution time of incoming requests exceeded limit of 1200000 milliseconds over time window of 300 seconds.")]
    [InlineData("0x80072326", "Number of concurrent requests exceeded the limit of 52.")]
    public async Task Create_BeyondALimitOfTheService_IsTriedAgainWhenItSays(string code, string message)
    {
        Crm.Answers.Enqueue(FakeCrm.Json(429, $$$"""{"error":{"code":"{{{code}}}","message":"{{{message}}}"}}""", ("Retry-After", "120")));

        var failure = await FailAsync();

        (failure.Code, failure.Retryable, failure.RetryAfter, failure.OutcomeUnknown).Should().Be((code, true, TimeSpan.FromMinutes(2), false));
        failure.Message.Should().Contain(message.TrimEnd('.'));
        FailureOwners.Of(failure.Code, failure.Details).Should().Be(FailureOwner.Crm);
    }

    [Theory]
    [InlineData("""{"accounts":{"accountnumber":"A1"}}""", "/accounts(accountnumber=%27A1%27)")]
    [InlineData("""{"accounts":{"accountnumber":"O'Neil'),x(y='1"}}""", "/accounts(accountnumber=%27O%27%27Neil%27%27%29%2Cx%28y%3D%27%271%27)")]
    [InlineData("""{"contacts":{"firstname":"Joe","number":7}}""", "/contacts(firstname=%27Joe%27,number=7)")]
    [InlineData("""{"systemusers":"0a1b2c3d-0000-5000-8000-000000000002"}""", "/systemusers(0a1b2c3d-0000-5000-8000-000000000002)")]
    [InlineData("\"/accounts(accountnumber='A1')\"", "/accounts(accountnumber='A1')")]
    [InlineData("""{"accounts":{"accountnumber":null}}""", null)]
    [InlineData("""{"accounts":null}""", null)]
    public async Task Create_WithALookup_BindsTheRecordByItsKey(string lookup, string? bound)
    {
        await CreateAsync($$"""{"lastname":"One","parentaccountid@odata.bind":{{lookup}}}""");

        var body = JsonElement.Parse(Crm.RecordCalls.Single().Body);
        (body.TryGetProperty("parentaccountid@odata.bind", out var value) ? value.GetString() : null).Should().Be(bound);
        body.GetProperty("lastname").GetString().Should().Be("One");
    }

    [Theory]
    [InlineData("""{"accounts":{"accountnumber":[1]}}""")]
    [InlineData("""{"accounts":{}}""")]
    [InlineData("""{"accounts":"nobody"}""")]
    [InlineData("""{"accounts":"0a1b2c3d-0000-5000-8000-000000000002","contacts":"0a1b2c3d-0000-5000-8000-000000000002"}""")]
    [InlineData("""{"accounts(1)/x":{"accountnumber":"A1"}}""")]
    [InlineData("{}")]
    public async Task Create_WithALookupThatIsNone_SendsNothing(string lookup)
    {
        var create = () => CreateAsync($$"""{"lastname":"One","parentaccountid@odata.bind":{{lookup}}}""");

        (await create.Should().ThrowAsync<ActivityException>()).Which.Code.Should().Be("InvalidKey");
        Crm.RecordCalls.Should().BeEmpty();
    }

    [Theory]
    [InlineData(412, "0x80040237")]
    [InlineData(500, "0x80040333")]
    [InlineData(400, "0x80040237")]
    [InlineData(500, "0x80040237")]
    [InlineData(409, "0x80060892")]
    public async Task Create_DuplicateWhateverItsStatus_IsLookedForByItsKey(int status, string code)
    {
        Crm.Answers.Enqueue(FakeCrm.Json(status, $$"""{"error":{"code":"{{code}}","message":"m"} }"""));
        Crm.Answers.Enqueue(FakeCrm.Json(200, "{}"));

        (await CreateAsync("""{"lastname":"One"}""")).AlreadyExisted.Should().BeTrue();
    }

    [Theory]
    [InlineData(408, null, true)]
    [InlineData(500, null, true)]
    [InlineData(503, null, true)]
    [InlineData(500, "0x80040333", false)]
    [InlineData(500, "0x80044331", false)]
    [InlineData(500, "0x80040216", true)]
    [InlineData(400, "0x80048d19", false)]
    [InlineData(403, null, false)]
    [InlineData(404, null, false)]
    [InlineData(413, null, false)]
    [InlineData(302, null, false)]
    [InlineData(200, null, true)]
    public async Task Create_Status_SaysWhetherToTryAgain(int status, string? code, bool retryable)
    {
        Crm.Answers.Enqueue(code is null ? FakeCrm.Status(status) : FakeCrm.Json(status, $$"""{"error":{"code":"{{code}}","message":"m"} }"""));

        var failure = await FailAsync();

        failure.Retryable.Should().Be(retryable);
        failure.Code.Should().Be(code ?? (status == 200 ? "UnexpectedAnswer" : $"Http{status}"));
        failure.Details!.Value.GetProperty("status").GetInt32().Should().Be(status);
    }

    [Theory]
    [InlineData("<html>no</html>")]
    [InlineData("{\"error\":")]
    [InlineData("[]")]
    [InlineData("\"\\ud800\"")]
    [InlineData("{\"error\":\"\\ud800\"}")]
    [InlineData("{\"error\":{\"code\":5,\"message\":null}}")]
    [InlineData("")]
    public async Task Create_MalformedErrorBody_IsKeptAsItIs(string body)
    {
        Crm.Answers.Enqueue(FakeCrm.Json(400, body));

        var failure = await FailAsync();

        failure.Code.Should().Be("Http400");
        failure.Retryable.Should().BeFalse();
        JsonSerializer.Serialize(failure.Details).Should().NotBeEmpty("it can be journaled");
    }

    [Fact]
    public async Task Create_HugeErrorBody_IsCut()
    {
        Crm.Answers.Enqueue(FakeCrm.Json(400, new string('x', 5_000_000)));

        (await FailAsync()).Details!.Value.GetProperty("error").GetString()!.Length.Should().BeLessThan(3_000);
    }

    [Fact]
    public async Task Create_NobodyListens_IsTriedAgain()
    {
        using var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        var url = $"http://{closed.LocalEndpoint}";
        closed.Stop();
        using var connectors = new CrmConnectors(_ => Settings(url), Clock);

        var failure = await FailAsync(connectors);

        failure.Code.Should().Be("ConnectionFailed");
        failure.Retryable.Should().BeTrue();
    }

    [Fact]
    public async Task Create_AnswerBreaksOff_IsTriedAgain()
    {
        Crm.Answers.Enqueue(context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });

        (await FailAsync()).Code.Should().Be("ConnectionFailed");
    }

    [Fact]
    public async Task Create_AnswerIsNoHttp_IsTriedAgain()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var connectors = new CrmConnectors(_ => Settings($"http://{listener.LocalEndpoint}", tokenUrl: $"{Crm.Url}/token"), Clock);
        var failing = FailAsync(connectors);
        using (var client = await listener.AcceptTcpClientAsync())
        {
            await client.GetStream().WriteAsync("SSH-2.0-OpenSSH\r\n\r\n"u8.ToArray());
        }

        var failure = await failing;

        failure.Code.Should().Be("ConnectionFailed");
        failure.Retryable.Should().BeTrue();
    }

    [Fact]
    public async Task Create_NoAnswerIn100Seconds_IsTriedAgain()
    {
        var asked = new TaskCompletionSource();
        Crm.Answers.Enqueue(async context =>
        {
            asked.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
        var failing = FailAsync();
        await asked.Task;

        Clock.Advance(TimeSpan.FromSeconds(101));
        var failure = await failing;

        failure.Code.Should().Be("Timeout");
        failure.Retryable.Should().BeTrue();
    }

    [Fact]
    public async Task Create_Cancelled_IsNoFailureOfTheCrm()
    {
        using var stopping = new CancellationTokenSource();
        Crm.Answers.Enqueue(async context =>
        {
            await stopping.CancelAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });

        var create = () => Connector.CreateAsync(Request(), stopping.Token).AsTask();

        await create.Should().ThrowAsync<OperationCanceledException>();
    }
}
