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

    /// <summary>A clock that was set back by more was wrong before: ids don't run ahead of it for so long.</summary>
    private static readonly TimeSpan LongestLead = TimeSpan.FromDays(1);

    private static readonly Guid Schedules = new("6a1d6f0e-52f4-5c1b-8d36-1f0f3f1d7c55");

    /// <summary>
    /// The run that a trigger starts at a time: always the same, so that it is started once. It sorts by that time like the others: the
    /// milliseconds stand before what UUIDv5 makes of flow, trigger and time.
    /// </summary>
    public static Guid Scheduled(string definitionId, string activity, DateTimeOffset time) =>
        Derived(Schedules, $"{definitionId}\n{activity}\n{time.UtcTicks}", time);

    /// <summary>The next ids are greater than this one, of an earlier life of the server, though the clock has been set back since.</summary>
    public void ContinueAfter(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        var milliseconds = BinaryPrimitives.ReadInt64BigEndian(bytes) >>> 16;
        if (milliseconds <= (time.GetUtcNow() + LongestLead).ToUnixTimeMilliseconds())
        {
            InterlockedMax((milliseconds << CounterBits) | (BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]) & 0xFFFu));
        }
    }

    private void InterlockedMax(long value)
    {
        for (var last = Volatile.Read(ref _last); last < value; last = Volatile.Read(ref _last))
        {
            Interlocked.CompareExchange(ref _last, value, last);
        }
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

    /// <summary>
    /// The id of a run that another thing starts at a known time: a UUIDv7 of that time whose other bits are named after the cause, so that
    /// it sorts among the runs that start then and is the same however often it is derived.
    /// </summary>
    public static Guid Derived(Guid cause, string name, DateTimeOffset at)
    {
        Span<byte> bytes = stackalloc byte[16];
        InstanceIds.Version5(cause, name).TryWriteBytes(bytes, bigEndian: true, out _);
        BinaryPrimitives.WriteInt32BigEndian(bytes, (int)(at.ToUnixTimeMilliseconds() >> 16));
        BinaryPrimitives.WriteUInt16BigEndian(bytes[4..], (ushort)at.ToUnixTimeMilliseconds());
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x70);
        return new Guid(bytes, bigEndian: true);
    }
}
