import { expect, test } from '@jest/globals';
import { readRegistration } from './credential-json.js';

function registered(transports: unknown) {
  const clientData = { type: 'webauthn.create', challenge: 'abc', origin: 'https://app.example' };
  const clientDataJSON = Buffer.from(JSON.stringify(clientData)).toString('base64url');
  const response = { clientDataJSON, attestationObject: 'abc', transports };
  const json = JSON.stringify({ id: 'abc', rawId: 'abc', type: 'public-key', response });
  return readRegistration(json)?.response.response.transports;
}

test.each([
  [undefined, undefined],
  [
    ['usb', 'hybrid'],
    ['usb', 'hybrid'],
  ],
  [
    ['smart-card', 'NFC2', 'x_y.z'],
    ['smart-card', 'NFC2', 'x_y.z'],
  ],
  [['usb', '', 'a b', 'x'.repeat(33), 7, null], ['usb']],
  [Array.from({ length: 20 }, (_, n) => `new-${n}`), Array.from({ length: 10 }, (_, n) => `new-${n}`)],
  ['usb', undefined],
  [null, undefined],
])('transports that nobody knows yet refuse no passkey: %j', (given, kept) =>
  expect(registered(given)).toEqual(kept),
);
