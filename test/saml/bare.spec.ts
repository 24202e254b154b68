import { beforeAll, describe, expect, test } from '@jest/globals';
import { SAML } from '@node-saml/node-saml';
import { disguise } from './attacks/disguise.js';
import { signature } from './attacks/signature.js';
import { values } from './attacks/values.js';
import { wrapping } from './attacks/wrapping.js';
import { valid } from './variants.js';
import { createWorld } from './world.js';
import type { World } from './world.js';

let world: World;
let bare: SAML;

beforeAll(async () => {
  world = await createWorld();
  const { connection } = world;
  bare = new SAML({
    callbackUrl: connection.acsUrl,
    issuer: connection.spEntityId,
    audience: connection.spEntityId,
    idpIssuer: connection.idp.entityId,
    idpCert: connection.idp.certificates.map(({ pem }) => pem),
    wantAuthnResponseSigned: false,
    wantAssertionsSigned: false,
    // It has the machine's clock, and the documents have ours.
    acceptedClockSkewMs: -1,
  });
});

function accepts(xml: string): Promise<boolean> {
  const SAMLResponse = Buffer.from(xml).toString('base64');
  return bare.validatePostResponseAsync({ SAMLResponse }).then(
    ({ profile }) => profile !== null,
    () => false,
  );
}

// When one of these fails, node-saml has learned something: docs/adr/0042 says that it had not.
describe('node-saml by itself, with plain settings, lets in', () => {
  test.each([
    'RSA-SHA1',
    'a SHA-1 digest',
    'an expired certificate',
    'a DOCTYPE',
    'another recipient',
    'another destination',
    'another issuer',
    'no request',
    'a request that was never made',
    'a request of another connection',
    'holder-of-key',
  ])('%s', async (name) => {
    const attack = [...wrapping, ...signature, ...disguise, ...values].find((each) => each.name === name);
    expect(await accepts((await attack?.make(world)) ?? '')).toBe(true);
  });

  test('the same response three times', async () => {
    const xml = valid(world, 'both');
    expect([await accepts(xml), await accepts(xml), await accepts(xml)]).toEqual([true, true, true]);
  });
});
