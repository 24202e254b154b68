import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { explainRefusal, SamlRefusal, validateResponse } from '@dovecote/saml';
import type { Once, OneTimeUse } from '@dovecote/saml';
import { disguise } from './attacks/disguise.js';
import { encryption } from './attacks/encryption.js';
import { signature } from './attacks/signature.js';
import { values } from './attacks/values.js';
import { wrapping } from './attacks/wrapping.js';
import type { Attack } from './attacks/attack.js';
import { HOW, valid, variants } from './variants.js';
import { createWorld, now, rememberingUse } from './world.js';
import type { World } from './world.js';

const corpus: Record<string, readonly Attack[]> = { wrapping, signature, disguise, values, encryption };
let world: World;

beforeAll(async () => {
  world = await createWorld();
  const attacks = Object.values(corpus).flat().length;
  process.stdout.write(`${attacks} forged SAML responses, ${variants.length} honest ones.\n`);
});

const base64 = (xml: string): string => Buffer.from(xml).toString('base64');

async function refusal(
  samlResponse: string,
  more: object = {},
  use = rememberingUse(),
): Promise<SamlRefusal> {
  const input = { samlResponse, now, oneTimeUse: use };
  const error: unknown = await validateResponse({ ...world.connection, ...more }, input).then(
    (login) => new Error(`It let ${login.nameId} in.`),
    (reason: unknown) => reason,
  );
  if (error instanceof SamlRefusal) return error;
  throw error;
}

describe.each(Object.entries(corpus))('%s', (_, attacks) => {
  test.each(attacks.map((attack) => [attack.name, attack] as const))('%s', async (_name, attack) => {
    const field = (attack.field ?? base64)(await attack.make(world));
    const { reason, detail, message } = await refusal(field, attack.connection?.(world));
    expect(`${reason}: ${detail}`).toMatch(new RegExp(`^${attack.reason}: `));
    expect(message).toBe('The message of the identity provider was refused.');
    expect(explainRefusal(reason)).toMatch(/\.$/);
  });
});

describe('once', () => {
  test.each(HOW)('%s signed: the same response is refused the second time', async (how) => {
    const oneTimeUse = rememberingUse();
    const samlResponse = base64(valid(world, how));
    await validateResponse(world.connection, { samlResponse, now, oneTimeUse });
    expect((await refusal(samlResponse, {}, oneTimeUse)).reason).toBe('replayed');
  });

  test('a second assertion to one request is refused', async () => {
    const oneTimeUse = rememberingUse();
    const first = base64(valid(world, 'both'));
    await validateResponse(world.connection, { samlResponse: first, now, oneTimeUse });
    const second = base64(valid(world, 'both', { assertionId: '_second' }));
    expect((await refusal(second, {}, oneTimeUse)).reason).toBe('unknown_request');
  });

  test('what is refused for another reason uses nothing up', async () => {
    const used: Once[] = [];
    const oneTimeUse = noting(used);
    for (const attack of [...wrapping, ...signature]) {
      const field = base64(await attack.make(world));
      await refusal(field, attack.connection?.(world), oneTimeUse);
    }
    expect(used).toEqual([]);
  });

  test('an assertion is remembered as long as it could be used, and no longer', async () => {
    const used: Once[] = [];
    const oneTimeUse = noting(used);
    const samlResponse = base64(valid(world, 'both', { notOnOrAfter: '2099-01-01T00:00:00Z' }));
    await validateResponse(world.connection, { samlResponse, now, oneTimeUse });
    expect(used).toMatchObject([{ usableUntil: new Date('2026-11-22T12:06:00Z') }]);
  });

  function noting(used: Once[]): OneTimeUse {
    return { use: async (once) => (used.push(once), 'first') };
  }
});

test('no change of a character lets somebody else in, or fails otherwise than by a refusal', async () => {
  const honest = HOW.map((how) => valid(world, how));
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...honest),
      fc.nat(),
      fc.nat(40),
      fc.string({ maxLength: 20, unit: fc.constantFrom(...'<>/&;"= !-[]?#:_aID\u0000é') }),
      async (xml, position, length, text) => {
        const at = position % xml.length;
        const samlResponse = base64(xml.slice(0, at) + text + xml.slice(at + length));
        const input = { samlResponse, now, oneTimeUse: rememberingUse() };
        const outcome: unknown = await validateResponse(world.connection, input).then(
          ({ nameId }) => nameId,
          (error: unknown) => error,
        );
        if (outcome !== 'anna@acme.test') expect(outcome).toBeInstanceOf(SamlRefusal);
      },
    ),
    { numRuns: 500 },
  );
});
