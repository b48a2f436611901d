using FlowLite.Activities.Crm.Http;
using FlowLite.Engine.Activities;
using MailKit;
using MailKit.Net.Smtp;

namespace FlowLite.Activities.Crm.Smtp;

/// <summary>
/// Sends mails: the record is a message, its id the Message-ID, which is made of the idempotency key. No mail server enforces it, so
/// that creates are what the connection chose.
/// </summary>
internal sealed class SmtpConnector(string connection, SmtpSettings settings, TimeProvider time) : IConnector
{
    /// <summary>For a mail from its connection to its end.</summary>
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(100);
    private static readonly TimeSpan GoodbyeTimeout = TimeSpan.FromSeconds(2);

    private readonly string _who = $"The mail server of connection '{connection}'";
    private readonly SecretMask _mask = new(settings.Password);

    public Effect CreateEffect(string entity) => settings.WithoutKey;

    public async ValueTask<CreatedRecord> CreateAsync(CreateRecordRequest request, CancellationToken cancellationToken)
    {
        Check(request.Entity);
        using var message = MailFields.Message(request.Fields, request.IdempotencyKey, settings.From, time.GetUtcNow());
        await CallAsync("take the mail", (client, stopping) => client.SendAsync(MailFields.Format(message, client.Capabilities), message, stopping), cancellationToken);
        return new CreatedRecord(message.MessageId!, $"mid:{message.MessageId}", AlreadyExisted: false, 250);
    }

    public ValueTask<WrittenRecord> UpdateAsync(UpdateRecordRequest request, CancellationToken cancellationToken) => throw NotSupported();

    public ValueTask<WrittenRecord> UpsertAsync(UpsertRecordRequest request, CancellationToken cancellationToken) => throw NotSupported();

    public ValueTask<FoundRecord?> GetAsync(GetRecordRequest request, CancellationToken cancellationToken) => throw NotSupported();

    /// <summary>Signs in; nothing is sent.</summary>
    public async ValueTask<string> TestAsync(CancellationToken cancellationToken)
    {
        await CallAsync("answer", (client, stopping) => client.NoOpAsync(stopping), cancellationToken);
        return settings.User ?? settings.From.Address;
    }

    public ValueTask<IReadOnlyList<CrmEntityInfo>> EntitiesAsync(CancellationToken cancellationToken) => new([MailFields.Mail]);

    public ValueTask<IReadOnlyList<CrmField>> FieldsAsync(string entity, CancellationToken cancellationToken)
    {
        Check(entity);
        return new(MailFields.Fields);
    }

    public void Dispose()
    {
    }

    private static void Check(string entity)
    {
        if (entity != MailFields.Entity)
        {
            throw new ActivityException("TableNotFound", $"A mail server has no '{entity}': its only table is {MailFields.Entity}.");
        }
    }

    private static ActivityException NotSupported() => new("NotSupported", "A mail that was sent can be neither read nor changed.");

    private async ValueTask CallAsync(string action, Func<SmtpClient, CancellationToken, Task> call, CancellationToken cancellationToken)
    {
        using var ending = new CancellationTokenSource(CallTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ending.Token, cancellationToken);
        using var client = new SmtpClient { CheckCertificateRevocation = false };
        if (settings.TrustsCertificate is { } trusts)
        {
            client.ServerCertificateValidationCallback = (_, certificate, _, errors) => errors == System.Net.Security.SslPolicyErrors.None || trusts(certificate);
        }

        var signedIn = false;
        try
        {
            await client.ConnectAsync(settings.Host, settings.Port, settings.Encryption, either.Token);
            if (settings.User is { } user)
            {
                await client.AuthenticateAsync(user, settings.Password, either.Token);
            }

            signedIn = true;
            await call(client, either.Token);
            await SayGoodbyeAsync(client);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw SmtpErrors.Timeout(_who, CallTimeout, signedIn);
        }
        catch (Exception e) when (SmtpErrors.Failure(e, _who, action, signedIn, _mask) is { } failure)
        {
            throw failure;
        }
    }

    /// <summary>It is done: however this goes, it changes nothing of that.</summary>
    private async Task SayGoodbyeAsync(SmtpClient client)
    {
        using var patience = new CancellationTokenSource(GoodbyeTimeout, time);
        try
        {
            await client.DisconnectAsync(quit: true, patience.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or ProtocolException or IOException or System.Net.Sockets.SocketException)
        {
            // The server has the mail.
        }
    }
}
