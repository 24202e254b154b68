import { readFileSync } from 'node:fs';
import { webcrypto, X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import 'reflect-metadata';
import { X509CertificateGenerator } from '@peculiar/x509';
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
    [
      'an element of many attributes',
      'too_large',
      (xml) => `<a ${Array.from({ length: 257 }, (_, at) => `a${at}=""`).join(' ')}>${xml}</a>`,
    ],
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
    for (const entity of [entityId, ` ${entityId}\n`]) {
      expect(parseIdpMetadata(two, { entityId: entity }).entityId).toBe(entityId);
    }
    // Nor does another one that joins later make a connection useless.
    expect(parseIdpMetadata(two, { knownEntityId: entityId }).entityId).toBe(entityId);
    const known = { knownEntityId: 'https://keycloak.example.test/realms/none' };
    expect(reasonFor(two, known)).toBe('several_identity_providers');
  });
});

/** A certificate whose key nobody should sign with. */
function certificateWith(algorithm: 'rsa1024' | 'ed25519'): Promise<string> {
  const generate =
    algorithm === 'ed25519'
      ? webcrypto.subtle.generateKey({ name: 'Ed25519' }, true, ['sign', 'verify'])
      : webcrypto.subtle.generateKey(
          {
            name: 'RSASSA-PKCS1-v1_5',
            modulusLength: 1024,
            publicExponent: new Uint8Array([1, 0, 1]),
            hash: 'SHA-256',
          },
          true,
          ['sign', 'verify'],
        );
  return (generate as Promise<webcrypto.CryptoKeyPair>).then(async (keys) => {
    const certificate = await X509CertificateGenerator.createSelfSigned({ name: `CN=${algorithm}`, keys });
    return Buffer.from(certificate.rawData).toString('base64');
  });
}

/** Keycloak's, with these for certificates. */
function withCertificates(...texts: string[]): string {
  const xml = file('keycloak');
  const [one = ''] = /<md:KeyDescriptor use="signing">[\s\S]*?<\/md:KeyDescriptor>/.exec(xml) ?? [];
  return xml.replace(one, texts.map((text) => one.replace(body(key), text)).join(''));
}

describe('certificates', () => {
  const fingerprintsIn = (xml: string) => parseIdpMetadata(xml).certificates.map((one) => one.fingerprint);

  test('that cannot be used are left out beside good ones, and named', async () => {
    const [weak, other] = await Promise.all([certificateWith('rsa1024'), certificateWith('ed25519')]);
    const xml = withCertificates(weak, body(key), other, '', 'garbage', body(next));
    expect(fingerprintsIn(xml)).toEqual([fingerprint(key), fingerprint(next)]);
    const { warnings } = parseIdpMetadata(xml);
    expect(warnings).toEqual([
      expect.stringMatching(/^Certificate 1 .*1024 bits/),
      expect.stringMatching(/^Certificate 3 .*CN=ed25519/),
      expect.stringMatching(/^Certificate 4 .*empty/),
      expect.stringMatching(/^Certificate 5 .*cannot be read/),
    ]);
    expect(reasonFor(withCertificates(weak, ''))).toBe('bad_certificate');
  });

  test('are read up to a hundred; beyond, it is said', () => {
    const many = Array.from({ length: 11 }, () => body(key));
    expect(fingerprintsIn(withCertificates(...many, body(next)))).toEqual([
      fingerprint(key),
      fingerprint(next),
    ]);
    const tooMany = withCertificates(...Array.from({ length: 100 }, () => body(key)), body(next));
    expect(fingerprintsIn(tooMany)).toEqual([fingerprint(key)]);
    expect(parseIdpMetadata(tooMany).warnings).toEqual([expect.stringContaining('101')]);
  });

  test.each<[string, (pem: string) => string]>([
    ['in PEM', (pem) => pem],
    ['indented', (pem) => pem.replaceAll(/^/gm, '\t  ')],
    ['behind lines of a tool', (pem) => `Bag Attributes\n  friendlyName: idp\nsubject=CN=my-idp\n${pem}`],
    ['with header lines', (pem) => pem.replace('-----\n', '-----\nComment: of my-idp\n\n')],
    ['on one line', (pem) => pem.replaceAll('\n', ' ')],
    ['with line breaks of Windows', (pem) => pem.replaceAll('\n', '\r\n')],
  ])('are read %s', (_form, written) => {
    const xml = withCertificates(written(key.certificatePem) + written(next.certificatePem));
    expect(fingerprintsIn(xml)).toEqual([fingerprint(key), fingerprint(next)]);
  });
});

describe('metadata of an identity provider is read', () => {
  test.each(['\uFEFF', ' \r\n\t', '\n\uFEFF '])('behind %j', (before) => {
    const xml = `${before}<?xml version="1.0" encoding="UTF-8"?>${file('okta').replace(/^<\?xml[^>]*>/, '')}`;
    expect(parseIdpMetadata(xml)).toEqual(parseIdpMetadata(file('okta')));
  });

  test('with blanks around its entity id', () => {
    const { entityId } = parseIdpMetadata(file('okta'));
    expect(parseIdpMetadata(file('okta').replace('entityID="', 'entityID=" \n')).entityId).toBe(entityId);
  });

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
