import { Inject, Injectable } from '@nestjs/common';
import type { Envelope } from '@dovecote/secret';
import { ENVELOPE } from '../../../platform/platform.module.js';
import type { Scope } from '../../../platform/scope/index.js';
import { sealedColumn } from '../../../platform/sealed-columns/index.js';
import { Projects } from './project.service.js';
import { PushAccountStore } from './push-account.store.js';
import { readServiceAccount } from './service-account.js';

/** The service accounts of Google by which push messages of a project are sent. Their private keys are not shown again. */
@Injectable()
export class PushAccounts {
  constructor(
    private readonly projects: Projects,
    private readonly store: PushAccountStore,
    @Inject(ENVELOPE) private readonly envelope: Envelope,
  ) {}

  /** The account without its private key, as JSON; empty for none. */
  async shown(scope: Scope, projectId: string): Promise<string> {
    return (await this.store.find(scope, projectId))?.shown ?? '';
  }

  /** The same of every project that has an account, by the project's id. */
  async allShown(scope: Scope): Promise<Map<string, string>> {
    return new Map((await this.store.list(scope)).map(({ projectId, shown }) => [projectId, shown]));
  }

  /** Takes the key file of an account; empty removes it. What `shown` returned changes nothing: a form sends it back. */
  async set(scope: Scope, id: string, keyFile: string): Promise<void> {
    const project = await this.projects.getForUpdate(scope, id);
    const before = await this.shown(scope, project.id);
    if (keyFile === before) return;
    if (keyFile === '') return this.remove(scope, project.id);
    const { shown, json, clientEmail } = readServiceAccount(keyFile);
    const sealedAccount = this.envelope.seal(json, sealContext(scope.orgId, project.id));
    await this.store.upsert(scope, { projectId: project.id, shown, sealedAccount });
    await record(scope, project.id, clientEmail);
  }

  private async remove(scope: Scope, projectId: string): Promise<void> {
    if (await this.store.delete(scope, projectId)) await record(scope, projectId, '');
  }
}

function record(scope: Scope, projectId: string, clientEmail: string): Promise<void> {
  return scope.audit('PROJECT_UPDATED', {
    entityType: 'project',
    entityId: projectId,
    metadata: { push_account: clientEmail },
  });
}

const sealContext = sealedColumn(
  { table: 'project_push_account', column: 'sealed_account', places: ['org_id', 'project_id'] },
  (orgId, projectId) => `project_push_account.sealed_account/${orgId}/${projectId}`,
);
