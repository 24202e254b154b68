import { beforeAll, describe, expect, test } from '@jest/globals';
import { validateResponse } from '@dovecote/saml';
import { variants } from './variants.js';
import { certificateOf, createWorld, now, rememberingUse } from './world.js';
import type { World } from './world.js';

let world: World;

beforeAll(async () => {
  world = await createWorld();
});

describe('what honest identity providers send is accepted', () => {
  test.each(variants.map((variant) => [variant.name, variant] as const))('%s', async (_, variant) => {
    const samlResponse = Buffer.from(await variant.make(world)).toString('base64');
    const connection = { ...world.connection, ...variant.connection?.(world) };
    const login = await validateResponse(connection, { samlResponse, now, oneTimeUse: rememberingUse() });
    expect(login).toMatchObject({
      nameId: 'anna@acme.test',
      nameIdFormat: 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
      assertionId: '_assertion',
      issuer: 'https://idp.acme.test/',
      sessionIndex: '_session',
      ...variant.login,
    });
  });
});

describe('a login', () => {
  test('says with which certificate it was signed', async () => {
    const next = variants.find(({ name }) => name === 'the next certificate')!;
    const samlResponse = Buffer.from(await next.make(world)).toString('base64');
    const { certificateFingerprint } = await validateResponse(world.connection, {
      samlResponse,
      now,
      oneTimeUse: rememberingUse(),
    });
    expect(certificateFingerprint).toBe(certificateOf(world.idpNext).fingerprint);
  });
});
