using System.Text.Json;
using FlowLite.Engine.Activities;
using FlowLite.Server.Crm;
using FlowLite.Server.Hosting;

namespace FlowLite.Server.Studio;

/// <summary>
/// The forms for new records that the Studio is offered, one for each table of each connection, and the translation between them
/// and the one form in which records are stored. A document only ever shows a form that the Studio's list of activities had before:
/// an activity without descriptor leaves its canvas empty.
/// </summary>
public sealed class RecordViews
{
    private static readonly TimeSpan FirstAnswerWithin = TimeSpan.FromSeconds(3);

    private readonly CrmMetadataCache _crms;
    private readonly StudioActivity _plain;
    private volatile Offer _offer = new([], []);

    public RecordViews(CrmMetadataCache crms, ActivityRegistry registry)
    {
        _crms = crms;
        _plain = ActivityDescriptions.Describe(registry.Find(RecordNames.CreateRecord)!);
    }

    /// <summary>A <see cref="StudioActivitySource"/>.</summary>
    public IReadOnlyList<StudioActivity> Activities => _offer.Activities;

    /// <summary>
    /// Makes the forms of what the CRMs are known to hold. To be awaited before the Studio's list of activities is answered.
    /// Those that nothing is known of are asked and have three seconds; older knowledge is renewed in the background.
    /// </summary>
    public async Task OfferAsync(CancellationToken cancellationToken)
    {
        await _crms.RefreshAsync(FirstAnswerWithin, cancellationToken);
        var known = _crms.All;
        var offer = _offer;
        if (!known.SequenceEqual(offer.Known, ReferenceEqualityComparer.Instance))
        {
            _offer = new Offer(known, [.. known.SelectMany(Views)]);
        }
    }

    /// <summary>The form of a stored Create record, where there is one that shows all of it; other activities as they are.</summary>
    public JsonElement ForStudio(JsonElement activity)
    {
        if (!activity.GetProperty("type").ValueEquals(RecordNames.CreateRecord))
        {
            return activity;
        }

        var connection = activity.TryGetProperty("connection", out var given) && given.ValueKind != JsonValueKind.Null ? Text(given) : ConnectionCatalog.Embedded;
        var entity = activity.TryGetProperty("entity", out var table) ? Text(table) : null;
        var view = _offer.Views.FirstOrDefault(view => view.Connection == connection
            && (string.Equals(view.Entity.Name, entity, StringComparison.OrdinalIgnoreCase) || string.Equals(view.Entity.SetName, entity, StringComparison.OrdinalIgnoreCase)));
        return view is null ? activity : RecordTranslation.ToForm(activity, view) ?? activity;
    }

    /// <summary>The stored form of what <see cref="ForStudio"/> or the Studio made, whether its connection is still there or not.</summary>
    public JsonElement FromStudio(JsonElement activity)
    {
        var type = activity.GetProperty("type").GetString()!;
        return RecordNames.Parse(type) is { } names
            ? RecordTranslation.ToStored(activity, names.Connection, names.Entity, _offer.Views.FirstOrDefault(view => view.Activity.TypeName == type))
            : activity;
    }

    /// <summary>All tables of a connection's CRM, an <see cref="EntityNames"/>.</summary>
    public async ValueTask<IReadOnlyList<(string Name, string DisplayName)>?> EntitiesAsync(string connection, CancellationToken cancellationToken)
    {
        await _crms.RefreshAsync(FirstAnswerWithin, cancellationToken);
        return _crms.Known(connection)?.Entities.Select(entity => (entity.SetName, entity.DisplayName)).ToList();
    }

    private IEnumerable<RecordView> Views(KnownCrm crm) =>
        from entity in crm.Entities
        let fields = crm.Fields.GetValueOrDefault(entity.Name)
        let type = RecordNames.Type(crm.Connection, entity.Name)
        where fields is not null && type is not null
        select new RecordView(type, crm.Connection, entity, fields, _plain);

    /// <summary>A literal text of an input, in either of the forms that inputs are written in; null for anything else.</summary>
    internal static string? Text(JsonElement input)
    {
        if (input.ValueKind == JsonValueKind.Object && input.TryGetProperty("expression", out var expression) && expression.ValueKind == JsonValueKind.Object)
        {
            var isLiteral = expression.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && type.ValueEquals("Literal");
            input = isLiteral && expression.TryGetProperty("value", out var value) ? value : default;
        }

        return input.ValueKind == JsonValueKind.String ? input.GetString() : null;
    }

    private sealed class Offer(IReadOnlyList<KnownCrm> known, IReadOnlyList<RecordView> views)
    {
        public IReadOnlyList<KnownCrm> Known { get; } = known;
        public IReadOnlyList<RecordView> Views { get; } = views;
        public IReadOnlyList<StudioActivity> Activities { get; } = [.. views.Select(view => view.Activity)];
    }
}
