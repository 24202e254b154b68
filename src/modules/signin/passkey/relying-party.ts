import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import { NIL as noModel, parse as bytesOf } from 'uuid';
import type { Claimed } from './credential-json.js';
import type { CredentialName, NewCredential, Passkey, VerifiedUse } from './passkey.js';
import { CHALLENGE_MS, isAllowedOrigin } from './passkey.rules.js';

export interface RelyingPartyOptions {
  /** The domain that passkeys are made for. */
  id: string;
  /** Shown by authenticators. */
  name: string;
  /** Where answers may come from: web origins, and those of apps. */
  origins: readonly string[];
}

/**
 * EdDSA, ES256 and RS256, as COSE numbers them. Said here: the package would offer what the process at hand can verify,
 * and another might not.
 */
const algorithms = [-8, -7, -257];

/** A fifth of a second to load, which the first waits who uses a passkey, and not each start. */
const webAuthn = () => import('@simplewebauthn/server');

/** Speaks WebAuthn: what authenticators are asked, and whether their answers hold. Remembers nothing. */
export class RelyingParty {
  constructor(private readonly options: RelyingPartyOptions) {}

  /** PublicKeyCredentialCreationOptionsJSON. */
  async creationOptions(
    person: { identityId: string; email: string },
    challenge: string,
    registered: readonly CredentialName[],
  ): Promise<string> {
    const { generateRegistrationOptions } = await webAuthn();
    const options = await generateRegistrationOptions({
      rpID: this.options.id,
      rpName: this.options.name,
      userID: Uint8Array.from(bytesOf(person.identityId)),
      userName: person.email,
      userDisplayName: person.email,
      challenge: bytesFrom(challenge),
      timeout: CHALLENGE_MS,
      attestationType: 'none',
      supportedAlgorithmIDs: algorithms,
      excludeCredentials: [...registered],
      authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
    });
    return JSON.stringify(options);
  }

  /** PublicKeyCredentialRequestOptionsJSON; without credentials named, the authenticator offers its own. */
  async requestOptions(challenge: string, allowed?: readonly CredentialName[]): Promise<string> {
    const { generateAuthenticationOptions } = await webAuthn();
    const options = await generateAuthenticationOptions({
      rpID: this.options.id,
      challenge: bytesFrom(challenge),
      timeout: CHALLENGE_MS,
      allowCredentials: allowed && [...allowed],
      userVerification: 'required',
    });
    return JSON.stringify(options);
  }

  /** What was made; throws when it does not hold. */
  async verifyRegistration(claimed: Claimed<RegistrationResponseJSON>): Promise<NewCredential> {
    await refuseCertificates(claimed.response);
    const { verifyRegistrationResponse } = await webAuthn();
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: claimed.response,
      expectedChallenge: claimed.challenge,
      expectedOrigin: this.expectedOrigin(claimed.origin),
      expectedRPID: this.options.id,
      requireUserVerification: true,
      supportedAlgorithmIDs: algorithms,
    });
    if (!verified) throw new Error('The attestation is invalid.');
    const { credential, aaguid, credentialDeviceType, credentialBackedUp } = registrationInfo;
    return {
      credentialId: Buffer.from(credential.id, 'base64url'),
      publicKey: Buffer.from(credential.publicKey),
      signCount: credential.counter,
      transports: credential.transports ?? [],
      backupEligible: credentialDeviceType === 'multiDevice',
      backedUp: credentialBackedUp,
      aaguid: aaguid === noModel ? null : aaguid,
    };
  }

  /** What the authenticator says about itself; throws when the signature, or what it covers, does not hold. */
  async verifyAssertion(
    claimed: Claimed<AuthenticationResponseJSON>,
    passkey: Passkey,
  ): Promise<VerifiedUse> {
    const { verifyAuthenticationResponse } = await webAuthn();
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: claimed.response,
      expectedChallenge: claimed.challenge,
      expectedOrigin: this.expectedOrigin(claimed.origin),
      expectedRPID: this.options.id,
      requireUserVerification: true,
      credential: {
        id: passkey.credentialId.toString('base64url'),
        publicKey: Uint8Array.from(passkey.publicKey),
        // Held against what we know after this, so that a signature is known to be good when a counter is blamed.
        counter: 0,
      },
    });
    if (!verified) throw new Error('The signature is invalid.');
    const { newCounter, credentialDeviceType, credentialBackedUp } = authenticationInfo;
    return {
      signCount: newCounter,
      backupEligible: credentialDeviceType === 'multiDevice',
      backedUp: credentialBackedUp,
    };
  }

  /** The package knows no patterns: what is allowed is expected as it came. */
  private expectedOrigin(origin: string): string[] {
    return isAllowedOrigin(origin, this.options.origins) ? [origin] : [];
  }
}

/**
 * The server requests no attestation, so clients send no certificates. A certificate sent anyway would be
 * verified, which could fetch URLs it contains: refuse it.
 */
async function refuseCertificates({ response }: RegistrationResponseJSON): Promise<void> {
  const { decodeAttestationObject } = await import('@simplewebauthn/server/helpers');
  const attestation = decodeAttestationObject(bytesFrom(response.attestationObject));
  const format = attestation.get('fmt');
  const statement = attestation.get('attStmt');
  if (format === 'none' || (format === 'packed' && statement.get('x5c') === undefined)) return;
  throw new Error(`No attestation was requested, but the response has format ${String(format)}.`);
}

function bytesFrom(base64url: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(base64url, 'base64url'));
}
