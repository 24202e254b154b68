import { expect } from '@jest/globals';
import { type Actor, type Cast } from './cast.js';
import { hire } from './members.js';
import type { RosterClient, RosterMessage, RosterTwin } from './rosters.js';
import type { TestServer } from './test-server.js';

export interface Stage {
  s: TestServer;
  cast: Cast;
}

/** Who is there, and what they do again and again, in the specs of teams and groups. */
export interface RosterSetting {
  stage(): Stage;
  alice(): RosterClient;
  max(): RosterClient;
  erin(): RosterClient;
  /** A new employee of Acme. */
  person(): Promise<Actor>;
  /** Made by Alice. */
  withMembers(...people: Actor[]): Promise<RosterMessage>;
  defaultOf(who: Actor): Promise<RosterMessage>;
}

let names = 0;

/** A name that nothing in this spec file has yet. */
export const newName = (): string => `Roster ${(names += 1)}`;

export const idsOf = (rows: readonly { id: string }[]): string[] => rows.map(({ id }) => id);

/** The stage is set when the tests run, not when they are described. */
export function settingOf({ of }: RosterTwin, stage: () => Stage): RosterSetting {
  const alice = (): RosterClient => of(stage().cast.alice);
  return {
    stage,
    alice,
    max: () => of(stage().cast.max),
    erin: () => of(stage().cast.erin),
    person: () => hire(stage().s, stage().cast.acme),
    async withMembers(...people) {
      const roster = await alice().create({ name: newName() });
      if (people.length === 0) return roster;
      return alice().add(
        roster.id,
        people.map(({ userId }) => userId),
      );
    },
    async defaultOf(who) {
      const { items } = await of(who).list({ pageSize: 100 });
      const [found, ...others] = items.filter(({ isDefault }) => isDefault);
      expect(others).toEqual([]);
      if (!found) throw new Error('There is no default.');
      return found;
    },
  };
}
