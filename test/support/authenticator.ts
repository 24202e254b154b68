import { createHash, createSign, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { type CBORType, encodeCBOR } from '@levischuck/tiny-cbor';

/** What an attack changes in an answer; everything else is as an honest browser and authenticator would have it. */
export interface Tampering {
  origin?: string;
  rpId?: string;
  challenge?: string;
  type?: string;
  /** Without having asked for finger, face or PIN. */
  userUnverified?: boolean;
  backupEligible?: boolean;
  counter?: number;
  userHandle?: string;
  /** Signs with a key of nobody. */
  wrongKey?: boolean;
  /** Puts an attestation statement in. */
  attestation?: { fmt: string; attStmt: Map<string, CBORType> };
}

interface Options {
  challenge: string;
  rp?: { id: string };
  rpId?: string;
  user?: { id: string };
}

const flag = { present: 0x01, verified: 0x04, backupEligible: 0x08, backedUp: 0x10, attested: 0x40 };

/** A browser with an authenticator that holds one passkey, in software. */
export class Authenticator {
  readonly credentialId = randomBytes(20);
  private readonly keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  private userHandle = '';

  private readonly origin: string;
  /** Zero is what synced passkeys say each time. */
  counter: number;
  private readonly backupEligible: boolean;

  constructor(origin: string, counter = 0, backupEligible = true) {
    this.origin = origin;
    this.counter = counter;
    this.backupEligible = backupEligible;
  }

  /** RegistrationResponseJSON for PublicKeyCredentialCreationOptionsJSON. */
  register(optionsJson: string, tampering: Tampering = {}): string {
    const options = JSON.parse(optionsJson) as Options;
    this.userHandle = options.user?.id ?? '';
    const authData = Buffer.concat([
      this.authenticatorData(options.rp?.id ?? '', flag.attested, tampering),
      Buffer.alloc(16, 7),
      Buffer.from([0, this.credentialId.length]),
      this.credentialId,
      coseKey(this.keys.publicKey),
    ]);
    const { fmt, attStmt } = tampering.attestation ?? { fmt: 'none', attStmt: new Map() };
    const attestation = new Map<string, CBORType>([
      ['fmt', fmt],
      ['attStmt', attStmt],
      ['authData', Uint8Array.from(authData)],
    ]);
    return JSON.stringify({
      ...this.named,
      response: {
        clientDataJSON: this.clientData('webauthn.create', options, tampering).toString('base64url'),
        attestationObject: Buffer.from(encodeCBOR(attestation)).toString('base64url'),
        transports: ['internal', 'hybrid'],
      },
      clientExtensionResults: {},
    });
  }

  /** AuthenticationResponseJSON for PublicKeyCredentialRequestOptionsJSON. */
  sign(optionsJson: string, tampering: Tampering = {}): string {
    const options = JSON.parse(optionsJson) as Options;
    if (this.counter > 0) this.counter += 1;
    const authData = this.authenticatorData(options.rpId ?? '', 0, tampering);
    const clientData = this.clientData('webauthn.get', options, tampering);
    const key = tampering.wrongKey
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
      : this.keys.privateKey;
    const signature = createSign('sha256')
      .update(authData)
      .update(createHash('sha256').update(clientData).digest())
      .sign(key);
    return JSON.stringify({
      ...this.named,
      response: {
        clientDataJSON: clientData.toString('base64url'),
        authenticatorData: authData.toString('base64url'),
        signature: signature.toString('base64url'),
        userHandle: tampering.userHandle ?? this.userHandle,
      },
      clientExtensionResults: {},
    });
  }

  private get named() {
    const id = this.credentialId.toString('base64url');
    return { id, rawId: id, type: 'public-key', authenticatorAttachment: 'platform' };
  }

  private authenticatorData(rpId: string, extra: number, tampering: Tampering): Buffer {
    const backup = tampering.backupEligible ?? this.backupEligible;
    const flags =
      flag.present |
      extra |
      (tampering.userUnverified ? 0 : flag.verified) |
      (backup ? flag.backupEligible | flag.backedUp : 0);
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(tampering.counter ?? this.counter);
    const rpIdHash = createHash('sha256')
      .update(tampering.rpId ?? rpId)
      .digest();
    return Buffer.concat([rpIdHash, Buffer.from([flags]), counter]);
  }

  private clientData(type: string, { challenge }: Options, tampering: Tampering): Buffer {
    const data = {
      type: tampering.type ?? type,
      challenge: tampering.challenge ?? challenge,
      origin: tampering.origin ?? this.origin,
      crossOrigin: false,
    };
    return Buffer.from(JSON.stringify(data));
  }
}

/** The public key as COSE has it (RFC 9052): EC2, ES256, P-256. */
function coseKey(key: KeyObject): Buffer {
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  const parameters = new Map<number, CBORType>([
    [1, 2],
    [3, -7],
    [-1, 1],
    [-2, Uint8Array.from(Buffer.from(x, 'base64url'))],
    [-3, Uint8Array.from(Buffer.from(y, 'base64url'))],
  ]);
  return Buffer.from(encodeCBOR(parameters));
}
