import { Injectable } from '@nestjs/common';
import passport from 'passport';
import { AppError, unauthenticated } from '../errors/index.js';
import type { AdmissionStep } from './admission.js';
import type { Call } from './call.js';
import { AddressThrottle } from '../throttle/address-throttle.js';
import type { Credential, InternalProof } from '../caller/credential.js';
import { CredentialRecord } from '../caller/credential-record.js';
import { orgIdHeader } from './org-id-header.js';
import { credentialOf } from './presented-credential.js';
import type { Proven } from '../caller/proven.js';
import {
  AccessTokenStrategy,
  ApiKeyStrategy,
  type CredentialRequest,
  ProjectKeyStrategy,
} from '../caller/strategies.js';
import { isOpen } from '../access/access-rule.js';

type CredentialMiddleware = (
  request: CredentialRequest,
  response: object,
  next: (error: unknown) => void,
) => void;

export interface CallerGuardOptions {
  /** What proves a caller of the internal listener. */
  internal: InternalProof;
}

/** Finds out who calls. Where no credential is needed none is looked at: one that has expired must not stand in the way. */
@Injectable()
export class CallerGuard implements AdmissionStep {
  /** An instance of our own: the package's default one is shared by every server in the process. */
  private readonly passport = new passport.Passport();
  private readonly record = new CredentialRecord();

  constructor(
    private readonly options: CallerGuardOptions,
    private readonly throttle: AddressThrottle,
    private readonly apiKeys: ApiKeyStrategy,
    private readonly accessTokens: AccessTokenStrategy,
    private readonly projectKeys: ProjectKeyStrategy,
  ) {
    this.passport.use(apiKeys).use(accessTokens).use(projectKeys);
  }

  admit(call: Call): void | Promise<void> {
    if (isOpen(call.access) && call.rpc.listener !== 'internal') return;
    const credential = credentialOf(call, this.options.internal);
    if (credential.kind === 'none') return;
    if (credential.kind === 'internal') {
      call.caller = { kind: 'internal', orgId: orgIdHeader(call) };
      return;
    }
    if (credential.kind === 'project_key') call.keyCarrier = credential.carrier;
    const known = this.recall(credential);
    if (known) return enter(call, known);
    return this.prove(call, credential).then((proven) => enter(call, proven));
  }

  private recall(credential: Credential): Proven | undefined {
    return (
      this.apiKeys.recall(credential) ??
      this.accessTokens.recall(credential) ??
      this.projectKeys.recall(credential)
    );
  }

  /**
   * Guessing is limited by address, like calls without a credential. A credential that may be a guess takes a
   * token before its verification and returns it on success, so that a flood is refused without a database
   * query. This also refuses a client that shares the flood's address and presents an API key that this
   * process has not verified before; access tokens and known keys pass.
   */
  private async prove(call: Call, credential: Credential): Promise<Proven> {
    const suspect = this.record.isSuspect(credential);
    if (suspect) await this.throttle.take(call.address);
    try {
      const proven = await this.authenticate({ credential });
      if (suspect) {
        this.record.note(credential, 'held');
        await this.throttle.putBack(call.address);
      }
      return proven;
    } catch (error) {
      const guess = error instanceof AppError && error.kind === 'unauthenticated';
      if (guess) this.record.note(credential, 'failed');
      // Any other error says nothing about the credential.
      if (suspect && !guess) await this.throttle.putBack(call.address);
      if (guess && !suspect) await this.throttle.take(call.address);
      throw error;
    }
  }

  private authenticate(request: CredentialRequest): Promise<Proven> {
    return new Promise((resolve, reject) => {
      const done = (error: unknown, proven: Proven | false | undefined): void => {
        if (error) reject(error);
        else if (proven) resolve(proven);
        else reject(noCredential(request.credential));
      };
      // Passport types its middleware as any; the strategies read only `credential` of the request.
      const middleware = this.passport.authenticate(
        ['api-key', 'access-token', 'project-key'],
        { session: false },
        done,
      ) as CredentialMiddleware;
      middleware(request, {}, reject);
    });
  }
}

function noCredential(credential: Credential): AppError {
  switch (credential.kind === 'malformed' ? credential.why : undefined) {
    case 'no_bearer':
      return unauthenticated('CREDENTIAL_INVALID', 'Authorization header must start with Bearer');
    case 'empty':
      return unauthenticated('CREDENTIAL_INVALID', 'Bearer token is empty');
    case undefined:
      return unauthenticated('CREDENTIAL_INVALID', 'The Authorization header has no valid credential.');
  }
}

function enter(call: Call, proven: Proven): void {
  call.proven = proven;
  call.caller = proven.caller;
}
