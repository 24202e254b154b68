import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { AnalyticsStore, type StatementOwner } from '../../../platform/analytics-store/index.js';
import { notFound } from '../../../platform/errors/index.js';
import { ProjectPages } from '../../../platform/paging/project-pages.js';
import { originOf, type Scope, Scopes } from '../../../platform/scope/index.js';
import { cookielessPrefix, type ErasedId, ErasedIds } from '../event/index.js';
import { Questions } from '../insight/index.js';
import { Identities, Profiles, type StoredProfile } from '../profile/index.js';
import { type Batch, grouped, newestOf, sizeOfNext } from './batch.rules.js';
import type { Person, PersonActivity, PersonFilters, PersonName, PersonSearch } from './person.js';
import { activityOf, activityOfPeople } from './person-activity.js';
import {
  createdOthers,
  createdProfiles,
  foundProfiles,
  type ListedPerson,
  type ListPosition,
  peopleCount,
  seenList,
} from './person-list.js';

/** People in a message. */
const PAGE = 100;
/** People whom a search finds and who are put in order here: when they were last seen is read of them all anyway. */
const MOST_FOUND = 100;
/** Ids in one question about what people did. */
const MOST_IDS_AT_ONCE = 50_000;

/** A page of the list by creation. */
export interface PeoplePage {
  readonly people: readonly Person[];
  /** Empty at the end. */
  readonly nextPageToken: string;
}

/** A part of a list. */
interface SearchedPage {
  /** At most so many people. */
  readonly limit: number;
  /** Behind so many others. */
  readonly offset: number;
}

type ActivityById = ReadonlyMap<string, PersonActivity>;

interface PeopleBatch extends Batch<ListedPerson> {
  readonly activities: ActivityById;
}

const positionSchema = z.tuple([z.number(), z.string()]).transform(([at, id]): ListPosition => ({ at, id }));

/** Reads the people of the scope's project. */
@Injectable()
export class People {
  constructor(
    private readonly questions: Questions,
    private readonly store: AnalyticsStore,
    private readonly profiles: Profiles,
    private readonly identities: Identities,
    private readonly pages: ProjectPages,
    private readonly scopes: Scopes,
    private readonly erased: ErasedIds,
  ) {}

  /** @throws AppError PROFILE_NOT_FOUND. */
  async get(scope: Scope, id: string): Promise<Person> {
    const led = await this.led(scope, id);
    const person = led
      ? led.record && (await this.withActivity(scope, led.record))
      : await this.anonymous(scope, id);
    if (!person) throw notFound('profile');
    return person;
  }

  /** @throws AppError PROFILE_NOT_FOUND. */
  async getByExternalId(scope: Scope, externalId: string): Promise<Person> {
    const led = await this.led(scope, externalId);
    if (!led?.record || !led.namesProfile) throw notFound('profile');
    return this.withActivity(scope, led.record);
  }

  /** In a separate scope: questions to the analytics store follow, and a scope keeps its connection. */
  private led(scope: Scope, id: string) {
    return this.scopes.run({ ...originOf(scope), readOnly: true }, (reading) =>
      this.profiles.findLed(reading, id),
    );
  }

  /** @throws AppError PROFILE_NOT_FOUND. */
  find(scope: Scope, name: PersonName): Promise<Person> {
    return 'id' in name ? this.get(scope, name.id) : this.getByExternalId(scope, name.externalId);
  }

  /**
   * The list by creation, page by page, from the one behind the token on. Each page is read in a separate scope: a client that
   * reads slowly keeps no connection. What is known of people beside the analytics store is read with their page.
   */
  async *list(scope: Scope, filters: PersonFilters, pageToken: string): AsyncIterable<PeoplePage> {
    const list = { list: 'people', asked: filters };
    let after = pageToken === '' ? undefined : this.pages.open(scope, list, pageToken, positionSchema);
    let batch: PeopleBatch | undefined;
    do {
      const { people, ...rest } = await this.scopes.run({ ...originOf(scope), readOnly: true }, (reading) =>
        this.page(reading, filters, after, batch),
      );
      ({ next: after, batch } = rest);
      yield { people, nextPageToken: after ? this.pages.seal(scope, list, [after.at, after.id]) : '' };
    } while (after);
  }

  /** The list by when they were last seen. */
  async search(
    scope: Scope,
    { search, limit, offset }: SearchedPage & { readonly search: PersonSearch | undefined },
  ): Promise<{ people: readonly Person[]; total: number }> {
    const found = search && (await this.few(scope, search, { limit, offset }));
    if (found) return found;
    const rows = await this.ask(scope, ['seen', search, offset, limit], (owner) =>
      this.store.query(owner, seenList, { search, offset, limit }),
    );
    const people = await this.peopleOf(scope, rows, await this.activities(scope, rows));
    // A page that is not full says how many there are.
    if (rows.length < limit && (rows.length > 0 || offset === 0))
      return { people, total: offset + rows.length };
    const counted = await this.ask(scope, ['count', search], (owner) =>
      this.store.query(owner, peopleCount, { search }),
    );
    return { people, total: counted[0]?.people ?? 0 };
  }

  /** A page of a search that finds few people; undefined when it finds more. */
  private async few(
    scope: Scope,
    search: PersonSearch,
    { limit, offset }: SearchedPage,
  ): Promise<{ people: readonly Person[]; total: number } | undefined> {
    const found = await this.ask(scope, ['found', search], (owner) =>
      this.store.query(owner, foundProfiles, { search, limit: MOST_FOUND + 1 }),
    );
    if (found.length > MOST_FOUND) return undefined;
    const activities = await this.activities(scope, found);
    const seen = found.map((row) => ({ ...row, at: activities.get(row.id)?.lastSeen ?? 0 }));
    const rows = newestOf(seen, offset + limit).slice(offset);
    return { people: await this.peopleOf(scope, rows, activities), total: found.length };
  }

  /**
   * Deletes a person, whose events stay.
   *
   * @throws AppError PROFILE_NOT_FOUND.
   */
  async hide(scope: Scope, name: PersonName): Promise<void> {
    const person = await this.find(scope, name);
    const profileId =
      person.externalId === '' && !(await this.profiles.findLed(scope, person.id))
        ? await this.profiles.hideAnonymous(scope, person.id)
        : (await this.profiles.hide(scope, person.id)) && person.id;
    // A parallel call hid or merged the person first.
    if (!profileId) throw notFound('profile');
    await scope.audit('PROFILE_DELETED', {
      entityType: 'profile',
      entityId: profileId,
      metadata: { project_id: scope.project.id },
    });
  }

  /** The page behind `after`: the first people of the batch, or of a new one where that has no more, or is too old. */
  private async page(
    scope: Scope,
    filters: PersonFilters,
    after: ListPosition | undefined,
    batch: PeopleBatch | undefined,
  ): Promise<{ people: readonly Person[]; next: ListPosition | undefined; batch: PeopleBatch }> {
    const size = sizeOfNext(batch, scope.now().getTime());
    const current =
      batch && size === undefined ? batch : await this.batch(scope, filters, after, size ?? PAGE);
    const [rows, rest] = [current.rows.slice(0, PAGE), current.rows.slice(PAGE)];
    const last = rows.at(-1);
    const next = last && (rest.length > 0 || current.hasMore) ? { at: last.at, id: last.id } : undefined;
    const people = await this.peopleOf(scope, rows, current.activities);
    return { people, next, batch: { ...current, rows: rest } };
  }

  private async batch(
    scope: Scope,
    filters: PersonFilters,
    after: ListPosition | undefined,
    size: number,
  ): Promise<PeopleBatch> {
    const list = { filters, after, limit: size + 1 };
    const listed = await this.ask(scope, ['created', list], async (owner) => {
      const profiles = await this.store.query(owner, createdProfiles, list);
      // Behind the last of a full batch no other person has a place in it.
      const since = profiles.length > size ? profiles.at(-1)?.at : undefined;
      const others = await this.store.query(owner, createdOthers, { ...list, since });
      return newestOf([...profiles, ...others], list.limit);
    });
    const rows = listed.slice(0, size);
    const activities = await this.activities(scope, rows);
    return { size, rows, activities, hasMore: listed.length > size, readAt: scope.now().getTime() };
  }

  /** Leaves out people who were merged, deleted or erased since the analytics store learnt of them. */
  private async peopleOf(
    scope: Scope,
    rows: readonly ListedPerson[],
    activities: ActivityById,
  ): Promise<Person[]> {
    if (rows.length === 0) return [];
    const withProfile = rows.filter(({ has_profile: has }) => has).map(({ id }) => id);
    const records = await this.profiles.records(scope, withProfile);
    const others = rows.filter(({ has_profile: has }) => !has).map(({ id }) => id);
    const anonymous = await this.anonymousPeople(scope, others, activities);
    return rows.flatMap(({ id }) => {
      const record = records.get(id);
      const person = record ? personOf(record, activities.get(id)) : anonymous.get(id);
      return person ? [person] : [];
    });
  }

  /** Without those whose erasure is under way. */
  private async anonymousPeople(
    scope: Scope,
    ids: readonly string[],
    activities: ActivityById,
  ): Promise<ReadonlyMap<string, Person>> {
    const erased = await this.erased.known(scope, ids);
    return new Map(
      ids.flatMap((id) => {
        const person = anonymousOf(id, activities.get(id), erased.get(id));
        return person ? [[id, person]] : [];
      }),
    );
  }

  private async withActivity(scope: Scope, record: StoredProfile): Promise<Person> {
    const activities = await this.activities(scope, [{ id: record.id, has_profile: true }]);
    return personOf(record, activities.get(record.id));
  }

  private async anonymous(scope: Scope, id: string): Promise<Person | undefined> {
    if (id === '' || id.startsWith(cookielessPrefix)) return undefined;
    const activities = await this.activities(scope, [{ id, has_profile: false }]);
    return (await this.anonymousPeople(scope, [id], activities)).get(id);
  }

  /** What people did, under all ids that lead to them at this moment. */
  private async activities(
    scope: Scope,
    people: readonly Pick<ListedPerson, 'id' | 'has_profile'>[],
  ): Promise<ActivityById> {
    const profileIds = people.filter(({ has_profile: has }) => has).map(({ id }) => id);
    const idsOf = await this.identities.idsOf(scope, profileIds);
    const ids = people.map(({ id: person }) => (idsOf.get(person) ?? [person]).map((id) => ({ person, id })));
    const activities = new Map<string, PersonActivity>();
    for (const group of grouped(ids, MOST_IDS_AT_ONCE)) {
      const rows = await this.ask(scope, ['activity', group], (owner) =>
        this.store.query(owner, activityOfPeople, { ids: group }),
      );
      for (const row of rows) activities.set(row.id, activityOf(row));
    }
    return activities;
  }

  private ask<T>(
    scope: Scope,
    question: readonly unknown[],
    answer: (owner: StatementOwner) => Promise<T>,
  ): Promise<T> {
    return this.questions.ask(scope, ['people', ...question], answer);
  }
}

function personOf(record: StoredProfile, activity: PersonActivity | undefined): Person {
  const { id, externalId, properties, createdAt, updatedAt } = record;
  return {
    id,
    externalId,
    properties,
    createdAt: createdAt.getTime(),
    updatedAt: updatedAt.getTime(),
    activity,
  };
}

/** Undefined without events, and while the person is erased. */
function anonymousOf(
  id: string,
  activity: PersonActivity | undefined,
  erased: ErasedId | undefined,
): Person | undefined {
  if (!activity) return undefined;
  const { returnsAfter = new Date(0) } = erased ?? {};
  if (returnsAfter === null || activity.lastSeen <= returnsAfter.getTime()) return undefined;
  const { firstSeen: createdAt, lastSeen: updatedAt } = activity;
  return { id, externalId: '', properties: {}, createdAt, updatedAt, activity };
}
