import { Injectable } from '@nestjs/common';
import { MAX as lastUuid } from 'uuid';
import { statement } from '../../../platform/database/index.js';
import type { Page } from '../../../platform/paging/paging.js';
import type { Scope } from '../../../platform/scope/index.js';
import { TemplateEntity, TemplateVersionEntity } from './template.entity.js';
import type { TemplateVersion } from './template-version.js';

const columns = `
  t.id as "templateId", v.version, t.name, t.title, v.body, t.type, t.source_locale as "sourceLocale", v.variables,
  t.created_at as "createdAt", v.created_at as "updatedAt"`;

const findVersion = statement(
  'template_version.find',
  `select ${columns}
   from template t
   join template_version v on v.org_id = t.org_id and v.template_id = t.id
     and v.version = case $3::integer when 0 then t.latest_version else $3::integer end
   where t.org_id = $1 and t.id = $2`,
);

const listLatest = statement(
  'template_version.list_latest',
  `select ${columns}
   from template t
   join template_version v on v.org_id = t.org_id and v.template_id = t.id and v.version = t.latest_version
   where t.org_id = $1 and t.type = any($2) and (t.created_at, t.id) < ($3, $4)
   order by t.created_at desc, t.id desc
   limit $5`,
);

const count = statement(
  'template.count',
  `select count(*)::integer as count from template where org_id = $1 and type = any($2)`,
);

const nextVersion = statement(
  'template.next_version',
  `update template set latest_version = latest_version + 1, updated_at = $3
   where org_id = $1 and id = $2
   returning latest_version as version`,
);

const organizationLocale = statement(
  'template.organization_locale',
  `select default_locale as locale from organization where id = $1`,
);

@Injectable()
export class TemplateStore {
  /** Version 0 is the latest. */
  async findVersion(scope: Scope, templateId: string, version: number): Promise<TemplateVersion | undefined> {
    const tx = await scope.tx();
    return tx.queryOne<TemplateVersion>(findVersion, [scope.orgId, templateId, version]);
  }

  /** Templates of these types in their latest version, newest template first; one more than the page holds. */
  async listLatest(scope: Scope, types: readonly number[], page: Page): Promise<TemplateVersion[]> {
    const tx = await scope.tx();
    const { createdAt = 'infinity', id = lastUuid } = page.after ?? {};
    return tx.query<TemplateVersion>(listLatest, [scope.orgId, types, createdAt, id, page.limit + 1]);
  }

  async count(scope: Scope, types: readonly number[]): Promise<number> {
    const tx = await scope.tx();
    return (await tx.queryOne<{ count: number }>(count, [scope.orgId, types]))?.count ?? 0;
  }

  async insert(scope: Scope, template: TemplateEntity): Promise<void> {
    const { entities } = await scope.tx();
    await entities.insert(TemplateEntity, template);
  }

  async insertVersion(scope: Scope, version: TemplateVersionEntity): Promise<void> {
    const { entities } = await scope.tx();
    await entities.insert(TemplateVersionEntity, version);
  }

  /**
   * Takes the template's next version number; undefined when there is no such template. Locks the template until
   * the transaction ends, so that two updates at once take two numbers.
   */
  async takeNextVersion(scope: Scope, templateId: string, at: Date): Promise<number | undefined> {
    const tx = await scope.tx();
    return (await tx.queryOne<{ version: number }>(nextVersion, [scope.orgId, templateId, at]))?.version;
  }

  /** The language that the organization prefers; empty when it has none. */
  async organizationLocale(scope: Scope): Promise<string> {
    const tx = await scope.tx();
    return (await tx.queryOne<{ locale: string }>(organizationLocale, [scope.orgId]))?.locale ?? '';
  }
}
