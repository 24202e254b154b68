import { describe, expect, test } from '@jest/globals';
import { HeaderFields } from './header-fields.js';

describe('refuses', () => {
  test.each([
    ['a value that would split the header', 'x-a', 'one\r\nx-b: two'],
    ['a value beyond Latin-1', 'x-a', '→'],
    ['a name that is none', 'x a', 'one'],
  ])('%s', (_what, name, value) => {
    const header = new HeaderFields({});
    expect(() => header.set(name, value)).toThrow(/invalid character|valid HTTP token/i);
    expect(() => header.append(name, value)).toThrow(/invalid character|valid HTTP token/i);
    expect([...header]).toEqual([]);
  });
});

test('knows neither pseudo-headers nor what objects inherit', () => {
  const header = new HeaderFields({ ':path': '/', 'x-a': 'one' });
  for (const name of [':path', 'constructor', '__proto__', 'toString']) {
    expect([header.get(name), header.has(name)]).toEqual([null, false]);
  }
  expect([...header.keys()]).toEqual(['x-a']);
});

/** The platform's own Headers say what is right. */
test.each<[string, (header: Headers) => void]>([
  ['set', (header) => header.set('X-A', ' two ')],
  ['append to nothing', (header) => header.append('X-B', 'two')],
  ['append to something', (header) => header.append('X-A', 'two')],
  ['append cookies', (header) => ['a=1', 'b=2'].forEach((cookie) => header.append('Set-Cookie', cookie))],
  ['delete', (header) => header.delete('X-A')],
])('behaves like Headers: %s', (_what, change) => {
  const headers = [new HeaderFields({ 'x-a': 'one', 'set-cookie': ['c=0'] }), new Headers()];
  headers[1]!.set('x-a', 'one');
  headers[1]!.append('set-cookie', 'c=0');
  const [ours, theirs] = headers.map((header) => {
    change(header);
    const visited: [string, string][] = [];
    header.forEach((value, name) => visited.push([name, value]));
    return {
      entries: [...header].sort(),
      visited: visited.sort(),
      values: [...header.values()].sort(),
      names: [...new Set(header.keys())].sort(),
      cookies: header.getSetCookie(),
      get: ['x-a', 'X-B', 'set-cookie'].map((name) => header.get(name)),
      has: ['X-A', 'x-b'].map((name) => header.has(name)),
    };
  });
  expect(ours).toEqual(theirs);
});
