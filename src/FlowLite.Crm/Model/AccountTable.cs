using static FlowLite.Crm.Model.Columns;

namespace FlowLite.Crm.Model;

/// <summary>Dataverse's <c>account</c> table.</summary>
internal static class AccountTable
{
    public static CrmEntity Create() => new("account", "accounts", "Account", "name",
    [
        Id("accountid", "Account"),
        Text("name", "Account Name", 160, CrmRequiredLevel.ApplicationRequired),
        Text("accountnumber", "Account Number", 20),
        Email("emailaddress1", "Email"),
        Email("emailaddress2", "Email Address 2"),
        Email("emailaddress3", "Email Address 3"),
        Phone("telephone1", "Main Phone", 50),
        Phone("telephone2", "Other Phone", 50),
        Phone("telephone3", "Telephone 3", 50),
        Text("fax", "Fax", 50),
        Url("websiteurl", "Website", 200),
        Text("tickersymbol", "Ticker Symbol", 10),
        Memo("description", "Description", 2000),
        Industry(),
        Pick("accountcategorycode", "Category", "Preferred Customer", "Standard"),
        Pick("ownershipcode", "Ownership", "Public", "Private", "Subsidiary", "Other"),
        Whole("numberofemployees", "Number of Employees", 0, 1_000_000_000),
        .. ContactPreferences(),
        .. Address("address1", "Address 1"),
        State(new(0, "Active"), new(1, "Inactive")),
        Status(new(1, "Active", 0), new(2, "Inactive", 1)),
        .. Bookkeeping(),
    ]);
}
