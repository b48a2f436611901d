using System.Text.Json.Nodes;
using FlowLite.Engine.Activities;

namespace FlowLite.Activities.Crm.Tryton;

/// <summary>
/// Makes a lead's party and opportunity once each, though Tryton has no call that makes both and enforces no key of opportunities.
/// <para>The party's code is the lead's key, which Tryton enforces as unique. The opportunity refers to an address of that party,
/// and Tryton refuses one whose address isn't there any more. So an attempt that finds the party made before first puts another
/// address in the place of the one that the earlier attempt used: what that attempt may still have under way has arrived by then,
/// or never will. Only then does it look for the opportunity, and makes it if there is none.</para>
/// </summary>
internal sealed class TrytonLeads(TrytonApi api)
{
    public async ValueTask<(long Opportunity, bool Existed)> CreateAsync(TrytonLead lead, CancellationToken cancellationToken)
    {
        var (party, existed) = await PartyAsync(lead.PartyValues, cancellationToken, lead.PartyValuesWithNumbersAsTheyAre);
        if (existed && await OpportunityAsync(party, cancellationToken) is { } known)
        {
            return (known, true);
        }

        var addresses = await AddressesAsync(party, cancellationToken);
        if (existed || addresses.Count == 0)
        {
            addresses = await ReplaceAsync(party, addresses, lead.AddressValues, cancellationToken);
            if (await OpportunityAsync(party, cancellationToken) is { } late)
            {
                // It came in between, and lost its address with the one that was replaced.
                await api.CallAsync(
                    $"model.{TrytonLead.Opportunity}.write", "give the opportunity its address",
                    [new JsonArray(late), new JsonObject { ["address"] = addresses[0] }], cancellationToken);
                return (late, true);
            }
        }

        var made = await api.CallAsync(
            $"model.{TrytonLead.Opportunity}.create", "create the opportunity", [new JsonArray(lead.OpportunityValues(party, addresses[0]))], cancellationToken);
        return (made[0].GetInt64(), false);
    }

    /// <summary>Makes the party, or finds the one that has its code.</summary>
    /// <param name="instead">What it is made of if it is refused like this.</param>
    public async ValueTask<(long Party, bool Existed)> PartyAsync(JsonObject values, CancellationToken cancellationToken, JsonObject? instead = null)
    {
        try
        {
            var made = await api.CallAsync($"model.{TrytonLead.Party}.create", "create the party", [new JsonArray(values.DeepClone())], cancellationToken);
            return (made[0].GetInt64(), false);
        }
        catch (ActivityException e) when (e.Code == "UserError")
        {
            // That a code is taken, or a number not valid, it says in its user's language only.
            if (await FirstAsync(TrytonLead.Party, new JsonArray("code", "=", values["code"]!.DeepClone()), cancellationToken) is { } party)
            {
                return (party, true);
            }

            if (instead is null)
            {
                throw;
            }

            return await PartyAsync(instead, cancellationToken);
        }
    }

    /// <summary>The oldest record that a clause holds for, active or not; null: none.</summary>
    public async ValueTask<long?> FirstAsync(string model, JsonArray clause, CancellationToken cancellationToken)
    {
        var ids = await api.CallAsync(
            $"model.{model}.search", $"look for a record of {model}", [new JsonArray(clause), 0, 1, new JsonArray(new JsonArray("id", "ASC"))], cancellationToken, WithInactive);
        return ids.GetArrayLength() > 0 ? ids[0].GetInt64() : null;
    }

    private static (string, JsonNode)[] WithInactive => [("active_test", false)];

    private ValueTask<long?> OpportunityAsync(long party, CancellationToken cancellationToken) =>
        FirstAsync(TrytonLead.Opportunity, new JsonArray("party", "=", party), cancellationToken);

    private async ValueTask<List<long>> AddressesAsync(long party, CancellationToken cancellationToken)
    {
        var ids = await api.CallAsync(
            "model.party.address.search", "look for the party's address",
            [new JsonArray(new JsonArray("party", "=", party)), 0, null, new JsonArray(new JsonArray("id", "ASC"))], cancellationToken, WithInactive);
        return [.. ids.EnumerateArray().Select(id => id.GetInt64())];
    }

    /// <summary>Takes the party's addresses away and gives it a new one, in one transaction.</summary>
    private async ValueTask<List<long>> ReplaceAsync(long party, IReadOnlyList<long> addresses, JsonObject values, CancellationToken cancellationToken)
    {
        var changes = new JsonArray(new JsonArray("delete", new JsonArray([.. addresses.Select(id => (JsonNode)id)])), new JsonArray("create", new JsonArray(values)));
        await api.CallAsync($"model.{TrytonLead.Party}.write", "replace the party's address", [new JsonArray(party), new JsonObject { ["addresses"] = changes }], cancellationToken);
        return await AddressesAsync(party, cancellationToken);
    }
}
