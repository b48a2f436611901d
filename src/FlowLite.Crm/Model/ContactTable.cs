using static FlowLite.Crm.Model.Columns;

namespace FlowLite.Crm.Model;

/// <summary>Dataverse's <c>contact</c> table.</summary>
internal static class ContactTable
{
    public static CrmEntity Create() => new("contact", "contacts", "Contact", "fullname",
    [
        Id("contactid", "Contact"),
        Text("salutation", "Salutation", 100),
        Text("firstname", "First Name", 50, CrmRequiredLevel.Recommended),
        Text("middlename", "Middle Name", 50),
        Text("lastname", "Last Name", 50, CrmRequiredLevel.ApplicationRequired),
        FullName(),
        Text("jobtitle", "Job Title", 100),
        Text("department", "Department", 100),
        Email("emailaddress1", "Email"),
        Email("emailaddress2", "Email Address 2"),
        Email("emailaddress3", "Email Address 3"),
        Phone("telephone1", "Business Phone", 50),
        Phone("telephone2", "Home Phone", 50),
        Phone("telephone3", "Telephone 3", 50),
        Phone("mobilephone", "Mobile Phone", 50),
        Text("fax", "Fax", 50),
        Url("websiteurl", "Website", 200),
        Memo("description", "Description", 2000),
        Date("birthdate", "Birthday"),
        Pick("gendercode", "Gender", "Male", "Female"),
        Pick("familystatuscode", "Marital Status", "Single", "Married", "Divorced", "Widowed"),
        .. ContactPreferences(),
        .. Address("address1", "Address 1"),
        State(new(0, "Active"), new(1, "Inactive")),
        Status(new(1, "Active", 0), new(2, "Inactive", 1)),
        .. Bookkeeping(),
    ]);
}
