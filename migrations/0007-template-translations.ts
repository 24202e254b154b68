import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/** Template versions in other languages, and those that a campaign started with. */
export class TemplateTranslations implements MigrationInterface {
  readonly name = 'TemplateTranslations1000000000007';

  async up(runner: QueryRunner): Promise<void> {
    // Its unique key also serves the list of one version.
    await runner.query(`
      create table template_translation (
        org_id uuid not null,
        id uuid not null,
        template_id uuid not null,
        version integer not null,
        locale text not null,
        title text not null,
        body text not null,
        status smallint not null,
        translated_by text not null,
        reviewed_by text not null default '',
        reviewed_at timestamptz,
        created_at timestamptz not null,
        primary key (org_id, id),
        constraint template_translation_locale_key unique (org_id, template_id, version, locale),
        foreign key (org_id, template_id, version)
          references template_version (org_id, template_id, version) on delete cascade)`);
    await tenantTable(runner, 'template_translation');

    // What was approved when the campaign started is what all its recipients get: a copy, because translations
    // can be withdrawn and edited while it runs.
    await runner.query(`
      create table campaign_translation (
        org_id uuid not null,
        campaign_id uuid not null,
        template_id uuid not null,
        template_version integer not null,
        locale text not null,
        title text not null,
        body text not null,
        primary key (org_id, campaign_id, template_id, template_version, locale),
        foreign key (org_id, campaign_id) references campaign (org_id, id) on delete cascade)`);
    await tenantTable(runner, 'campaign_translation');
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
