import { Inject, Injectable } from '@nestjs/common';
import { readApiKey } from '@dovecote/secret';
import { PinoLogger } from 'nestjs-pino';
import { Permission } from '../../../platform/access/index.js';
import { type KnownApiKey, ScimTokenDirectory } from '../../../platform/caller/api-keys.directory.js';
import type { ApiKeyCaller } from '../../../platform/caller/caller.js';
import { organizationEnded } from '../../../platform/caller/organization-state.js';
import { Clock } from '../../../platform/clock/clock.js';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { AppError, fromDatabaseError } from '../../../platform/errors/index.js';
import { type AddressedRequest, requestAddress } from '../../../platform/http/request-address.js';
import { type Scope, Scopes } from '../../../platform/scope/index.js';
import { AddressThrottle } from '../../../platform/throttle/address-throttle.js';
import { OrganizationThrottle } from '../../../platform/throttle/organization-throttle.js';
import { type Connection, Connections, connectionState } from '../sso/index.js';
import { ScimError, errorBody, scimErrorOf } from './scim-error.js';
import { ScimSettingsStore } from './scim-settings.store.js';

/** What is read of a request; Fastify's has more. */
export interface ScimRequest extends AddressedRequest {
  readonly id: string;
  readonly method: string;
}

/** What is answered. */
export interface ScimAnswer {
  status: number;
  headers?: Record<string, string>;
  body?: object;
}

/** A caller with a valid token of an open organization, within its rate limits. */
export interface Admitted {
  readonly caller: ApiKeyCaller;
  readonly address: string;
  /** Headers of every response. */
  readonly header: Headers;
}

export type Work = (scope: Scope, connection: Connection) => Promise<ScimAnswer>;
/** Work done in a separate scope after the main work was refused. */
export type Remainder = (scope: Scope, connection: Connection, refusal: ScimError) => Promise<ScimAnswer>;

const PAUSE_SECONDS = 300;

/**
 * Entry point of SCIM requests: authenticates the token, applies the limits, and writes errors in SCIM's
 * format.
 */
@Injectable()
export class ScimGateway {
  private readonly addressOf: ReturnType<typeof requestAddress>;

  constructor(
    private readonly tokens: ScimTokenDirectory,
    private readonly addresses: AddressThrottle,
    private readonly organizations: OrganizationThrottle,
    private readonly connections: Connections,
    private readonly settings: ScimSettingsStore,
    private readonly scopes: Scopes,
    private readonly clock: Clock,
    private readonly log: PinoLogger,
    @Inject(CONFIG) config: Config,
  ) {
    this.addressOf = requestAddress(config.http.trustedProxies);
    log.setContext('scim');
  }

  /** The authenticated caller, or the error response; decided before the body is read. */
  async admit(request: ScimRequest): Promise<Admitted | ScimAnswer> {
    const header = new Headers();
    try {
      return await this.judge(request, header);
    } catch (error) {
      return withHeader(header, this.refusal(error, request.id));
    }
  }

  /**
   * Runs `work` in its own scope, for the connection of the token; runs the remainder, if any, when `work` is
   * refused.
   */
  async serve(
    request: ScimRequest,
    admitted: Admitted,
    work: Work,
    remainder?: Remainder,
  ): Promise<ScimAnswer> {
    const answer = await this.run(request, admitted, work, remainder).catch((error: unknown) =>
      this.refusal(error, request.id),
    );
    return withHeader(admitted.header, answer);
  }

  /** The answer to an error, which is logged where it is ours. */
  private refusal(error: unknown, requestId: string): ScimAnswer {
    const refused = this.describe(error, requestId);
    const { status, retryAfterSeconds } = refused;
    return {
      status,
      headers: {
        ...(status === 401 && { 'www-authenticate': 'Bearer realm="scim"' }),
        ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
      },
      body: errorBody(refused),
    };
  }

  private describe(error: unknown, requestId: string): ScimError {
    if (error instanceof ScimError) {
      this.log.info({ requestId, status: error.status }, error.message);
      return error;
    }
    const known = knownError(error);
    if (!known) {
      this.log.error({ requestId, err: error }, 'internal error');
      return new ScimError(500, 'Internal error.');
    }
    this.log.info({ requestId, reason: known.reason, err: known.cause }, known.message);
    return scimErrorOf(known);
  }

  private async judge(request: ScimRequest, header: Headers): Promise<Admitted> {
    const address = this.addressOf(request);
    const { caller, organization } = await this.prove(request, address);
    if (organization.expiresAt && organization.expiresAt <= this.clock.now())
      throw new ScimError(403, organizationEnded);
    if (organization.suspended) throw new ScimError(403, 'This organization is suspended.');
    await this.organizations.take(caller.orgId, organization, header);
    return { caller, address, header };
  }

  private async run(
    request: ScimRequest,
    { caller, address }: Admitted,
    work: Work,
    remainder: Remainder | undefined,
  ): Promise<ScimAnswer> {
    const origin = { requestId: request.id, address, readOnly: request.method === 'GET' };
    const connection = await this.scopes.run({ ...origin, caller, readOnly: true }, (scope) =>
      this.connectionOf(scope, caller),
    );
    const run = (task: Work): Promise<ScimAnswer> =>
      this.scopes.run({ ...origin, caller: within(connection, caller) }, async (scope) => {
        if (!origin.readOnly) await this.settings.lockAgainstChange(scope, connection.id);
        return task(scope, connection);
      });
    if (!remainder) return run(work);
    return run(work).catch((error: unknown) => {
      if (!isOfContent(error)) throw error;
      const refusal = this.describe(error, request.id);
      return run((scope) => remainder(scope, connection, refusal));
    });
  }

  /** Guessing is limited by address: what may be a guess takes its token first, and gets it back when it holds. */
  private async prove(request: ScimRequest, address: string): Promise<KnownApiKey> {
    const secret = /^bearer +(\S{1,200})$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const known = this.tokens.recall(secret);
    if (known) return known;
    await this.addresses.take(address);
    const proven = readApiKey(secret) && (await this.tokens.find(secret));
    if (!proven)
      throw new ScimError(401, 'This endpoint needs a SCIM token that is neither revoked nor expired.');
    await this.addresses.putBack(address);
    return proven;
  }

  private async connectionOf(scope: Scope, caller: ApiKeyCaller): Promise<Connection> {
    if (!caller.permissions.has(Permission.MEMBERS_MANAGE))
      throw new ScimError(
        403,
        'The token lacks PERMISSION_MEMBERS_MANAGE; create a token with this permission.',
      );
    const connection = await this.boundConnection(scope, caller.keyId);
    if (connection.state === connectionState.disabled)
      throw new ScimError(403, 'The connection of this token is disabled.');
    const { pausedAt } = await this.settings.find(scope, connection.id);
    if (!pausedAt) return connection;
    throw new ScimError(503, 'Provisioning is paused; try again later.', undefined, PAUSE_SECONDS);
  }

  private async boundConnection(scope: Scope, keyId: string): Promise<Connection> {
    const binding = await this.settings.bindingOf(scope, keyId);
    if (binding?.connectionId) return this.connections.get(scope, binding.connectionId);
    if (binding)
      throw new ScimError(
        403,
        'The connection of this token was deleted; create a token for another connection.',
      );
    const [only, ...others] = await this.connections.list(scope);
    if (only && others.length === 0) return only;
    throw new ScimError(
      403,
      only
        ? 'The token is not bound to a connection, and the organization has several; create a token with ScimService.CreateScimToken.'
        : 'The organization has no connection yet; create one, and a token with ScimService.CreateScimToken.',
    );
  }
}

function withHeader(header: Headers, answer: ScimAnswer): ScimAnswer {
  return { ...answer, headers: { ...Object.fromEntries(header), ...answer.headers } };
}

/** Undefined for unexpected errors. */
function knownError(error: unknown): AppError | undefined {
  const known = error instanceof AppError ? error : fromDatabaseError(error);
  return known?.kind === 'internal' ? undefined : known;
}

/** Whether what the request says was refused: not its token, its precondition, or that it comes at a bad moment. */
function isOfContent(error: unknown): boolean {
  const known = error instanceof ScimError ? undefined : knownError(error);
  const refusal = error instanceof ScimError ? error : known && scimErrorOf(known);
  return refusal !== undefined && [400, 403, 409].includes(refusal.status);
}

/** Nothing beyond what the token holds, nor beyond what its connection may give. */
function within({ ceiling }: Connection, caller: ApiKeyCaller): ApiKeyCaller {
  const limit: ReadonlySet<number> = new Set(ceiling);
  return { ...caller, permissions: new Set([...caller.permissions].filter((one) => limit.has(one))) };
}
