using System.Buffers;
using System.Runtime.InteropServices;

namespace FlowLite.Engine.Json;

/// <summary>
/// A buffer that is written from its start and used again. What is too large to be kept lies outside of the collected heap: there it grows where it
/// stands, and is given back at once, while large arrays would wait for a collection of everything. Whoever has written resets it, or disposes of it.
/// </summary>
public sealed unsafe class ScratchBuffer : MemoryManager<byte>, IBufferWriter<byte>
{
    /// <summary>Bytes up to which the array is kept for the next use.</summary>
    private const int LargestArray = 64 * 1024;

    private byte[] _array = new byte[512];
    private byte* _large;
    private int _capacity = 512;
    private int _length;

    public int Length => _length;

    public ReadOnlySpan<byte> Written => GetSpan()[.._length];

    /// <remarks>Ends with the buffer, or when it is written to again.</remarks>
    public ReadOnlyMemory<byte> WrittenMemory => _large is null ? _array.AsMemory(0, _length) : CreateMemory(_length);

    /// <summary>What was written is forgotten, and what was large is given back.</summary>
    public void Reset()
    {
        _length = 0;
        if (_large is not null)
        {
            NativeMemory.Free(_large);
            _large = null;
            _capacity = _array.Length;
        }
    }

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(_capacity - _length));
        _length += count;
    }

    /// <remarks>Ends with the next one: the buffer may move.</remarks>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _large is null ? _array.AsMemory(_length) : CreateMemory(_length, _capacity - _length);
    }

    public Span<byte> GetSpan(int sizeHint)
    {
        Reserve(sizeHint);
        return GetSpan()[_length..];
    }

    public override Span<byte> GetSpan() => _large is null ? _array : new Span<byte>(_large, _capacity);

    public override MemoryHandle Pin(int elementIndex = 0) => _large is null ? _array.AsMemory(elementIndex).Pin() : new MemoryHandle(_large + elementIndex);

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing) => Reset();

    /// <exception cref="OutOfMemoryException">There is no room for it.</exception>
    private void Reserve(int sizeHint)
    {
        var needed = (long)_length + Math.Max(sizeHint, 1);
        if (needed <= _capacity)
        {
            return;
        }

        if (needed > Array.MaxLength)
        {
            throw new InsufficientMemoryException();
        }

        var capacity = (int)Math.Min(Math.Max(needed, 2L * _capacity), Array.MaxLength);
        if (capacity <= LargestArray)
        {
            Array.Resize(ref _array, capacity);
        }
        else
        {
            // The system moves pages, not bytes, and those that nobody writes to are not there.
            var larger = (byte*)NativeMemory.Realloc(_large, (nuint)capacity);
            if (_large is null)
            {
                _array.AsSpan(0, _length).CopyTo(new Span<byte>(larger, capacity));
            }

            _large = larger;
        }

        _capacity = capacity;
    }
}
