import { Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import type { Task } from '../../../platform/jobs/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { RegionChangeStore } from './region-change.store.js';

export const regionChangeTask: Task = {
  name: 'member.region_change',
  lane: 'background',
  priority: 'normal',
};

/** When another region's rules begin to hold for a member, and the record that they did. */
@Injectable()
export class RegionChanges {
  constructor(private readonly store: RegionChangeStore) {}

  /**
   * Starts a change between two regions of the member's own, each empty for the organization's. The id of the
   * change; empty when the region in force stays the same.
   */
  async begin(scope: Scope, userId: string, own: { from: string; to: string }): Promise<string> {
    const inherited = await this.store.organizationRegion(scope);
    const change = {
      id: uuid(),
      userId,
      fromRegion: own.from || inherited,
      toRegion: own.to || inherited,
    };
    if (change.fromRegion === change.toRegion) return '';
    await this.store.insert(scope, change);
    await scope.enqueue({ task: regionChangeTask, payload: { changeId: change.id } });
    return change.id;
  }

  /** All regions share the one database of this server: no record moves, and the trail says so. */
  async complete(scope: Scope, changeId: string): Promise<void> {
    const change = await this.store.complete(scope, changeId);
    if (!change) return;
    await scope.audit('PROFILE_UPDATED', {
      entityType: 'user',
      entityId: change.userId,
      metadata: {
        region_change_id: change.id,
        from_region: change.fromRegion,
        to_region: change.toRegion,
        records_moved: '0',
      },
    });
  }
}
