import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import passport from 'passport';
import { AppError, unauthenticated } from '../errors/index.js';
import { type Call, callOf } from '../rpc/call.js';
import { AddressThrottle } from '../throttle/address-throttle.js';
import { type Credential, credentialOf } from './credential.js';
import { orgIdHeader } from './org-id-header.js';
import type { Proven } from './proven.js';
import { AccessTokenStrategy, ApiKeyStrategy, type CredentialRequest } from './strategies.js';

type CredentialMiddleware = (
  request: CredentialRequest,
  response: object,
  next: (error: unknown) => void,
) => void;

export interface CallerGuardOptions {
  /** Shared by the services that call the internal listener. */
  internalSecret?: string;
}

/** Finds out who calls. A credential that does not hold is refused even where none is needed. */
@Injectable()
export class CallerGuard implements CanActivate {
  /** An instance of our own: the package's default one is shared by every server in the process. */
  private readonly passport = new passport.Passport();

  constructor(
    private readonly options: CallerGuardOptions,
    private readonly throttle: AddressThrottle,
    apiKeys: ApiKeyStrategy,
    accessTokens: AccessTokenStrategy,
  ) {
    this.passport.use(apiKeys).use(accessTokens);
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const call = callOf(context);
    const credential = credentialOf(call, this.options.internalSecret);
    switch (credential.kind) {
      case 'none':
        return true;
      case 'internal':
        call.caller = { kind: 'internal', orgId: orgIdHeader(call) };
        return true;
      default:
        call.proven = await this.prove(call, credential);
        call.caller = call.proven.caller;
        return true;
    }
  }

  private async prove(call: Call, credential: Credential): Promise<Proven> {
    try {
      return await this.authenticate({ credential });
    } catch (error) {
      // Guessing is limited by address, like every call without a credential.
      if (error instanceof AppError && error.kind === 'unauthenticated') await this.throttle.take(call);
      throw error;
    }
  }

  private authenticate(request: CredentialRequest): Promise<Proven> {
    return new Promise((resolve, reject) => {
      const done = (error: unknown, proven: Proven | false | undefined): void => {
        if (error) reject(error);
        else if (proven) resolve(proven);
        else
          reject(
            unauthenticated('CREDENTIAL_INVALID', 'The Authorization header holds no valid credential.'),
          );
      };
      // Passport types its middleware as any; our strategies read `credential` of the request and nothing else.
      const middleware = this.passport.authenticate(
        ['api-key', 'access-token'],
        { session: false },
        done,
      ) as CredentialMiddleware;
      middleware(request, {}, reject);
    });
  }
}
