using System.Text.Json;
using System.Text.Json.Nodes;
using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Crm.Tryton;

/// <summary>A lead's flat fields, as the party with its contact mechanisms and address and the opportunity that Tryton makes of it.</summary>
internal sealed class TrytonLead
{
    /// <summary>What flows and forms call it. Its record is the opportunity.</summary>
    public const string Entity = "lead";
    public const string Party = "party.party";
    public const string Opportunity = "sale.opportunity";

    private static readonly string[] Mechanisms = ["email", "phone", "mobile", "fax", "website"];
    private static readonly string[] Numbers = ["phone", "mobile", "fax"];
    /// <summary>By the lead's field.</summary>
    private static readonly Dictionary<string, string> AddressColumns = new() { ["company_name"] = "party_name", ["street"] = "street", ["postal_code"] = "postal_code", ["city"] = "city" };
    /// <summary>What the connector itself fills, Tryton's sequences or its workflow.</summary>
    private static readonly HashSet<string> Kept = ["id", "party", "address", "contact", "number", "state", "company"];

    private readonly JsonObject _party = [];
    private readonly JsonArray _mechanisms = [];
    private readonly JsonObject _address = [];
    private readonly JsonObject _opportunity = [];

    /// <param name="columns">Of <see cref="Opportunity"/>.</param>
    /// <exception cref="ActivityException"><c>InvalidColumn</c>, <c>InvalidValue</c></exception>
    public TrytonLead(JsonElement fields, JsonElement columns, Guid key)
    {
        _party["code"] = key.ToString();
        _opportunity["reference"] = key.ToString();
        foreach (var field in fields.EnumerateObject().Where(field => field.Value.ValueKind != JsonValueKind.Null))
        {
            var text = InputValues.Text(field.Value);
            if (Mechanisms.Contains(field.Name))
            {
                if (!string.IsNullOrWhiteSpace(text))
                {
                    _mechanisms.Add(new JsonObject { ["type"] = field.Name, ["value"] = text });
                }
            }
            else if (AddressColumns.TryGetValue(field.Name, out var column))
            {
                _address[column] = text;
            }
            else if (field.Name == "name")
            {
                _party["name"] = text;
            }
            else if (Kept.Contains(field.Name))
            {
                throw new ActivityException("InvalidColumn", $"A lead's '{field.Name}' can't be given: Tryton and the connector fill it.");
            }
            else
            {
                _opportunity[field.Name] = TrytonValues.Write(Opportunity, columns, field.Name, field.Value);
            }
        }
    }

    /// <summary>The party with all that belongs to it, which Tryton makes in one transaction.</summary>
    public JsonObject PartyValues => Values(_mechanisms);

    /// <summary>
    /// The same with its numbers as contacts of the type "other", which Tryton takes as they are; null: it has none. Where Python's
    /// phonenumbers is installed, as Debian recommends with Tryton, a number without its country is refused, and with it the whole party; marketplaces
    /// send such numbers (<c>16175555555</c>).
    /// </summary>
    public JsonObject? PartyValuesWithNumbersAsTheyAre
    {
        get
        {
            var mechanisms = (JsonArray)_mechanisms.DeepClone();
            var numbers = mechanisms.Where(mechanism => Numbers.Contains((string)mechanism!["type"]!)).ToList();
            foreach (var number in numbers)
            {
                number!["name"] = (string)number["type"]!;
                number["type"] = "other";
            }

            return numbers.Count > 0 ? Values(mechanisms) : null;
        }
    }

    private JsonObject Values(JsonArray mechanisms)
    {
        var party = (JsonObject)_party.DeepClone();
        party["addresses"] = new JsonArray(new JsonArray("create", new JsonArray(AddressValues)));
        if (mechanisms.Count > 0)
        {
            party["contact_mechanisms"] = new JsonArray(new JsonArray("create", mechanisms.DeepClone()));
        }

        return party;
    }

    public JsonObject AddressValues => (JsonObject)_address.DeepClone();

    public JsonObject OpportunityValues(long party, long address)
    {
        var opportunity = (JsonObject)_opportunity.DeepClone();
        opportunity["party"] = party;
        opportunity["address"] = address;
        return opportunity;
    }

    /// <param name="opportunity">The columns of <see cref="Opportunity"/>.</param>
    public static IReadOnlyList<CrmField> Fields(IEnumerable<CrmField> opportunity) =>
    [
        new("name", CrmFieldType.Text) { DisplayName = "Name", Description = "Of the party: who is interested", Requirement = CrmRequirement.Required, CanCreate = true },
        .. Mechanisms.Select(name => new CrmField(name, CrmFieldType.Text)
        {
            DisplayName = name == "email" ? "E-mail" : char.ToUpperInvariant(name[0]) + name[1..],
            Requirement = name is "email" or "phone" ? CrmRequirement.Recommended : CrmRequirement.None,
            CanCreate = true,
        }),
        new("company_name", CrmFieldType.Text) { DisplayName = "Company", Description = "Stands on the address", CanCreate = true },
        new("street", CrmFieldType.Memo) { DisplayName = "Street", CanCreate = true },
        new("postal_code", CrmFieldType.Text) { DisplayName = "Postal code", CanCreate = true },
        new("city", CrmFieldType.Text) { DisplayName = "City", CanCreate = true },
        .. opportunity.Where(field => !Kept.Contains(field.Name)),
    ];
}
