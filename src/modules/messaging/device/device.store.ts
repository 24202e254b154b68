import { Injectable } from '@nestjs/common';
import { setStatement, statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { DeviceEntity } from './device.entity.js';

export interface Registration {
  deviceId: string;
  userId: string;
  platform: number;
  sealedPushToken: Buffer;
  /** Null for an empty token, which leads nowhere and may be many devices'. */
  pushTokenHash: Buffer | null;
  at: Date;
}

const register = statement(
  'device.register',
  `insert into device
     (org_id, device_id, user_id, platform, sealed_push_token, push_token_hash, active, last_seen, created_at)
   values ($1, $2, $3, $4, $5, $6, true, $7, $7)
   on conflict (org_id, device_id) do update set
     user_id = excluded.user_id, platform = excluded.platform, sealed_push_token = excluded.sealed_push_token,
     push_token_hash = excluded.push_token_hash, active = true, last_seen = excluded.last_seen,
     created_at = case when device.user_id = excluded.user_id then device.created_at else excluded.created_at end
   returning org_id as "orgId", device_id as "deviceId", user_id as "userId", platform, active,
     last_seen as "lastSeen", created_at as "createdAt"`,
);

// Two registrations of one member wait for each other; who only refers to the member does not.
const lockOwner = statement(
  'device.lock_owner',
  'select from member where org_id = $1 and id = $2 for no key update',
);

/** In SQL: whether a member of the organization `$1` has a device that is active. */
export const hasActiveDevice = (userId: string): string =>
  `exists (select from device d where d.org_id = $1 and d.user_id = ${userId} and d.active)`;

const hasActive = statement(
  'device.has_active',
  'select exists (select from device where org_id = $1 and user_id = $2 and active) as active',
);

// Serializes registrations of one push token, across members and devices.
const lockToken = statement(
  'device.lock_token',
  `select pg_advisory_xact_lock(hashtextextended($1::text || encode($2::bytea, 'hex'), 0))`,
);

// A reinstalled app has a new device id and the same token: it would get every push twice.
const takeToken = statement(
  'device.take_token',
  `update device set active = false
    where org_id = $1 and push_token_hash = $2 and active and device_id <> $3`,
);

// Skips locked rows: a device that another member is taking over does not count.
const deactivateBeyond = statement(
  'device.deactivate_beyond',
  `update device set active = false
    where org_id = $1 and device_id in (
      select device_id from device
       where org_id = $1 and user_id = $2 and active and device_id <> $3
       order by last_seen desc, device_id desc offset $4 for update skip locked)`,
);

const deactivateSilent = setStatement(
  'device.deactivate_silent',
  `update device set active = false
    where org_id = $1 and device_id in (
      select device_id from device where org_id = $1 and active and last_seen < $2 limit $3 for update skip locked)`,
);

@Injectable()
export class DeviceStore {
  /**
   * Upserts, so that two people who sign in on one phone at once leave it with one of them; stops other devices with
   * the same token, and the devices that were seen longest ago when the member has more than `most`. Says whether
   * the member had no active device before.
   */
  async register(
    scope: Scope,
    { deviceId, userId, platform, sealedPushToken, pushTokenHash, at }: Registration,
    most: number,
  ): Promise<{ device: DeviceEntity; isOnlyOne: boolean }> {
    const tx = await scope.tx();
    await tx.execute(lockOwner, [scope.orgId, userId]);
    const before = await tx.queryOne<{ active: boolean }>(hasActive, [scope.orgId, userId]);
    if (pushTokenHash) {
      await tx.execute(lockToken, [scope.orgId, pushTokenHash]);
      await tx.execute(takeToken, [scope.orgId, pushTokenHash, deviceId]);
    }
    const values = [scope.orgId, deviceId, userId, platform, sealedPushToken, pushTokenHash, at];
    const device = await tx.queryOne<DeviceEntity>(register, values);
    if (!device) throw new Error('An upsert returned no row.');
    await tx.execute(deactivateBeyond, [scope.orgId, userId, deviceId, most - 1]);
    return { device, isOnlyOne: !before?.active };
  }

  /** False when the member has no such device. */
  async deactivate(scope: Scope, userId: string, deviceId: string): Promise<boolean> {
    const { entities } = await scope.tx();
    const { affected } = await entities.update(
      DeviceEntity,
      { orgId: scope.orgId, deviceId, userId },
      { active: false },
    );
    return affected === 1;
  }

  /** The devices of a member, in the order of registration. */
  async list(scope: Scope, userId: string): Promise<DeviceEntity[]> {
    const { entities } = await scope.tx();
    return entities.find(DeviceEntity, {
      where: { orgId: scope.orgId, userId },
      order: { createdAt: 'ASC', deviceId: 'ASC' },
    });
  }

  /** Stops devices that have not registered since then; says how many, which is `most` when there may be more. */
  async deactivateSilent(scope: Scope, since: Date, most: number): Promise<number> {
    const { rowCount } = await (await scope.tx()).execute(deactivateSilent, [scope.orgId, since, most]);
    return rowCount ?? 0;
  }
}
