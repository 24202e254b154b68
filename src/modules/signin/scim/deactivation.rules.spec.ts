import { describe, expect, test } from '@jest/globals';
import { deactivates } from './deactivation.rules.js';

const user = 'urn:ietf:params:scim:schemas:core:2.0:User';
const patch = (...Operations: unknown[]) => ({ Operations });

describe('a patch', () => {
  test.each<[string, unknown, boolean]>([
    ['by path', patch({ op: 'replace', path: 'active', value: false }), true],
    ['as Entra writes it', patch({ op: 'Replace', path: 'active', value: 'False' }), true],
    ['without a path', patch({ op: 'replace', value: { active: false } }), true],
    ['by the name of the schema', patch({ op: 'replace', path: `${user}:active`, value: false }), true],
    ['under the schema in the value', patch({ op: 'replace', value: { [user]: { active: false } } }), true],
    ['with a value in a list', patch({ op: 'replace', path: 'active', value: [{ value: 'false' }] }), true],
    ['in other letters', { operations: [{ OP: 'ADD', Path: ' ACTIVE ', VALUE: ' false ' }] }, true],
    [
      'beside operations that are wrong',
      patch(7, { op: 'fly' }, { op: 'replace', path: 'active', value: false }),
      true,
    ],
    [
      'that takes it back',
      patch({ op: 'replace', path: 'active', value: false }, { op: 'add', path: 'active', value: true }),
      false,
    ],
    [
      'that says it last',
      patch({ op: 'add', path: 'active', value: true }, { op: 'replace', path: 'active', value: false }),
      true,
    ],
    [
      'with something else behind it',
      patch({ op: 'replace', path: 'active', value: false }, { op: 'replace', path: 'title', value: 'x' }),
      true,
    ],
    ['that removes', patch({ op: 'remove', path: 'active' }), false],
    ['with true', patch({ op: 'replace', path: 'active', value: true }), false],
    ['with null', patch({ op: 'replace', path: 'active', value: null }), false],
    ['with 0', patch({ op: 'replace', path: 'active', value: 0 }), false],
    ['with two values', patch({ op: 'replace', path: 'active', value: [false, false] }), false],
    [
      'of another attribute',
      patch({ op: 'replace', path: 'emails[active eq false].value', value: false }),
      false,
    ],
    ['without operations', {}, false],
    ['whose operations are no list', { Operations: { op: 'replace', path: 'active', value: false } }, false],
  ])('%s', (_, body, expected) => {
    expect(deactivates('PATCH', body)).toBe(expected);
  });
});

test.each<[unknown, boolean]>([
  [{ userName: 'a', active: false }, true],
  [{ Active: 'False', emails: 'nonsense' }, true],
  [{ active: true }, false],
  [{ userName: 'a' }, false],
  [{ [user]: { active: false } }, true],
  [{ Operations: [{ op: 'replace', path: 'active', value: false }] }, false],
  [null, false],
  ['active', false],
  [[{ active: false }], false],
])('a resource that replaces: %j', (body, expected) => {
  expect(deactivates('PUT', body)).toBe(expected);
});
