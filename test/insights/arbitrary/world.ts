import fc from 'fast-check';
import type { PropertyValue } from '../../../src/modules/analytics/event/event-record.js';
import type { StoredEvent, StoredProfile, Trait, World } from '../naive/world.js';
import type { Scene } from './scene.js';
import { arbitraryInstant } from './scene.js';

export const KINDS = ['view', 'click', 'buy', '$others', 'köp'] as const;
const DISTINCT_IDS = ['anon-a', 'anon-b', 'anon-c', 'ext-1', 'ext-2', 'prof-1', 'Zoë', '', 'cookieless-x'];
const SESSIONS = ['s1', 's1', 's2', 's3', ''];

const string = (value: string): PropertyValue => ({ type: 'string', value });
const integer = (value: number): PropertyValue => ({ type: 'integer', value: BigInt(value) });
const double = (value: number): PropertyValue => ({ type: 'double', value });
const boolean = (value: boolean): PropertyValue => ({ type: 'boolean', value });

/** Values of each property; numbers are multiples of 1/64, so that sums do not depend on their order. */
const VALUES: Readonly<Record<string, readonly PropertyValue[]>> = {
  plan: [
    string('pro'),
    string('free'),
    string('$others'),
    string(''),
    string('Ünï\u{1f600}'),
    string('~'),
    integer(42),
  ],
  amount: [
    integer(42),
    integer(-7),
    integer(0),
    double(12.5),
    double(0.25),
    double(1e21),
    string('12.5'),
    string('1e2'),
    string('-3'),
    string('abc'),
    string('0x10'),
    string(' 7'),
    string('NaN'),
    string(''),
    boolean(true),
  ],
  $country: [string('SE'), string('US'), string('IN'), string('')],
  $browser: [string('Chrome'), string('Safari')],
  $mobile: [boolean(true), boolean(false)],
  'plan.tier': [string("it's"), string('50%_\\'), integer(3)],
};

export const PROPERTIES = [...Object.keys(VALUES), 'nothing', 'tags.city', 'age', 'constructor'];
export const TRAITS = ['plan', 'age', 'tags.city', 'tags.level', 'vip', 'nothing'];
/** Texts that filters compare with. */
export const TEXTS = [
  'pro',
  'free',
  '$others',
  '42',
  '12.5',
  'true',
  'SE',
  'Chrome',
  'r',
  '%',
  '_',
  '\\',
  "'",
  'Ünï',
  'gold',
  'Umeå',
];
export const NUMBERS = [-7, -1, 0, 0.25, 3, 12.5, 33, 42, 100];

const arbitraryProperties = fc.record(
  Object.fromEntries(Object.entries(VALUES).map(([name, values]) => [name, fc.constantFrom(...values)])),
  { requiredKeys: [] },
);

type Draft = Omit<StoredEvent, 'eventId' | 'receivedAt' | 'occurTime'> & {
  /** Position among the world's instants. */
  instant: number;
  /** Milliseconds. */
  nudge: number;
  idPrefix: string;
  again: 'no' | 'retry' | 'changed' | 'later';
};

const arbitraryDraft: fc.Arbitrary<Draft> = fc
  .record({
    idPrefix: fc.constantFrom('a', 'b', 'c', 'B', 'ö'),
    kind: fc.constantFrom(...KINDS),
    instant: fc.nat(),
    nudge: fc.constantFrom(0, 0, 0, 1, 1000),
    distinctId: fc.constantFrom(...DISTINCT_IDS),
    sessionId: fc.constantFrom(...SESSIONS),
    bot: fc.constantFrom(false, false, false, false, true),
    properties: arbitraryProperties,
    again: fc.constantFrom<Draft['again'][]>('no', 'no', 'no', 'no', 'retry', 'changed', 'later'),
  })
  .map(({ properties, ...draft }) => ({
    ...draft,
    cookieless: draft.distinctId.startsWith('cookieless-'),
    properties: new Map(
      Object.entries(properties).filter((entry): entry is [string, PropertyValue] => entry[1] !== undefined),
    ),
  }));

/** The event and, for some, what a client or a queue sends again. */
function storedFrom(draft: Draft, position: number, instants: readonly number[]): StoredEvent[] {
  const { idPrefix, again, instant, nudge, ...others } = draft;
  const rest = { ...others, occurTime: (instants[instant % instants.length] ?? 0) + nudge };
  const first = { ...rest, eventId: `${idPrefix}${position}`, receivedAt: rest.occurTime + 1 };
  switch (again) {
    case 'no':
      return [first];
    case 'retry':
      return [first, { ...first, receivedAt: first.receivedAt + 5000 }];
    case 'changed':
      return [
        first,
        {
          ...first,
          receivedAt: first.receivedAt + 5000,
          properties: new Map([['plan', string('corrected')]]),
        },
      ];
    // Another event under the same id counts, too.
    case 'later':
      return [first, { ...first, occurTime: first.occurTime + 1 }];
  }
}

const arbitraryTraits: fc.Arbitrary<Record<string, Trait>> = fc.record(
  {
    plan: fc.constantFrom<Trait[]>('gold', 'pro', ''),
    age: fc.constantFrom<Trait[]>(33, 12.5, '42', 'old', true),
    tags: fc.record({ city: fc.constantFrom('Umeå', 'Oslo'), level: fc.integer({ min: 1, max: 3 }) }),
    vip: fc.boolean(),
  },
  { requiredKeys: [] },
);

function arbitraryProfile(id: string, externalId: string, aliases: readonly string[]) {
  return fc
    .record({
      traits: arbitraryTraits,
      deleted: fc.constantFrom(false, false, false, true),
      aliases: fc.subarray([...aliases]),
    })
    .map(({ traits, deleted, aliases: taken }) => ({
      profile: { id, externalId, traits, deleted } satisfies StoredProfile,
      identities: [id, externalId, ...taken].map((one) => [one, id] as const),
    }));
}

/** A few people with a few events each, much of it at the same millisecond. */
export function arbitraryWorld(scene: Scene): fc.Arbitrary<World> {
  return fc
    .record({
      // Few, so that many events share one.
      instants: fc.array(arbitraryInstant(scene), { minLength: 2, maxLength: 8, size: 'max' }),
      drafts: fc.array(arbitraryDraft, { minLength: 3, maxLength: 30, size: 'max' }),
      people: fc.tuple(
        arbitraryProfile('prof-1', 'ext-1', ['anon-a', 'anon-c']),
        arbitraryProfile('prof-2', 'ext-2', ['anon-b']),
      ),
    })
    .map(({ instants, drafts, people }) => ({
      events: drafts.flatMap((draft, position) => storedFrom(draft, position, instants)),
      identities: new Map(people.flatMap((person) => person.identities)),
      profiles: people.map((person) => person.profile),
    }));
}
