import type { JsonObject } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { AnalyticsStore, type StatementOwner } from '../../../platform/analytics-store/index.js';
import { ProjectPages } from '../../../platform/paging/project-pages.js';
import type { Scope } from '../../../platform/scope/index.js';
import { Questions, type Window } from '../insight/index.js';
import { Identities, type Identity, Profiles } from '../profile/index.js';
import type { DayCount, Feed, FeedEvent, FeedPosition, Person, PersonStats } from './activity.js';
import { fewerEvents, firstDay, firstReach, needsFewer, sinceOf } from './feed.rules.js';
import { feedStatement } from './feed.js';
import {
  daysStatement,
  existsStatement,
  seenStatement,
  statsStatement,
  zonedDaysStatement,
} from './person.js';
import { dayCount, type ZonedDays } from './zoned-days.rules.js';

export interface FeedRequest extends Feed {
  readonly pageSize: number;
  /** Empty: the first page. */
  readonly pageToken: string;
}

export interface FeedPage {
  readonly events: readonly FeedEvent[];
  /** Empty: the last page. */
  readonly nextPageToken: string;
}

export interface PersonSummary {
  /** Undefined: no events. */
  readonly stats?: PersonStats;
  readonly days: readonly DayCount[];
  /** Undefined: no profile. */
  readonly traits?: JsonObject;
}

/** As `placeOf` writes it. */
const positionSchema = z
  .tuple([z.int(), z.string(), z.string(), z.string(), z.int().min(0)])
  .transform(([time, eventId, personNumber, kindHash, reach]): FeedPosition => ({
    after: { time, eventId, personNumber, kindHash },
    reach,
  }));

/** Single events of a project, and what they say about a person. */
@Injectable()
export class Activities {
  constructor(
    private readonly store: AnalyticsStore,
    private readonly questions: Questions,
    private readonly identities: Identities,
    private readonly profiles: Profiles,
    private readonly pages: ProjectPages,
  ) {}

  /** The person to whom an id leads; an id that leads to no profile stands for itself. */
  async personOf(scope: Scope, id: string): Promise<Person> {
    return (await this.findPerson(scope, id)) ?? { ids: [id] };
  }

  /** Undefined: the id leads to no profile. */
  async findPerson(scope: Scope, id: string): Promise<Person | undefined> {
    const [found] = await this.identities.of(scope, [id]);
    if (!found) return undefined;
    const ids = (await this.identities.idsOf(scope, [found.profileId])).get(found.profileId) ?? [];
    return { ids: [...new Set([id, ...ids])], profileId: found.profileId };
  }

  /** Whether the id leads to no profile, not even to a deleted one, and has events. */
  async isAnonymous(scope: Scope, id: string): Promise<boolean> {
    if (await this.identities.isClaimed(scope, id)) return false;
    const found = await this.questions.ask(scope, ['exists', id], (owner) =>
      this.store.query(owner, existsStatement, { id }),
    );
    return found.length > 0;
  }

  /**
   * A page of a feed. `asked`: what the feed was asked for with, apart from its range; a page token is bound to it.
   * @throws AppError INVALID_PAGE_TOKEN for a token that this feed has not issued, and what Questions throws.
   */
  async page(
    scope: Scope,
    { pageSize, pageToken, ...feed }: FeedRequest,
    asked: readonly unknown[],
  ): Promise<FeedPage> {
    // Not bound to the range of time: a client that asks for the last seven days asks for other ones with each page, and the
    // place of the last event says where the next page begins whatever the range.
    const list = { list: 'activity', asked };
    const position = pageToken === '' ? undefined : this.pages.open(scope, list, pageToken, positionSchema);
    return this.questions.ask(scope, ['feed', feed, pageSize, position, asked], async (owner) => {
      const { events, more, reach } = await this.newest(
        owner,
        feed,
        pageSize,
        position,
        scope.now().getTime(),
      );
      const last = events.at(-1);
      const nextPageToken = last && more ? this.pages.seal(scope, list, placeOf({ after: last, reach })) : '';
      return { events, nextPageToken };
    });
  }

  /** Days with events of the person, in ascending order. Without a range: today and 60 days before. */
  days(scope: Scope, person: Person, window: Window | undefined): Promise<readonly DayCount[]> {
    return this.questions.ask(scope, ['days', person, window, this.today(scope)], (owner) =>
      this.store.query(owner, daysStatement, {
        person,
        ...(window ? { window } : { since: this.today(scope) }),
      }),
    );
  }

  /** The same by days of a zone; days without events are missing. */
  async zonedDays(scope: Scope, person: Person, { window, zone, starts }: ZonedDays): Promise<DayCount[]> {
    const days = await this.questions.ask(scope, ['zoned-days', person, window, zone], (owner) =>
      this.store.query(owner, zonedDaysStatement, { person, window, starts }),
    );
    return days.map(({ start, count }) => dayCount(start, count, zone));
  }

  async summary(scope: Scope, person: Person): Promise<PersonSummary> {
    const days = await this.days(scope, person, undefined);
    const [stats] = await this.questions.ask(scope, ['stats', person], (owner) =>
      this.store.query(owner, statsStatement, { person }),
    );
    const { profileId } = person;
    const traits = profileId && (await this.profiles.traits(scope, [profileId])).get(profileId);
    return { days, ...(stats && stats.totalEvents > 0 && { stats }), ...(traits && { traits }) };
  }

  /** The profiles of the events' ids, by id; those that lead to none are missing. */
  async profilesOf(scope: Scope, events: readonly FeedEvent[]): Promise<ReadonlyMap<string, Identity>> {
    const ids = [...new Set(events.map(({ distinctId }) => distinctId))];
    return new Map((await this.identities.of(scope, ids)).map((identity) => [identity.id, identity]));
  }

  private today(scope: Scope): number {
    return firstDay(scope.now().getTime());
  }

  /** Looks further back until the page is full; of events too wide for one answer, the page holds fewer. */
  private async newest(
    owner: StatementOwner,
    feed: Feed,
    pageSize: number,
    position: FeedPosition | undefined,
    now: number,
  ): Promise<{ events: readonly FeedEvent[]; more: boolean; reach: number }> {
    const after = position?.after;
    const [seen] = feed.person ? await this.store.query(owner, seenStatement, feed.person) : [];
    const bounds = { ...feed.window, after: after?.time, now, ...seen };
    let size = pageSize;
    for (let reach = position?.reach ?? firstReach(conditionsOf(feed), feed.person !== undefined); ;) {
      const since = sinceOf(reach, bounds);
      try {
        const query = { ...feed, after, since, limit: size + 1 };
        const events = await this.store.query(owner, feedStatement, query);
        if (events.length > size) return { events: events.slice(0, size), more: true, reach };
        if (since === undefined) return { events, more: false, reach };
        reach += 1;
      } catch (error) {
        const fewer = needsFewer(error) ? fewerEvents(size) : undefined;
        if (fewer === undefined) throw error;
        size = fewer;
      }
    }
  }
}

function placeOf({ after, reach }: FeedPosition): readonly unknown[] {
  return [after.time, after.eventId, after.personNumber, after.kindHash, reach];
}

function conditionsOf({ selectors, filters }: Feed): number {
  return selectors.reduce((sum, selector) => sum + selector.filters.length, filters.length);
}
