using static FlowLite.Crm.Model.Columns;

namespace FlowLite.Crm.Model;

/// <summary>Dataverse's <c>lead</c> table.</summary>
internal static class LeadTable
{
    public static CrmEntity Create() => new("lead", "leads", "Lead", "fullname",
    [
        Id("leadid", "Lead"),
        Text("subject", "Topic", 300, CrmRequiredLevel.ApplicationRequired),
        Text("salutation", "Salutation", 100),
        Text("firstname", "First Name", 50, CrmRequiredLevel.Recommended),
        Text("middlename", "Middle Name", 50),
        Text("lastname", "Last Name", 50, CrmRequiredLevel.ApplicationRequired),
        FullName(),
        Text("jobtitle", "Job Title", 100),
        Text("companyname", "Company Name", 100, CrmRequiredLevel.Recommended),
        Email("emailaddress1", "Email"),
        Email("emailaddress2", "Email Address 2"),
        Email("emailaddress3", "Email Address 3"),
        Phone("telephone1", "Business Phone", 50),
        Phone("telephone2", "Home Phone", 50),
        Phone("telephone3", "Other Phone", 50),
        Phone("mobilephone", "Mobile Phone", 20),
        Text("fax", "Fax", 50),
        Url("websiteurl", "Website", 200),
        Memo("description", "Description", 2000),
        Pick(
            "leadsourcecode",
            "Lead Source",
            "Advertisement",
            "Employee Referral",
            "External Referral",
            "Partner",
            "Public Relations",
            "Seminar",
            "Trade Show",
            "Web",
            "Word of Mouth",
            "Other"),
        Pick("leadqualitycode", "Rating", "Hot", "Warm", "Cold"),
        Industry(),
        Whole("numberofemployees", "No. of Employees", 0, 1_000_000),
        Date("estimatedclosedate", "Est. Close Date"),
        Instant("schedulefollowup_prospect", "Schedule Follow Up (Prospect)"),
        Instant("schedulefollowup_qualify", "Schedule Follow Up (Qualify)"),
        .. ContactPreferences(),
        .. Address("address1", "Address 1"),
        State(new(0, "Open"), new(1, "Qualified"), new(2, "Disqualified")),
        Status(
            new(1, "New", 0),
            new(2, "Contacted", 0),
            new(3, "Qualified", 1),
            new(4, "Lost", 2),
            new(5, "Cannot Contact", 2),
            new(6, "No Longer Interested", 2),
            new(7, "Canceled", 2)),
        .. Bookkeeping(),
    ]);
}
