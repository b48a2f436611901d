namespace FlowLite.Engine.Runs;

/// <summary>
/// What an activity instance waits for, in the order in which it said so. Looking one up and taking it out cost the same however many there are: an instance
/// may wait for the ends of thousands of runs.
/// </summary>
public sealed class BookmarkList
{
    public static readonly BookmarkList Empty = new([]);

    // Null: taken out, or said once more further on.
    private readonly Bookmark?[] _said;
    private readonly Dictionary<(string Kind, string Key), int> _places;

    public BookmarkList(IReadOnlyList<Bookmark> bookmarks)
    {
        _said = [.. bookmarks];
        _places = new(_said.Length);
        for (var place = 0; place < _said.Length; place++)
        {
            var bookmark = bookmarks[place];
            if (_places.TryGetValue((bookmark.Kind, bookmark.Key), out var before))
            {
                _said[before] = null;
            }

            _places[(bookmark.Kind, bookmark.Key)] = place;
        }
    }

    public int Count => _places.Count;

    public IEnumerable<Bookmark> All => _said.OfType<Bookmark>();

    public bool Contains(string kind, string key) => _places.ContainsKey((kind, key));

    internal void Remove(string kind, string key)
    {
        if (_places.Remove((kind, key), out var place))
        {
            _said[place] = null;
        }
    }
}
