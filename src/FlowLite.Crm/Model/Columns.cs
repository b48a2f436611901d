namespace FlowLite.Crm.Model;

/// <summary>Short ways to write down columns, and the columns that several tables share.</summary>
internal static class Columns
{
    // Dataverse's fullname in its default format, "First Last", without the gap that a missing part would leave.
    private const string FullNameSql = "NULLIF(TRIM(COALESCE(firstname, '') || ' ' || COALESCE(lastname, '')), '')";

    public static CrmColumn Text(string name, string display, int maxLength, CrmRequiredLevel required = CrmRequiredLevel.None) =>
        new(name, display, CrmColumnType.Text) { MaxLength = maxLength, Required = required };

    public static CrmColumn Email(string name, string display) =>
        Text(name, display, 100) with { SchemaName = "EMailAddress" + name[^1], Format = "Email" };

    public static CrmColumn Phone(string name, string display, int maxLength) => Text(name, display, maxLength) with { Format = "Phone" };

    public static CrmColumn Url(string name, string display, int maxLength) =>
        Text(name, display, maxLength) with { SchemaName = "WebSiteUrl", Format = "Url" };

    public static CrmColumn Memo(string name, string display, int maxLength) =>
        new(name, display, CrmColumnType.Memo) { MaxLength = maxLength };

    public static CrmColumn Whole(string name, string display, int min, int max) =>
        new(name, display, CrmColumnType.Integer) { Min = min, Max = max };

    public static CrmColumn Float(string name, string display, double min, double max) =>
        new(name, display, CrmColumnType.Double) { Min = min, Max = max };

    public static CrmColumn YesNo(string name, string display, bool initially) =>
        new(name, display, CrmColumnType.Boolean)
        {
            Default = initially ? 1L : 0L,
            Options = [new(0, "No"), new(1, "Yes")],
        };

    /// <summary>A Dataverse "do not" flag: its options read Allow and Do Not Allow.</summary>
    public static CrmColumn DoNot(string name, string display) =>
        new(name, display, CrmColumnType.Boolean)
        {
            Default = 0L,
            Options = [new(0, "Allow"), new(1, "Do Not Allow")],
        };

    public static CrmColumn Instant(string name, string display) => new(name, display, CrmColumnType.DateTime);

    public static CrmColumn Date(string name, string display) => new(name, display, CrmColumnType.Date);

    /// <summary>A picklist whose options are numbered from 1 in the order of the labels.</summary>
    public static CrmColumn Pick(string name, string display, params ReadOnlySpan<string> labels)
    {
        var options = new CrmOption[labels.Length];
        for (var i = 0; i < options.Length; i++)
        {
            options[i] = new CrmOption(i + 1, labels[i]);
        }

        return new CrmColumn(name, display, CrmColumnType.Picklist) { Options = options };
    }

    public static CrmColumn State(params CrmOption[] options) =>
        new("statecode", "Status", CrmColumnType.State)
        {
            Options = options,
            Default = (long)options[0].Value,
            Required = CrmRequiredLevel.SystemRequired,
        };

    public static CrmColumn Status(params CrmOption[] options) =>
        new("statuscode", "Status Reason", CrmColumnType.Status) { Options = options, Default = (long)options[0].Value };

    public static CrmColumn Id(string name, string display) =>
        new(name, display, CrmColumnType.Id) { Required = CrmRequiredLevel.SystemRequired };

    public static CrmColumn FullName() =>
        new("fullname", "Name", CrmColumnType.Text) { MaxLength = 160, IsWritable = false, Computed = FullNameSql };

    /// <summary>The columns that the system keeps on every table.</summary>
    public static IEnumerable<CrmColumn> Bookkeeping() =>
    [
        new("createdon", "Created On", CrmColumnType.DateTime) { IsWritable = false },
        new("modifiedon", "Modified On", CrmColumnType.DateTime) { IsWritable = false },
        new("versionnumber", "Version Number", CrmColumnType.Version) { IsWritable = false },
    ];

    /// <summary>The parts of a postal address under <paramref name="prefix"/>, such as <c>address1</c>.</summary>
    public static IEnumerable<CrmColumn> Address(string prefix, string display) =>
    [
        Text($"{prefix}_line1", $"{display}: Street 1", 250),
        Text($"{prefix}_line2", $"{display}: Street 2", 250),
        Text($"{prefix}_line3", $"{display}: Street 3", 250),
        Text($"{prefix}_city", $"{display}: City", 80),
        Text($"{prefix}_stateorprovince", $"{display}: State/Province", 50),
        Text($"{prefix}_postalcode", $"{display}: ZIP/Postal Code", 20),
        Text($"{prefix}_country", $"{display}: Country/Region", 80),
        Float($"{prefix}_latitude", $"{display}: Latitude", -90, 90),
        Float($"{prefix}_longitude", $"{display}: Longitude", -180, 180),
    ];

    /// <summary>What the person or firm does not want to receive; <c>followemail</c> starts as true in Dataverse.</summary>
    public static IEnumerable<CrmColumn> ContactPreferences() =>
    [
        DoNot("donotemail", "Do not allow Emails"),
        DoNot("donotbulkemail", "Do not allow Bulk Emails"),
        DoNot("donotphone", "Do not allow Phone Calls"),
        DoNot("donotfax", "Do not allow Faxes"),
        DoNot("donotpostalmail", "Do not allow Mails"),
        YesNo("followemail", "Follow Email Activity", initially: true),
        Pick("preferredcontactmethodcode", "Preferred Method of Contact", "Any", "Email", "Phone", "Fax", "Mail"),
    ];

    public static CrmColumn Industry() => Pick(
        "industrycode",
        "Industry",
        "Accounting",
        "Agriculture and Non-petrol Natural Resource Extraction",
        "Broadcasting Printing and Publishing",
        "Brokers",
        "Building Supply Retail",
        "Business Services",
        "Consulting",
        "Consumer Services",
        "Design, Direction and Creative Management",
        "Distributors, Dispatchers and Processors",
        "Doctor's Offices and Clinics",
        "Durable Manufacturing",
        "Eating and Drinking Places",
        "Entertainment Retail",
        "Equipment Rental and Leasing",
        "Financial",
        "Food and Tobacco Processing",
        "Inbound Capital Intensive Processing",
        "Inbound Repair and Services",
        "Insurance",
        "Legal Services",
        "Non-Durable Merchandise Retail",
        "Outbound Consumer Service",
        "Petrochemical Extraction and Distribution",
        "Service Retail",
        "SIG Affiliations",
        "Social Services",
        "Special Outbound Trade Contractors",
        "Specialty Realty",
        "Transportation",
        "Utility Creation and Distribution",
        "Vehicle Retail",
        "Wholesale");
}
