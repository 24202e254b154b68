import { describe, expect, test } from '@jest/globals';
import { type AppRoleFacts, planAppRole, refuseConfiguredRole, refusePlan } from './app-role.rules.js';

const plain = {
  superuser: false,
  bypassesRowSecurity: false,
  createsRoles: false,
  createsDatabases: false,
  maySignIn: true,
};
const provider = { name: 'owner', superuser: false, createsRoles: true, administersRole: true };
const facts: AppRoleFacts = { role: 'app', attributes: plain, otherDatabases: [], owner: provider };

function refusalOf(changed: Partial<AppRoleFacts>): string | undefined {
  const all = { ...facts, ...changed };
  return refusePlan(all, planAppRole(all))?.text;
}

describe('the app role', () => {
  test('that is as it should be is not touched, whoever owns the database', () => {
    const owner = { ...provider, createsRoles: false, administersRole: false };
    expect(planAppRole({ ...facts, owner })).toBeUndefined();
    expect(refusalOf({ owner })).toBeUndefined();
  });

  test('is altered only where it differs', () => {
    const changed = { ...facts, attributes: { ...plain, createsDatabases: true }, signInRefusal: 'wrong' };
    expect(planAppRole(changed)).toEqual({ statement: 'alter', options: ['nocreatedb'], setsPassword: true });
    expect(planAppRole({ ...facts, attributes: undefined })).toMatchObject({ statement: 'create' });
  });

  test.each<[string, Partial<AppRoleFacts>, string]>([
    [
      'must be made',
      { attributes: undefined, owner: { ...provider, createsRoles: false } },
      'may not create',
    ],
    ['is a superuser', { attributes: { ...plain, superuser: true } }, 'nosuperuser'],
    ['bypasses', { attributes: { ...plain, bypassesRowSecurity: true } }, 'nobypassrls'],
    ['is of others', { signInRefusal: 'no', owner: { ...provider, administersRole: false } }, 'password'],
    ['cannot be altered', { signInRefusal: 'no', owner: { ...provider, createsRoles: false } }, 'password'],
    ['serves others', { signInRefusal: 'no', otherDatabases: ['first'] }, 'serves first'],
  ])('that %s, and may not be: a refusal', (_what, changed, words) => {
    expect(refusalOf(changed)).toContain(words);
  });

  test('is what a superuser makes of it', () => {
    const owner = { ...provider, superuser: true };
    expect(refusalOf({ owner, attributes: { ...plain, superuser: true } })).toBeUndefined();
    expect(refusalOf({ owner, attributes: undefined })).toBeUndefined();
  });

  test.each<[string, Partial<AppRoleFacts>]>([
    ['does not exist', { attributes: undefined }],
    ['owner of the tables', { role: 'owner' }],
    ['bypasses', { attributes: { ...plain, superuser: true } }],
    ['cannot connect: why', { signInRefusal: 'why' }],
  ])('of an operator that is refused: %s', (words, changed) => {
    expect(refuseConfiguredRole({ ...facts, ...changed })?.text).toContain(words);
    expect(refuseConfiguredRole(facts)).toBeUndefined();
  });
});
