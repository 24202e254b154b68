import {
  events,
  eventsWithCopies,
  type Fragment,
  instant,
  sql,
  value,
} from '../../../platform/analytics-store/index.js';
import { allOf, anyOf, combined, conditionSql } from './filters.js';
import type { EventSelector, PropertyFilter, Question, Window } from './insight-query.js';
import { canonicalPerson, hasProfile, identityJoin, traitColumns } from './people.js';
import { eventProperty, firstOf, profileProperty, type PropertySql } from './property.js';

export interface EventScope {
  /** What is read: events that match any of them. Empty: every event. */
  readonly selectors: readonly EventSelector[];
  /** Absent: of all times. */
  readonly window?: Window;
  readonly conditions?: readonly Fragment[];
  /** Copies of a retried event, and what a later one has replaced, may be read as well: for sets that may be too large. */
  readonly withCopies?: boolean;
}

/** What of a question decides which events it reads. */
export type EventQuestion = Omit<Question, 'window' | 'zone'>;

/**
 * The events that a question reads, for one SELECT. Pieces are asked for first, `from` last: it joins identities and
 * traits only when a piece needs them.
 *
 *     const source = new EventSource(question);
 *     const country = source.property('$country').text;
 *     sql`SELECT ${country} AS key_0, uniqExact(${source.person()}) … ${source.from({ selectors, window })} GROUP BY key_0`
 */
export class EventSource {
  private readonly traits: string[] = [];
  private needsIdentities = false;

  constructor(private readonly question: EventQuestion) {}

  /** UInt64: who counts as one, as the question wants it. 0: no person. */
  person(): Fragment {
    return this.question.mergeIdentities ? this.canonicalPerson() : sql`person`;
  }

  /** UInt64: the person with identities merged, whatever the question wants. 0: no person. */
  canonicalPerson(): Fragment {
    this.needsIdentities = true;
    return canonicalPerson;
  }

  /** Whether the event has a person who counts. */
  hasPerson(): Fragment {
    return this.question.includeCookieless ? sql`person != 0` : sql`(person != 0 AND NOT cookieless)`;
  }

  /** A property of the event. `$` names are the event's alone, others may be the person's traits. */
  property(name: string): PropertySql {
    const own = eventProperty(name);
    if (!this.question.reading.fallBackToTraits || name.startsWith('$')) return own;
    return firstOf(own, this.trait(name));
  }

  /** Whether the value of a property counts in sums, averages and extremes. */
  countsAsNumber(property: PropertySql): Fragment {
    return this.question.reading.numericStringsCount ? property.isNumber : property.isStoredNumber;
  }

  /** Whether an event matches a selector: its kind and its filters, not those of the question. */
  matches(selector: EventSelector): Fragment {
    const kind = selector.kind === '' ? [] : [sql`kind = ${value(selector.kind, 'String')}`];
    return allOf([...kind, ...selector.filters.map((filter) => this.condition(filter))]);
  }

  /** ` FROM … WHERE …`: the events in scope that fulfil the question's filters. */
  from({ selectors, window, conditions = [], withCopies = false }: EventScope): Fragment {
    const where = allOf([
      ...kindCondition(selectors),
      ...(window ? [windowCondition(window)] : []),
      ...(this.question.includeBots ? [] : [sql`NOT bot`]),
      ...this.selectorCondition(selectors),
      ...this.filterGroups(),
      ...conditions,
    ]);
    const join = this.needsIdentities ? identityJoin(this.traits) : sql.empty;
    return sql` FROM ${withCopies ? eventsWithCopies : events} AS event ${join} WHERE ${where}`;
  }

  private selectorCondition(selectors: readonly EventSelector[]): Fragment[] {
    const [first, ...more] = selectors;
    if (!first) return [];
    // The kind of an only selector is in the condition on kinds already.
    if (more.length === 0) return first.filters.map((filter) => this.condition(filter));
    if (selectors.every(({ filters }) => filters.length === 0)) return [];
    return [anyOf(selectors.map((selector) => this.matches(selector)))];
  }

  private filterGroups(): Fragment[] {
    const { operator, groups } = this.question.filters;
    if (groups.length === 0) return [];
    const conditions = groups.map((group) =>
      combined(
        group.filters.map((filter) => this.condition(filter)),
        group.operator,
      ),
    );
    return [combined(conditions, operator)];
  }

  private condition(filter: PropertyFilter): Fragment {
    return filter.source === 'profile'
      ? hasProfile(conditionSql(profileProperty(filter.property), filter))
      : conditionSql(this.property(filter.property), filter);
  }

  private trait(path: string): PropertySql {
    this.needsIdentities = true;
    const known = this.traits.indexOf(path);
    return traitColumns(known === -1 ? this.traits.push(path) - 1 : known);
  }
}

/** Narrows what is read by the primary key, before anything else is looked at. */
function kindCondition(selectors: readonly EventSelector[]): Fragment[] {
  const kinds = new Set(selectors.map(({ kind }) => kind));
  const [first] = kinds;
  if (first === undefined || kinds.has('')) return [];
  if (kinds.size === 1) return [sql`kind = ${value(first, 'String')}`];
  return [sql`kind IN ${value([...kinds], 'Array(String)')}`];
}

function windowCondition({ from, to }: Window): Fragment {
  return sql`occur_time >= ${instant(from)} AND occur_time < ${instant(to)}`;
}
