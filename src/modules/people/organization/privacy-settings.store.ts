import { Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { PrivacyChange, PrivacyToggle } from './privacy-settings.rules.js';

type Switches = Record<PrivacyToggle, boolean>;

/** The member who last set a switch, and when. */
export interface LastConsent {
  toggle: PrivacyToggle;
  email: string;
  at: Date;
}

const columns = `ai_clustering_enabled as ai_clustering, behavioral_analytics_enabled as behavioral_analytics,
  third_party_channels_enabled as third_party_channels`;

const find = statement('privacy_settings.find', `select ${columns} from organization where id = $1`);
const findForUpdate = statement(
  'privacy_settings.find_for_update',
  `select ${columns} from organization where id = $1 for no key update`,
);
const update = statement(
  'privacy_settings.update',
  `update organization
      set ai_clustering_enabled = $2, behavioral_analytics_enabled = $3, third_party_channels_enabled = $4
    where id = $1`,
);
const insertConsent = statement(
  'privacy_consent.insert',
  `insert into privacy_consent
     (org_id, id, toggle, was_enabled, enabled, actor_kind, actor_id, actor_email, request_id, created_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
);
const lastConsents = statement(
  'privacy_consent.last',
  `select distinct on (toggle) toggle, actor_email as email, created_at as at
     from privacy_consent where org_id = $1 order by toggle, seq desc`,
);

@Injectable()
export class PrivacySettingsStore {
  async find(scope: Scope): Promise<Switches | undefined> {
    return (await scope.tx()).queryOne<Switches>(find, [scope.orgId]);
  }

  /** Locked until the transaction ends: what the trail says was before, was before. */
  async findForUpdate(scope: Scope): Promise<Switches | undefined> {
    return (await scope.tx()).queryOne<Switches>(findForUpdate, [scope.orgId]);
  }

  async update(scope: Scope, switches: Switches): Promise<void> {
    const { ai_clustering, behavioral_analytics, third_party_channels } = switches;
    const tx = await scope.tx();
    await tx.execute(update, [scope.orgId, ai_clustering, behavioral_analytics, third_party_channels]);
  }

  async insertConsent(scope: Scope, change: PrivacyChange, actorEmail: string): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(insertConsent, [
      scope.orgId,
      uuid(),
      change.toggle,
      change.wasEnabled,
      change.enabled,
      scope.caller.kind,
      scope.actorId,
      actorEmail,
      scope.requestId,
      scope.now(),
    ]);
  }

  async lastConsents(scope: Scope): Promise<LastConsent[]> {
    return (await scope.tx()).query<LastConsent>(lastConsents, [scope.orgId]);
  }
}
