using System.Text.Json;
using FlowLite.Activities.Crm;
using FlowLite.Engine.Activities;
using FlowLite.FunctionalTests.Connectors.StandIns;

namespace FlowLite.FunctionalTests.Connectors;

public sealed class MarketoConnectorTests : StandInTestBase
{
    private const string Lead = """{"email":"a@b.c","lastName":"One","phone":null}""";

    private MarketoStandIn _marketo = null!;

    public override async Task InitializeAsync() => _marketo = await MarketoStandIn.StartAsync();

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _marketo.DisposeAsync();
    }

    [Fact]
    public async Task Create_WithKeyField_CreatesOnlyByTheKey()
    {
        var (crm, _) = Connect();

        var record = await CreateAsync(crm, "lead", Lead);

        record.Should().Be(new CreatedRecord("1000", $"{_marketo.Url}/rest/v1/lead/1000.json", AlreadyExisted: false, 200));
        crm.CreateEffect("lead").Should().Be(Effect.AtLeastOnce, "Marketo looks the key up and does not enforce it");
        _marketo.Calls.Last().Body.Should().Be($$"""{"action":"createOnly","lookupField":"{{MarketoStandIn.KeyField}}","input":[{"email":"a@b.c","lastName":"One","{{MarketoStandIn.KeyField}}":"{{Key}}"}]}""");
        _marketo.Calls.Last().Headers["Authorization"].Should().Be($"Bearer {_marketo.Token}");
    }

    [Fact]
    public async Task Create_AnswerLost_FindsTheLeadByItsKey()
    {
        var (crm, _) = Connect();
        _marketo.LoseAnswers = 1;
        (await FailAsync(() => CreateAsync(crm, "lead", Lead))).OutcomeUnknown.Should().BeTrue();

        var record = await CreateAsync(crm, "lead", Lead);

        (record.Id, record.AlreadyExisted).Should().Be(("1000", true));
        _marketo.Records.Should().ContainSingle();
    }

    [Theory]
    [InlineData("createOrUpdate", 1)]
    [InlineData("createDuplicate", 2)]
    public async Task Create_WithoutKeyField_DoesWithALeadThatExistsWhatTheConnectionSays(string action, int leads)
    {
        var (crm, _) = Connect(("KeyField", null), ("Action", action));
        await CreateAsync(crm, "lead", Lead);

        var record = await CreateAsync(crm, "lead", Lead, Guid.CreateVersion7(TimeProvider.System.GetUtcNow()));

        record.AlreadyExisted.Should().Be(leads == 1);
        _marketo.Records.Should().HaveCount(leads);
    }

    [Fact]
    public async Task Create_WithoutKeyFieldAndCreateOnly_FailsForALeadThatExists()
    {
        var (crm, _) = Connect(("KeyField", null), ("Action", "createOnly"), ("WithoutKey", "at-most-once"));
        crm.CreateEffect("lead").Should().Be(Effect.AtMostOnce);
        await CreateAsync(crm, "lead", Lead);

        var failure = await FailAsync(() => CreateAsync(crm, "lead", Lead, Guid.CreateVersion7(TimeProvider.System.GetUtcNow())));

        (failure.Code, failure.Retryable, ActBy(failure)).Should().Be(("1005", false, "author"));
        failure.Message.Should().Contain("Lead already exists");
    }

    [Fact]
    public async Task Create_TokenExpired_IsRenewedOnce()
    {
        var (crm, _) = Connect();
        await CreateAsync(crm, "lead", Lead);
        _marketo.EndToken();

        await CreateAsync(crm, "lead", Lead, Guid.CreateVersion7(TimeProvider.System.GetUtcNow()));

        _marketo.Calls.Count(call => call.Path.StartsWith("/identity/", StringComparison.Ordinal)).Should().Be(2);
        _marketo.Records.Should().HaveCount(2);
    }

    [Theory]
    [InlineData("601", "Access token invalid", false, "administrator", null, false)]
    [InlineData("603", "Access denied", false, "administrator", null, false)]
    [InlineData("604", "Request timed out", true, "crm", null, true)]
    [InlineData("606", "Max rate limit '100' exceeded with in '20' secs", true, "crm", 20, false)]
    [InlineData("607", "Daily API Request Limit Reached", true, "crm", 3600, false)]
    [InlineData("608", "API Temporarily Unavailable", true, "crm", null, false)]
    [InlineData("609", "Invalid JSON", false, "author", null, false)]
    [InlineData("610", "Requested resource not found", false, "administrator", null, false)]
    [InlineData("611", "System error", true, "crm", null, true)]
    [InlineData("615", "Concurrent access limit reached", true, "crm", null, false)]
    [InlineData("713", "Transient Error", true, "crm", null, true)]
    public async Task Create_ErrorBehind200_IsToldApartByItsCode(string code, string message, bool retryable, string who, int? seconds, bool unknown)
    {
        var (crm, _) = Connect();
        _marketo.Refusals.Enqueue(MarketoStandIn.Error(code, message));
        _marketo.Refusals.Enqueue(MarketoStandIn.Error(code, message));

        var failure = await FailAsync(() => CreateAsync(crm, "lead", Lead));

        (failure.Code, failure.Retryable, ActBy(failure)).Should().Be((code, retryable, who));
        failure.RetryAfter.Should().Be(seconds is { } s ? TimeSpan.FromSeconds(s) : null);
        failure.OutcomeUnknown.Should().Be(unknown);
        failure.Message.Should().Contain(message);
        _marketo.Records.Should().BeEmpty();
        _marketo.Refusals.Should().HaveCount(code == "601" ? 0 : 1, "only a token is renewed, and once");
    }

    [Theory]
    [InlineData("1003", "Invalid data")]
    [InlineData("1006", "Field 'shoe' not found")]
    [InlineData("1007", "Multiple lead match lookup criteria")]
    public async Task Create_SkippedBehindSuccess_IsAFailure(string code, string message)
    {
        var (crm, _) = Connect();
        _marketo.Refusals.Enqueue(MarketoStandIn.Skipped(code, message));

        var failure = await FailAsync(() => CreateAsync(crm, "lead", Lead));

        (failure.Code, failure.Retryable, ActBy(failure)).Should().Be((code, false, "author"));
        failure.Message.Should().Contain(message);
    }

    [Theory]
    [InlineData(413, false)]
    [InlineData(502, true)]
    public async Task Create_StatusOfTheGateway_Decides(int status, bool retryable)
    {
        var (crm, _) = Connect();
        _marketo.Refusals.Enqueue(new Answer(status, "<html>"));

        (await FailAsync(() => CreateAsync(crm, "lead", Lead))).Retryable.Should().Be(retryable);
    }

    [Fact]
    public async Task Create_WrongSecret_IsFinal()
    {
        var (crm, _) = Connect(("ClientSecret", "wrong-secret"));

        (await FailAsync(() => CreateAsync(crm, "lead", Lead))).Code.Should().Be("TokenRefused");
    }

    [Fact]
    public async Task UpdateUpsertGet_LookUpByTheKey()
    {
        var (crm, _) = Connect();

        var made = await crm.UpsertAsync(new UpsertRecordRequest("lead", By("email", "a@b.c"), JsonElement.Parse("""{"lastName":"One"}""")), CancellationToken.None);
        var changed = await crm.UpdateAsync(new UpdateRecordRequest("lead", RecordKey.ById(made.Id!), JsonElement.Parse("""{"lastName":"Two"}""")), CancellationToken.None);
        var found = await crm.GetAsync(new GetRecordRequest("leads", By("email", "a@b.c"), ["lastName"]), CancellationToken.None);
        var missing = await FailAsync(() => crm.UpdateAsync(new UpdateRecordRequest("lead", RecordKey.ById("77"), JsonElement.Parse("{}")), CancellationToken.None).AsTask());

        (made.Created, changed.Created, changed.Id).Should().Be((true, false, made.Id));
        found!.Columns.GetProperty("lastName").GetString().Should().Be("Two");
        (await crm.GetAsync(new GetRecordRequest("lead", By("email", "nobody"), []), CancellationToken.None)).Should().BeNull();
        missing.Code.Should().Be("1004");
    }

    [Fact]
    public async Task Describe_GivesWhatCanBeFilled()
    {
        var (_, metadata) = Connect();

        (await metadata.TestAsync(CancellationToken.None)).Should().Be(MarketoStandIn.ClientId);
        (await metadata.FieldsAsync("lead", CancellationToken.None)).Where(field => field.CanCreate).Select(field => field.Name)
            .Should().Equal("email", "firstName", "lastName", "company", "phone", "title");
        (await FailAsync(() => Connect(("KeyField", "other")).Metadata.TestAsync(CancellationToken.None).AsTask())).Code.Should().Be("ConnectionInvalid");
    }

    private (ICrmConnector Crm, ICrmMetadata Metadata) Connect(params (string Name, string? Value)[] changed) => Connect("marketo", Settings(_marketo.Url), changed);

    internal static Dictionary<string, string?> Settings(string url) => new()
    {
        ["Url"] = url,
        ["ClientId"] = MarketoStandIn.ClientId,
        ["ClientSecret"] = MarketoStandIn.Secret,
        ["KeyField"] = MarketoStandIn.KeyField,
    };
}
