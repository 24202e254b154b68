import { randomBytes } from 'node:crypto';
import { BINDING, NS } from './names.js';
import { signElement } from './sign.js';
import type { SpKey } from './sp-key.js';
import type { Markup } from './write-xml.js';
import { writeXml } from './write-xml.js';

export interface ServiceProvider {
  entityId: string;
  acsUrl: string;
  sloUrl?: string;
  /** The present key and, before it is used, the next. */
  keys: readonly SpKey[];
  /** Whether the document is signed with the present key. */
  sign?: boolean;
  validUntil?: Date;
  nameIdFormat?: string;
}

/** What we decrypt; the best comes first. */
const ENCRYPTION_METHODS = [
  `${NS.encryption11}aes256-gcm`,
  `${NS.encryption11}aes128-gcm`,
  `${NS.encryption}rsa-oaep-mgf1p`,
];

/** What an identity provider needs to know about us. */
export function spMetadata(sp: ServiceProvider): string {
  const id = `_${randomBytes(16).toString('hex')}`;
  const xml = writeXml([
    'md:EntityDescriptor',
    { ID: id, entityID: sp.entityId, validUntil: sp.validUntil?.toISOString() },
    [
      'md:SPSSODescriptor',
      {
        AuthnRequestsSigned: 'true',
        WantAssertionsSigned: 'true',
        protocolSupportEnumeration: NS.protocol,
      },
      ...sp.keys.map((key) => keyDescriptor('signing', key)),
      ...sp.keys.map((key) => keyDescriptor('encryption', key, ENCRYPTION_METHODS)),
      ...(sp.sloUrl === undefined
        ? []
        : [
            endpoint('SingleLogoutService', BINDING.redirect, sp.sloUrl),
            endpoint('SingleLogoutService', BINDING.post, sp.sloUrl),
          ]),
      sp.nameIdFormat === undefined ? undefined : ['md:NameIDFormat', {}, sp.nameIdFormat],
      endpoint('AssertionConsumerService', BINDING.post, sp.acsUrl, { index: '0', isDefault: 'true' }),
    ],
  ]);
  const key = sp.keys[0];
  return sp.sign && key ? signElement(xml, { id, key }) : xml;
}

function keyDescriptor(use: string, { certificatePem }: SpKey, methods: readonly string[] = []): Markup {
  return [
    'md:KeyDescriptor',
    { use },
    ['ds:KeyInfo', {}, ['ds:X509Data', {}, ['ds:X509Certificate', {}, withoutFrame(certificatePem)]]],
    ...methods.map((Algorithm): Markup => ['md:EncryptionMethod', { Algorithm }]),
  ];
}

function endpoint(
  name: string,
  Binding: string,
  Location: string,
  more: Record<string, string> = {},
): Markup {
  return [`md:${name}`, { Binding, Location, ...more }];
}

function withoutFrame(pem: string): string {
  return pem.replaceAll(/-----[^-]+-----|\s/g, '');
}
