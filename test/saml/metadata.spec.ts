import { readFileSync } from 'node:fs';
import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { MetadataError, newSpKey, parseIdpMetadata, spMetadata } from '@dovecote/saml';
import type { MetadataOptions, SpKey } from '@dovecote/saml';

const now = new Date('2026-11-22T12:00:00Z');
const tools = ['okta', 'entra', 'google', 'adfs', 'keycloak', 'simplesamlphp', 'pysaml2'] as const;
let key: SpKey;
let next: SpKey;
let encryption: SpKey;

beforeAll(async () => {
  [key, next, encryption] = await Promise.all([
    newSpKey('idp', now),
    newSpKey('idp next', now),
    newSpKey('idp encryption', now),
  ]);
});

function file(name: string): string {
  return readFileSync(new URL(`metadata/${name}.xml`, import.meta.url), 'utf8')
    .replaceAll('{{certificate}}', body(key))
    .replaceAll('{{next}}', body(next))
    .replaceAll('{{encryption}}', body(encryption));
}

function body({ certificatePem }: SpKey): string {
  return certificatePem.replaceAll(/-----[^-]+-----|\s/g, '');
}

function fingerprint({ certificatePem }: SpKey): string {
  return new X509Certificate(certificatePem).fingerprint256.replaceAll(':', '').toLowerCase();
}

function reasonFor(xml: string, options?: MetadataOptions): string {
  try {
    parseIdpMetadata(xml, options);
  } catch (error) {
    if (error instanceof MetadataError) return error.reason;
    throw error;
  }
  return 'accepted';
}

describe('metadata of an identity provider is refused', () => {
  test.each<[string, string, (xml: string) => string]>([
    ['a DOCTYPE', 'doctype', (xml) => `<!DOCTYPE a>${xml}`],
    [
      'entities',
      'doctype',
      (xml) => `<!DOCTYPE a [<!ENTITY b "c">]>${xml.replace('urn:keycloak', 'urn:&b;')}`,
    ],
    ['an unknown entity', 'malformed', (xml) => xml.replace('urn:keycloak', 'urn:&b;')],
    ['a processing instruction', 'processing_instruction', (xml) => `<?xml-stylesheet href="a"?>${xml}`],
    ['a second root', 'malformed', (xml) => `${xml}<a/>`],
    ['a cut', 'malformed', (xml) => xml.slice(0, -40)],
    ['another encoding', 'malformed', (xml) => `<?xml version="1.0" encoding="UTF-16"?>${xml}`],
    ['a relative namespace', 'relative_namespace', (xml) => xml.replace(' Name=', ' xmlns:a="b" Name=')],
    ['more than a MiB', 'too_large', (xml) => xml + ' '.repeat(2 ** 20)],
    ['a deep tree', 'too_large', (xml) => '<a>'.repeat(60) + xml + '</a>'.repeat(60)],
    ['something else', 'not_metadata', () => '<html xmlns="urn:a"/>'],
    ['no role of an identity provider', 'no_identity_provider', (xml) => xml.replaceAll('IDPSSO', 'SPSSO')],
    [
      'an older protocol alone',
      'no_identity_provider',
      (xml) => xml.replace(/(protocolSupportEnumeration=")[^"]+/, '$1urn:oasis:names:tc:SAML:1.1:protocol'),
    ],
    ['endpoints without TLS', 'bad_endpoint', (xml) => xml.replaceAll('https:', 'http:')],
    ['endpoints that run script', 'bad_endpoint', (xml) => xml.replaceAll('https:', 'javascript:')],
    ['endpoints with a password', 'bad_endpoint', (xml) => xml.replaceAll('https://', 'https://a:b@')],
    ['no endpoint that we can use', 'no_endpoint', (xml) => xml.replaceAll(/HTTP-(POST|Redirect)/g, 'SOAP')],
    ['no certificate', 'no_certificate', (xml) => xml.replaceAll('use="signing"', 'use="encryption"')],
    ['a broken certificate', 'bad_certificate', (xml) => xml.replace(body(key), body(key).slice(40))],
  ])('with %s', (_, reason, damage) => {
    expect(reasonFor(damage(file('keycloak')))).toBe(reason);
  });

  test('with several identity providers, unless one is named', () => {
    const [one = ''] = /<md:EntityDescriptor[\s\S]*<\/md:EntityDescriptor>/.exec(file('keycloak')) ?? [];
    const two = file('keycloak').replace(one, one + one.replace('realms/work', 'realms/play'));
    expect(reasonFor(two)).toBe('several_identity_providers');
    expect(reasonFor(two, { entityId: 'https://keycloak.example.test/realms/none' })).toBe(
      'unknown_entity_id',
    );
    const entityId = 'https://keycloak.example.test/realms/play';
    expect(parseIdpMetadata(two, { entityId }).entityId).toBe(entityId);
  });
});

describe('metadata of an identity provider is read', () => {
  test.each(tools)('as %s writes it', (tool) => {
    const metadata = parseIdpMetadata(file(tool));
    expect(metadata.entityId).toMatch(/^https?:\/\//);
    expect(metadata.ssoRedirectUrl ?? metadata.ssoPostUrl).toMatch(/^https:\/\//);
    expect(metadata.certificates[0]).toMatchObject({ fingerprint: fingerprint(key), subject: 'CN=idp' });
    expect(metadata.certificates[0]?.notBefore).toEqual(now);
  });

  test('with all certificates for signing, each once, and none for encryption', () => {
    const fingerprints = (tool: string): string[] =>
      parseIdpMetadata(file(tool)).certificates.map((certificate) => certificate.fingerprint);
    expect(fingerprints('entra')).toEqual([fingerprint(key), fingerprint(next)]);
    expect(fingerprints('adfs')).toEqual([fingerprint(key)]);
  });

  test('with what it says about its life, its endpoints and its wishes', () => {
    expect(parseIdpMetadata(file('google'))).toMatchObject({
      validUntil: new Date('2031-05-04T10:11:12Z'),
      wantAuthnRequestsSigned: false,
      nameIdFormats: ['urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress'],
    });
    const { ssoRedirectUrl, ...pysaml2 } = parseIdpMetadata(file('pysaml2'));
    expect(ssoRedirectUrl).toBeUndefined();
    expect(pysaml2).toMatchObject({
      cacheDurationMs: 12.5 * 3600 * 1000,
      wantAuthnRequestsSigned: true,
      ssoPostUrl: 'https://pysaml2.example.test/sso/post',
      sloPostUrl: 'https://pysaml2.example.test/slo/post',
    });
    expect(parseIdpMetadata(file('simplesamlphp'))).toMatchObject({
      sloRedirectUrl: 'https://ssp.example.test/simplesaml/saml2/idp/SingleLogoutService.php',
      sloResponseRedirectUrl: 'https://ssp.example.test/simplesaml/saml2/idp/LogoutResponse.php',
    });
  });

  test('without TLS in development', () => {
    const http = file('okta').replaceAll('https://', 'http://');
    expect(parseIdpMetadata(http, { allowHttp: true }).ssoPostUrl).toMatch(/^http:/);
  });

  test('with the shortest life of those around it', () => {
    const xml = file('keycloak')
      .replace('Name="urn:keycloak"', 'validUntil="2027-01-01T00:00:00Z" cacheDuration="P1D"')
      .replace(
        '<md:EntityDescriptor ',
        '<md:EntityDescriptor validUntil="2028-01-01T00:00:00" cacheDuration="PT1H" ',
      );
    expect(parseIdpMetadata(xml)).toMatchObject({
      validUntil: new Date('2027-01-01T00:00:00Z'),
      cacheDurationMs: 3600 * 1000,
    });
  });
});

describe('our metadata', () => {
  test('names both keys for both uses, and escapes what it is given', () => {
    const xml = spMetadata({
      entityId: 'https://dovecote.test/?a=1&b="2"',
      acsUrl: 'https://dovecote.test/sso/acs',
      sloUrl: 'https://dovecote.test/sso/slo',
      keys: [key, next],
      validUntil: new Date('2027-01-01T00:00:00Z'),
    });
    expect(xml).toContain('entityID="https://dovecote.test/?a=1&amp;b=&quot;2&quot;"');
    expect(xml.match(/use="signing"/g)).toHaveLength(2);
    expect(xml.match(/use="encryption"/g)).toHaveLength(2);
    expect(xml.split(body(next))).toHaveLength(3);
    expect(xml).not.toContain('PRIVATE');
    expect(xml).not.toContain('Signature');
  });

  test('is signed on request', () => {
    const xml = spMetadata({ entityId: 'a', acsUrl: 'https://a.test/', keys: [key], sign: true });
    expect(xml).toMatch(/^<md:EntityDescriptor [^>]*><ds:Signature /);
  });
});
