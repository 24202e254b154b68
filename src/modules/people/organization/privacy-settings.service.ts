import { Injectable } from '@nestjs/common';
import { notFound } from '../../../platform/errors/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { ApiKeys } from '../api-key/index.js';
import {
  changesOf,
  describeChanges,
  type PrivacyRequest,
  type PrivacyToggle,
} from './privacy-settings.rules.js';
import { type LastConsent, PrivacySettingsStore } from './privacy-settings.store.js';

/** Each switch with its last consent; `last` is undefined when the default was never changed. */
export type Privacy = Record<PrivacyToggle, { enabled: boolean; last: LastConsent | undefined }>;

/** What an organization lets be done with the data of its people. */
@Injectable()
export class PrivacySettings {
  constructor(
    private readonly store: PrivacySettingsStore,
    private readonly apiKeys: ApiKeys,
  ) {}

  async isEnabled(scope: Scope, toggle: PrivacyToggle): Promise<boolean> {
    return (await this.store.find(scope))?.[toggle] ?? false;
  }

  async get(scope: Scope): Promise<Privacy> {
    const [switches, consents] = await Promise.all([this.store.find(scope), this.store.lastConsents(scope)]);
    if (!switches) throw notFound('organization');
    const stateOf = (toggle: PrivacyToggle): Privacy[PrivacyToggle] => ({
      enabled: switches[toggle],
      last: consents.find((consent) => consent.toggle === toggle),
    });
    return {
      ai_clustering: stateOf('ai_clustering'),
      behavioral_analytics: stateOf('behavioral_analytics'),
      third_party_channels: stateOf('third_party_channels'),
    };
  }

  /** Setting a switch to its current value is recorded, too: it is new evidence of consent. */
  async update(scope: Scope, request: PrivacyRequest): Promise<Privacy> {
    const switches = await this.store.findForUpdate(scope);
    if (!switches) throw notFound('organization');
    const changes = changesOf(switches, request);
    if (changes.length > 0) {
      const email = await this.emailOf(scope);
      await this.store.update(scope, { ...switches, ...request });
      for (const change of changes) await this.store.insertConsent(scope, change, email);
      await scope.audit('ORG_UPDATED', {
        entityType: 'organization',
        entityId: scope.orgId,
        metadata: describeChanges(changes),
      });
      await scope.audit('CONSENT_RECEIPTS_WRITTEN', {
        entityType: 'organization',
        entityId: scope.orgId,
        metadata: { switches: changes.map(({ toggle }) => toggle).join(',') },
      });
    }
    return this.get(scope);
  }

  /** A key has no address; its name says at least which program it was. */
  private async emailOf(scope: Scope): Promise<string> {
    const { caller } = scope;
    if (caller.kind === 'member') return caller.email;
    if (caller.kind !== 'api_key') throw new Error(`The access table admits no ${caller.kind} caller here.`);
    return `api-key:${(await this.apiKeys.get(scope, caller.keyId)).name}`;
  }
}
