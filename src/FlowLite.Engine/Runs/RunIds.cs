using System.Buffers.Binary;

namespace FlowLite.Engine.Runs;

/// <summary>
/// UUIDv7 ids that only ever grow in this process (RFC 9562, 6.2, method 1: a counter beside the milliseconds). The journal's
/// tables are ordered by them: what comes last is written last, to pages that are at hand.
/// </summary>
public sealed class RunIds(TimeProvider time)
{
    private const int CounterBits = 12;
    private long _last;

    private static readonly Guid Schedules = new("6a1d6f0e-52f4-5c1b-8d36-1f0f3f1d7c55");

    /// <summary>
    /// The run that a trigger starts at a time: always the same, so that it is started once. It sorts by that time like the others: the
    /// milliseconds stand before what UUIDv5 makes of flow, trigger and time.
    /// </summary>
    public static Guid Scheduled(string definitionId, string activity, DateTimeOffset time)
    {
        Span<byte> bytes = stackalloc byte[16];
        InstanceIds.Version5(Schedules, $"{definitionId}\n{activity}\n{time.UtcTicks}").TryWriteBytes(bytes, bigEndian: true, out _);
        Span<byte> milliseconds = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(milliseconds, time.ToUnixTimeMilliseconds() << 16);
        milliseconds[..6].CopyTo(bytes);
        bytes[6] = (byte)(0x70 | (bytes[6] & 0x0F));
        return new Guid(bytes, bigEndian: true);
    }

    public Guid Next()
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds() << CounterBits;
        long last, next;
        do
        {
            last = Volatile.Read(ref _last);
            // More than 4,096 in a millisecond, or a clock set back: the ids run ahead of it.
            next = Math.Max(now, last + 1);
        }
        while (Interlocked.CompareExchange(ref _last, next, last) != last);

        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(bytes, next >> CounterBits << 16);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[6..], (ushort)(0x7000 | (next & 0xFFF)));
        BinaryPrimitives.WriteInt64BigEndian(bytes[8..], Random.Shared.NextInt64() >>> 2 | unchecked((long)0x8000_0000_0000_0000));
        return new Guid(bytes, bigEndian: true);
    }
}
