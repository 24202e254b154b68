import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Envelope } from '@dovecote/secret';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { notFound } from '../../../platform/errors/index.js';
import type { Task } from '../../../platform/jobs/index.js';
import { ENVELOPE } from '../../../platform/platform.module.js';
import { requireOrganization, type Scope } from '../../../platform/scope/index.js';
import { sealedColumn } from '../../../platform/sealed-columns/index.js';
import { type DeeplinkKey, DeeplinkStore } from './deeplink.store.js';
import { isDue, isRetired, OVERLAP_MS, type TokenPayload } from './token.rules.js';
import { readToken, writeToken } from './token.js';

/** Forgets keys that have been replaced long enough. */
export const forgetKeysTask: Task = { name: 'deeplink.forget_keys', lane: 'background', priority: 'low' };

export type TokenDefect = 'malformed' | 'invalid_signature' | 'expired' | 'key_retired';

export interface SignedToken {
  token: string;
  expiresAt: Date;
  version: number;
}

/** The longest that a token may hold. */
const LINK_SECONDS = 30 * 24 * 3600;

@Injectable()
export class DeeplinkTokens {
  constructor(
    private readonly store: DeeplinkStore,
    @Inject(ENVELOPE) private readonly envelope: Envelope,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * The links to a campaign for members whom one of its steps has reached: recipients, or members who were told of them. They
   * hold for 30 days.
   */
  async links(
    scope: Scope,
    { campaignId, shortCode, stepKind }: { campaignId: string; shortCode: string; stepKind: number },
    userIds: readonly string[],
  ): Promise<string[]> {
    const key = await this.signingKey(scope);
    const opened = this.open(scope, key);
    const expiresAt = Math.floor(scope.now().getTime() / 1000) + LINK_SECONDS;
    const { orgId } = scope;
    const { version } = key;
    return userIds.map((recipientId) => {
      const payload = { orgId, campaignId, recipientId, stepKind, expiresAt, version };
      return `${this.config.http.appUrl}/c/${shortCode}?t=${writeToken(payload, opened)}`;
    });
  }

  async sign(
    scope: Scope,
    input: { campaignId: string; recipientId: string; stepKind: number; ttlSeconds: number },
  ): Promise<SignedToken> {
    requireOrganization(scope);
    const { campaignId, recipientId, stepKind, ttlSeconds } = input;
    const hasRecipient = await this.store.hasRecipient(scope, campaignId, recipientId);
    if (hasRecipient === undefined) throw notFound('campaign');
    if (!hasRecipient) throw notFound('recipient');
    const key = await this.signingKey(scope);
    const expiresAt = Math.floor(scope.now().getTime() / 1000) + ttlSeconds;
    const { version } = key;
    const payload = { orgId: scope.orgId, campaignId, recipientId, stepKind, expiresAt, version };
    const token = writeToken(payload, this.open(scope, key));
    return { token, expiresAt: new Date(expiresAt * 1000), version };
  }

  /**
   * The token names the organization of its key. Nothing in it is used before the signature is verified with
   * that key.
   */
  async check(
    scope: Scope,
    { token, campaignId }: { token: string; campaignId: string },
  ): Promise<{ payload: TokenPayload } | { defect: TokenDefect }> {
    const read = readToken(token);
    if (!read) return { defect: 'malformed' };
    const { payload } = read;
    scope.adopt(payload.orgId.toLowerCase());
    const key = await this.store.find(scope, payload.version);
    if (!key) return { defect: 'invalid_signature' };
    if (!key.sealedKey || isRetired(key, scope.now())) return { defect: 'key_retired' };
    if (!read.isSignedWith(this.open(scope, key)) || payload.campaignId !== campaignId)
      return { defect: 'invalid_signature' };
    return payload.expiresAt * 1000 <= scope.now().getTime() ? { defect: 'expired' } : { payload };
  }

  async forgetRetired(scope: Scope): Promise<void> {
    await this.store.forget(scope, new Date(scope.now().getTime() - OVERLAP_MS));
  }

  private async signingKey(scope: Scope): Promise<DeeplinkKey> {
    const newest = await this.store.newest(scope);
    if (newest && !isDue(newest, scope.now())) return newest;
    const version = (newest?.version ?? 0) + 1;
    const sealed = this.envelope.seal(randomBytes(32), sealContext(scope.orgId, String(version)));
    if ((await this.store.insert(scope, version, sealed)) && newest) {
      const runAt = new Date(scope.now().getTime() + OVERLAP_MS);
      await scope.enqueue({ task: forgetKeysTask, payload: {}, runAt });
    }
    const made = await this.store.find(scope, version);
    if (!made) throw new Error(`Key ${version} does not exist and could not be created.`);
    return made;
  }

  private open(scope: Scope, { version, sealedKey }: DeeplinkKey): Buffer {
    if (!sealedKey) throw new Error(`Key ${version} is retired.`);
    return this.envelope.open(sealedKey, sealContext(scope.orgId, String(version)));
  }
}

const sealContext = sealedColumn(
  { table: 'deeplink_key', column: 'sealed_key', places: ['org_id', 'version'] },
  (orgId, version) => `deeplink_key/${orgId}/${version}`,
);
