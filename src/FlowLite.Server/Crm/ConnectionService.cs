using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using FlowLite.Activities.Crm;
using FlowLite.Activities.Crm.Gates;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Definitions;
using FlowLite.Persistence.Catalogue;
using FlowLite.Server.Hosting;

namespace FlowLite.Server.Crm;

/// <summary>Why nothing was changed.</summary>
/// <param name="field">The field that has to be set right; null: none in particular.</param>
public sealed class ConnectionRefusedException(int status, string code, string message, string? field = null) : Exception(message)
{
    public int Status { get; } = status;
    public string Code { get; } = code;
    public string? Field { get; } = field;
}

/// <summary>A connection as it is shown: never a secret.</summary>
/// <param name="Id">Its name, when it isn't stored.</param>
/// <param name="Source"><c>stored</c>, <c>configuration</c> or <c>embedded</c>; only stored ones can be changed here.</param>
/// <param name="Values">The settings in force that are no secrets.</param>
/// <param name="SecretsSet">The names of the secrets that it has.</param>
/// <param name="Overridden">The fields that configuration sets.</param>
/// <param name="Problems">Why it can't be used, and what configuration sets in vain.</param>
/// <param name="Health">Since the server started; how many runs wait for it comes from the journal.</param>
/// <param name="LastTest">Since the server started and the connection changed; null: none.</param>
public sealed record ConnectionView(
    string Id, string Name, string Kind, string Source, IReadOnlyDictionary<string, string> Values, IReadOnlyList<string> SecretsSet,
    IReadOnlyList<string> Overridden, IReadOnlyList<string> Problems, IReadOnlyList<FlowUse> UsedBy, ConnectionTest? LastTest, ConnectionHealth Health);

/// <param name="User">Who the CRM says called; null when the test failed.</param>
/// <param name="Warning">It works, but not as the settings suppose; null: nothing of the kind.</param>
public sealed record ConnectionTest(bool Succeeded, string? User, string? Code, string? Message, DateTimeOffset At, string? Warning = null);

/// <summary>Makes, changes, tests and deletes connections. What is changed is in force when the call returns.</summary>
public sealed partial class ConnectionService(
    StoredConnections stored, ConnectionCatalog catalog, ConnectionReferences references, CrmConnectors connectors, ConnectionGates gates,
    CrmMetadataCache metadata, DefinitionService definitions, TimeProvider time)
{
    private const int LargestValue = 16 * 1024;
    private static readonly TimeSpan TestWithin = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, ConnectionTest> _tests = new(StringComparer.OrdinalIgnoreCase);

    public async Task<IReadOnlyList<ConnectionView>> ListAsync()
    {
        var flows = await references.FlowsAsync();
        var health = await gates.HealthAsync();
        return [.. catalog.Names.Select(name => View(name, [.. flows[name]], health(name)))];
    }

    /// <param name="idOrName">Null: there is none such.</param>
    public async Task<ConnectionView?> FindAsync(string idOrName) =>
        NameOf(idOrName) is { } name ? View(name, [.. (await references.FlowsAsync())[name]], (await gates.HealthAsync())(name)) : null;

    /// <exception cref="ConnectionRefusedException">It can't be made like that.</exception>
    public Task<ConnectionView> CreateAsync(string name, string kind, IReadOnlyDictionary<string, string> values) => ChangeAsync(() =>
    {
        var known = ConnectorKind.Find(kind)
            ?? throw Invalid($"There is no kind '{kind}'. There are: {string.Join(", ", ConnectorKind.All.Select(k => k.Name))}.", "kind");
        CheckName(name);
        var made = Apply(new StoredConnection(NewId(), name, known.Name, new Dictionary<string, string>(), new Dictionary<string, string>()), known, values);
        stored.Save(made);
        return Task.FromResult(name);
    });

    /// <summary>Settings become these. A secret that is left out is kept, as is a setting that configuration overrides; an empty one is removed.</summary>
    /// <param name="newName">Null: as before.</param>
    /// <returns>Null: there is none such.</returns>
    /// <exception cref="ConnectionRefusedException">It is not stored, is used under its name, or would be wrong.</exception>
    public async Task<ConnectionView?> UpdateAsync(string idOrName, string? newName, IReadOnlyDictionary<string, string> values) =>
        NameOf(idOrName) is null ? null : await ChangeAsync(async () =>
        {
            var before = Stored(idOrName);
            var name = newName ?? before.Name;
            if (name != before.Name)
            {
                CheckName(name, before.Id);
                // Published versions never change, and runs are pinned to them: the name can't be changed in them.
                await RefuseIfUsedAsync(before.Name, "renamed");
            }

            stored.Save(Apply(before with { Name = name }, KindOf(before), values));
            _tests.TryRemove(before.Name, out _);
            return name;
        });

    /// <summary>Replaces one secret.</summary>
    /// <exception cref="ConnectionRefusedException">It is not stored, or has no such secret.</exception>
    public async Task<ConnectionView?> RotateAsync(string idOrName, string field, string secret) =>
        NameOf(idOrName) is null ? null : await ChangeAsync(() =>
        {
            var before = Stored(idOrName);
            var known = KindOf(before);
            if (secret.Length == 0 || !known.Fields.Any(f => f.IsSecret && Same(f.Name, field)))
            {
                throw Invalid($"'{field}' is no secret of a connection of kind {known.Name}, or the new value is empty.", field);
            }

            stored.Save(Apply(before, known, new Dictionary<string, string>(before.Settings) { [field] = secret }));
            _tests.TryRemove(before.Name, out _);
            return Task.FromResult(before.Name);
        });

    /// <returns>False: there is none such.</returns>
    /// <exception cref="ConnectionRefusedException"><c>ConnectionInUse</c>, with the flows; or it is not stored.</exception>
    public async Task<bool> DeleteAsync(string idOrName) => NameOf(idOrName) is not null && await definitions.WithoutPublishingAsync(async () =>
    {
        var connection = Stored(idOrName);
        await RefuseIfUsedAsync(connection.Name, "deleted");
        stored.Delete(connection);
        _tests.TryRemove(connection.Name, out _);
        return true;
    });

    /// <summary>Signs in and asks the CRM who called; if it answers, its tables are asked for anew.</summary>
    /// <returns>Null: there is none such.</returns>
    public async Task<ConnectionTest?> TestAsync(string idOrName, CancellationToken cancellationToken)
    {
        if (NameOf(idOrName) is not { } name)
        {
            return null;
        }

        var tested = catalog.Find(name);
        var result = await TryAsync(name, cancellationToken);
        if (Equals(tested, catalog.Find(name)))
        {
            _tests[name] = result;
            if (result.Succeeded)
            {
                gates.TryAgain(name);
                metadata.AskSoon(name);
            }
        }

        return result;
    }

    private async Task<ConnectionTest> TryAsync(string name, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(TestWithin, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            if (connectors.FindMetadata(name) is not { } crm || connectors.Find(name) is not { } records || catalog.Find(name) is not { } settings)
            {
                return Failed("ConnectionNotFound", "The connection can't be used yet: the server has no address so far.");
            }

            var user = await crm.TestAsync(either.Token);
            var warnings = new List<string>();
            foreach (var table in settings.FormEntities ?? ConnectorKind.Find(settings.Kind)?.FormEntities ?? [])
            {
                if (await records.CheckKeyAsync(table, anew: true, either.Token) is { } warning)
                {
                    warnings.Add(warning);
                }
            }

            return new ConnectionTest(true, user, null, null, time.GetUtcNow(), warnings.Count > 0 ? string.Join(' ', warnings) : null);
        }
        catch (ActivityException e)
        {
            return Failed(e.Code, e.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Failed("Timeout", $"The CRM gave no answer within {TestWithin.TotalSeconds} seconds.");
        }

        ConnectionTest Failed(string code, string message) => new(false, null, code, message, time.GetUtcNow());
    }

    private async Task<ConnectionView> ChangeAsync(Func<Task<string>> change)
    {
        var name = await definitions.WithoutPublishingAsync(change);
        gates.TryAgain(name);
        metadata.AskSoon(name);
        return (await FindAsync(name))!;
    }

    private StoredConnection Apply(StoredConnection connection, ConnectorKind kind, IReadOnlyDictionary<string, string> values)
    {
        // What configuration sets is not in the form, and what is stored beneath it stays.
        var overridden = catalog.Overridden(connection.Name);
        var settings = connection.Settings.Where(setting => overridden.Contains(setting.Key, StringComparer.OrdinalIgnoreCase)).ToDictionary(StringComparer.OrdinalIgnoreCase);
        var secrets = new Dictionary<string, string>(connection.Secrets, StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in values)
        {
            var field = kind.Fields.FirstOrDefault(f => Same(f.Name, name)) ?? throw Invalid($"A connection of kind {kind.Name} has no field '{name}'.", name);
            if (value.Length > LargestValue)
            {
                throw Invalid($"{field.DisplayName} is longer than {LargestValue} characters.", field.Name);
            }

            if (value.Any(c => char.IsControl(c) && c is not ('\t' or '\r' or '\n')))
            {
                throw Invalid($"{field.DisplayName} has a control character in it, which no setting can have.", field.Name);
            }

            (field.IsSecret ? secrets : settings).Remove(field.Name);

            if (value.Length > 0)
            {
                if (field.Options is { } options && !options.Contains(value))
                {
                    throw Invalid($"{field.DisplayName} has to be one of {string.Join(", ", options)}.", field.Name);
                }

                if (field == ConnectorKind.CallsAtOnce && !(int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var calls) && calls is >= 1 and <= 1000))
                {
                    throw Invalid($"{field.DisplayName} is a number from 1 to 1000.", field.Name);
                }

                (field.IsSecret ? secrets : settings)[field.Name] = field.IsSecret ? stored.Protect(value) : value;
            }
        }

        var made = connection with { Settings = settings, Secrets = secrets };
        CheckUsable(made, kind);
        return made;
    }

    private void CheckUsable(StoredConnection made, ConnectorKind kind)
    {
        var merged = catalog.Merge(made.Name, made.Kind, stored.Values(made));
        if (kind.Fields.FirstOrDefault(field => field.Required && field.Default is null && merged[field.Name] is null) is { } missing)
        {
            throw Invalid($"{missing.DisplayName} is missing.", missing.Name);
        }

        if (Problem(made.Name, merged) is { } problem)
        {
            throw Invalid(problem);
        }
    }

    /// <summary>Why a connection can't be used, and what configuration sets in vain.</summary>
    public IReadOnlyList<string> Problems(string name)
    {
        if (catalog.Find(name) is not { } settings)
        {
            return [];
        }

        var problems = new List<string>();
        if (Problem(name, settings) is { } problem)
        {
            problems.Add(problem);
        }

        if (ConnectorKind.Find(settings.Kind) is { } kind)
        {
            problems.AddRange(catalog.Overridden(name)
                .Where(field => !Same(field, "Kind") && !kind.Fields.Any(known => Same(known.Name, field)))
                .Select(field => $"Configuration sets '{field}', and a connection of kind {kind.Name} has no such field. It has: {string.Join(", ", kind.Fields.Select(known => known.Name))}."));
        }

        return problems;
    }

    /// <summary>Why a connection with these settings can't be used; null: it can.</summary>
    private string? Problem(string name, ConnectionSettings settings)
    {
        try
        {
            if (ConnectorKind.Find(settings.Kind) is not { } known)
            {
                return $"There is no kind '{settings.Kind}'. There are: {string.Join(", ", ConnectorKind.All.Select(k => k.Name))}.";
            }

            known.Create(name, settings, time).Dispose();
            return null;
        }
        catch (ActivityException e)
        {
            return e.Message;
        }
    }

    /// <summary>Configuration alone makes a connection of it that can be used, and does not only set some of its fields.</summary>
    private bool StandsWithoutStored(string name) => catalog.IsConfigured(name) && Problem(name, catalog.Configured(name)) is null;

    private void CheckName(string name, string? except = null)
    {
        if (!Name().IsMatch(name))
        {
            throw Invalid("A name has 1 to 64 letters, digits, hyphens and underscores, and begins with a letter.", "name");
        }

        if (Same(name, ConnectionCatalog.Embedded) || (stored.Find(name) is { } other && other.Id != except))
        {
            throw new ConnectionRefusedException(StatusCodes.Status409Conflict, "ConnectionExists", $"There is a connection '{name}' already.", "name");
        }

        if (StandsWithoutStored(name))
        {
            throw new ConnectionRefusedException(StatusCodes.Status409Conflict, "ConnectionExists",
                $"The server's configuration makes a connection '{name}', which would win over this one. Take another name, or change it there.", "name");
        }
    }

    private async Task RefuseIfUsedAsync(string name, string what)
    {
        if (!StandsWithoutStored(name) && await references.UsesAsync(name) is { Count: > 0 } uses)
        {
            throw new ConnectionRefusedException(StatusCodes.Status409Conflict, "ConnectionInUse",
                $"The connection '{name}' can't be {what}, as these flows refer to it: {string.Join(", ", uses.Select(use => $"{use.Name ?? "(unnamed)"} ({use.DefinitionId})"))}.");
        }
    }

    private ConnectionView View(string name, IReadOnlyList<FlowUse> uses, ConnectionHealth health)
    {
        var kept = stored.Find(name);
        var settings = catalog.Find(name);
        var kind = settings?.Kind ?? kept?.Kind ?? "dataverse";
        var fields = ConnectorKind.Find(kind)?.Fields ?? [];
        return new ConnectionView(
            kept?.Id ?? name, name, kind,
            kept is not null ? "stored" : name == ConnectionCatalog.Embedded ? "embedded" : "configuration",
            fields.Where(f => !f.IsSecret && settings?[f.Name] is not null).ToDictionary(f => f.Name, f => settings![f.Name]!),
            [.. fields.Where(f => f.IsSecret && settings?[f.Name] is not null).Select(f => f.Name)],
            catalog.Overridden(name), Problems(name), uses, _tests.GetValueOrDefault(name), health);
    }

    private string? NameOf(string idOrName) =>
        stored.All.FirstOrDefault(connection => connection.Id == idOrName)?.Name ?? catalog.Names.FirstOrDefault(name => Same(name, idOrName));

    private StoredConnection Stored(string idOrName) =>
        stored.All.FirstOrDefault(connection => connection.Id == idOrName) ?? stored.Find(idOrName)
        ?? throw new ConnectionRefusedException(StatusCodes.Status409Conflict, "ConnectionReadOnly", Same(idOrName, ConnectionCatalog.Embedded)
            ? $"The connection '{idOrName}' is the server's own CRM. It is built in, and can't be changed or deleted."
            : $"The connection '{idOrName}' comes from the server's configuration; change it there.");

    private static ConnectorKind KindOf(StoredConnection connection) =>
        ConnectorKind.Find(connection.Kind) ?? throw Invalid($"This server has no connector of kind '{connection.Kind}'.", "kind");

    private static ConnectionRefusedException Invalid(string message, string? field = null) => new(StatusCodes.Status400BadRequest, "InvalidConnection", message, field);

    private static bool Same(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);

    private static string NewId() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));

    [GeneratedRegex(@"\A[A-Za-z][A-Za-z0-9_-]{0,63}\z")]
    private static partial Regex Name();
}
