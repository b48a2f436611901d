namespace FlowLite.Activities.Crm.Dataverse;

/// <summary>
/// Records through the Dataverse Web API v9.2 (Dynamics 365, the embedded CRM). The idempotency key is the record's own id:
/// the create is an upsert that may only insert, so that a second one finds the first.
/// </summary>
internal sealed class DataverseConnector : ICrmConnector, IDisposable
{
    private readonly string _what;
    private readonly string _api;
    private readonly CrmHttp _http;
    private readonly AccessTokens _tokens;

    public DataverseConnector(string connection, ConnectionSettings settings, TimeProvider time)
    {
        _what = $"The CRM of connection '{connection}'";
        _api = $"{settings.Url.TrimEnd('/')}/api/data/v9.2/";
        var mask = new SecretMask(settings.ClientSecret);
        _http = new CrmHttp(settings, time, mask);
        _tokens = new AccessTokens(connection, settings, _http, mask, time);
    }

    public async ValueTask<CreatedRecord> CreateAsync(CreateRecordRequest request, CancellationToken cancellationToken)
    {
        var entitySet = EntitySets.Name(request.Entity);
        var id = request.IdempotencyKey.ToString();
        var url = $"{_api}{entitySet}({id})";
        var answer = await SendAsync(HttpMethod.Patch, url, RecordBody.Write(request.Fields), cancellationToken);
        return answer.Status switch
        {
            201 or 204 => new CreatedRecord(id, answer.EntityId ?? url, AlreadyExisted: false, answer.Status),
            412 => await FindAsync(answer, entitySet, id, url, cancellationToken),
            _ => throw DataverseErrors.Failure(answer, _what, entitySet),
        };
    }

    public void Dispose() => _http.Dispose();

    /// <summary>A 412 says that there is a record like it. Is it this one, or a duplicate by the CRM's own rules?</summary>
    private async ValueTask<CreatedRecord> FindAsync(CrmAnswer refusal, string entitySet, string id, string url, CancellationToken cancellationToken)
    {
        var found = await SendAsync(HttpMethod.Get, url, null, cancellationToken);
        return found switch
        {
            { Status: 200, IsJson: true } => new CreatedRecord(id, url, AlreadyExisted: true, refusal.Status),
            { Status: 404 } => throw DataverseErrors.Failure(refusal, _what, entitySet),
            _ => throw DataverseErrors.Failure(found, _what, entitySet),
        };
    }

    private async ValueTask<CrmAnswer> SendAsync(HttpMethod method, string url, ReadOnlyMemory<byte>? body, CancellationToken cancellationToken)
    {
        var token = await _tokens.GetAsync(rejected: null, cancellationToken);
        var answer = await SendAsync(method, url, body, token, cancellationToken);
        if (answer.Status != 401)
        {
            return answer;
        }

        // Revoked before its time: once more with a new one.
        token = await _tokens.GetAsync(rejected: token, cancellationToken);
        return await SendAsync(method, url, body, token, cancellationToken);
    }

    private async ValueTask<CrmAnswer> SendAsync(HttpMethod method, string url, ReadOnlyMemory<byte>? body, AccessToken token, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, url);
        request.Headers.Authorization = token.Header;
        request.Headers.TryAddWithoutValidation("Accept", "application/json");
        request.Headers.TryAddWithoutValidation("OData-MaxVersion", "4.0");
        request.Headers.TryAddWithoutValidation("OData-Version", "4.0");
        if (body is { } bytes)
        {
            request.Headers.TryAddWithoutValidation("If-None-Match", "*");
            request.Content = RecordBody.Content(bytes);
        }

        return await _http.SendAsync(request, _what, readsSuccess: false, cancellationToken);
    }
}
