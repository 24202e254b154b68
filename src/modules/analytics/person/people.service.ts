import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { AnalyticsStore, type StatementOwner } from '../../../platform/analytics-store/index.js';
import { notFound } from '../../../platform/errors/index.js';
import { ProjectPages } from '../../../platform/paging/project-pages.js';
import { originOf, type Scope, Scopes } from '../../../platform/scope/index.js';
import { cookielessPrefix, type ErasedId, ErasedIds } from '../event/index.js';
import { Questions } from '../insight/index.js';
import { type StoredProfile, Profiles } from '../profile/index.js';
import type { Person, PersonActivity, PersonFilters, PersonName, PersonSearch } from './person.js';
import { activityOf, activityOfPeople } from './person-activity.js';
import { createdList, type ListedPerson, type ListPosition, peopleCount, seenList } from './person-list.js';

const PAGE = 100;

/** A page of the list by creation. */
export interface PeoplePage {
  readonly people: readonly Person[];
  /** Empty at the end. */
  readonly nextPageToken: string;
}

const positionSchema = z.tuple([z.number(), z.string()]).transform(([at, id]): ListPosition => ({ at, id }));

/** Reads the people of the scope's project. */
@Injectable()
export class People {
  constructor(
    private readonly questions: Questions,
    private readonly store: AnalyticsStore,
    private readonly profiles: Profiles,
    private readonly pages: ProjectPages,
    private readonly scopes: Scopes,
    private readonly erased: ErasedIds,
  ) {}

  /** @throws AppError PROFILE_NOT_FOUND. */
  async get(scope: Scope, id: string): Promise<Person> {
    const led = await this.profiles.findLed(scope, id);
    const person = led
      ? led.record && (await this.withActivity(scope, led.record))
      : await this.anonymous(scope, id);
    if (!person) throw notFound('profile');
    return person;
  }

  /** @throws AppError PROFILE_NOT_FOUND. */
  async getByExternalId(scope: Scope, externalId: string): Promise<Person> {
    const led = await this.profiles.findLed(scope, externalId);
    if (!led?.record || !led.namesProfile) throw notFound('profile');
    return this.withActivity(scope, led.record);
  }

  /** @throws AppError PROFILE_NOT_FOUND. */
  find(scope: Scope, name: PersonName): Promise<Person> {
    return 'id' in name ? this.get(scope, name.id) : this.getByExternalId(scope, name.externalId);
  }

  /**
   * The list by creation, page by page, from the one behind the token on. Each page is read in a separate scope: a client that
   * reads slowly keeps no connection.
   */
  async *list(scope: Scope, filters: PersonFilters, pageToken: string): AsyncIterable<PeoplePage> {
    const list = { list: 'people', asked: filters };
    let after = pageToken === '' ? undefined : this.pages.open(scope, list, pageToken, positionSchema);
    do {
      const { people, next } = await this.scopes.run({ ...originOf(scope), readOnly: true }, (reading) =>
        this.page(reading, filters, after),
      );
      after = next;
      yield { people, nextPageToken: next ? this.pages.seal(scope, list, [next.at, next.id]) : '' };
    } while (after);
  }

  /** The list by when they were last seen. */
  async search(
    scope: Scope,
    { search, limit, offset }: { search: PersonSearch | undefined; limit: number; offset: number },
  ): Promise<{ people: readonly Person[]; total: number }> {
    const rows = await this.ask(scope, ['seen', search, offset, limit], (owner) =>
      this.store.query(owner, seenList, { search, offset, limit }),
    );
    const counted = await this.ask(scope, ['count', search], (owner) =>
      this.store.query(owner, peopleCount, { search }),
    );
    return { people: await this.peopleOf(scope, rows), total: counted[0]?.people ?? 0 };
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

  private async page(
    scope: Scope,
    filters: PersonFilters,
    after: ListPosition | undefined,
  ): Promise<{ people: readonly Person[]; next: ListPosition | undefined }> {
    const listed = await this.ask(scope, ['created', filters, after], (owner) =>
      this.store.query(owner, createdList, { filters, after, limit: PAGE + 1 }),
    );
    const rows = listed.slice(0, PAGE);
    const last = rows.at(-1);
    const next = last && listed.length > PAGE ? { at: last.at, id: last.id } : undefined;
    return { people: await this.peopleOf(scope, rows), next };
  }

  /** Leaves out people who were merged, deleted or erased since the analytics store learnt of them. */
  private async peopleOf(scope: Scope, rows: readonly ListedPerson[]): Promise<Person[]> {
    if (rows.length === 0) return [];
    const withProfile = rows.filter(({ has_profile: has }) => has).map(({ id }) => id);
    const records = await this.profiles.records(scope, withProfile);
    const activities = await this.activities(
      scope,
      rows.map(({ id }) => id),
    );
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
    activities: ReadonlyMap<string, PersonActivity>,
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
    return personOf(record, (await this.activities(scope, [record.id])).get(record.id));
  }

  private async anonymous(scope: Scope, id: string): Promise<Person | undefined> {
    if (id === '' || id.startsWith(cookielessPrefix)) return undefined;
    return (await this.anonymousPeople(scope, [id], await this.activities(scope, [id]))).get(id);
  }

  private async activities(
    scope: Scope,
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, PersonActivity>> {
    const rows = await this.ask(scope, ['activity', ids], (owner) =>
      this.store.query(owner, activityOfPeople, { ids }),
    );
    return new Map(rows.map((row) => [row.id, activityOf(row)]));
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
