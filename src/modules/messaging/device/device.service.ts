import { Inject, Injectable } from '@nestjs/common';
import { type Envelope, hashSecret } from '@dovecote/secret';
import { Permission } from '../../../platform/access/index.js';
import { notFound } from '../../../platform/errors/index.js';
import type { Task } from '../../../platform/jobs/index.js';
import { ENVELOPE } from '../../../platform/platform.module.js';
import type { Scope } from '../../../platform/scope/index.js';
import { Members } from '../../people/member/index.js';
import { sealedColumn } from '../../../platform/sealed-columns/index.js';
import type { DeviceEntity } from './device.entity.js';
import { DeviceStore } from './device.store.js';

/** A member who had no active device has one: `{ userId }`. */
export const enrolledTask: Task = { name: 'device.enrolled', lane: 'campaign', priority: 'normal' };

/** Looks for devices that have been silent for too long. */
export const retireSilentTask: Task = { name: 'device.retire_silent', lane: 'background', priority: 'low' };

/** Active devices of one member. Each costs a push per delivery. */
const MOST_ACTIVE = 20;

/** Push services forget a token that was not renewed for so long (FCM's own limit). */
const SILENT_DAYS = 270;
const DAY_MS = 24 * 60 * 60_000;
const RETIRED_AT_ONCE = 5_000;

@Injectable()
export class Devices {
  constructor(
    private readonly store: DeviceStore,
    private readonly members: Members,
    @Inject(ENVELOPE) private readonly envelope: Envelope,
  ) {}

  /**
   * The device receives pushes for the caller only from now on: the person who signs in on a shared phone
   * takes it over. So does the push token: no other device of the organization keeps it.
   */
  async register(
    scope: Scope,
    { deviceId, platform, pushToken }: { deviceId: string; platform: number; pushToken: string },
  ): Promise<DeviceEntity> {
    const id = deviceId.toLowerCase();
    const sealedPushToken = this.envelope.seal(pushToken, sealContext(scope.orgId, id));
    const registration = {
      deviceId: id,
      userId: scope.userId,
      platform,
      sealedPushToken,
      pushTokenHash: pushToken === '' ? null : hashSecret(pushToken),
      at: scope.now(),
    };
    const { device, isOnlyOne } = await this.store.register(scope, registration, MOST_ACTIVE);
    if (isOnlyOne) await this.announceEnrollment(scope);
    return device;
  }

  /** One of the caller's own; stopping it again changes nothing. */
  async deactivate(scope: Scope, deviceId: string): Promise<void> {
    if (!(await this.store.deactivate(scope, scope.userId, deviceId))) throw notFound('device');
  }

  listOwn(scope: Scope): Promise<DeviceEntity[]> {
    return this.store.list(scope, scope.userId);
  }

  async listOf(scope: Scope, userId: string): Promise<DeviceEntity[]> {
    const memberId = userId.toLowerCase();
    if (!scope.can('read', 'device', { userId: memberId })) scope.require(Permission.MEMBERS_READ);
    const { id } = await this.members.get(scope, memberId);
    return this.store.list(scope, id);
  }

  /** Messages may have waited for the member to have a device at all. */
  private async announceEnrollment(scope: Scope): Promise<void> {
    const { userId } = scope;
    await scope.enqueue({ task: enrolledTask, payload: { userId }, key: userId });
  }

  /** Enqueued before many pushes; pushes sent before the job is done still go to stale tokens. */
  async enqueueRetirement(scope: Scope): Promise<void> {
    await scope.enqueue({ task: retireSilentTask, payload: {}, key: scope.orgId });
  }

  /** Retires a piece of the devices whose push token must be dead by now; true when it was the last. */
  async retireSilent(scope: Scope): Promise<boolean> {
    const since = new Date(scope.now().getTime() - SILENT_DAYS * DAY_MS);
    return (await this.store.deactivateSilent(scope, since, RETIRED_AT_ONCE)) < RETIRED_AT_ONCE;
  }
}

const sealContext = sealedColumn(
  { table: 'device', column: 'sealed_push_token', places: ['org_id', 'device_id'] },
  (orgId, deviceId) => `device/${orgId}/${deviceId}`,
);
