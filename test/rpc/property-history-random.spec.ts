import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { inspect } from 'node:util';
import { ProfileService } from '@dovecote/contract/dovecote/profile/v1/profile_pb';
import { ProfilesSDKService } from '@dovecote/contract/profiles/v1/profiles_sdk_pb';
import { ProfilesService } from '@dovecote/contract/shared/profiles/v1/profiles_pb';
import { addProject, type Cast, seedCast, type TestProject } from '../support/cast.js';
import { historyOf, latest, type Told, told } from '../support/property-history.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

// HISTORY_RUNS=200 asks for longer, HISTORY_SEED=7 for other lives.
const RUNS = Number(process.env.HISTORY_RUNS ?? 4);
const SEED = Number(process.env.HISTORY_SEED ?? 20261130);
const people = ['ann', 'ben', 'cem', 'dot'];

jest.setTimeout(60_000 + RUNS * 20_000);

type Step =
  | { readonly does: 'tell'; readonly who: string; readonly name: string; readonly value: number | null }
  | { readonly does: 'merge' | 'alias'; readonly who: string; readonly into: string }
  | { readonly does: 'undo'; readonly merge: number };

const who = fc.constantFrom(...people);
const arbitraryStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      does: fc.constant('tell' as const),
      who,
      name: fc.constantFrom('plan', 'city', 'age'),
      value: fc.constantFrom(null, 1, 2, 3),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ does: fc.constantFrom('merge' as const, 'alias' as const), who, into: who }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('undo' as const), merge: fc.nat(9) }) },
);

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer({ analytics: true });
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

test(`the newest changes are the properties, and each told value is with whom it was told of (HISTORY_SEED=${SEED})`, async () => {
  const lives = fc.sample(fc.array(arbitraryStep, { minLength: 15, maxLength: 30 }), {
    numRuns: RUNS,
    seed: SEED,
  });
  for (const [index, steps] of lives.entries()) {
    const project = await addProject(s, cast.acme, `Life ${index}`);
    for (let done = 0; done < steps.length; done += 1) {
      await take(project, steps[done]!);
      const wrong = await contradiction(project);
      if (wrong)
        throw new Error(
          `HISTORY_SEED=${SEED}\n${inspect({ ...wrong, steps: steps.slice(0, done + 1) }, { depth: 5 })}`,
        );
    }
    await undoAll(project);
    for (const person of people) await expectOwn(project, person, steps);
  }
});

/** Whom a life has told of something has an id. */
const known = new Map<string, Set<string>>();

async function take({ id, keys }: TestProject, step: Step): Promise<void> {
  const sdk = keys.sdk.client(ProfilesSDKService);
  const mine = known.get(id) ?? known.set(id, new Set()).get(id)!;
  switch (step.does) {
    case 'tell':
      mine.add(step.who);
      await sdk.identify({ externalId: step.who, traits: { [step.name]: step.value } });
      return;
    case 'merge':
      if (![step.who, step.into].every((person) => mine.has(person))) return;
      return allowed(
        keys.shared.client(ProfileService).mergeProfiles({ profileId: step.who, intoProfileId: step.into }),
      );
    case 'alias':
      // An id that was not known before would name no separate profile.
      if (step.who === step.into || ![step.who, step.into].every((person) => mine.has(person))) return;
      return allowed(sdk.alias({ previousId: step.who, externalId: step.into }));
    case 'undo': {
      const merges = await openMerges({ id, keys });
      const chosen = merges[step.merge % Math.max(1, merges.length)];
      if (chosen !== undefined) await keys.shared.client(ProfileService).undoMerge({ mergeId: chosen });
    }
  }
}

/** Some steps make no sense where a life has come to. */
async function allowed(call: Promise<unknown>): Promise<void> {
  await call.catch((error: unknown) => {
    if (!String(error).includes('one profile already')) throw error;
  });
}

async function openMerges({ id, keys }: Pick<TestProject, 'id' | 'keys'>): Promise<string[]> {
  const found = new Set<string>();
  for (const profileId of known.get(id) ?? [])
    for (const merge of (await keys.shared.client(ProfileService).listMerges({ profileId })).merges)
      if (!merge.undoTime) found.add(merge.id);
  return [...found].sort();
}

async function undoAll(project: TestProject): Promise<void> {
  for (const mergeId of await openMerges(project))
    await project.keys.shared.client(ProfileService).undoMerge({ mergeId });
}

/** A person whose newest changes are not the properties. */
async function contradiction({ id, keys }: TestProject): Promise<object | undefined> {
  for (const person of known.get(id) ?? []) {
    const { profile } = await keys.private.client(ProfilesService).get({ id: person });
    const changes = await historyOf(keys.shared.client(ProfileService), person);
    const says = latest(changes);
    if (inspect(sorted(says)) !== inspect(sorted(profile?.properties ?? {})))
      return { person, properties: profile?.properties, says, changes: changes.map(told) };
  }
  return undefined;
}

const sorted = (properties: object) => Object.entries(properties).sort();

/** Once nothing is merged, each value that was told of a person is in their history, and none of another. */
async function expectOwn({ id, keys }: TestProject, person: string, steps: readonly Step[]): Promise<void> {
  if (!known.get(id)?.has(person)) return;
  const changes = await historyOf(keys.shared.client(ProfileService), person);
  const own = new Set(
    steps.flatMap((step) =>
      step.does === 'tell' && step.who === person ? [`${step.name}=${JSON.stringify(step.value)}`] : [],
    ),
  );
  const [identified, others] = [
    changes.map(told).filter(isTold),
    changes.map(told).filter((one) => !isTold(one)),
  ];
  expect(new Set(identified.map(([name, value]) => `${name}=${JSON.stringify(value)}`))).toEqual(own);
  expect(others.filter(([, , cause]) => cause !== 'UNDO_MERGE')).toEqual([]);
  for (const [name, value] of others) expect(own).toContain(`${name}=${JSON.stringify(value)}`);
  for (const { profileId } of changes) expect(profileId).toBe(changes[0]?.profileId);
}

function isTold([, , cause]: Told): boolean {
  return cause === 'IDENTIFY';
}
