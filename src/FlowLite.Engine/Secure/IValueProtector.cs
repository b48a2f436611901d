using System.Text;

namespace FlowLite.Engine.Secure;

/// <summary>Encrypts secure values for the journal: with Data Protection in the server.</summary>
public interface IValueProtector
{
    string Protect(string text);

    /// <returns>Null: it was protected with other keys, or is no protected text.</returns>
    string? Unprotect(string text);
}

/// <summary>Hides nothing: for what keeps nothing, such as a replay.</summary>
public sealed class PlainValues : IValueProtector
{
    public static readonly PlainValues Instance = new();

    public string Protect(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    public string? Unprotect(string text)
    {
        try
        {
            return Encoding.UTF8.GetString(Convert.FromBase64String(text));
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
