import { describe, expect, test } from '@jest/globals';
import { nameInMail } from './name-in-mail.js';

describe('a name in a mail', () => {
  test.each([
    ['Acme', 'Acme'],
    ['Dr. Oetker & Söhne', 'Dr. Oetker & Söhne'],
    ['  Acme \r\n Bcc: all@evil.example ', 'Acme Bcc: all evil·example'],
    ['You won: https://evil.example/prize?x=1', 'You won: evil·example prize?x=1'],
    ['WWW.EVIL.EXAMPLE', 'WWW·EVIL·EXAMPLE'],
    ['Amazon.com Inc.', 'Amazon·com Inc.'],
    ['evil\u3002example', 'evil·example'],
    ['\u202Eemca\u202C\u200B', 'emca'],
    ['<a href=x>', 'a href=x'],
    ['x'.repeat(200), `${'x'.repeat(79)}…`],
  ])('%j', (given, shown) => {
    expect(nameInMail(given)).toBe(shown);
  });
});
