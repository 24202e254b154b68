import { Inject, Injectable } from '@nestjs/common';
import { type Envelope, hashSecret } from '@dovecote/secret';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { notFound } from '../../../platform/errors/index.js';
import { ENVELOPE } from '../../../platform/platform.module.js';
import type { Scope } from '../../../platform/scope/index.js';
import { ErasedIds } from '../event/index.js';
import { sealedColumn } from '../../../platform/sealed-columns/index.js';
import { refuseDevicesOverLimit } from './devices-limit.rules.js';
import type { Subscription } from './subscription.js';
import { type StoredToken, SubscriptionStore } from './subscription.store.js';

/** Subscriptions of one person, active or not: each costs a push, and a public key may make them. */
const MOST_OF_PERSON = 20;

@Injectable()
export class Subscriptions {
  constructor(
    private readonly store: SubscriptionStore,
    private readonly erased: ErasedIds,
    @Inject(ENVELOPE) private readonly envelope: Envelope,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Ignores, as events are, a device that still names its person by an id that was erased for good.
   * @throws AppError DEVICE_LIMIT for a new device of a project that has as many as it may.
   */
  async subscribe(scope: Scope, subscription: Subscription): Promise<void> {
    const erased = await this.erased.known(scope, [subscription.distinctId]);
    if (erased.get(subscription.distinctId)?.returnsAfter === null) return;
    const token = this.stored(scope, subscription.deviceId, subscription.token);
    const isNew = await this.store.save(scope, subscription, token, MOST_OF_PERSON);
    const refusal =
      isNew && refuseDevicesOverLimit(await this.store.count(scope), this.config.devicesPerProject);
    if (refusal) throw refusal;
  }

  /** @throws AppError NOT_FOUND for a device without a subscription. */
  async setActive(scope: Scope, deviceId: string, isActive: boolean): Promise<void> {
    if (!(await this.store.setActive(scope, deviceId, isActive))) throw notFound('device');
  }

  /** @throws AppError NOT_FOUND for a device without a subscription. */
  async renewToken(scope: Scope, deviceId: string, token: string): Promise<void> {
    const stored = this.stored(scope, deviceId, token);
    if (!(await this.store.setToken(scope, deviceId, stored))) throw notFound('device');
  }

  /** The device, if it has a subscription, is that of the person with the id from now on. */
  async assign(scope: Scope, deviceId: string, distinctId: string): Promise<void> {
    await this.store.assign(scope, deviceId, distinctId, MOST_OF_PERSON);
  }

  private stored({ orgId, project }: Scope, deviceId: string, token: string): StoredToken {
    const sealed = this.envelope.seal(token, sealContext(orgId, String(project.number), deviceId));
    return { sealed, hash: hashSecret(token) };
  }
}

const sealContext = sealedColumn(
  { table: 'push_subscription', column: 'sealed_token', places: ['org_id', 'project', 'device_id'] },
  (orgId, project, deviceId) => `push-subscription/${orgId}/${project}/${deviceId}`,
);
