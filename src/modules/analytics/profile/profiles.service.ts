import type { JsonObject } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import { invalidArgument } from '../../../platform/errors/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { ErasedIds } from '../event/index.js';
import { type PersonIds, PersonIdStore } from './data-subject.store.js';
import { joinedProperties } from './joined-properties.rules.js';
import { ProfileMerges } from './profile-merges.service.js';
import type { KnownPerson, Profile } from './profile.js';
import { type Led, ProfileStore } from './profile.store.js';
import { changeCause, type Telling } from './property-change.js';
import { PropertyChangeStore } from './property-change.store.js';
import { type StoredProfile, StoredProfileStore } from './stored-profile.store.js';
import { refuseProperties } from './traits-limits.rules.js';

/** A profile, and that to which the id of the call would lead if nothing were merged. */
type Target = Profile & Pick<Led, 'homeId'>;

const byCall: Telling = { cause: changeCause.identify };

/** The persons of a project's events. */
@Injectable()
export class Profiles {
  constructor(
    private readonly store: ProfileStore,
    private readonly recordStore: StoredProfileStore,
    private readonly personIds: PersonIdStore,
    private readonly erased: ErasedIds,
    private readonly merges: ProfileMerges,
    private readonly changes: PropertyChangeStore,
  ) {}

  /**
   * Makes or extends the profile to which the external id leads, and gives it the events of the linked ids. Returns its id.
   * What is known already costs one read; only what changes links waits for others who do.
   * @throws AppError INVALID_ARGUMENT when the profile would have too many traits, PROFILE_ID_LIMIT when too many ids.
   */
  async know(scope: Scope, person: KnownPerson, telling: Telling = byCall): Promise<string> {
    const known = await this.store.know(scope, person);
    if (known?.isLinked) {
      if (known.hasTraits || (await this.extend(scope, known.id, person, telling))) return known.id;
    }
    await this.store.lock(scope);
    const target = (await this.identified(scope, person.externalId)) ?? (await this.create(scope, person));
    let properties = target.properties;
    // An erased anonymous id must not lead to a person again.
    const refused = await this.erased.known(scope, person.links);
    for (const id of person.links.filter((link) => refused.get(link)?.returnsAfter !== null))
      properties = await this.link(scope, id, { ...target, properties }, person.isAlias);
    await this.tell(scope, { ...target, properties }, person.traits, telling);
    return target.id;
  }

  /** The traits as they were sent, by the id of the profile; of one that is merged or deleted: none. */
  async traits(scope: Scope, ids: readonly string[]): Promise<ReadonlyMap<string, JsonObject>> {
    if (ids.length === 0) return new Map();
    const profiles = await this.store.traits(scope, ids);
    return new Map(profiles.map(({ id, properties }) => [id, properties]));
  }

  /** Undefined for an id that leads to no profile; one that was deleted has no record. */
  async findLed(
    scope: Scope,
    id: string,
  ): Promise<{ readonly record?: StoredProfile; readonly namesProfile: boolean } | undefined> {
    const led = await this.recordStore.findLed(scope, id);
    return led && { record: led.isDeleted ? undefined : led, namesProfile: led.namesProfile };
  }

  /** By id, those that are neither merged nor deleted. */
  async records(scope: Scope, ids: readonly string[]): Promise<ReadonlyMap<string, StoredProfile>> {
    if (ids.length === 0) return new Map();
    return new Map((await this.recordStore.records(scope, ids)).map((record) => [record.id, record]));
  }

  /** Deletes a profile; its ids and their events stay. Returns false when it was merged or deleted before. */
  async hide(scope: Scope, id: string): Promise<boolean> {
    await this.store.lock(scope);
    return this.recordStore.hide(scope, id);
  }

  /** Until the transaction ends, nothing changes which ids lead to which profile of the project. */
  async lock(scope: Scope): Promise<void> {
    await this.store.lock(scope);
  }

  /** All ids of the person to whom the id leads or led, also those of merged and deleted profiles. */
  async idsOfPerson(scope: Scope, id: string): Promise<PersonIds | undefined> {
    return this.personIds.find(scope, id);
  }

  /** Whether the analytics store is still to learn of changes of the profiles, or of their ids. */
  async hasUnsent(scope: Scope, profileIds: readonly string[]): Promise<boolean> {
    return this.personIds.hasUnsent(scope, profileIds);
  }

  /** Makes an id lead to a deleted profile, unless it leads to one by now. Returns the profile's id. */
  async hideAnonymous(scope: Scope, distinctId: string): Promise<string | undefined> {
    await this.store.lock(scope);
    if (await this.recordStore.findLed(scope, distinctId)) return undefined;
    const id = uuid();
    await this.recordStore.insertHidden(scope, id);
    await this.store.link(scope, id, id, { namesProfile: true });
    await this.store.link(scope, distinctId, id, {});
    return id;
  }

  /** Returns false when the id leads to the profile no longer, or it was deleted. */
  private async extend(
    scope: Scope,
    id: string,
    { externalId, traits }: KnownPerson,
    telling: Telling,
  ): Promise<boolean> {
    const profile = await this.store.findForUpdate(scope, id);
    // Read behind the lock: a merge that is undone takes the id away, and the profile stays.
    const leads = profile && (await this.store.leads(scope, externalId));
    if (!profile || leads?.id !== id) return false;
    await this.tell(scope, { ...profile, homeId: leads.homeId }, traits, telling);
    return true;
  }

  /** Also the merged profiles through which the id leads here learn it, and have it when they are parted again. */
  private async tell(scope: Scope, profile: Target, traits: JsonObject, telling: Telling): Promise<void> {
    const properties = { ...profile.properties, ...traits };
    const description = refuseProperties(properties);
    if (description !== undefined) throw invalidArgument([{ field: 'traits', description }]);
    const { id, homeId } = profile;
    const isCrowded = await this.store.tell(scope, id, { properties, traits, homeId }, telling);
    if (homeId !== id) await this.merges.tell(scope, homeId, traits);
    if (isCrowded) await this.changes.trim(scope, [homeId]);
  }

  /**
   * The profile that the id names from now on. Undefined for an id that only Identify has linked: as an external id it names a
   * new profile.
   */
  private async identified(scope: Scope, externalId: string): Promise<Target | undefined> {
    const found = await this.store.find(scope, externalId);
    if (!found?.namesProfile && !found?.isByAlias) return undefined;
    if (!found.namesProfile)
      await this.store.link(scope, externalId, found.id, { ...found, namesProfile: true });
    return found;
  }

  private async create(scope: Scope, { externalId }: KnownPerson): Promise<Target> {
    const id = uuid();
    await this.store.insert(scope, id, externalId);
    await this.erased.readmit(scope, externalId);
    return { id, homeId: id, properties: {} };
  }

  /**
   * Makes the id lead to the profile. An id that names another profile brings all of that one by Alias; by Identify it stays
   * where it is. Of any other id the newest link counts. Returns what the properties of the profile become.
   */
  private async link(scope: Scope, id: string, target: Target, isByAlias: boolean): Promise<JsonObject> {
    const { properties } = target;
    const previous = await this.store.find(scope, id);
    if (previous?.namesProfile) {
      if (previous.id === target.id || !isByAlias) return properties;
      await this.merges.join(scope, previous, target);
      return joinedProperties(previous.properties, properties);
    }
    if (previous?.id === target.id && (previous.isByAlias || !isByAlias)) return properties;
    if (previous?.id !== target.id) await this.merges.requireIds(scope, [target.id], 1);
    await this.store.link(scope, id, target.id, { isByAlias, homeId: target.homeId });
    return properties;
  }
}
