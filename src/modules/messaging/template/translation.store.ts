import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import { alreadyExists, constraintErrors } from '../../../platform/errors/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { type Translation, type TranslatedText, translationStatus } from './translation.js';

const columns = `
  id, template_id as "templateId", version, locale, title, body, status, translated_by as "translatedBy",
  reviewed_by as "reviewedBy", reviewed_at as "reviewedAt", created_at as "createdAt"`;

const insert = statement(
  'template_translation.insert',
  `insert into template_translation
     (org_id, id, template_id, version, locale, title, body, status, translated_by, created_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
);
const findForUpdate = statement(
  'template_translation.find_for_update',
  `select ${columns} from template_translation where org_id = $1 and id = $2 for no key update`,
);
const update = statement(
  'template_translation.update',
  `update template_translation set title = $3, body = $4, status = $5, reviewed_by = $6, reviewed_at = $7
    where org_id = $1 and id = $2`,
);
const list = statement(
  'template_translation.list',
  `select ${columns} from template_translation
    where org_id = $1 and template_id = $2 and version = $3 order by locale`,
);
const approved = statement(
  'template_translation.approved',
  `select locale, title, body from template_translation
    where org_id = $1 and template_id = $2 and version = $3 and status = ${translationStatus.approved}`,
);

constraintErrors({
  template_translation_locale_key: () =>
    alreadyExists('TRANSLATION_EXISTS', 'This version already has a translation into this language.'),
});

@Injectable()
export class TranslationStore {
  async insert(scope: Scope, translation: Translation): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(insert, [
      scope.orgId,
      translation.id,
      translation.templateId,
      translation.version,
      translation.locale,
      translation.title,
      translation.body,
      translation.status,
      translation.translatedBy,
      translation.createdAt,
    ]);
  }

  /** Locked until the transaction ends: an edit and an approval at once do not pass each other by. */
  async findForUpdate(scope: Scope, id: string): Promise<Translation | undefined> {
    const tx = await scope.tx();
    return tx.queryOne<Translation>(findForUpdate, [scope.orgId, id]);
  }

  async update(scope: Scope, translation: Translation): Promise<void> {
    const { id, title, body, status, reviewedBy, reviewedAt } = translation;
    const tx = await scope.tx();
    await tx.execute(update, [scope.orgId, id, title, body, status, reviewedBy, reviewedAt]);
  }

  /** By language. */
  async list(scope: Scope, templateId: string, version: number): Promise<Translation[]> {
    const tx = await scope.tx();
    return tx.query<Translation>(list, [scope.orgId, templateId, version]);
  }

  async approved(scope: Scope, templateId: string, version: number): Promise<TranslatedText[]> {
    const tx = await scope.tx();
    return tx.query<TranslatedText>(approved, [scope.orgId, templateId, version]);
  }
}
