import { sign, verify, X509Certificate } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  logoutRequestPost,
  logoutRequestRedirect,
  logoutResponsePost,
  logoutResponseRedirect,
  SamlRefusal,
  validateLogoutRequest,
  validateLogoutResponse,
} from '@dovecote/saml';
import type { Delivery, LogoutInput, SamlConnection, SpKey } from '@dovecote/saml';
import { changed, cut, insertedBefore } from './attacks/attack.js';
import type { EncryptionOptions } from './idp.js';
import { minutes, MORE, signed, SUCCESS, withEncryptedName, XMLDSIG, XMLENC } from './idp.js';
import { createWorld, now } from './world.js';
import type { World } from './world.js';

const ENCRYPTED_NAME = /<saml:EncryptedID>[\s\S]*<\/saml:EncryptedID>/;
const ENCRYPTED_KEY = /<e:EncryptedKey[\s\S]*<\/e:EncryptedKey>/;
/** What the key encrypts. */
const CONTENT = /(?<=<\/KeyInfo>[\s\S]*CipherValue>)[A-Za-z0-9+/=]{40,}/;
const SAML = 'urn:oasis:names:tc:SAML:2.0:assertion';

let world: World;
let connection: SamlConnection;

beforeAll(async () => {
  world = await createWorld();
  connection = world.connection;
});

function request(changes: Record<string, string> = {}): string {
  const attributes = {
    ID: '_logout',
    Version: '2.0',
    IssueInstant: minutes(0),
    Destination: connection.sloUrl,
    ...changes,
  };
  const { issuer = connection.idp.entityId, inside = '', ...rest } = attributes as Record<string, string>;
  const written = Object.entries(rest).map(([name, value]) => ` ${name}="${value}"`);
  return (
    '<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"' +
    `${written.join('')}><saml:Issuer>${issuer}</saml:Issuer><saml:NameID>anna@acme.test</saml:NameID>${inside}` +
    '<samlp:SessionIndex>_one</samlp:SessionIndex><samlp:SessionIndex>_two</samlp:SessionIndex></samlp:LogoutRequest>'
  );
}

function response(status = SUCCESS): string {
  return request({ InResponseTo: '_ours' })
    .replaceAll('LogoutRequest', 'LogoutResponse')
    .replace(
      /<saml:NameID>.*SessionIndex>/,
      `<samlp:Status><samlp:StatusCode Value="${status}"/></samlp:Status>`,
    );
}

interface QueryOptions {
  field?: string;
  key?: SpKey;
  algorithm?: string;
  relayState?: string;
  bytes?: Buffer;
}

/** As an identity provider that is not ours writes it: line breaks in base64, and hexadecimal in small letters. */
function query(xml: string, options: QueryOptions = {}): { query: string } {
  const { field = 'SAMLRequest', key = world.idp, algorithm = `${MORE}rsa-sha256`, relayState } = options;
  const encode = (text: string): string =>
    encodeURIComponent(text).replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
  const message = (options.bytes ?? deflateRawSync(xml)).toString('base64').replaceAll(/(.{76})/g, '$1\r\n');
  const state = relayState === undefined ? '' : `&RelayState=${encode(relayState)}`;
  const text = `${field}=${encode(message)}${state}&SigAlg=${encode(algorithm)}`;
  const hash = algorithm.endsWith('sha1') ? 'sha1' : 'sha256';
  const signature = sign(hash, Buffer.from(text), key.privateKeyPem).toString('base64');
  return { query: `${text}&Signature=${encode(signature)}` };
}

function form(xml: string, field = 'SAMLRequest'): { form: Record<string, string> } {
  return { form: { [field]: Buffer.from(xml).toString('base64') } };
}

type Validate = (connection: SamlConnection, input: LogoutInput) => Promise<unknown>;

async function reasonFor(delivery: Delivery, validate: Validate = validateLogoutRequest): Promise<string> {
  return validate(connection, { ...delivery, now }).then(
    () => 'accepted',
    (error: unknown) => {
      if (error instanceof SamlRefusal) return error.reason;
      throw error;
    },
  );
}

const edited = (change: (query: string) => string): { query: string } => ({
  query: change(query(request()).query),
});

describe('a logout request in a query is refused', () => {
  test.each<[string, string, () => { query: string }]>([
    ['without a signature', 'unsigned', () => edited((text) => text.replace(/&SigAlg.*/, ''))],
    ['without an algorithm', 'unsigned', () => edited((text) => text.replace(/&SigAlg[^&]*/, ''))],
    ['signed with SHA-1', 'sha1', () => query(request(), { algorithm: `${XMLDSIG}rsa-sha1` })],
    ['signed with HMAC', 'signature_algorithm', () => query(request(), { algorithm: `${MORE}hmac-sha256` })],
    ['signed by a stranger', 'unknown_signing_key', () => query(request(), { key: world.stranger })],
    [
      'signed with an expired certificate',
      'certificate_expired',
      () => query(request(), { key: world.idpExpired }),
    ],
    ['with another relay state', 'unknown_signing_key', () => edited((text) => `${text}&RelayState=evil`)],
    [
      'with two messages',
      'malformed',
      () => edited((text) => `SAMLRequest=${encodeURIComponent('AAAA')}&${text}`),
    ],
    [
      'with a broken encoding',
      'malformed',
      () => edited((text) => text.replace('Signature=', 'Signature=%')),
    ],
    [
      'encoded in another way',
      'malformed',
      () => edited((text) => `${text}&SAMLEncoding=${encodeURIComponent('urn:other')}`),
    ],
    ['that is none', 'not_a_logout', () => edited((text) => text.replace('SAMLRequest', 'Other'))],
    ['that is an answer', 'not_a_logout', () => query(response())],
    ['that is endless', 'too_large', () => edited((text) => text + 'a'.repeat(40_000))],
    ['that grows to megabytes', 'too_large', () => query(request() + ' '.repeat(10_000_000))],
    ['that is not compressed', 'malformed', () => query('', { bytes: Buffer.from(request()) })],
    ['with a DOCTYPE', 'doctype', () => query(`<!DOCTYPE a>${request()}`)],
    ['with a comment in the name', 'hidden_text', () => query(request().replace('anna@', 'anna@<!---->'))],
    ['without a name', 'no_subject', () => query(request().replace(/<saml:NameID>.*NameID>/, ''))],
    ['without an ID', 'malformed', () => query(request({ ID: '' }))],
    ['of another issuer', 'wrong_issuer', () => query(request({ issuer: 'https://idp.other.test/' }))],
    [
      'for another address',
      'wrong_destination',
      () => query(request({ Destination: 'https://dovecote.test/saml/other/slo' })),
    ],
    ['for no address', 'wrong_destination', () => query(request().replace(/ Destination="[^"]*"/, ''))],
    ['from the past', 'expired', () => query(request({ IssueInstant: minutes(-12) }))],
    ['that has ended', 'expired', () => query(request({ NotOnOrAfter: minutes(-2) }))],
    ['from the future', 'not_yet_valid', () => query(request({ IssueInstant: minutes(2) }))],
    ['of another version', 'malformed', () => query(request({ Version: '1.1' }))],
  ])('%s', async (_, reason, make) => {
    expect(await reasonFor(make())).toBe(reason);
  });

  test('and nothing is inflated that is not signed', async () => {
    const bomb = query('a'.repeat(20_000_000), { key: world.stranger });
    expect(await reasonFor(bomb)).toBe('unknown_signing_key');
  });
});

describe('a posted logout request is refused', () => {
  test.each<[string, string, () => Delivery]>([
    ['without a signature', 'unsigned', () => form(request())],
    ['signed by a stranger', 'unknown_signing_key', () => form(signed(request(), '_logout', world.stranger))],
    [
      'changed',
      'bad_signature',
      () => form(signed(request(), '_logout', world.idp).replace('anna@', 'admin@')),
    ],
    ['empty', 'malformed', () => ({ form: {} })],
    [
      'with a signature within what is not signed',
      'signature_shape',
      () => {
        const inner = signed(request(), '_logout', world.idp);
        return form(request({ ID: '_evil', inside: `<samlp:Extensions>${inner}</samlp:Extensions>` }));
      },
    ],
  ])('%s', async (_, reason, make) => {
    expect(await reasonFor(make())).toBe(reason);
  });
});

describe('a logout request with an encrypted name is refused', () => {
  const named = (options?: EncryptionOptions) => withEncryptedName(request(), world.sp, options);
  const behind = (plaintext: string) =>
    named({ plaintext: plaintext.replace('>', ` xmlns:saml="${SAML}">`) });

  test.each<[string, string, () => Promise<string>]>([
    ['for somebody else', 'decryption', () => withEncryptedName(request(), world.stranger)],
    ['by AES-CBC', 'encryption_algorithm', () => named({ content: `${XMLENC}aes256-cbc` })],
    ['by RSA with PKCS #1 v1.5', 'encryption_algorithm', () => named({ key: `${XMLENC}rsa-1_5` })],
    [
      'without its tag',
      'decryption',
      async () => {
        const [before, value, after] = cut(await named(), CONTENT);
        return before + value.slice(0, 16) + after;
      },
    ],
    ['without a key', 'decryption', async () => changed(await named(), ENCRYPTED_KEY, '')],
    [
      'with two keys',
      'decryption',
      async () => {
        const [before, key, after] = cut(await named(), ENCRYPTED_KEY);
        return before + key + key + after;
      },
    ],
    [
      'beside one that is not encrypted',
      'malformed',
      async () => insertedBefore(await named(), ENCRYPTED_NAME, '<saml:NameID>admin</saml:NameID>'),
    ],
    [
      'beside another',
      'malformed',
      async () => insertedBefore(await named(), ENCRYPTED_NAME, cut(await named(), ENCRYPTED_NAME)[1]),
    ],
    ['that is none', 'no_subject', () => behind('<saml:Issuer>anna</saml:Issuer>')],
    ['that is an assertion', 'no_subject', () => behind('<saml:Assertion></saml:Assertion>')],
    ['that is encrypted once more', 'no_subject', () => behind('<saml:EncryptedID></saml:EncryptedID>')],
    ['that is empty', 'no_subject', () => behind('<saml:NameID> </saml:NameID>')],
    ['with a comment', 'hidden_text', () => behind('<saml:NameID>admin<!---->.evil</saml:NameID>')],
    ['with more than text', 'malformed', () => behind('<saml:NameID>a<saml:b/></saml:NameID>')],
    ['that are two', 'malformed', () => behind('<saml:NameID>a</saml:NameID><saml:NameID/>')],
    ['with a DOCTYPE', 'doctype', () => named({ plaintext: '<!DOCTYPE a><a/>' })],
    ['that is no XML', 'malformed', () => named({ plaintext: 'anna' })],
  ])('%s', async (_, reason, make) => {
    const xml = await make();
    expect(await reasonFor(query(xml))).toBe(reason);
    expect(await reasonFor(form(signed(xml, '_logout', world.idp)))).toBe(reason);
  });

  test('that was exchanged after signing, and nothing is decrypted that is not signed', async () => {
    const other = await withEncryptedName(changed(request(), 'anna@', 'admin@'), world.sp);
    const whole = signed(await named(), '_logout', world.idp);
    expect(await reasonFor(form(changed(whole, ENCRYPTED_NAME, cut(other, ENCRYPTED_NAME)[1])))).toBe(
      'bad_signature',
    );
    const undecryptable = await withEncryptedName(request(), world.stranger);
    expect(await reasonFor(form(undecryptable))).toBe('unsigned');
    expect(await reasonFor(query(undecryptable, { key: world.stranger }))).toBe('unknown_signing_key');
  });
});

describe('logout messages of the identity provider are read', () => {
  const expected = {
    id: '_logout',
    nameId: 'anna@acme.test',
    nameIdFormat: 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified',
    sessionIndexes: ['_one', '_two'],
  };

  test('a relay state that is longer than the specification allows, but not however long it is', async () => {
    const relayState = 'é'.repeat(4 * 1024);
    expect(await validateLogoutRequest(connection, { ...query(request(), { relayState }), now })).toEqual({
      ...expected,
      relayState,
    });
    const tooLong = validateLogoutRequest(connection, {
      ...query(request(), { relayState: `${relayState}x` }),
      now,
    });
    await expect(tooLong).rejects.toMatchObject({ reason: 'too_large' });
  });

  test('a request in a query, with and without a relay state', async () => {
    const input = { ...query(request(), { relayState: 'a b&c' }), now };
    expect(await validateLogoutRequest(connection, input)).toEqual({ ...expected, relayState: 'a b&c' });
    expect(await validateLogoutRequest(connection, { ...query(request()), now })).toEqual(expected);
    const { query: text } = query(request());
    expect(await validateLogoutRequest(connection, { query: `?${text}`, now })).toEqual(expected);
  });

  test('a posted request', async () => {
    const posted = form(signed(request(), '_logout', world.idp));
    posted.form['RelayState'] = 'state';
    const received = await validateLogoutRequest(connection, { ...posted, now });
    expect(received).toEqual({ ...expected, relayState: 'state' });
  });

  test('a request with an encrypted name, for the present key or the next', async () => {
    const full = request().replace('<saml:NameID>', '<saml:NameID Format="urn:format" NameQualifier="idp">');
    for (const key of [world.sp, world.spNext]) {
      const xml = await withEncryptedName(full, key);
      expect(xml).not.toContain('anna@');
      const received = { ...expected, nameIdFormat: 'urn:format', nameQualifier: 'idp' };
      expect(await validateLogoutRequest(connection, { ...query(xml), now })).toEqual(received);
      const posted = form(signed(xml, '_logout', world.idp));
      expect(await validateLogoutRequest(connection, { ...posted, now })).toEqual(received);
    }
  });

  test('an answer, good or bad', async () => {
    const good = query(response(), { field: 'SAMLResponse' });
    expect(await validateLogoutResponse(connection, { ...good, now })).toEqual({
      inResponseTo: '_ours',
      success: true,
    });
    const partial = response('urn:oasis:names:tc:SAML:2.0:status:PartialLogout');
    const bad = form(signed(partial, '_logout', world.idp), 'SAMLResponse');
    expect(await validateLogoutResponse(connection, { ...bad, now })).toEqual({
      inResponseTo: '_ours',
      success: false,
    });
    const stranger = query(response(), { field: 'SAMLResponse', key: world.stranger });
    expect(await reasonFor(stranger, validateLogoutResponse)).toBe('unknown_signing_key');
  });
});

describe('our logout messages', () => {
  const ours = { requestId: '_ours', nameId: 'a&b', nameIdFormat: 'urn:format', sessionIndex: '_s', now };
  const answer = { inResponseTo: '_logout', success: false, now };

  function opened(url: string): string {
    const [signedText = '', signature = ''] = url.slice(url.indexOf('?') + 1).split('&Signature=');
    const { publicKey } = new X509Certificate(world.sp.certificatePem);
    const bytes = Buffer.from(decodeURIComponent(signature), 'base64');
    expect(verify('sha256', Buffer.from(signedText), publicKey, bytes)).toBe(true);
    const message = /SAML(?:Request|Response)=([^&]*)/.exec(signedText)?.[1] ?? '';
    return inflateRawSync(Buffer.from(decodeURIComponent(message), 'base64')).toString();
  }

  test('go signed by redirect', async () => {
    const sent = opened(await logoutRequestRedirect(connection, { ...ours, relayState: 'state' }));
    expect(sent).toContain('ID="_ours"');
    expect(sent).toContain(
      '<saml:NameID Format="urn:format" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">a&amp;b<',
    );
    expect(sent).toContain('<samlp:SessionIndex>_s</samlp:SessionIndex>');
    const refused = opened(await logoutResponseRedirect(connection, answer));
    expect(refused).toContain('InResponseTo="_logout"');
    expect(refused).toContain('status:RequestDenied');
    expect(opened(await logoutResponseRedirect(connection, { ...answer, success: true }))).toContain(SUCCESS);
  });

  test('go signed by form, which the other side can verify', async () => {
    // We play both sides: the identity provider's certificate is ours here.
    const idp = { ...connection.idp, sloPostUrl: 'https://idp.acme.test/slo' };
    const { url, fields } = await logoutRequestPost({ ...connection, idp }, ours);
    const mirrored: SamlConnection = {
      ...connection,
      sloUrl: url,
      idp: { ...idp, entityId: connection.spEntityId, certificates: [certificate()] },
    };
    const received = await validateLogoutRequest(mirrored, { form: fields, now });
    expect(received).toMatchObject({ id: '_ours', nameId: 'a&b', sessionIndexes: ['_s'] });
    const answered = await logoutResponsePost({ ...connection, idp }, answer);
    expect(await validateLogoutResponse(mirrored, { form: answered.fields, now })).toEqual({
      inResponseTo: '_logout',
      success: false,
    });
  });

  test('go where answers are wanted, and nowhere else', async () => {
    const answers = 'https://idp.acme.test/slo-answer';
    const idp = { ...connection.idp, sloResponseRedirectUrl: answers };
    expect(await logoutResponseRedirect({ ...connection, idp }, answer)).toMatch(`${answers}?SAMLResponse=`);
    await expect(logoutRequestPost(connection, ours)).rejects.toThrow(RangeError);
  });

  function certificate(): SamlConnection['idp']['certificates'][number] {
    return { ...connection.idp.certificates[0]!, pem: world.sp.certificatePem };
  }
});
