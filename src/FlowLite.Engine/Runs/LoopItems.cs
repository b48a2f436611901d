using System.Security.Cryptography;
using System.Text.Json;
using FlowLite.Engine.Json;

namespace FlowLite.Engine.Runs;

/// <summary>What a loop goes over: a list, or whole numbers in steps. Immutable but for what is known of where it is stored.</summary>
public sealed class LoopItems
{
    private readonly JsonElement[]? _list;
    private readonly LoopRange? _range;
    private byte[]? _text;
    private string? _hash;

    /// <param name="list">A JSON array.</param>
    public LoopItems(JsonElement list)
    {
        List = list;
        _list = [.. list.EnumerateArray()];
        Count = _list.Length;
    }

    public LoopItems(LoopRange range)
    {
        _range = range;
        Count = range.Count;
    }

    public int Count { get; }
    /// <summary>The whole list; null for numbers.</summary>
    public JsonElement? List { get; }
    public LoopRange? Range => _range;

    public JsonElement this[int index] => _list is null ? JsonValues.Number(_range!.Start + ((long)index * _range.Step)) : _list[index];

    /// <summary>Stored apart from the snapshots already, under <see cref="Hash"/>.</summary>
    internal bool IsStored { get; private set; }

    internal static LoopItems AlreadyStored(JsonElement list, string hash)
    {
        var items = new LoopItems(list) { Hash = hash };
        items.IsStored = true;
        return items;
    }

    /// <summary>The list as it is stored; the same whatever white space and escapes it came with. Worked out once, however many snapshots a long loop takes.</summary>
    internal byte[] Text => _text ??= RunJournal.TextOf(List!.Value);

    /// <summary>Lower-case hex SHA-256 of <see cref="Text"/>.</summary>
    internal string Hash
    {
        get => _hash ??= Convert.ToHexStringLower(SHA256.HashData(Text));
        init => _hash = value;
    }

    /// <summary>It is stored, or will be with the next append; its text is not needed any more.</summary>
    internal void Stored()
    {
        _hash = Hash;
        IsStored = true;
        _text = null;
    }
}

/// <summary>The numbers <c>Start, Start + Step, …</c>, <see cref="Count"/> of them.</summary>
public sealed record LoopRange(long Start, long Step, int Count);
