namespace FlowLite.Activities.Crm.AzureTable;

/// <summary>The columns that Azure Marketplace and AppSource write when a table is their destination.</summary>
internal static class MarketplaceColumns
{
    public static IReadOnlyList<CrmField> All { get; } =
    [
        Column("CustomerInfo", "Customer", CrmFieldType.Memo, "Who is interested, as JSON: FirstName, LastName, Email, Phone, Country, Company, Title. An object is stored as its text: {{ trigger.body.UserDetails }}"),
        Column("LeadSource", "Lead source", CrmFieldType.Text, "Such as AzureMarketplace."),
        Column("ActionCode", "Action code", CrmFieldType.Text, "INS, PLT, DNC…"),
        Column("OfferDisplayName", "Offer", CrmFieldType.Text, "The offer's name."),
        Column("Description", "Description", CrmFieldType.Memo, ""),
        Column("CreatedTime", "Created", CrmFieldType.Text, "When the lead came about."),
    ];

    public static bool Has(string column) => column is "PartitionKey" or "RowKey" or "Timestamp" or "odata.etag" || All.Any(known => known.Name == column);

    private static CrmField Column(string name, string displayName, CrmFieldType type, string description) => new(name, type)
    {
        DisplayName = displayName,
        Description = description,
        MaxLength = TableRow.LongestText,
        Requirement = name == "CustomerInfo" ? CrmRequirement.Recommended : CrmRequirement.None,
        CanCreate = true,
        CanUpdate = true,
    };
}
