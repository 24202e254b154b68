import { expect, test } from '@jest/globals';
import { hashPassword, verifyPassword } from './password.js';

test('a password is verified by its hash alone, and no other password is', async () => {
  const hash = await hashPassword('correct horse');
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
  expect(await verifyPassword('correct horse', hash)).toBe(true);
  for (const other of ['correct hors', 'Correct horse', 'correct horse ', '']) {
    expect(await verifyPassword(other, hash)).toBe(false);
  }
  expect(await hashPassword('correct horse')).not.toBe(hash);
});

test('a letter is the same however a keyboard composes it', async () => {
  expect(await verifyPassword('cafe\u0301s are nice', await hashPassword('caf\u00e9s are nice'))).toBe(true);
});

test('what is no hash verifies nothing', async () => {
  const hash = await hashPassword('x');
  const damaged = ['', 'x', hash.slice(0, -30), hash.replace('argon2id', 'argon2i'), `${hash}!`];
  for (const text of damaged) expect(await verifyPassword('x', text)).toBe(false);
});

test('a hash that another program made is verified by the costs that it names', async () => {
  // By argon2-cffi 25.1.0.
  const hash = '$argon2id$v=19$m=256,t=3,p=1$MDEyMzQ1Njc4OWFiY2RlZg$mMLLcUHpyJRZc4d/2XBpznU2UAVOYCrn';
  expect(await verifyPassword('correct horse', hash)).toBe(true);
  expect(await verifyPassword('correct horse', hash.replace('t=3', 't=4'))).toBe(false);
});
