import { describe, expect, test } from '@jest/globals';
import { readEmailAddress } from './email-address.js';

describe('one mailbox has one form', () => {
  test.each([
    [' Bo@Acme.example\r\n', 'bo@acme.example'],
    ['bo@acme.example.', 'bo@acme.example'],
    ['bo@bücher.example', 'bo@xn--bcher-kva.example'],
    ['bo@BU\u0308CHER.example', 'bo@xn--bcher-kva.example'],
    ['bo@XN--BCHER-KVA.example', 'bo@xn--bcher-kva.example'],
    ['bo@例え。example', 'bo@xn--r8jz45g.example'],
    ['bo@faß.example', 'bo@xn--fa-hia.example'],
    ['Jose\u0301@acme.example', 'josé@acme.example'],
    ["o'neil+hr=x@acme.example", "o'neil+hr=x@acme.example"],
    ['bo@localhost', 'bo@localhost'],
  ])('%j is %s', (given, text) => expect(readEmailAddress(given)).toEqual({ text }));
});

describe('no other mailbox is taken for it', () => {
  test.each([
    ['the Kelvin sign', '\u212Aarl@acme.example'],
    ['full-width letters', '\uFF42o@acme.example'],
    ['a full-width domain', 'bo@\uFF41cme.example'],
    ['a ligature', 'o\uFB03ce@acme.example'],
    ['the dotless i', 'm\u0131a@acme.example'],
    ['the dotted capital I', 'M\u0130a@acme.example'],
    ['the long s', 'ro\u017Fa@acme.example'],
    ['a superscript', 'bo\u00B2@acme.example'],
    ['a byte order mark before', '\uFEFFbo@acme.example'],
    ['a byte order mark behind', 'bo@acme.example\uFEFF'],
    ['a soft hyphen', 'b\u00ADo@acme.example'],
    ['a soft hyphen in the domain', 'bo@ac\u00ADme.example'],
    ['a zero-width space', 'bo\u200B@acme.example'],
    ['a joiner in the domain', 'bo@ac\u200Dme.example'],
    ['text that runs backwards', 'bo\u202E@acme.example'],
    ['a no-break space before', '\u00A0bo@acme.example'],
    ['a line break inside', 'bo@acme.example\nbcc: eve@evil.example'],
    ['the Angstrom sign', '\u212Bke@acme.example'],
    ['a variation selector', '葛\u{E0100}@acme.example'],
    ['NUL', 'bo\0@acme.example'],
    ['half a character', 'bo\uD83D@acme.example'],
  ])('%s is refused', (_what, given) => expect(readEmailAddress(given).problem).toMatch(/^must /));
});

test.each([
  '',
  'bo',
  '@acme.example',
  'bo@',
  'bo@.',
  'bo@acme..example',
  'bo@-acme.example',
  'bo@acme.example..',
  'b o@acme.example',
  'bo@ac me.example',
  'bo@eve@acme.example',
  '<bo@acme.example>',
  'bo@127.0.0.1',
  'bo@0x7f.1',
  'bo@[::1]',
  'bo@acme.example/x',
  'bo@acme%2Eexample',
  'bo@xn--a.example',
  'bo@a_b.example',
  `${'a'.repeat(65)}@acme.example`,
  `bo@${'a'.repeat(64)}.example`,
  `${'a'.repeat(64)}@${'b.'.repeat(95)}example`,
  'x'.repeat(1_000_000),
])('%j is no address', (given) => expect(readEmailAddress(given).problem).toMatch(/^must /));
