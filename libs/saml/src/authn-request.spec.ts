import { verify, X509Certificate } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { SignedXml } from 'xml-crypto';
import { authnRequestPost, authnRequestRedirect, newRequestId, newSpKey } from './index.js';
import type { SamlConnection } from './index.js';

const now = new Date('2026-11-22T12:00:00Z');
let connection: SamlConnection;

beforeAll(async () => {
  connection = {
    spEntityId: 'https://dovecote.test/saml/a',
    acsUrl: 'https://dovecote.test/saml/a/acs',
    idp: {
      entityId: 'https://idp.test/',
      ssoRedirectUrl: 'https://idp.test/sso?tenant=a',
      ssoPostUrl: 'https://idp.test/sso',
      certificates: [],
      wantAuthnRequestsSigned: true,
      nameIdFormats: [],
    },
    keys: [await newSpKey('dovecote.test', now)],
    allowIdpInitiated: false,
  };
});

const certificate = (): string => connection.keys[0]!.certificatePem;

describe('the redirect', () => {
  test('is signed over the characters that are sent', async () => {
    const url = await authnRequestRedirect(connection, { requestId: '_1', relayState: "a b~'(!)*+", now });
    const [, signed = '', signature = ''] = /\?tenant=a&(.*)&Signature=(.*)$/.exec(url) ?? [];
    const { publicKey } = new X509Certificate(certificate());
    const bytes = Buffer.from(decodeURIComponent(signature), 'base64');
    expect(verify('sha256', Buffer.from(signed), publicKey, bytes)).toBe(true);
    expect(new URL(url).searchParams.get('RelayState')).toBe("a b~'(!)*+");
  });

  test('asks for what the connection says', async () => {
    const xml = async (more: object, forceAuthn?: boolean): Promise<string> => {
      const url = await authnRequestRedirect(
        { ...connection, ...more },
        { requestId: '_1', relayState: 'a', now, forceAuthn },
      );
      return inflateRawSync(
        Buffer.from(new URL(url).searchParams.get('SAMLRequest') ?? '', 'base64'),
      ).toString();
    };
    const plain = await xml({});
    expect(plain).toContain('IssueInstant="2026-11-22T12:00:00.000Z"');
    expect(plain).toContain('Destination="https://idp.test/sso?tenant=a"');
    expect(plain).toContain('AssertionConsumerServiceURL="https://dovecote.test/saml/a/acs"');
    expect(plain).toContain('>https://dovecote.test/saml/a</saml:Issuer>');
    expect(plain).not.toMatch(/ForceAuthn|NameIDPolicy/);
    expect(await xml({ forceAuthn: true, nameIdFormat: 'urn:a' })).toMatch(
      /ForceAuthn="true".*<samlp:NameIDPolicy Format="urn:a" AllowCreate="true"\/>/,
    );
    expect(await xml({ forceAuthn: true }, false)).not.toContain('ForceAuthn');
  });

  test('is not made without a key, without an endpoint, or with a long relay state', async () => {
    const request = { requestId: '_1', relayState: 'a', now };
    await expect(authnRequestRedirect({ ...connection, keys: [] }, request)).rejects.toThrow(RangeError);
    const idp = { ...connection.idp, ssoRedirectUrl: undefined };
    await expect(authnRequestRedirect({ ...connection, idp }, request)).rejects.toThrow(RangeError);
    const long = { ...request, relayState: 'ä'.repeat(41) };
    await expect(authnRequestRedirect(connection, long)).rejects.toThrow(RangeError);
  });
});

describe('the form', () => {
  test('holds a signed request that is not compressed', async () => {
    const requestId = newRequestId();
    const { url, fields } = await authnRequestPost(connection, { requestId, relayState: 'a', now });
    expect(url).toBe('https://idp.test/sso');
    const xml = Buffer.from(fields['SAMLRequest'] ?? '', 'base64').toString();
    const [signature = ''] = /<ds:Signature [\s\S]*<\/ds:Signature>/.exec(xml) ?? [];
    const signed = new SignedXml({ publicCert: certificate() });
    signed.loadSignature(signature);
    expect(signed.checkSignature(xml)).toBe(true);
    expect(signed.getSignedReferences()[0]).toContain(`ID="${requestId}"`);
    // The schema has the signature right behind the issuer.
    expect(xml).toMatch(/<\/saml:Issuer><ds:Signature /);
  });
});

test('request ids are random and names in XML', () => {
  expect(newRequestId()).toMatch(/^_[0-9a-f]{40}$/);
  expect(newRequestId()).not.toBe(newRequestId());
});
