using System.Globalization;
using System.Net;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace FlowLite.FunctionalTests.Crm;

public sealed class CrmWriteTests(CrmHost crm) : IClassFixture<CrmHost>
{
    private static readonly (string, string) OnlyCreate = ("If-None-Match", "*");
    private static readonly (string, string) OnlyUpdate = ("If-Match", "*");

    private static Guid NewId() => Guid.CreateVersion7();

    [Fact]
    public async Task Patch_UnknownId_CreatesTheRecordUnderThatId()
    {
        var id = NewId();

        using var answer = await crm.SendAsync(HttpMethod.Patch, $"leads({id})", """{"subject":"upserted"}""", ("If-None-Match", "null"));

        answer.StatusCode.Should().Be(HttpStatusCode.NoContent);
        CrmHost.IdOf(answer).Should().Be(id);
        (await crm.GetAsync($"leads({id})")).GetProperty("subject").GetString().Should().Be("upserted");
    }

    [Fact]
    public async Task Patch_IfNoneMatchStarOnExisting_Answers412AndChangesNothing()
    {
        var id = NewId();
        using var first = await crm.SendAsync(HttpMethod.Patch, $"leads({id})", """{"subject":"first"}""", OnlyCreate);
        using var second = await crm.SendAsync(HttpMethod.Patch, $"leads({id})", """{"subject":"second"}""", OnlyCreate);

        first.StatusCode.Should().Be(HttpStatusCode.NoContent);
        await CrmHost.ShouldRefuseAsync(second, HttpStatusCode.PreconditionFailed, "0x80040237", "A record with matching key values already exists.");
        (await crm.GetAsync($"leads({id})")).GetProperty("subject").GetString().Should().Be("first");
    }

    [Fact]
    public async Task Patch_ConcurrentIfNoneMatchStar_ExactlyOneCreates()
    {
        for (var round = 0; round < 20; round++)
        {
            var id = NewId();

            var answers = await Task.WhenAll(Enumerable.Range(0, 2).Select(i =>
                crm.SendAsync(HttpMethod.Patch, $"leads({id})", $$"""{"subject":"{{i}}"}""", OnlyCreate)));

            answers.Select(answer => answer.StatusCode).Should().BeEquivalentTo([HttpStatusCode.NoContent, HttpStatusCode.PreconditionFailed]);
        }
    }

    [Fact]
    public async Task Patch_IfMatchStarOnMissing_Answers404()
    {
        var id = NewId();

        using var answer = await crm.SendAsync(HttpMethod.Patch, $"leads({id})", """{"subject":"x"}""", OnlyUpdate);

        await CrmHost.ShouldRefuseAsync(answer, HttpStatusCode.NotFound, "0x80040217", $"lead With Id = {id} Does Not Exist");
    }

    [Fact]
    public async Task Patch_Existing_ChangesOnlyWhatIsGivenAndNullClears()
    {
        var id = await crm.CreateAsync("leads", """{"subject":"keep","firstname":"A","lastname":"B","leadsourcecode":8}""");
        var before = await crm.GetAsync($"leads({id})");

        using var answer = await crm.SendAsync(HttpMethod.Patch, $"leads({id})", """{"firstname":null,"leadsourcecode":null,"companyname":"C"}""");

        answer.StatusCode.Should().Be(HttpStatusCode.NoContent);
        var after = await crm.GetAsync($"leads({id})");
        after.GetProperty("subject").GetString().Should().Be("keep");
        after.GetProperty("fullname").GetString().Should().Be("B");
        after.GetProperty("leadsourcecode").ValueKind.Should().Be(JsonValueKind.Null);
        after.GetProperty("companyname").GetString().Should().Be("C");
        after.GetProperty("versionnumber").GetInt64().Should().BeGreaterThan(before.GetProperty("versionnumber").GetInt64());
        after.GetProperty("createdon").GetString().Should().Be(before.GetProperty("createdon").GetString());
    }

    [Fact]
    public async Task Patch_ReturnRepresentation_Answers200ForUpdateAnd201ForCreate()
    {
        var id = NewId();
        (string, string) prefer = ("Prefer", "return=representation");

        using var created = await crm.SendAsync(HttpMethod.Patch, $"leads({id})", """{"lastname":"One"}""", prefer);
        using var updated = await crm.SendAsync(HttpMethod.Patch, $"leads({id})?$select=lastname", """{"lastname":"Two"}""", prefer);

        created.StatusCode.Should().Be(HttpStatusCode.Created);
        updated.StatusCode.Should().Be(HttpStatusCode.OK);
        (await CrmHost.JsonAsync(updated)).GetProperty("lastname").GetString().Should().Be("Two");
    }

    [Fact]
    public async Task Patch_IfMatchEtag_UpdatesOnlyThatVersion()
    {
        var id = await crm.CreateAsync("leads", """{"subject":"one"}""");
        var etag = (await crm.GetAsync($"leads({id})")).GetProperty("@odata.etag").GetString()!;

        using var first = await crm.SendAsync(HttpMethod.Patch, $"leads({id})", """{"subject":"two"}""", ("If-Match", etag));
        using var stale = await crm.SendAsync(HttpMethod.Patch, $"leads({id})", """{"subject":"three"}""", ("If-Match", etag));
        using var nonsense = await crm.SendAsync(HttpMethod.Patch, $"leads({id})", """{"subject":"four"}""", ("If-Match", "nonsense"));

        first.StatusCode.Should().Be(HttpStatusCode.NoContent);
        await CrmHost.ShouldRefuseAsync(stale, HttpStatusCode.PreconditionFailed, "0x80060882", "version");
        await CrmHost.ShouldRefuseAsync(nonsense, HttpStatusCode.PreconditionFailed, "0x80060882", "version");
        (await crm.GetAsync($"leads({id})")).GetProperty("subject").GetString().Should().Be("two");
    }

    [Fact]
    public async Task Patch_OtherIdInBody_Answers400()
    {
        using var answer = await crm.SendAsync(HttpMethod.Patch, $"leads({NewId()})", $$"""{"leadid":"{{NewId()}}"}""");

        await CrmHost.ShouldRefuseAsync(answer, HttpStatusCode.BadRequest, "0x80048d19", "leadid");
    }

    [Fact]
    public async Task Patch_StateAlone_BringsItsFirstStatus()
    {
        var id = await crm.CreateAsync("leads", """{"subject":"x"}""");

        using var answer = await crm.SendAsync(HttpMethod.Patch, $"leads({id})", """{"statecode":2}""");

        answer.StatusCode.Should().Be(HttpStatusCode.NoContent);
        (await crm.GetAsync($"leads({id})")).GetProperty("statuscode").GetInt32().Should().Be(4);
    }

    [Fact]
    public async Task Delete_Existing_RemovesItAndThenAnswers404()
    {
        var id = await crm.CreateAsync("contacts", """{"lastname":"x"}""");

        using var stale = await crm.SendAsync(HttpMethod.Delete, $"contacts({id})", null, ("If-Match", "W/\"0\""));
        using var first = await crm.SendAsync(HttpMethod.Delete, $"contacts({id})");
        using var second = await crm.SendAsync(HttpMethod.Delete, $"contacts({id})");
        using var read = await crm.SendAsync(HttpMethod.Get, $"contacts({id})");

        stale.StatusCode.Should().Be(HttpStatusCode.PreconditionFailed);
        first.StatusCode.Should().Be(HttpStatusCode.NoContent);
        await CrmHost.ShouldRefuseAsync(second, HttpStatusCode.NotFound, "0x80040217", $"contact With Id = {id} Does Not Exist");
        await CrmHost.ShouldRefuseAsync(read, HttpStatusCode.NotFound, "0x80040217", $"contact With Id = {id} Does Not Exist");
    }

    [Fact]
    public async Task Get_IfNoneMatchCurrentEtag_Answers304()
    {
        var id = await crm.CreateAsync("leads", """{"subject":"x"}""");
        var etag = (await crm.GetAsync($"leads({id})")).GetProperty("@odata.etag").GetString()!;

        using var same = await crm.SendAsync(HttpMethod.Get, $"leads({id})", null, ("If-None-Match", etag));
        using var other = await crm.SendAsync(HttpMethod.Get, $"leads({id})", null, ("If-None-Match", "null"));

        same.StatusCode.Should().Be(HttpStatusCode.NotModified);
        other.StatusCode.Should().Be(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Write_Acknowledged_IsSeenByTheNextRead()
    {
        for (var i = 0; i < 100; i++)
        {
            var id = await crm.CreateAsync("leads", $$"""{"subject":"{{i}}"}""");

            (await crm.GetAsync($"leads({id})")).GetProperty("subject").GetString().Should().Be(i.ToString(CultureInfo.InvariantCulture));
        }
    }

    [Fact]
    public async Task Write_OneBadItemAmongManyConcurrent_FailsAlone()
    {
        var taken = await crm.CreateAsync("leads", """{"subject":"taken"}""");

        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => i % 10 == 0
            ? crm.SendAsync(HttpMethod.Post, "leads", $$"""{"leadid":"{{taken}}","subject":"clash"}""")
            : crm.SendAsync(HttpMethod.Post, "leads", """{"subject":"fine"}""")));

        answers.Count(answer => answer.StatusCode == HttpStatusCode.PreconditionFailed).Should().Be(20);
        answers.Count(answer => answer.StatusCode == HttpStatusCode.NoContent).Should().Be(180);
    }

    [Fact]
    public async Task Write_DatabaseBroken_Answers503AndOtherTablesGoOn()
    {
        await using var host = await CrmHost.StartAsync();
        await using (var outside = new SqliteConnection($"Data Source={Path.Combine(host.Directory, "crm.db")};Pooling=false"))
        {
            await outside.OpenAsync();
            await using var drop = outside.CreateCommand();
            drop.CommandText = "DROP TABLE contacts";
            await drop.ExecuteNonQueryAsync();
        }

        using var write = await host.SendAsync(HttpMethod.Post, "contacts", "{}");
        using var read = await host.SendAsync(HttpMethod.Get, "contacts");

        await CrmHost.ShouldRefuseAsync(write, HttpStatusCode.ServiceUnavailable, "0x80044150", "storage");
        await CrmHost.ShouldRefuseAsync(read, HttpStatusCode.ServiceUnavailable, "0x80044150", "storage");
        var id = await host.CreateAsync("leads", "{}");
        (await host.GetAsync($"leads({id})")).GetProperty("leadid").GetGuid().Should().Be(id);
    }

    [Fact]
    public async Task Restart_SameDirectory_KeepsRecordsAndContinuesVersions()
    {
        var directory = Directory.CreateTempSubdirectory("crm-restart-").FullName;
        try
        {
            Guid id;
            long version;
            await using (var before = await CrmHost.StartAsync(directory))
            {
                id = await before.CreateAsync("leads", """{"subject":"kept"}""");
                version = (await before.GetAsync($"leads({id})")).GetProperty("versionnumber").GetInt64();
                using var deleted = await before.SendAsync(HttpMethod.Delete, $"leads({await before.CreateAsync("leads", "{}")})");
                deleted.StatusCode.Should().Be(HttpStatusCode.NoContent);
            }

            await using var after = await CrmHost.StartAsync(directory);
            var next = await after.CreateAsync("leads", "{}");

            (await after.GetAsync($"leads({id})")).GetProperty("subject").GetString().Should().Be("kept");
            (await after.GetAsync($"leads({next})")).GetProperty("versionnumber").GetInt64().Should().BeGreaterThan(version + 1);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public async Task Start_DirectoryInUse_IsRefused()
    {
        var second = () => CrmHost.StartAsync(crm.Directory);

        await second.Should().ThrowAsync<IOException>();
    }
}
