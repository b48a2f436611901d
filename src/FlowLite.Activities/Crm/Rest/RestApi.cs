using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using FlowLite.Activities.Crm.Http;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Json;

namespace FlowLite.Activities.Crm.Rest;

/// <summary>Addresses, bodies and credentials of one connection's REST API.</summary>
internal sealed partial class RestApi : IDisposable
{
    private readonly string _root;

    public RestApi(string connection, RestSettings settings, Func<X509Certificate?, bool>? trustsCertificate, TimeProvider time)
    {
        _root = settings.Url.TrimEnd('/');
        var mask = new SecretMask([.. settings.Secrets]);
        var http = new CrmHttp(settings.Url, trustsCertificate, time, mask);
        var tokens = settings.OAuth is { } oauth ? new AccessTokens(connection, oauth, http, mask, time) : null;
        Calls = new CrmCalls(connection, http, tokens, settings.Header);
    }

    public CrmCalls Calls { get; }

    /// <param name="path">With a slash at its beginning.</param>
    public string Url(string path) => _root + path;

    /// <summary>The address of a list's next page; null where it is another server's, which is to get no credentials.</summary>
    public string? Next(string address) =>
        Uri.TryCreate(new Uri(_root), address, out var next) && next.GetLeftPart(UriPartial.Authority) == new Uri(_root).GetLeftPart(UriPartial.Authority) ? next.AbsoluteUri : null;

    /// <exception cref="ActivityException"><c>InvalidKey</c>: the path has a place that nothing was given for.</exception>
    public string Url(RestCall call, RecordKey key)
    {
        var values = key.Columns.ToDictionary(column => column.Key, column => CrmJson.Word(column.Value), StringComparer.Ordinal);
        if (key.Id is { } id)
        {
            values["id"] = id;
        }

        return Url(call, values);
    }

    public string Url(RestCall call, Guid key) => Url(call, new Dictionary<string, string?> { ["key"] = key.ToString() });

    public static CrmCall Call(RestCall call, HttpMethod method, string url, JsonElement? fields, Guid? key, IEnumerable<(string, string)> more)
    {
        var headers = call.Headers.Select(header => (header.Key, header.Value.Replace("{key}", key?.ToString(), StringComparison.Ordinal))).Concat(more).ToList();
        return new CrmCall(call.Method is { } named ? new HttpMethod(named) : method, url, fields is { } columns ? Body(call.Body, columns, key) : null, headers);
    }

    public void Dispose() => Calls.Dispose();

    private string Url(RestCall call, Dictionary<string, string?> values) => Url(Places().Replace(call.Path, place =>
    {
        var name = place.Groups[1].Value;
        return values.GetValueOrDefault(name) is { Length: > 0 } value and not ("." or "..")
            ? Uri.EscapeDataString(value)
            : throw new ActivityException("InvalidKey", $"The connection's path {call.Path} needs a value for '{name}', and there is none that an address can hold.");
    }));

    private static ReadOnlyMemory<byte> Body(JsonElement? shape, JsonElement fields, Guid? key) =>
        Encoding.UTF8.GetBytes(JsonValues.CompactText(shape is { } given ? Fill(given, fields, key) : fields));

    private static JsonElement Fill(JsonElement shape, JsonElement fields, Guid? key) => shape.ValueKind switch
    {
        JsonValueKind.String when shape.ValueEquals("{fields}") => fields,
        JsonValueKind.String when shape.ValueEquals("{key}") => JsonValues.String(key?.ToString() ?? ""),
        JsonValueKind.Object => JsonValues.Object(writer =>
        {
            foreach (var member in shape.EnumerateObject())
            {
                writer.WritePropertyName(member.Name);
                Fill(member.Value, fields, key).WriteTo(writer);
            }
        }),
        JsonValueKind.Array => JsonValues.Write(shape, (writer, list) =>
        {
            writer.WriteStartArray();
            foreach (var item in list.EnumerateArray())
            {
                Fill(item, fields, key).WriteTo(writer);
            }

            writer.WriteEndArray();
        }),
        _ => shape,
    };

    [GeneratedRegex(@"\{([^{}]+)\}", RegexOptions.CultureInvariant)]
    private static partial Regex Places();
}
