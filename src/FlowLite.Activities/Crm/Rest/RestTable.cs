using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using FlowLite.Activities.Crm.Http;

namespace FlowLite.Activities.Crm.Rest;

/// <summary>
/// One table of a CRM with a REST API, as the connection's setting <c>Tables</c> describes it. Paths stand behind the connection's
/// address and may hold <c>{key}</c> (the idempotency key), <c>{id}</c> and names of columns that a record is found by.
/// </summary>
internal sealed partial record RestTable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true };

    /// <summary>What people read; null: the table's name.</summary>
    public string? DisplayName { get; init; }

    /// <summary>The column that holds a record's id.</summary>
    public string IdField { get; init; } = "id";
    public string? NameField { get; init; }
    public RestKey Key { get; init; } = new();
    public required RestCreate Create { get; init; }
    public RestCall? Update { get; init; }
    public RestCall? Upsert { get; init; }
    public RestCall? Get { get; init; }
    public IReadOnlyList<RestField> Fields { get; init; } = [];

    /// <summary>Where the CRM itself lists the columns; null: it doesn't.</summary>
    public RestFieldList? FieldList { get; init; }

    /// <summary>Whether the CRM tells a repeated create by its key.</summary>
    public bool IsIdempotent => Key.Enforced;

    /// <param name="problem">What is wrong, for the connection's form; null: nothing.</param>
    public static IReadOnlyDictionary<string, RestTable> Read(string text, out string? problem)
    {
        try
        {
            var tables = JsonSerializer.Deserialize<Dictionary<string, RestTable?>>(text, Json) ?? [];
            problem = tables.Count == 0 ? "it describes no table" : tables.Select(table => table.Value is null ? $"{table.Key}: it is null" : Problem(table.Key, table.Value)).FirstOrDefault(found => found is not null);
            return tables.Where(table => table.Value is not null).ToDictionary(table => table.Key, table => table.Value!, StringComparer.OrdinalIgnoreCase);
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            problem = e.Message;
            return new Dictionary<string, RestTable>();
        }
    }

    private static string? Problem(string name, RestTable table)
    {
        var calls = new (string Name, RestCall? Call)[] { ("create", table.Create), ("create.find", table.Create.Find), ("update", table.Update), ("upsert", table.Upsert), ("get", table.Get) };
        foreach (var (call, given) in calls)
        {
            if (given is not null && given.Problem() is { } problem)
            {
                return $"{name}.{call}: {problem}";
            }
        }

        return table switch
        {
            _ when !Name().IsMatch(name) => $"'{name}' is no name of a table: letters, digits and underscores",
            _ when table.Key.Enforced && !table.HasKey => $"{name}.key: an enforced key needs its place: a header, a field, or {{key}} in create.path",
            _ when table.Key.Header is { } header && (!RestCall.IsHeaderName(header) || header.StartsWith("Content-", StringComparison.OrdinalIgnoreCase)) => $"{name}.key.header: '{header}' is no name of a header that can carry a key",
            _ when table.Key.Field is { Length: 0 } => $"{name}.key.field: it is empty",
            _ when table.Create.Exists.Count > 0 && !table.Key.Enforced => $"{name}.create.exists: only where the key is enforced is a record that exists this one",
            _ when table.Create.Exists.Any(status => status >= 300) && table.Create.Find is null => $"{name}.create.find: it is needed, as a refusal alone doesn't prove that the record is this one",
            _ when table.Create.Find is { } find && !find.Path.Contains("{key}", StringComparison.Ordinal) => $"{name}.create.find: its path has no {{key}}",
            _ when table.FieldList is { } list && !RestCall.IsPath(list.Path) => $"{name}.fieldList: its path has to begin with / and has no fragment",
            _ when table.Fields.Contains(null!) => $"{name}.fields: one of them is null",
            _ when table.Fields.FirstOrDefault(field => field.Problem is not null) is { } field => $"{name}.fields: {field.Problem}",
            _ => null,
        };
    }

    private bool HasKey => Key.Header is not null || Key.Field is not null || Create.Path.Contains("{key}", StringComparison.Ordinal);

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}

/// <summary>Where the idempotency key goes; <c>{key}</c> in the create's path is a third place.</summary>
internal sealed record RestKey
{
    /// <summary>A header's name.</summary>
    public string? Header { get; init; }

    /// <summary>A column.</summary>
    public string? Field { get; init; }

    /// <summary>The CRM makes one record of requests with the same key, however late the second comes.</summary>
    public bool Enforced { get; init; }
}

internal record RestCall
{
    // RFC 9110, 5.6.2.
    private static readonly SearchValues<char> HeaderCharacters = SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private static readonly string[] Methods = ["GET", "POST", "PUT", "PATCH"];

    /// <summary>Null: what is usual for the call.</summary>
    public string? Method { get; init; }
    public required string Path { get; init; }

    /// <summary>The body's shape: the text <c>{fields}</c> stands for the columns, <c>{key}</c> for the key. Null: the columns are the body.</summary>
    public JsonElement? Body { get; init; }
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>Where the record's id stands in the answer, a JSON pointer; null: at the end of the header <c>Location</c>, if there is one.</summary>
    public string? Id { get; init; }

    /// <summary>Where the record stands in the answer, a JSON pointer.</summary>
    public string Record { get; init; } = "";

    public string? Problem() => this switch
    {
        _ when !IsPath(Path) => "its path has to begin with / and has no fragment",
        _ when Method is not null && !Methods.Contains(Method) => $"its method has to be one of {string.Join(", ", Methods)}",
        _ when !IsPointer(Id) || !IsPointer(Record) => "its id and record are JSON pointers, such as /data/id",
        _ when Headers.FirstOrDefault(header => !IsHeaderName(header.Key)) is { Key: { } wrong } => $"its header '{wrong}' has a name that none can have",
        _ when Headers.FirstOrDefault(header => header.Value is null || header.Value.Any(c => c is < ' ' or > '~')) is { Key: { } odd } => $"its header '{odd}' needs a text of ASCII characters",
        _ => OwnProblem,
    };

    /// <summary>What is wrong with what only calls of this kind have.</summary>
    protected virtual string? OwnProblem => null;

    public static bool IsHeaderName(string name) => name.Length > 0 && !name.AsSpan().ContainsAnyExcept(HeaderCharacters);

    /// <summary>What stands behind the connection's address; a fragment would never be sent.</summary>
    public static bool IsPath(string path) => path.StartsWith('/') && !path.Contains('#', StringComparison.Ordinal);

    /// <summary>A JSON pointer, or none.</summary>
    protected static bool IsPointer(string? pointer) => pointer is null or "" || pointer[0] == '/';
}

internal sealed record RestCreate : RestCall
{
    /// <summary>Statuses that mean that there is a record with this key already.</summary>
    public IReadOnlyList<int> Exists { get; init; } = [];

    /// <summary>Finds the record with the key after such a refusal; not found (404, or no proof in the answer) means that something else was refused.</summary>
    public RestFind? Find { get; init; }
}

/// <summary>A look for the record with the key. An API may answer 2xx where it found nothing, or another record: the answer has to prove it.</summary>
internal sealed record RestFind : RestCall
{
    /// <summary>Where the record's key stands in the answer, a JSON pointer; null: an id where <see cref="RestCall.Id"/> says, or the key anywhere, is proof.</summary>
    public string? Key { get; init; }

    /// <summary>Whether an answer is about the record with the key.</summary>
    public bool Proves(JsonElement answer, Guid key) => this switch
    {
        { Key: { } pointer } => CrmJson.At(answer, pointer) is { } value && IsKey(value, key),
        { Id: { } pointer } => CrmJson.At(answer, pointer) is { } id && CrmJson.Word(id) is not null,
        _ => Holds(answer, key),
    };

    protected override string? OwnProblem => IsPointer(Key) && Key != "" ? null : "its key is a JSON pointer, such as /data/0/external_id";

    private static bool Holds(JsonElement json, Guid key) => json.ValueKind switch
    {
        JsonValueKind.Object => json.EnumerateObject().Any(member => Holds(member.Value, key)),
        JsonValueKind.Array => json.EnumerateArray().Any(item => Holds(item, key)),
        _ => IsKey(json, key),
    };

    private static bool IsKey(JsonElement value, Guid key) => value.ValueKind == JsonValueKind.String && Guid.TryParse(value.GetString(), out var found) && found == key;
}

internal sealed record RestField
{
    public required string Name { get; init; }
    public string? DisplayName { get; init; }
    public string? Description { get; init; }
    public string Type { get; init; } = "text";
    public bool Required { get; init; }
    public int? MaxLength { get; init; }
    public IReadOnlyList<JsonElement> Options { get; init; } = [];

    /// <summary>Where it stands in the body's columns, a JSON pointer; null: under its name.</summary>
    public string? At { get; init; }

    public string? Problem => this switch
    {
        _ when Name.Length == 0 => "a field has no name",
        _ when RestFields.TypeOf(Type) is null => $"the type '{Type}' of {Name} is none of {RestFields.Types}",
        _ when At is { } at && (at.Length < 2 || at[0] != '/') => $"the place of {Name} is no JSON pointer, such as /contact/email",
        _ => null,
    };
}

/// <summary>Where the columns are listed, and what of each item is what: JSON pointers.</summary>
internal sealed record RestFieldList
{
    public required string Path { get; init; }

    /// <summary>The answer is an OData service's <c>$metadata</c>, and this the set whose columns are wanted; all else is left out then.</summary>
    public string? EntitySet { get; init; }

    /// <summary>The list in the answer.</summary>
    public string Items { get; init; } = "";
    public string Name { get; init; } = "/name";
    public string DisplayName { get; init; } = "/label";
    public string Type { get; init; } = "/type";
    public string Required { get; init; } = "/required";
    public string Options { get; init; } = "/options";
    public string OptionValue { get; init; } = "/value";
    public string OptionLabel { get; init; } = "/label";

    /// <summary>The address of the next page in the answer, as OData has it.</summary>
    public string Next { get; init; } = "/@odata.nextLink";
}
