import type { PropertyValue } from '../../../src/modules/analytics/event/event-record.js';
import type {
  EventSelector,
  InsightQuery,
  PropertyFilter,
  Question,
} from '../../../src/modules/analytics/insight/insight-query.js';
import type { StoredEvent, StoredProfile, Traits, World } from '../naive/world.js';

/** A question about a few events, with the answer that was worked out by hand, in the lines of `lines.ts`. */
export interface Case {
  readonly name: string;
  readonly world: World;
  readonly question: InsightQuery;
  readonly answer: readonly string[];
}

type Plain = string | number | boolean;

interface EventParts {
  readonly id?: string;
  readonly session?: string;
  readonly bot?: boolean;
  readonly cookieless?: boolean;
  readonly properties?: Readonly<Record<string, Plain>>;
  /** Milliseconds after the event. */
  readonly received?: number;
}

type Draft = (position: number) => StoredEvent;

/** `dd hh:mm`, `dd hh:mm:ss` or `dd hh:mm:ss.sss` of June 2026, UTC. The 7th, 14th, 21st and 28th are Sundays. */
export function at(text: string): number {
  const [day = '', time = '00:00'] = text.split(' ');
  return Date.parse(`2026-06-${day}T${time.length === 5 ? `${time}:00` : time}Z`);
}

/** An event without an id is named after its position in the world. */
export function event(person: string, kind: string, time: string, parts: EventParts = {}): Draft {
  const occurTime = at(time);
  return (position) => ({
    eventId: parts.id ?? `e${String(position).padStart(3, '0')}`,
    kind,
    occurTime,
    receivedAt: occurTime + (parts.received ?? 1),
    distinctId: person,
    sessionId: parts.session ?? '',
    cookieless: parts.cookieless ?? false,
    bot: parts.bot ?? false,
    properties: new Map(
      Object.entries(parts.properties ?? {}).map(([name, value]) => [name, propertyValue(value)]),
    ),
  });
}

function propertyValue(value: Plain): PropertyValue {
  if (typeof value === 'string') {
    return { type: 'string', value };
  }
  if (typeof value === 'boolean') {
    return { type: 'boolean', value };
  }
  return Number.isInteger(value) ? { type: 'integer', value: BigInt(value) } : { type: 'double', value };
}

interface PersonParts {
  /** The id of the profile; `prof-<external id>` when absent. */
  readonly id?: string;
  readonly aliases?: readonly string[];
  readonly traits?: Traits;
  readonly deleted?: boolean;
}

/** `people`: by external id. */
export function world(events: readonly Draft[], people: Readonly<Record<string, PersonParts>> = {}): World {
  const idOf = (externalId: string) => people[externalId]?.id ?? `prof-${externalId}`;
  const profiles = Object.entries(people).map(
    ([externalId, { traits = {}, deleted = false }]): StoredProfile => ({
      id: idOf(externalId),
      externalId,
      traits,
      deleted,
    }),
  );
  return {
    events: events.map((draft, position) => draft(position)),
    identities: new Map(
      Object.entries(people).flatMap(([externalId, { aliases = [] }]) =>
        [idOf(externalId), externalId, ...aliases].map((id) => [id, idOf(externalId)] as const),
      ),
    ),
    profiles,
  };
}

/** Events of several persons, who all do the same. */
export function each(persons: readonly string[], drafts: (person: string) => readonly Draft[]): Draft[] {
  return persons.flatMap(drafts);
}

export const june: Question = {
  window: { from: at('01'), to: at('30') },
  zone: 'UTC',
  filters: { operator: 'and', groups: [] },
  mergeIdentities: true,
  includeBots: false,
  includeCookieless: false,
  reading: { numericStringsCount: true, fallBackToTraits: false },
};

export function window(from: string, to: string): Pick<Question, 'window'> {
  return { window: { from: at(from), to: at(to) } };
}

/** `view`; `view plan=pro`: with a condition; ` plan=pro`: of any kind. */
export function select(text: string): EventSelector {
  const [kind = '', ...conditions] = text.split(' ');
  return { kind, filters: conditions.map(equals) };
}

export function equals(text: string): PropertyFilter {
  const [property = '', value = ''] = text.split('=');
  return { property, source: 'event', operator: 'equals', value };
}

/** Only events that fulfil the condition. */
export function only(filter: PropertyFilter): Pick<Question, 'filters'> {
  return { filters: { operator: 'and', groups: [{ operator: 'and', filters: [filter] }] } };
}
