using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace FlowLite.Engine.Runs;

/// <summary>
/// Names that are the same however often and in whatever order they are derived (RFC 9562 UUIDv5):
/// an activity instance is named after what scheduled it, never after an ordinal, so neither loops, cycles nor racing
/// branches swap or repeat them, and a retry after a crash carries the same idempotency key.
/// </summary>
public static class InstanceIds
{
    private static readonly Guid RootNamespace = new("5f0c1b0e-7d53-5a7e-9b51-0d3f6f1c2a44");

    // Outside of loops a flow's instances have the same ids in each of its runs; beyond this many they are derived each time.
    private const int Remembered = 10_000;
    private static int _known;
    private static readonly ConcurrentDictionary<(Guid Scheduler, string Port, string Activity), Guid> Known = new();

    public static Guid Root(string activity) => Remember(RootNamespace, "", activity, activity);

    /// <summary>The instance of <paramref name="activity"/> that <paramref name="scheduler"/> scheduled through a port.</summary>
    public static Guid Child(Guid scheduler, string port, string activity, int? item = null) =>
        item is null
            ? Remember(scheduler, port, activity, name: null)
            : Version5(scheduler, $"{port}\n{activity}\n{item}");

    private static Guid Remember(Guid scheduler, string port, string activity, string? name)
    {
        if (!Known.TryGetValue((scheduler, port, activity), out var id))
        {
            id = Version5(scheduler, name ?? $"{port}\n{activity}");
            if (_known < Remembered && Known.TryAdd((scheduler, port, activity), id))
            {
                Interlocked.Increment(ref _known);
            }
        }

        return id;
    }

    /// <summary>A join's instance, from the sorted set of its arrivals.</summary>
    public static Guid Join(Guid container, string activity, SortedSet<string> arrivals) =>
        Version5(container, $"{activity}\n{string.Join('\n', arrivals)}");

    /// <summary>The same for every attempt and every resubmit of a run.</summary>
    public static Guid IdempotencyKey(Guid rootRunId, Guid instance) => Version5(rootRunId, instance.ToString());

    public static Guid Version5(Guid @namespace, string name)
    {
        var length = 16 + Encoding.UTF8.GetMaxByteCount(name.Length);
        var input = length <= 512 ? stackalloc byte[length] : new byte[length];
        @namespace.TryWriteBytes(input, bigEndian: true, out _);
        var written = Encoding.UTF8.GetBytes(name, input[16..]);
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
#pragma warning disable CA5350 // UUIDv5 is defined with SHA-1; it names, it does not protect.
        SHA1.HashData(input[..(16 + written)], hash);
#pragma warning restore CA5350
        BinaryPrimitives.WriteUInt16BigEndian(hash[6..], (ushort)((BinaryPrimitives.ReadUInt16BigEndian(hash[6..]) & 0x0FFF) | 0x5000));
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }
}
