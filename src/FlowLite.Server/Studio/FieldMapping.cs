using System.Text.Json;
using FlowLite.Activities.Crm;
using FlowLite.Engine.Expressions.Templates;
using FlowLite.Engine.Json;
using FlowLite.Engine.Schema;

namespace FlowLite.Server.Studio;

/// <summary>A proposal for one column.</summary>
/// <param name="Language">Scriban, or Literal for a fixed value.</param>
/// <param name="From">The fields of the trigger's body that it is made of.</param>
internal sealed record MappedField(string Column, string DisplayName, string TypeName, string Language, JsonElement Value, IReadOnlyList<string> From);

/// <summary>
/// Which of a trigger's fields belongs in which column of a table, by what they are called and by what they mean. Knows the marketplace's
/// leads: the offer as the topic, how the lead came about (LeadSource and ActionCode) as source, rating and wishes not to be contacted.
/// </summary>
internal static class FieldMapping
{
    /// <summary>What senders call a thing, and what CRMs do; without case, underscores and such. The first column that there is gets it.</summary>
    private static readonly (string[] Sources, string[] Columns)[] Meanings =
    [
        (["firstname", "givenname", "forename", "vorname"], ["firstname"]),
        (["lastname", "surname", "familyname", "nachname"], ["lastname"]),
        (["email", "emailaddress", "mail", "businessemail"], ["emailaddress1", "email", "emailaddress", "emailfrom", "mail", "replyto"]),
        (["phone", "phonenumber", "telephone", "tel", "businessphone"], ["telephone1", "phone", "phonenumber", "telephone"]),
        (["mobile", "mobilephone", "cellphone", "cell"], ["mobilephone", "mobile"]),
        (["company", "companyname", "organization", "organisation"], ["companyname", "company", "partnername"]),
        (["jobtitle", "position", "jobrole", "title"], ["jobtitle", "title", "function"]),
        (["country", "countryregion", "countryname"], ["address1country", "country"]),
        (["city", "town"], ["address1city", "city"]),
        (["street", "address", "addressline1"], ["address1line1", "street"]),
        (["zip", "zipcode", "postalcode", "postcode"], ["address1postalcode", "postalcode", "zip"]),
        (["state", "province", "stateorprovince", "region"], ["address1stateorprovince", "state"]),
        (["website", "websiteurl", "homepage"], ["websiteurl", "website"]),
        (["description", "message", "comments", "notes"], ["description", "notes", "comments", "message"]),
    ];

    private static readonly string[] NotToBeContacted = ["donotemail", "donotbulkemail", "donotphone"];
    private static readonly string[] Offers = ["offertitle", "offername", "offerdisplayname", "offer", "product"];
    private static readonly string[] LeadSources = ["leadsource", "source"];
    private static readonly string[] ActionCodes = ["actioncode", "action"];
    /// <summary>What a person has, so that the title beside it is the person's.</summary>
    private static readonly string[] Person = ["firstname", "lastname", "email"];

    /// <param name="schema">Of the trigger's body.</param>
    public static IReadOnlyList<MappedField> Propose(JsonElement schema, IReadOnlyList<CrmField> columns)
    {
        var all = SchemaFields.Of(schema);
        var sources = all.Where(field => field.Type is not ("object" or "array")).ToList();
        var free = columns.Where(column => column.CanCreate).ToDictionary(column => Plain(column.Name), StringComparer.Ordinal);
        var proposed = new Dictionary<string, MappedField>(StringComparer.Ordinal);
        foreach (var mapped in MarketplaceFields(sources, free).Concat(MarketplaceColumns(all, sources, free)).Concat(FullName(sources, free)).Concat(ByMeaning(sources, free)).Concat(ByName(sources, free)))
        {
            proposed.TryAdd(mapped.Column, mapped);
        }

        return [.. columns.Select(column => proposed.GetValueOrDefault(column.Name)).OfType<MappedField>()];
    }

    private static IEnumerable<MappedField> ByMeaning(List<SchemaField> sources, Dictionary<string, CrmField> columns)
    {
        foreach (var (names, targets) in Meanings)
        {
            var source = names.Select(name => sources.Find(field => Plain(field.Path[^1]) == name && (name != "title" || IsPersons(field, sources)))).FirstOrDefault(found => found is not null);
            if (source is not null && targets.FirstOrDefault(columns.ContainsKey) is { } target && IsText(columns[target]))
            {
                yield return Direct(columns[target], source);
            }
        }
    }

    /// <summary>A field that is called as a column is; of those that have been used for another column none.</summary>
    private static IEnumerable<MappedField> ByName(List<SchemaField> sources, Dictionary<string, CrmField> columns) =>
        from source in sources
        let name = Plain(source.Path[^1])
        where !Meanings.Any(meaning => meaning.Sources.Contains(name)) && !LeadSources.Contains(name) && !ActionCodes.Contains(name)
        let column = columns.GetValueOrDefault(name) ?? columns.Values.FirstOrDefault(column => Plain(column.DisplayName) == name)
        where column is not null && column.Type is not (CrmFieldType.Lookup or CrmFieldType.Id or CrmFieldType.Other or CrmFieldType.Verbatim)
        select Direct(column, source);

    private static IEnumerable<MappedField> MarketplaceFields(List<SchemaField> sources, Dictionary<string, CrmField> columns)
    {
        var offer = Find(sources, Offers);
        var origin = Find(sources, LeadSources);
        var action = Find(sources, ActionCodes);
        if (columns.GetValueOrDefault("subject") is { } subject && (offer ?? origin) is not null)
        {
            var text = offer is not null && origin is not null ? $"{Insert(offer)} ({Insert(origin)})" : Insert((offer ?? origin)!);
            yield return Scriban(subject, text, offer, origin);
        }

        if (origin is null && action is null)
        {
            yield break;
        }

        if (columns.GetValueOrDefault("leadsourcecode") is { } source && Option(source, "Web", "Partner", "Other") is { } option)
        {
            yield return new MappedField(source.Name, source.DisplayName, "Int32", "Literal", option, []);
        }

        foreach (var column in NotToBeContacted.Select(columns.GetValueOrDefault).OfType<CrmField>().Where(column => column.Type == CrmFieldType.YesNo))
        {
            yield return Scriban(column, $"{{{{ {Is("DNC", action, origin)} }}}}", action, origin);
        }

        if (columns.GetValueOrDefault("leadqualitycode") is { } rating && Option(rating, "Hot") is { } hot && Option(rating, "Warm") is { } warm && Option(rating, "Cold") is { } cold)
        {
            // PLT is "contact me"; who is not to be contacted is none to call first.
            yield return Scriban(rating, $"{{{{ {Is("PLT", action, origin)} ? {hot} : ({Is("DNC", action, origin)} ? {cold} : {warm}) }}}}", action, origin);
        }
    }

    /// <summary>Columns of text that are called as the marketplace's own destination, a storage table, calls them.</summary>
    private static IEnumerable<MappedField> MarketplaceColumns(IReadOnlyList<SchemaField> all, List<SchemaField> sources, Dictionary<string, CrmField> columns)
    {
        if (columns.GetValueOrDefault("customerinfo") is { } customer && all.FirstOrDefault(field => field.Type == "object" && Plain(field.Path[^1]) == "userdetails") is { } details)
        {
            yield return Direct(customer, details);
        }

        foreach (var names in new[] { Offers, LeadSources, ActionCodes })
        {
            if (names.Select(columns.GetValueOrDefault).OfType<CrmField>().FirstOrDefault(IsText) is { } column && Find(sources, names) is { } source)
            {
                yield return Direct(column, source);
            }
        }
    }

    /// <summary>The name of a person in one column; a table without an address of e-mail holds something else that has a name.</summary>
    private static IEnumerable<MappedField> FullName(List<SchemaField> sources, Dictionary<string, CrmField> columns)
    {
        var names = new[] { Meanings[0], Meanings[1] }.Select(meaning => Find(sources, meaning.Sources)).OfType<SchemaField>().ToList();
        var isPersons = (columns.ContainsKey("email") || columns.ContainsKey("emailaddress")) && !columns.ContainsKey("lastname");
        if (isPersons && names.Count > 0 && (columns.GetValueOrDefault("fullname") ?? columns.GetValueOrDefault("name")) is { } whole && IsText(whole))
        {
            yield return Scriban(whole, string.Join(' ', names.Select(Insert)), [.. names]);
        }
    }

    /// <summary>
    /// The action of a lead: in a field of its own, or in <c>Source-Action | Offer</c> (Microsoft, "Understand lead data"). Leads that have
    /// the one may lack the other.
    /// </summary>
    private static string Is(string code, SchemaField? action, SchemaField? origin)
    {
        var own = action is null ? null : $"{Path(action)} == \"{code}\"";
        var within = origin is null ? null : $"((({Path(origin)} ?? \"\") + \"|\" | string.split \"|\")[0] | string.rstrip | string.ends_with \"-{code}\")";
        return string.Join(" || ", new[] { own, within }.OfType<string>()) is var test && own is not null && within is not null ? $"({test})" : test;
    }

    private static JsonElement? Option(CrmField column, params string[] labels) => labels
        .Select(label => column.Options.FirstOrDefault(option => string.Equals(option.Label, label, StringComparison.OrdinalIgnoreCase))?.Value)
        .FirstOrDefault(value => value is not null);

    private static SchemaField? Find(List<SchemaField> sources, string[] names) =>
        names.Select(name => sources.Find(field => Plain(field.Path[^1]) == name)).FirstOrDefault(found => found is not null);

    private static bool IsPersons(SchemaField field, List<SchemaField> sources) => sources.Exists(other =>
        other.Path.Count == field.Path.Count && other.Path.SkipLast(1).SequenceEqual(field.Path.SkipLast(1)) && Person.Contains(Plain(other.Path[^1])));

    private static bool IsText(CrmField column) => column.Type is CrmFieldType.Text or CrmFieldType.Memo;

    private static MappedField Direct(CrmField column, SchemaField source) => Scriban(column, Insert(source), source);

    private static MappedField Scriban(CrmField column, string template, params SchemaField?[] from) => new(
        column.Name, column.DisplayName, RecordView.TypeName(column), "Scriban", JsonValues.String(template),
        [.. from.OfType<SchemaField>().Select(field => string.Join('.', field.Path))]);

    private static string Path(SchemaField field) => TemplatePath.Of("trigger", ["body", .. field.Path]);

    private static string Insert(SchemaField field) => TemplatePath.Expression(Path(field));

    private static string Plain(string name) => string.Concat(name.Where(char.IsLetterOrDigit)).ToLowerInvariant();
}
