using Microsoft.EntityFrameworkCore;

namespace FlowLite.Persistence.Catalogue;

/// <summary>Maps what <see cref="CatalogueSchema"/> makes.</summary>
internal sealed class CatalogueDbContext(DbContextOptions<CatalogueDbContext> options) : DbContext(options)
{
    public DbSet<DefinitionRow> Definitions => Set<DefinitionRow>();
    public DbSet<FlowSecretsRow> Secrets => Set<FlowSecretsRow>();
    public DbSet<ImportRow> Imports => Set<ImportRow>();
    public DbSet<ConnectionRow> Connections => Set<ConnectionRow>();
    public DbSet<ScheduleRow> Schedules => Set<ScheduleRow>();

    protected override void OnModelCreating(ModelBuilder model)
    {
        model.Entity<DefinitionRow>(row =>
        {
            row.ToTable("definitions").HasKey(r => r.Id);
            row.Property(r => r.Id).HasColumnName("id");
            row.Property(r => r.DefinitionId).HasColumnName("definition_id");
            row.Property(r => r.Version).HasColumnName("version");
            row.Property(r => r.IsLatest).HasColumnName("is_latest");
            row.Property(r => r.IsPublished).HasColumnName("is_published");
            row.Property(r => r.IsFrozen).HasColumnName("is_frozen");
            row.Property(r => r.IsHidden).HasColumnName("is_hidden");
            row.Property(r => r.Name).HasColumnName("name");
            row.Property(r => r.Description).HasColumnName("description");
            row.Property(r => r.CreatedAt).HasColumnName("created_at");
            row.Property(r => r.Search).HasColumnName("search");
            row.Property(r => r.Document).HasColumnName("document");
        });
        model.Entity<FlowSecretsRow>(row =>
        {
            row.ToTable("flow_secrets").HasKey(r => r.DefinitionId);
            row.Property(r => r.DefinitionId).HasColumnName("definition_id");
            row.Property(r => r.PrimaryKey).HasColumnName("primary_key");
            row.Property(r => r.SecondaryKey).HasColumnName("secondary_key");
            row.Property(r => r.Triggers).HasColumnName("triggers");
        });
        model.Entity<ImportRow>(row =>
        {
            row.ToTable("imports").HasKey(r => r.DefinitionId);
            row.Property(r => r.DefinitionId).HasColumnName("definition_id");
            row.Property(r => r.FileHash).HasColumnName("file_hash");
            row.Property(r => r.VersionId).HasColumnName("version_id");
        });
        model.Entity<ConnectionRow>(row =>
        {
            row.ToTable("connections").HasKey(r => r.Id);
            row.Property(r => r.Id).HasColumnName("id");
            row.Property(r => r.Name).HasColumnName("name");
            row.Property(r => r.Kind).HasColumnName("kind");
            row.Property(r => r.Settings).HasColumnName("settings");
            row.Property(r => r.Secrets).HasColumnName("secrets");
        });
        model.Entity<ScheduleRow>(row =>
        {
            row.ToTable("schedules").HasKey(r => new { r.DefinitionId, r.Activity });
            row.Property(r => r.DefinitionId).HasColumnName("definition_id");
            row.Property(r => r.Activity).HasColumnName("activity");
            row.Property(r => r.Schedule).HasColumnName("schedule");
            row.Property(r => r.Since).HasColumnName("since");
            row.Property(r => r.Done).HasColumnName("done");
            row.Property(r => r.LastRun).HasColumnName("last_run");
        });
    }
}
