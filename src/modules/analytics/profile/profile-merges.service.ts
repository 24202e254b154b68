import type { JsonObject } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import { failedPrecondition, notFound } from '../../../platform/errors/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { MOST_IDS, refuseIdsOverLimit } from './ids-limit.rules.js';
import {
  changedByMerge,
  changedByUndo,
  joinedProperties,
  partedProperties,
} from './joined-properties.rules.js';
import type { Profile, ProfileMerge } from './profile.js';
import { type Layers, ProfileMergeStore } from './profile-merge.store.js';
import { type Led, ProfileStore } from './profile.store.js';
import { PropertyChangeStore } from './property-change.store.js';
import { StoredProfileStore } from './stored-profile.store.js';
import { refuseProperties } from './traits-limits.rules.js';

/** Joins profiles of the scope's project, and parts them again. */
@Injectable()
export class ProfileMerges {
  constructor(
    private readonly store: ProfileMergeStore,
    private readonly profiles: ProfileStore,
    private readonly records: StoredProfileStore,
    private readonly changes: PropertyChangeStore,
  ) {}

  /**
   * Makes one profile part of another, both by any id.
   *
   * @throws AppError PROFILE_NOT_FOUND, PROFILES_ARE_ONE, PROFILE_ID_LIMIT or PROFILE_TOO_LARGE.
   */
  async merge(scope: Scope, id: string, intoId: string): Promise<ProfileMerge> {
    await this.profiles.lock(scope);
    const into = await this.require(scope, intoId);
    const gone = await this.require(scope, id);
    if (gone.id === into.id)
      throw failedPrecondition('PROFILES_ARE_ONE', 'Both ids lead to one profile already.');
    const properties = joinedProperties(gone.properties, into.properties);
    const refusal = refuseProperties(properties);
    if (refusal !== undefined)
      throw failedPrecondition('PROFILE_TOO_LARGE', 'Together the profiles would have too many properties.');
    const merge = await this.join(scope, gone, into);
    await this.profiles.setProperties(scope, into.id, properties);
    await this.record(scope, 'PROFILES_MERGED', merge);
    return merge;
  }

  /**
   * Parts the profile that went from the one that stayed. Each has what was told by its own ids, also since.
   *
   * @throws AppError MERGE_NOT_FOUND, MERGE_UNDONE or PROFILE_DELETED.
   */
  async undo(scope: Scope, mergeId: string): Promise<ProfileMerge> {
    await this.profiles.lock(scope);
    const merge = await this.store.find(scope, mergeId);
    if (!merge) throw notFound('merge');
    if (merge.undoneAt) throw failedPrecondition('MERGE_UNDONE', 'The merge was undone before.');
    const above = await this.store.above(scope, merge.intoProfileId);
    const left = above.at(-1) ?? merge.intoProfileId;
    // The one that is left first: calls that tell something of it lock it first, too.
    await this.layersOf(scope, left);
    const { properties: gone } = await this.layersOf(scope, merge.profileId);
    const undone = await this.store.part(scope, merge, left);
    await this.changes.forgetMerge(scope, merge.id, left, merge.profileId);
    for (const profileId of above) {
      const { properties, own } = await this.layersOf(scope, profileId);
      const rest = [own, ...(await this.store.parts(scope, profileId))];
      const parted = partedProperties(properties, { gone, rest });
      await this.profiles.setProperties(scope, profileId, parted);
      await this.changes.noteUndo(scope, { mergeId, profileId, ...changedByUndo(properties, parted) });
    }
    await this.record(scope, 'PROFILES_UNMERGED', undone);
    return undone;
  }

  /** @throws AppError PROFILE_NOT_FOUND. */
  async list(scope: Scope, id: string): Promise<ProfileMerge[]> {
    const led = await this.records.findLed(scope, id);
    if (!led || led.isDeleted) throw notFound('profile');
    return this.store.list(scope, led.id);
  }

  /**
   * The caller holds the lock of the project's profiles, and sets the properties.
   *
   * @throws AppError PROFILE_ID_LIMIT.
   */
  async join(scope: Scope, gone: Profile, into: Profile): Promise<ProfileMerge> {
    const profiles = { profileId: gone.id, intoProfileId: into.id };
    await this.requireIds(scope, [gone.id, into.id], 0);
    const id = uuid();
    const changed = changedByMerge(gone.properties, into.properties);
    await this.changes.noteMerge(scope, { mergeId: id, ...profiles, ...changed });
    return this.store.merge(scope, { id, ...profiles });
  }

  /** What was told of a merged profile is kept with it, too. */
  async tell(scope: Scope, profileId: string, properties: JsonObject): Promise<void> {
    await this.store.tell(scope, profileId, properties);
  }

  /** Refuses when the ids of the profiles, and `more`, are too many for one. */
  async requireIds(scope: Scope, profileIds: readonly string[], more: number): Promise<void> {
    const refusal = refuseIdsOverLimit(
      (await this.profiles.countIds(scope, profileIds, MOST_IDS + 1)) + more,
    );
    if (refusal) throw refusal;
  }

  private async require(scope: Scope, id: string): Promise<Led> {
    const led = await this.profiles.find(scope, id.toWellFormed());
    if (!led) throw notFound('profile');
    return led;
  }

  private async layersOf(scope: Scope, profileId: string): Promise<Layers> {
    const layers = await this.store.layers(scope, profileId);
    if (!layers || layers.isDeleted)
      throw failedPrecondition('PROFILE_DELETED', 'One of the profiles was deleted since.');
    return layers;
  }

  private async record(
    scope: Scope,
    event: 'PROFILES_MERGED' | 'PROFILES_UNMERGED',
    { id, profileId, intoProfileId }: ProfileMerge,
  ): Promise<void> {
    await scope.audit(event, {
      entityType: 'profile_merge',
      entityId: id,
      metadata: { project_id: scope.project.id, profile_id: profileId, into_profile_id: intoProfileId },
    });
  }
}
