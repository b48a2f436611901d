using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using FlowLite.Engine.Activities;
using FlowLite.Engine.Compilation;

namespace FlowLite.Engine.Definitions;

/// <summary>Signing keys of flows, and the names of their triggers in URLs.</summary>
internal static class FlowKeys
{
    private const string FirstTrigger = "manual";
    private const int KeyBytes = 32;

    /// <summary>A signing key: 32 random bytes, base64url.</summary>
    public static string New() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(KeyBytes));

    /// <summary>
    /// Names in URLs are given once: the first trigger is <c>manual</c>, others are called after their activity, and renaming
    /// the activity changes nothing. Only a name whose activity is gone from the flow is free again, so that a URL which was
    /// pasted somewhere outlives the activity when it is replaced by another.
    /// </summary>
    /// <param name="known">The names by activity id until now; null: the flow is published for the first time.</param>
    /// <returns>The names by activity id.</returns>
    public static Dictionary<string, string> NameTriggers(CompiledWorkflow workflow, IReadOnlyDictionary<string, string>? known)
    {
        var triggers = workflow.Nodes.Values.Where(n => n is { CanStartWorkflow: true, Activity: Trigger }).ToList();
        var names = triggers
            .Where(t => known?.ContainsKey(t.Id) == true)
            .ToDictionary(t => t.Id, t => known![t.Id]);
        foreach (var trigger in triggers.Where(t => !names.ContainsKey(t.Id)))
        {
            names[trigger.Id] = FreeName(trigger, names.Values);
        }

        return names;
    }

    private static string FreeName(ActivityNode trigger, ICollection<string> taken)
    {
        if (!taken.Contains(FirstTrigger))
        {
            return FirstTrigger;
        }

        var slug = Slug(trigger.Name);
        var name = slug;
        for (var number = 2; taken.Contains(name); number++)
        {
            name = $"{slug}-{number}";
        }

        return name;
    }

    private static string Slug(string name)
    {
        var slug = new StringBuilder();
        foreach (var c in name)
        {
            if (char.IsAsciiLetterOrDigit(c))
            {
                slug.Append(char.ToLowerInvariant(c));
            }
            else if (slug.Length > 0 && slug[^1] != '-')
            {
                slug.Append('-');
            }
        }

        var text = slug.ToString(0, Math.Min(slug.Length, 60)).Trim('-');
        return text.Length > 0 ? text : "trigger";
    }
}
