using FlowLite.Crm.Model;

namespace FlowLite.Crm.Storage;

internal enum CrmWriteKind
{
    /// <summary>Insert; an existing id is refused.</summary>
    Create,

    /// <summary>Update, or insert where the id is new and the conditions allow it.</summary>
    Upsert,

    Delete,
}

/// <summary>What must hold at the moment of the write, from the If-Match and If-None-Match headers.</summary>
/// <param name="MustNotExist">If-None-Match: *.</param>
/// <param name="MustExist">If-Match, with any value.</param>
/// <param name="Versions">The versions that If-Match names, or null for any.</param>
internal readonly record struct CrmCondition(bool MustNotExist, bool MustExist, IReadOnlyList<long>? Versions);

/// <summary>One change of one record.</summary>
/// <param name="Changes">New values in stored form; null clears.</param>
/// <param name="WantRecord">Whether the caller needs the record as this write left it.</param>
internal sealed record CrmWrite(
    CrmWriteKind Kind,
    CrmEntity Entity,
    Guid Id,
    IReadOnlyList<KeyValuePair<CrmColumn, object?>> Changes,
    CrmCondition Condition,
    bool WantRecord);

internal enum CrmOutcome
{
    Created,
    Updated,
    Deleted,
    AlreadyExists,
    NotFound,
    VersionMismatch,
    StatusMismatch,
}

/// <summary>What became of a write.</summary>
/// <param name="Record">The record after the write, if it was asked for; with <see cref="CrmOutcome.StatusMismatch"/> the refused one.</param>
internal readonly record struct CrmWriteResult(CrmOutcome Outcome, CrmRecord? Record = null);

/// <summary>The database file could not be written or read (disk full, I/O error); nothing was acknowledged.</summary>
internal sealed class CrmStorageException(string message, Exception inner) : Exception(message, inner);
