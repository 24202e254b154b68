import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { Subscription } from './subscription.js';

/** A token as it is stored. */
export interface StoredToken {
  readonly sealed: Buffer;
  readonly hash: Buffer;
}

// Serializes calls with one token of a project: the devices may not be stored yet.
const lockToken = statement(
  'push_subscription.lock_token',
  `select pg_advisory_xact_lock(hashtextextended('push/' || $1 || '/' || encode($2::bytea, 'hex'), 0))`,
);

// In order: two calls that swap the tokens of two devices would wait for each other.
const lockRows = statement(
  'push_subscription.lock',
  `select device_id as "deviceId" from push_subscription
    where org_id = $1 and project = $2 and (device_id = $3 or (active and token_hash = $4))
    order by device_id for update`,
);

// A reinstalled app has a new device id and the same token: it would get every push twice.
const takeToken = statement(
  'push_subscription.take_token',
  `update push_subscription set active = false, changed_at = $5
    where org_id = $1 and project = $2 and active and token_hash = $4 and device_id <> $3`,
);

const save = statement(
  'push_subscription.save',
  `insert into push_subscription
     (org_id, project, device_id, distinct_id, platform, sealed_token, token_hash, properties, active, created_at, changed_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, true, $9, $9)
   on conflict (org_id, project, device_id) do update set distinct_id = excluded.distinct_id, platform = excluded.platform,
     sealed_token = excluded.sealed_token, token_hash = excluded.token_hash, properties = excluded.properties, active = true,
     changed_at = excluded.changed_at
   returning xmax = 0 as "isNew"`,
);

// Triggers keep it: locked from the insert of a device to the end of its transaction.
const count = statement(
  'push_subscription.count',
  `select devices::float8 as devices from push_subscription_count where org_id = $1 and project = $2`,
);

// Skips locked rows: a device that another call is changing does not count.
const removeBeyond = statement(
  'push_subscription.remove_beyond',
  `delete from push_subscription
    where org_id = $1 and project = $2 and device_id in (
      select device_id from push_subscription
       where org_id = $1 and project = $2 and distinct_id = $3 and device_id <> $4
       order by active desc, changed_at desc, device_id offset $5 for update skip locked)`,
);

const tokenHash = statement(
  'push_subscription.token_hash',
  `select token_hash as hash from push_subscription where org_id = $1 and project = $2 and device_id = $3`,
);

const setActive = statement(
  'push_subscription.set_active',
  `update push_subscription set active = $4, changed_at = $5 where org_id = $1 and project = $2 and device_id = $3`,
);

const setToken = statement(
  'push_subscription.set_token',
  `update push_subscription set sealed_token = $4, token_hash = $5, changed_at = $6
    where org_id = $1 and project = $2 and device_id = $3`,
);

const assign = statement(
  'push_subscription.assign',
  `update push_subscription set distinct_id = $4, changed_at = $5
    where org_id = $1 and project = $2 and device_id = $3 and distinct_id <> $4`,
);

/** The push subscriptions of the scope's project. */
@Injectable()
export class SubscriptionStore {
  /** Upserts; removes what the person has beyond `most`. Returns false for a device that was there before. */
  async save(scope: Scope, subscription: Subscription, token: StoredToken, most: number): Promise<boolean> {
    const { deviceId, distinctId, platform, properties } = subscription;
    await this.takeToken(scope, deviceId, token.hash);
    const tx = await scope.tx();
    const place = placeOf(scope);
    const values = [deviceId, distinctId, platform, token.sealed, token.hash, properties, scope.now()];
    const row = await tx.queryOne<{ isNew: boolean }>(save, [...place, ...values]);
    await this.removeBeyond(scope, distinctId, deviceId, most);
    return row?.isNew ?? false;
  }

  /** How many devices the project has. */
  async count(scope: Scope): Promise<number> {
    const row = await (await scope.tx()).queryOne<{ devices: number }>(count, placeOf(scope));
    return row?.devices ?? 0;
  }

  /** False for a device without a subscription. Switching on takes the token from another device that has it. */
  async setActive(scope: Scope, deviceId: string, isActive: boolean): Promise<boolean> {
    const tx = await scope.tx();
    if (isActive) {
      const row = await tx.queryOne<{ hash: Buffer }>(tokenHash, [...placeOf(scope), deviceId]);
      if (!row) return false;
      await this.takeToken(scope, deviceId, row.hash);
    }
    const { rowCount } = await tx.execute(setActive, [...placeOf(scope), deviceId, isActive, scope.now()]);
    return rowCount === 1;
  }

  /** False for a device without a subscription. */
  async setToken(scope: Scope, deviceId: string, { sealed, hash }: StoredToken): Promise<boolean> {
    await this.takeToken(scope, deviceId, hash);
    const values = [...placeOf(scope), deviceId, sealed, hash, scope.now()];
    const { rowCount } = await (await scope.tx()).execute(setToken, values);
    return rowCount === 1;
  }

  /** The device, if it has a subscription, is the person's from now on. */
  async assign(scope: Scope, deviceId: string, distinctId: string, most: number): Promise<void> {
    const values = [...placeOf(scope), deviceId, distinctId, scope.now()];
    const { rowCount } = await (await scope.tx()).execute(assign, values);
    if (rowCount === 1) await this.removeBeyond(scope, distinctId, deviceId, most);
  }

  private async takeToken(scope: Scope, deviceId: string, hash: Buffer): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(lockToken, [String(scope.project.number), hash]);
    await tx.execute(lockRows, [...placeOf(scope), deviceId, hash]);
    await tx.execute(takeToken, [...placeOf(scope), deviceId, hash, scope.now()]);
  }

  private async removeBeyond(
    scope: Scope,
    distinctId: string,
    deviceId: string,
    most: number,
  ): Promise<void> {
    await (await scope.tx()).execute(removeBeyond, [...placeOf(scope), distinctId, deviceId, most - 1]);
  }
}

function placeOf({ orgId, project }: Scope): [orgId: string, project: number] {
  return [orgId, project.number];
}
