import { Injectable } from '@nestjs/common';
import { warningsOf } from '@dovecote/template';
import { v7 as uuid } from 'uuid';
import { notFound } from '../../../platform/errors/index.js';
import { type PageRequest, Paging } from '../../../platform/paging/paging.js';
import type { Scope } from '../../../platform/scope/index.js';
import {
  fallbackLocale,
  type NewVersion,
  nextVersion,
  profileFields,
  refuseTemplate,
  refuseVersion,
  templateTypes,
  typesMatching,
} from './template.rules.js';
import { TemplateStore } from './template.store.js';
import type { TemplateVersion } from './template-version.js';

export interface NewTemplate extends NewVersion {
  name: string;
  title: string;
  type: number;
  /** Empty for the organization's. */
  sourceLocale: string;
}

export interface TemplatePage {
  items: TemplateVersion[];
  pagination: { nextPageToken: string; totalCount: number };
}

@Injectable()
export class Templates {
  constructor(
    private readonly store: TemplateStore,
    private readonly paging: Paging,
  ) {}

  /** One version, if it exists; 0 is the latest. */
  findVersion(scope: Scope, templateId: string, version: number): Promise<TemplateVersion | undefined> {
    return this.store.findVersion(scope, templateId, version);
  }

  /** One version; 0 is the latest. */
  async getVersion(scope: Scope, templateId: string, version: number): Promise<TemplateVersion> {
    const found = await this.findVersion(scope, templateId, version);
    if (!found) throw notFound(version === 0 ? 'template' : 'template version');
    return found;
  }

  /** The language of people and templates that name none; empty when the organization names none either. */
  organizationLocale(scope: Scope): Promise<string> {
    return this.store.organizationLocale(scope);
  }

  /** Each template in its latest version. */
  async list(scope: Scope, filter: { type: number; pagination?: PageRequest }): Promise<TemplatePage> {
    const binding = ['templates', scope.orgId, String(filter.type)];
    const page = this.paging.parse(filter.pagination, binding);
    const types = typesMatching(filter.type);
    const [rows, totalCount] = await Promise.all([
      this.store.listLatest(scope, types, page),
      this.store.count(scope, types),
    ]);
    const positioned = rows.map((row) => ({ ...row, id: row.templateId }));
    return this.paging.pageOf(positioned, page, totalCount, binding);
  }

  async create(scope: Scope, input: NewTemplate): Promise<TemplateVersion> {
    const refusal = refuseTemplate(input);
    if (refusal) throw refusal;
    const id = uuid();
    const now = scope.now();
    await this.store.insert(scope, {
      orgId: scope.orgId,
      id,
      name: input.name,
      title: input.title,
      type: templateTypes.markdown,
      sourceLocale: input.sourceLocale || (await this.store.organizationLocale(scope)) || fallbackLocale,
      latestVersion: 1,
      createdAt: now,
      updatedAt: now,
    });
    await this.writeVersion(scope, id, 1, input, now);
    await scope.audit('TEMPLATE_CREATED', { entityType: 'template', entityId: id });
    return this.withWarnings(scope, await this.getVersion(scope, id, 1));
  }

  /** Adds a version; the older ones stay as they are. */
  async update(scope: Scope, templateId: string, change: NewVersion): Promise<TemplateVersion> {
    const input = nextVersion(await this.getVersion(scope, templateId, 0), change);
    const refusal = refuseVersion(input);
    if (refusal) throw refusal;
    const now = scope.now();
    const version = await this.store.takeNextVersion(scope, templateId, now);
    if (version === undefined) throw notFound('template');
    await this.writeVersion(scope, templateId, version, input, now);
    await scope.audit('TEMPLATE_UPDATED', {
      entityType: 'template',
      entityId: templateId,
      metadata: { version: String(version) },
    });
    return this.withWarnings(scope, await this.getVersion(scope, templateId, version));
  }

  /** Told in a header: the contract's answer has no room for them. */
  private withWarnings(scope: Scope, template: TemplateVersion): TemplateVersion {
    for (const { field, text } of warningsOf(template, profileFields)) scope.warn(`${field}: ${text}`);
    return template;
  }

  private async writeVersion(
    scope: Scope,
    templateId: string,
    version: number,
    { body, variables }: NewVersion,
    createdAt: Date,
  ): Promise<void> {
    await this.store.insertVersion(scope, {
      orgId: scope.orgId,
      templateId,
      version,
      body,
      variables: [...variables],
      createdBy: scope.actorId,
      createdAt,
    });
  }
}
