using System.Globalization;
using System.Text;
using System.Text.Json;
using FlowLite.Crm.Auth;
using FlowLite.Crm.Metadata;
using FlowLite.Crm.Model;
using FlowLite.Crm.Query;
using FlowLite.Crm.Storage;

namespace FlowLite.Crm.Api;

/// <summary>Dataverse's Web API, version 9.2, over the store.</summary>
internal sealed class DataApi(CrmStore store, CrmGate gate, TimeProvider time, ILogger<DataApi> log)
{
    public const string Root = "/api/data/v9.2";

    /// <summary>Answers one request; every refusal is in Dataverse's shape.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        CrmRequestException refusal;
        try
        {
            context.Response.Headers["OData-Version"] = "4.0";
            if (!await gate.AdmitsAsync(context))
            {
                context.Response.Headers.WWWAuthenticate = CrmGate.Challenge(context);
                throw CrmErrors.Unauthorized();
            }

            await DispatchAsync(context);
            return;
        }
        catch (CrmRequestException exception)
        {
            refusal = exception;
        }
        catch (CrmStorageException exception)
        {
            Log.StorageFailed(log, exception);
            refusal = CrmErrors.Unavailable();
        }
        catch (BadHttpRequestException exception)
        {
            refusal = CrmErrors.Malformed(exception.StatusCode);
        }
        catch (Exception exception) when (context.RequestAborted.IsCancellationRequested)
        {
            Log.CallerLeft(log, exception.GetType().Name);
            return;
        }
        catch (Exception exception)
        {
            Log.RequestFailed(log, exception, context.Request.Method, context.Request.Path);
            refusal = CrmErrors.Unexpected();
        }

        await RefuseAsync(context, refusal);
    }

    private Task DispatchAsync(HttpContext context)
    {
        var path = ((string?)context.Request.RouteValues["path"] ?? "").TrimEnd('/');
        var method = context.Request.Method;
        if (path is "WhoAmI" or "WhoAmI()")
        {
            return HttpMethods.IsGet(method) ? WhoAmIAsync(context) : throw NotAllowed(context, "GET");
        }

        if (path == "$metadata")
        {
            return HttpMethods.IsGet(method) ? SendAsync(context, CsdlXml.Document, "application/xml") : throw NotAllowed(context, "GET");
        }

        if (MetadataApi.Owns(path))
        {
            return HttpMethods.IsGet(method) ? SendAsync(context, MetadataApi.Read(context, path)) : throw NotAllowed(context, "GET");
        }

        var (entity, key, column, isCount) = ResourcePath.Parse(path);
        if (isCount)
        {
            return HttpMethods.IsGet(method) ? CountAsync(context, entity) : throw NotAllowed(context, "GET");
        }

        if (key is not { } id)
        {
            return method switch
            {
                _ when HttpMethods.IsGet(method) => ListAsync(context, entity),
                _ when HttpMethods.IsPost(method) => CreateAsync(context, entity),
                _ => throw NotAllowed(context, "GET, POST"),
            };
        }

        if (column is not null)
        {
            return method switch
            {
                _ when HttpMethods.IsGet(method) => GetColumnAsync(context, entity, id, column),
                _ when HttpMethods.IsPut(method) || HttpMethods.IsDelete(method) => SetColumnAsync(context, entity, id, column),
                _ => throw NotAllowed(context, "GET, PUT, DELETE"),
            };
        }

        return method switch
        {
            _ when HttpMethods.IsGet(method) => GetAsync(context, entity, id),
            _ when HttpMethods.IsPatch(method) => UpsertAsync(context, entity, id),
            _ when HttpMethods.IsDelete(method) => DeleteAsync(context, entity, id),
            _ => throw NotAllowed(context, "GET, PATCH, DELETE"),
        };
    }

    private async Task CreateAsync(HttpContext context, CrmEntity entity)
    {
        var select = QueryOptions.ReadSelect(entity, context.Request.Query);
        var (id, changes) = await ReadRecordAsync(context, entity);
        var wantRecord = RequestHeaders.WantsRepresentation(context.Request);
        var write = new CrmWrite(CrmWriteKind.Create, entity, id ?? Guid.CreateVersion7(time.GetUtcNow()), changes, default, wantRecord);
        await AnswerWriteAsync(context, write, select);
    }

    private async Task UpsertAsync(HttpContext context, CrmEntity entity, Guid id)
    {
        var select = QueryOptions.ReadSelect(entity, context.Request.Query);
        var (bodyId, changes) = await ReadRecordAsync(context, entity);
        if (bodyId is not null && bodyId != id)
        {
            throw CrmErrors.BadPayload($"the property '{entity.Id.LogicalName}' differs from the key in the request's URL.");
        }

        var wantRecord = RequestHeaders.WantsRepresentation(context.Request);
        var write = new CrmWrite(CrmWriteKind.Upsert, entity, id, changes, RequestHeaders.Condition(context.Request), wantRecord);
        await AnswerWriteAsync(context, write, select);
    }

    private async Task DeleteAsync(HttpContext context, CrmEntity entity, Guid id)
    {
        var condition = RequestHeaders.Condition(context.Request) with { MustNotExist = false };
        var write = new CrmWrite(CrmWriteKind.Delete, entity, id, [], condition, WantRecord: false);
        Check(write, await store.WriteAsync(write, context.RequestAborted));
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async Task GetAsync(HttpContext context, CrmEntity entity, Guid id)
    {
        var select = QueryOptions.ReadSelect(entity, context.Request.Query);
        var record = store.Find(entity, id) ?? throw CrmErrors.NotFound(entity.LogicalName, id);
        context.Response.Headers.ETag = RecordJson.ETag(record);
        if (RequestHeaders.HasCurrentCopy(context.Request, record))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        await SendRecordAsync(context, record, select);
    }

    private Task CountAsync(HttpContext context, CrmEntity entity)
    {
        var count = store.List(QueryOptions.ReadCount(entity, context.Request.Query)).Count!.Value;
        return SendAsync(context, Encoding.ASCII.GetBytes(count.ToString(CultureInfo.InvariantCulture)), "text/plain");
    }

    /// <summary><c>{"value":…}</c> of one column; 204 when it has none (OData 4.0, 11.2.3).</summary>
    private Task GetColumnAsync(HttpContext context, CrmEntity entity, Guid id, CrmColumn column)
    {
        var record = store.Find(entity, id) ?? throw CrmErrors.NotFound(entity.LogicalName, id);
        if (record[column] is null)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return Task.CompletedTask;
        }

        return SendAsync(context, RecordJson.Object(writer =>
        {
            writer.WriteString("@odata.context", $"{ODataUrls.Service(context)}/$metadata#{entity.SetName}({id})/{column.LogicalName}");
            writer.WritePropertyName("value");
            RecordJson.WriteValue(writer, column, record[column]);
        }));
    }

    /// <summary>Writes one column of a record that exists: <c>PUT {"value":…}</c>, or DELETE, which clears it.</summary>
    private async Task SetColumnAsync(HttpContext context, CrmEntity entity, Guid id, CrmColumn column)
    {
        using var body = HttpMethods.IsPut(context.Request.Method)
            ? await RequestBody.ReadObjectAsync(context.Request, context.RequestAborted)
            : JsonDocument.Parse("""{"value":null}""");
        var change = RecordBody.ReadValue(entity, column, body.RootElement);
        var condition = RequestHeaders.Condition(context.Request) with { MustNotExist = false, MustExist = true };
        var write = new CrmWrite(CrmWriteKind.Upsert, entity, id, change is { } changed ? [changed] : [], condition, WantRecord: false);
        Check(write, await store.WriteAsync(write, context.RequestAborted));
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async Task ListAsync(HttpContext context, CrmEntity entity)
    {
        var pageSize = RequestHeaders.MaxPageSize(context.Request);
        var query = QueryOptions.ReadList(entity, context.Request.Query, pageSize);
        var page = store.List(query);
        if (pageSize is not null)
        {
            context.Response.Headers["Preference-Applied"] = $"odata.maxpagesize={query.PageSize}";
        }

        await SendAsync(context, RecordJson.Object(writer =>
        {
            writer.WriteString("@odata.context", ODataUrls.Context(context, entity, query.Select, single: false));
            if (page.Count is { } count)
            {
                writer.WriteNumber("@odata.count", count);
            }

            writer.WriteStartArray("value");
            foreach (var record in page.Records)
            {
                writer.WriteStartObject();
                RecordJson.WriteMembers(writer, record, query.Select);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            if (page.Next is { } next)
            {
                writer.WriteString("@odata.nextLink", ODataUrls.NextPage(context, entity, next));
            }
        }));
    }

    private Task WhoAmIAsync(HttpContext context) => SendAsync(context, RecordJson.Object(writer =>
    {
        writer.WriteString("@odata.context", ODataUrls.Service(context) + "/$metadata#Microsoft.Dynamics.CRM.WhoAmIResponse");
        writer.WriteString("BusinessUnitId", gate.IdOf("business unit"));
        writer.WriteString("UserId", gate.IdOf("user"));
        writer.WriteString("OrganizationId", gate.IdOf("organization"));
    }));

    private async Task AnswerWriteAsync(HttpContext context, CrmWrite write, IReadOnlyList<CrmColumn>? select)
    {
        var result = await store.WriteAsync(write, context.RequestAborted);
        Check(write, result);
        if (result.Record is not { } record)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            context.Response.Headers["OData-EntityId"] = ODataUrls.Record(context, write.Entity, write.Id);
            return;
        }

        context.Response.StatusCode = result.Outcome == CrmOutcome.Created ? StatusCodes.Status201Created : StatusCodes.Status200OK;
        context.Response.Headers["Preference-Applied"] = "return=representation";
        context.Response.Headers.ETag = RecordJson.ETag(record);
        await SendRecordAsync(context, record, select);
    }

    private static void Check(CrmWrite write, CrmWriteResult result)
    {
        var entity = write.Entity;
        switch (result.Outcome)
        {
            case CrmOutcome.AlreadyExists:
                throw CrmErrors.AlreadyExists();
            case CrmOutcome.NotFound:
                throw CrmErrors.NotFound(entity.LogicalName, write.Id);
            case CrmOutcome.VersionMismatch:
                throw CrmErrors.VersionMismatch(entity.LogicalName);
            case CrmOutcome.StatusMismatch:
                var refused = result.Record!;
                throw CrmErrors.StatusMismatch((long)refused[entity.Status]!, (long)refused[entity.State]!, entity.LogicalName, write.Id);
        }
    }

    private static async Task<(Guid? Id, List<KeyValuePair<CrmColumn, object?>> Changes)> ReadRecordAsync(HttpContext context, CrmEntity entity)
    {
        using var body = await RequestBody.ReadObjectAsync(context.Request, context.RequestAborted);
        return RecordBody.Read(entity, body.RootElement);
    }

    private static CrmRequestException NotAllowed(HttpContext context, string allowed)
    {
        context.Response.Headers.Allow = allowed;
        return CrmErrors.MethodNotAllowed(context.Request.Method);
    }

    private static Task SendRecordAsync(HttpContext context, CrmRecord record, IReadOnlyList<CrmColumn>? select) =>
        SendAsync(context, RecordJson.Object(writer =>
        {
            writer.WriteString("@odata.context", ODataUrls.Context(context, record.Entity, select, single: true));
            RecordJson.WriteMembers(writer, record, select);
        }));

    private static async Task RefuseAsync(HttpContext context, CrmRequestException refusal)
    {
        if (context.Response.HasStarted)
        {
            // The answer broke off on its way; all that is left is not to let it look whole.
            context.Abort();
            return;
        }

        context.Response.StatusCode = refusal.Status;
        await SendAsync(context, RecordJson.Object(writer =>
        {
            writer.WriteStartObject("error");
            writer.WriteString("code", refusal.Code);
            writer.WriteString("message", refusal.Message);
            writer.WriteEndObject();
        }));
    }

    private static async Task SendAsync(HttpContext context, ReadOnlyMemory<byte> content, string type = "application/json; odata.metadata=minimal")
    {
        context.Response.ContentType = type;
        context.Response.ContentLength = content.Length;
        await context.Response.Body.WriteAsync(content, context.RequestAborted);
    }
}
