import type { Question } from '../../../src/modules/analytics/insight/insight-query.js';
import { spelledNumber } from './text.js';
import type { StoredEvent, StoredProfile, Trait, Traits, World } from './world.js';

/** The person who did it, whatever id the event came with. Empty: no person. */
export function canonicalPerson(world: World, event: StoredEvent): string {
  return world.identities.get(event.distinctId) ?? event.distinctId;
}

/** The id that counts as one person in this question. Empty: no person. */
export function personIn(world: World, question: Question, event: StoredEvent): string {
  return question.mergeIdentities ? canonicalPerson(world, event) : event.distinctId;
}

/** Whether the event counts where persons are counted. */
export function hasPerson(question: Question, event: StoredEvent): boolean {
  return event.distinctId !== '' && (question.includeCookieless || !event.cookieless);
}

/** The profile of the event's person, under any of their ids; undefined when there is none or it is deleted. */
export function profileOf(world: World, event: StoredEvent): StoredProfile | undefined {
  if (event.distinctId === '') {
    return undefined;
  }
  const id = canonicalPerson(world, event);
  return world.profiles.find((profile) => profile.id === id && !profile.deleted);
}

/** A trait by its dotted path. */
function traitAt(traits: Traits, path: string): Trait | undefined {
  for (const [name, value] of Object.entries(traits)) {
    if (name === path) {
      return value;
    }
    if (typeof value === 'object' && path.startsWith(`${name}.`)) {
      return traitAt(value, path.slice(name.length + 1));
    }
  }
  return undefined;
}

export function traitText(profile: StoredProfile | undefined, path: string): string {
  const trait = profile === undefined ? undefined : traitAt(profile.traits, path);
  return trait === undefined || typeof trait === 'object' ? '' : String(trait);
}

export function traitNumber(
  profile: StoredProfile | undefined,
  path: string,
  numericStrings: boolean,
): number | undefined {
  const trait = profile === undefined ? undefined : traitAt(profile.traits, path);
  if (typeof trait === 'number') {
    return trait;
  }
  return numericStrings && typeof trait === 'string' ? spelledNumber(trait) : undefined;
}
