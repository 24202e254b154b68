import { deepJson, KiB, wideArray, wideObject } from '../bytes.js';
import type { Group, HostileRequest } from '../request.js';
import { post } from '../wire.js';
import type { World } from './world.js';

const TYPE = 'application/scim+json';
const USERS = '/scim/v2/Users';
const SEARCH = '/scim/v2/Users/.search';

/** SCIM of nobody, then of a client with a token. */
export function scim(world: World): Group[] {
  const nobody = (name: string, body: () => string): HostileRequest =>
    post(`nobody, ${name}`, USERS, TYPE, body);
  const client = (name: string, body: () => string, path = USERS): HostileRequest =>
    post(name, path, TYPE, body, world.scim);
  const search = (name: string, filter: () => string): HostileRequest =>
    client(`a filter of ${name}`, () => JSON.stringify({ filter: filter() }), SEARCH);
  const deep = (): string => deepJson('userName', 500_000);
  return [
    {
      title: 'SCIM',
      requests: [
        nobody('500,000 levels', deep),
        nobody('a body of 2 MiB', () => ' '.repeat(2048 * KiB)),
        nobody('no JSON, 1 MiB', () => '"'.repeat(1000 * KiB)),
        client('500,000 levels', deep),
        client('90,000 attributes', () => wideObject(90_000, (index) => `k${index}`)),
        client('100,000 addresses', () => wideArray('emails', 100_000, '{"a":1}')),
        client('a user name of 900 KiB', () => JSON.stringify({ userName: 'a'.repeat(900 * KiB) })),
        client('a user name of 900 KiB of marks', () =>
          JSON.stringify({ userName: '\u0301'.repeat(450 * KiB) }),
        ),
        client('100,000 schemas', () => wideArray('schemas', 100_000, '"a"')),
        search('2,000 characters, 330 terms', () => Array(330).fill('a pr').join(' and ').slice(0, 1_998)),
        search('2,000 characters, 90 comparisons', () =>
          Array(90).fill('userName eq "a"').join(' or ').slice(0, 1_994),
        ),
        search('20 parentheses', () => `${'('.repeat(20)}userName pr${')'.repeat(20)}`),
        search('21 parentheses', () => `${'('.repeat(21)}userName pr${')'.repeat(21)}`),
        search('20 negations', () => `${'not ('.repeat(10)}userName pr${')'.repeat(10)}`),
        search('2,000 spaces', () => `userName${' '.repeat(1_900)}eq "a"`),
        search('2,000 backslashes', () => `userName eq "${'\\'.repeat(1_900)}`),
        search('2,000 percent signs', () => `userName co "${'%'.repeat(1_900)}"`),
        search('900 KiB', () => '('.repeat(900 * KiB)),
      ],
    },
  ];
}
