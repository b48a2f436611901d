using System.Text.Json.Serialization;
using FlowLite.Activities.Crm.AzureTable;
using FlowLite.Activities.Crm.Dataverse;
using FlowLite.Activities.Crm.HubSpot;
using FlowLite.Activities.Crm.Marketo;
using FlowLite.Activities.Crm.Rest;
using FlowLite.Activities.Crm.Salesforce;
using FlowLite.Activities.Crm.Smtp;
using FlowLite.Activities.Crm.Sql;
using FlowLite.Activities.Crm.Tryton;
using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Crm;

/// <summary>A connector to one CRM, with all that flows and forms need of it.</summary>
public interface IConnector : ICrmConnector, ICrmMetadata, IDisposable;

/// <summary>A kind of CRM that connections can be made to: what a form asks for, and how its connector is made.</summary>
/// <param name="Name">As in settings: <c>dataverse</c>.</param>
/// <param name="FormEntities">The tables that the Studio offers forms for unless a connection says otherwise; empty: all.</param>
/// <param name="Create">
/// Makes the connector of a connection by its name and settings; throws <see cref="ActivityException"/> <c>ConnectionInvalid</c>
/// (<see cref="ConnectionSettings.Invalid"/>) with what has to be set right.
/// </param>
public sealed record ConnectorKind(
    string Name,
    string DisplayName,
    IReadOnlyList<ConnectionField> Fields,
    IReadOnlyList<string> FormEntities,
    Func<string, ConnectionSettings, TimeProvider, IConnector> Create)
{
    /// <summary>Dataverse takes up to 52 requests of a user at once (Dataverse, "Service protection API limits").</summary>
    public const int DefaultCallsAtOnce = 50;

    /// <summary>Of every kind.</summary>
    public static ConnectionField CallsAtOnce { get; } = new(
        "CallsAtOnce", "Calls at once", $"How many calls may be under way at the same time, 1 to 1000; {DefaultCallsAtOnce} when empty. What exceeds it waits.", Required: false, IsOfCalls: true);

    /// <summary>What the kind has to know, and what every connection has.</summary>
    public IReadOnlyList<ConnectionField> Fields { get; } = [.. Fields, CallsAtOnce];

    /// <summary>Those that are built in, sorted by display name.</summary>
    public static IReadOnlyList<ConnectorKind> All { get; } =
    [
        AzureTableSettings.Kind, DataverseSettings.Kind, SmtpSettings.Kind, HubSpotSettings.Kind, MarketoSettings.Kind, SqlSettings.Postgres, RestSettings.Kind, SalesforceSettings.Kind,
        SqlSettings.Sqlite, TrytonSettings.Kind,
    ];

    /// <summary>Null: there is none of that name.</summary>
    public static ConnectorKind? Find(string name) => All.FirstOrDefault(kind => string.Equals(kind.Name, name, StringComparison.OrdinalIgnoreCase));
}

/// <summary>One thing that a connection has to know.</summary>
/// <param name="Name">As in settings: <c>ClientSecret</c>.</param>
/// <param name="IsSecret">Encrypted at rest, and never shown again.</param>
/// <param name="Options">What can be chosen; null: any text.</param>
/// <param name="IsLong">A text of several lines.</param>
/// <param name="IsOfCalls">It says how calls are made, and nothing of what the CRM is like.</param>
public sealed record ConnectionField(
    string Name, string DisplayName, string Help, bool Required = true, bool IsSecret = false, string? Default = null, IReadOnlyList<string>? Options = null,
    bool IsLong = false, [property: JsonIgnore] bool IsOfCalls = false);
