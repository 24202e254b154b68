import { describe, expect, test } from '@jest/globals';
import { pairsOf } from './details.rules.js';

const removed = '[removed]';

describe('the details of an event', () => {
  test('are pairs of path and text', () => {
    expect(pairsOf({ step: { kind: 'send', tries: 3, ok: true, last: null }, ids: ['a', 'b'] })).toEqual({
      'step.kind': 'send',
      'step.tries': '3',
      'step.ok': 'true',
      'step.last': 'null',
      'ids.0': 'a',
      'ids.1': 'b',
    });
  });

  test.each([
    'email',
    'userEmail',
    'user_email',
    'EMAIL',
    'apiKey',
    'api-key',
    'access_token',
    'clientSecret',
    'Authorization',
    'first_name',
    'displayName',
    'ip',
    'clientIP',
    'phoneNumber',
    'lastname',
  ])('named %j are removed', (name) => {
    expect(pairsOf({ [name]: 'x' })).toEqual({ [name]: removed });
  });

  test.each([
    'key_id',
    'keyVersion',
    'token_count',
    'emailType',
    'recipientIds',
    'keyboard',
    'stepName2id',
    'shipment',
  ])('named %j only say which', (name) => {
    expect(pairsOf({ [name]: 'x' })).toEqual({ [name]: 'x' });
  });

  test('within something private are private, and so is what lies too deep', () => {
    expect(pairsOf({ recipient: { kind: 'x', id: '1' } })).toEqual({
      'recipient.kind': removed,
      'recipient.id': removed,
    });
    let deep: unknown = 'open';
    for (let depth = 0; depth < 100; depth++) deep = { a: deep };
    expect(Object.values(pairsOf({ deep }))).toEqual([removed]);
  });

  test.each([
    ['sent to ada@x.example.', `sent to ${removed}`],
    ['call +49 (170) 123-4567 now', `call ${removed} now`],
    ['from 10.0.0.1 to 10.0.0.2', `from ${removed} to ${removed}`],
    ['Bearer eyJhbGciOi.eyJzdWIi.abc-_', `Bearer ${removed}`],
    ['-----BEGIN PRIVATE KEY-----', removed],
    ['version 1.2.3', 'version 1.2.3'],
    ['a @ b', 'a @ b'],
  ])('lose in %j what says who somebody is', (value, text) => {
    expect(pairsOf({ note: value })).toEqual({ note: text });
  });

  test('are bounded in number and length, and say how many were left out', () => {
    const many = Object.fromEntries(
      Array.from({ length: 30 }, (_, index) => [`n${index}`, 'x'.repeat(5_000)]),
    );
    const pairs = pairsOf(many);
    expect(Object.keys(pairs)).toHaveLength(20);
    expect(pairs.left_out).toBe('11');
    expect(pairs.n0).toHaveLength(500);
    const [longest = ''] = Object.keys(pairsOf({ ['k'.repeat(300)]: 1 }));
    expect(longest).toHaveLength(50);
  });

  test('can be stored', () => {
    expect(pairsOf({ note: 'a\0b\ud800' })).toEqual({ note: 'ab\ufffd' });
    expect(pairsOf({ 'a\0b\ud800': 1 })).toEqual({ 'ab\ufffd': '1' });
    // Cut within a character.
    expect(pairsOf({ note: `${'x'.repeat(499)}🔥` }).note).toBe(`${'x'.repeat(499)}\ufffd`);
    expect(pairsOf({ [`🔥${'k'.repeat(49)}`]: 1 })).toEqual({ [`\ufffd${'k'.repeat(49)}`]: '1' });
  });

  test('hide what a NUL divides', () => {
    expect(pairsOf({ note: 'call +49 170\0 1234567' })).toEqual({ note: `call ${removed}` });
  });

  test('cannot change what objects are', () => {
    const pairs = pairsOf(JSON.parse('{"__proto__": {"a": 1}}') as object);
    expect(Object.entries(pairs)).toEqual([['__proto__.a', '1']]);
  });
});
