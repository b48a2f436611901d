using System.Text.Json;
using FlowLite.Crm.Api;

namespace FlowLite.Crm.Metadata;

/// <summary>Which members of metadata objects are answered, and which objects: $select, $expand and $filter of one level.</summary>
internal sealed class MetadataShape
{
    // Navigation properties nest no deeper in Dataverse's metadata than entity, attribute, option set.
    private const int MaxDepth = 4;

    private static readonly HashSet<string> Navigations = new(StringComparer.Ordinal)
    {
        "Attributes", "Keys", "ManyToOneRelationships", "OneToManyRelationships", "ManyToManyRelationships", "OptionSet", "GlobalOptionSet",
    };

    private readonly List<string>? _select;
    private readonly Dictionary<string, MetadataShape> _expand = new(StringComparer.Ordinal);
    private readonly MetadataFilter? _filter;

    /// <param name="knows">Whether the object's type has a member of that name.</param>
    /// <param name="typeName">For messages.</param>
    /// <exception cref="CrmRequestException">An option is unknown or not valid.</exception>
    public MetadataShape(IEnumerable<KeyValuePair<string, string>> options, Func<string, bool> knows, string typeName, int depth = 0)
    {
        foreach (var (name, value) in options.Where(option => option.Key.StartsWith('$')))
        {
            switch (name)
            {
                case "$select":
                    _select = [.. value.Split(',', StringSplitOptions.TrimEntries)];
                    break;
                case "$filter":
                    _filter = MetadataFilter.Parse(value);
                    break;
                case "$expand" when depth < MaxDepth:
                    foreach (var item in Split(value, ','))
                    {
                        Expand(item, knows, typeName, depth);
                    }

                    break;
                default:
                    throw CrmErrors.BadQuery($"The query option '{name}' is not supported here.");
            }
        }

        if (_select?.FirstOrDefault(member => !knows(member)) is { } unknown)
        {
            throw Unknown(unknown, typeName);
        }
    }

    /// <summary>The names in $select as the answer's context lists them; nothing without a $select.</summary>
    public string Context => _select is null ? "" : $"({string.Join(',', _select)})";

    public IEnumerable<JsonElement> Matching(IEnumerable<JsonElement> objects) => _filter is null ? objects : objects.Where(_filter.Matches);

    /// <summary>Adds the object's members to the object that is open.</summary>
    /// <param name="withType">Whether objects say what type they are, as they do where several types may stand.</param>
    public void WriteMembers(Utf8JsonWriter writer, JsonElement value, bool withType)
    {
        foreach (var member in value.EnumerateObject())
        {
            if (_expand.TryGetValue(member.Name, out var shape))
            {
                writer.WritePropertyName(member.Name);
                shape.Write(writer, member.Value);
            }
            else if (member.NameEquals("@odata.type") ? withType : IsAnswered(member.Name))
            {
                member.WriteTo(writer);
            }
        }
    }

    // Dataverse always answers with the id; the logical name it gives to nested objects too, and here to all.
    private bool IsAnswered(string member) =>
        !Navigations.Contains(member) && (_select is null || member is "MetadataId" or "LogicalName" || _select.Contains(member));

    private void Write(Utf8JsonWriter writer, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                WriteMembers(writer, value, withType: true);
                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in Matching(value.EnumerateArray()))
                {
                    Write(writer, item);
                }

                writer.WriteEndArray();
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }

    private void Expand(string item, Func<string, bool> knows, string typeName, int depth)
    {
        var open = item.IndexOf('(', StringComparison.Ordinal);
        var name = (open < 0 ? item : item[..open]).Trim();
        if (!Navigations.Contains(name) || !knows(name))
        {
            throw Unknown(name, typeName);
        }

        if (open >= 0 && !item.EndsWith(')'))
        {
            throw CrmErrors.BadQuery($"Syntax error in '$expand': '{item}'.");
        }

        var options = open < 0 ? [] : Split(item[(open + 1)..^1], ';').Select(option => option.Split('=', 2, StringSplitOptions.TrimEntries))
            .Select(option => option.Length == 2 ? KeyValuePair.Create(option[0], option[1]) : throw CrmErrors.BadQuery($"Syntax error in '$expand': '{item}'."));
        Func<string, bool> members = name == "Attributes" ? AttributeJson.BaseMembers.Contains : _ => true;
        _expand[name] = new MetadataShape(options, members, name == "Attributes" ? "AttributeMetadata" : name, depth + 1);
    }

    /// <summary>The parts between separators that stand outside parentheses.</summary>
    private static List<string> Split(string text, char separator)
    {
        var parts = new List<string>();
        var (start, depth) = (0, 0);
        for (var i = 0; i < text.Length; i++)
        {
            depth += text[i] switch { '(' => 1, ')' => -1, _ => 0 };
            if (text[i] == separator && depth == 0)
            {
                parts.Add(text[start..i].Trim());
                start = i + 1;
            }
        }

        parts.Add(text[start..].Trim());
        return parts;
    }

    private static CrmRequestException Unknown(string member, string typeName) =>
        CrmErrors.BadQuery($"Could not find a property named '{member}' on type 'Microsoft.Dynamics.CRM.{typeName}'.");
}
