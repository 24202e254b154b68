import { Injectable } from '@nestjs/common';
import { readApiKey } from '@dovecote/secret';
import type { FastifyRequest } from 'fastify';
import { Permission } from '../../../platform/access/index.js';
import { type KnownApiKey, ScimTokenDirectory } from '../../../platform/caller/api-keys.directory.js';
import type { ApiKeyCaller } from '../../../platform/caller/caller.js';
import type { AppError } from '../../../platform/errors/index.js';
import { DoorExit, type Doorkeeper, originOf, refusalOf } from '../../../platform/http/door/index.js';
import { type Scope, Scopes } from '../../../platform/scope/index.js';
import { type Connection, Connections, connectionState } from '../sso/index.js';
import { ScimError, scimErrorOf } from './scim-error.js';
import { ScimSettingsStore } from './scim-settings.store.js';

/** What is answered. */
export interface ScimAnswer {
  status: number;
  headers?: Record<string, string>;
  body?: object;
}

export type Work = (scope: Scope, connection: Connection) => Promise<ScimAnswer>;
/** Work done in a separate scope after the main work was refused. */
export type WorkAfterRefusal = (
  scope: Scope,
  connection: Connection,
  refusal: ScimError,
) => Promise<ScimAnswer>;

const PAUSE_SECONDS = 300;

/** Authenticates the tokens of directories, and finds their connection. */
@Injectable()
export class ScimGateway implements Doorkeeper {
  readonly asks = 'before_body';
  readonly answersIn = [];

  constructor(
    private readonly tokens: ScimTokenDirectory,
    private readonly connections: Connections,
    private readonly settings: ScimSettingsStore,
    private readonly scopes: Scopes,
    private readonly exit: DoorExit,
  ) {}

  recall(request: FastifyRequest): KnownApiKey | undefined {
    return this.tokens.recall(secretIn(request));
  }

  async admit(request: FastifyRequest): Promise<KnownApiKey> {
    const secret = secretIn(request);
    const proven = readApiKey(secret) && (await this.tokens.find(secret));
    if (!proven)
      throw new ScimError(401, 'This endpoint needs a SCIM token that is neither revoked nor expired.');
    return proven;
  }

  turnAway({ message }: AppError): ScimError {
    return new ScimError(403, message);
  }

  /**
   * Runs `work` in its own scope, for the connection of the token; runs the remainder, if any, when `work` is
   * refused.
   */
  async serve(request: FastifyRequest, work: Work, remainder?: WorkAfterRefusal): Promise<ScimAnswer> {
    const { caller, requestId, address } = originOf(request);
    if (caller.kind !== 'api_key') throw new Error('A directory calls with a token.');
    const origin = { requestId, address, readOnly: request.method === 'GET' };
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
      if (!isOfContent(error, requestId)) throw error;
      const refusal = scimErrorOf(this.exit.note(error, request));
      return run((scope) => remainder(scope, connection, refusal));
    });
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

function secretIn({ headers }: FastifyRequest): string {
  return /^bearer +(\S{1,200})$/i.exec(headers.authorization ?? '')?.[1] ?? '';
}

/** Whether what the request says was refused: not its token, its precondition, or that it comes at a bad moment. */
function isOfContent(error: unknown, requestId: string): boolean {
  return [400, 403, 409].includes(refusalOf(error, requestId).status);
}

/** Nothing beyond what the token holds, nor beyond what its connection may give. */
function within({ ceiling }: Connection, caller: ApiKeyCaller): ApiKeyCaller {
  const limit: ReadonlySet<number> = new Set(ceiling);
  return { ...caller, permissions: new Set([...caller.permissions].filter((one) => limit.has(one))) };
}
