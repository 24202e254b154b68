import { randomUUID } from 'node:crypto';
import type { Random } from './random.js';

/** Ids that there are, by the name of the column or table that they are from. */
export type IdsByName = ReadonlyMap<string, readonly string[]>;

/** Names of contract fields whose objects go by another name in the tables. */
const aliases: Record<string, string> = {
  user: 'member',
  member: 'member',
  key: 'api_key',
  snapshot: 'audience_snapshot',
};

/** What a caller may put where an id belongs: mostly one of their own, often Other's, sometimes none at all. */
export class Ids {
  private readonly own: IdsByName;
  private readonly foreign: IdsByName;

  constructor(own: IdsByName, foreign: IdsByName) {
    this.own = own;
    this.foreign = foreign;
  }

  any(field: string, random: Random): string {
    const chance = random.next();
    if (chance < 0.55) return this.matching(this.own, field, random);
    if (chance < 0.8) return this.matching(this.foreign, field, random);
    if (chance < 0.9) return random.pick([...this.own.values()].flat());
    if (chance < 0.95) return this.matching(this.own, field, random).toUpperCase();
    return randomUUID();
  }

  /** Of the kind that the field asks for, if there is one. */
  private matching(ids: IdsByName, field: string, random: Random): string {
    const kind = field
      .replace(/_ids?$/, '')
      .replace(/^.*(user|template|campaign|team|group|role|org)$/, '$1');
    const found = ids.get(kind) ?? ids.get(aliases[kind] ?? '') ?? [...ids.values()].flat();
    return random.pick(found);
  }
}
