import { expect, test } from '@jest/globals';
import { chosenAddress, isLasting } from './subject.rules.js';

const format = (name: string): string => `urn:oasis:names:tc:SAML:2.0:nameid-format:${name}`;
const email = 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress';
const unspecified = 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified';

test.each([
  ['a-1', format('persistent'), true],
  ['ada@x.example', format('persistent'), true],
  ['a-1', format('transient'), false],
  ['a-1', unspecified, true],
  ['a-1', '', true],
  ['ada@x.example', email, false],
  ['ada@x.example', unspecified, false],
])('the NameID %j of the format %j lasts: %s', (nameId, nameIdFormat, lasting) => {
  expect(isLasting({ nameId, nameIdFormat })).toBe(lasting);
});

test.each<[string[][], string | undefined, string | undefined]>([
  [[], undefined, undefined],
  [[[], []], 'a@x', undefined],
  [[['b@x', 'a@x']], undefined, 'b@x'],
  [[['b@x', 'a@x']], 'a@x', 'a@x'],
  [[['b@x']], 'a@x', 'b@x'],
  [[[], ['b@x'], ['a@x']], 'a@x', 'b@x'],
])('of %j, for somebody with %s, counts %s', (proven, known, chosen) => {
  expect(chosenAddress(proven, known)).toBe(chosen);
});
