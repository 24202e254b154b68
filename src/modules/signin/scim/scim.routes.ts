import { Injectable, Inject, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyRequest, HTTPMethods } from 'fastify';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { notFound } from '../../../platform/errors/index.js';
import { type Door, DoorExit } from '../../../platform/http/door/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { Connection } from '../sso/index.js';
import { created, ok, partly, projectAll, read, scimForm, send, tagged } from './responses.js';
import { type ScimParameters, readParameters, mediaType, parse, refusalOf, searchIn } from './request.js';
import { scimBaseUrl, scimPath } from './base-url.js';
import { listed, resourceTypes, schemas, serviceProviderConfig } from './discovery.js';
import { deactivates } from './deactivation.rules.js';
import { type WorkAfterRefusal, type ScimAnswer, ScimGateway } from './gateway.js';
import { ScimGroups } from './groups.service.js';
import { readPage } from './paging.js';
import { readOperations } from './patch.js';
import { type Answer, excludes } from './projection.js';
import { ScimError } from './scim-error.js';
import { ScimUsers } from './users.service.js';

/** The token is proven, and its organization asked, before the body is read. */
const scimDoor: Door = {
  form: scimForm,
  counts: 'guesses',
  bodyBytes: 1024 * 1024,
  keeper: ScimGateway,
};
const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const satisfies readonly HTTPMethods[];

type Handler = (scope: Scope, connection: Connection, asked: ScimParameters) => Promise<ScimAnswer>;
/** A handler with the work that remains when it is refused; undefined without such work. */
interface Salvaged {
  handle: Handler;
  salvage: (method: string, asked: ScimParameters) => WorkAfterRefusal | undefined;
}
type Handlers = Partial<Record<(typeof methods)[number], Handler | Salvaged>>;

/**
 * The routes under /scim/v2. A scope of Fastify's own, and no Nest controllers: what reads bodies and what answers
 * errors there is meant for these routes alone.
 */
@Injectable()
export class ScimRoutes implements OnModuleInit {
  private readonly baseUrl: string;

  constructor(
    private readonly host: HttpAdapterHost<FastifyAdapter>,
    private readonly gateway: ScimGateway,
    private readonly exit: DoorExit,
    private readonly users: ScimUsers,
    private readonly groups: ScimGroups,
    @Inject(CONFIG) config: Config,
  ) {
    this.baseUrl = scimBaseUrl(config.http.publicUrl);
  }

  onModuleInit(): void {
    const server: FastifyInstance = this.host.httpAdapter.getInstance();
    server.register(
      (scim, _options, done) => {
        this.install(scim);
        done();
      },
      { prefix: scimPath },
    );
  }

  private install(scim: FastifyInstance): void {
    scim.removeAllContentTypeParsers();
    scim.addContentTypeParser(
      ['application/json', mediaType],
      { parseAs: 'buffer' },
      (_request, bytes, done) => parse(Buffer.from(bytes), done),
    );
    scim.setErrorHandler((error: Error & { statusCode?: number }, request, reply) =>
      this.exit.answer(refusalOf(error), request, reply),
    );
    for (const [url, handlers] of Object.entries(this.routes())) {
      for (const method of methods) this.installRoute(scim, method, url, handlers[method] ?? notAllowed);
    }
    // A sender without a valid token does not learn which paths exist.
    for (const url of ['/', '/*']) this.installRoute(scim, scim.supportedMethods, url, unknownPath);
  }

  private installRoute(
    scim: FastifyInstance,
    method: HTTPMethods | HTTPMethods[],
    url: string,
    handler: Handler | Salvaged,
  ): void {
    scim.route({
      method,
      url,
      config: { door: scimDoor },
      exposeHeadRoute: false,
      handler: async (request, reply) => send(reply, await this.answer(request, handler)),
    });
  }

  private answer(request: FastifyRequest, handler: Handler | Salvaged): Promise<ScimAnswer> {
    const [handle, remainder] =
      typeof handler === 'function'
        ? [handler]
        : [handler.handle, handler.salvage(request.method, readParameters(request))];
    return this.gateway.serve(
      request,
      (scope, connection) => handle(scope, connection, readParameters(request)),
      remainder,
    );
  }

  private routes(): Record<string, Handlers> {
    return { ...this.discovery(), ...this.userRoutes(), ...this.groupRoutes(), ...unsupported };
  }

  private discovery(): Record<string, Handlers> {
    const one = (all: readonly Answer[], id: string): ScimAnswer => {
      const found = all.find((resource) => String(resource.id).toLowerCase() === id.toLowerCase());
      if (!found) throw notFound('resource');
      return ok(found);
    };
    const list = (all: readonly Answer[], { query }: ScimParameters): ScimAnswer => {
      // RFC 7644, section 4.
      if (query.filter !== undefined) throw new ScimError(403, 'This endpoint does not support filters.');
      return ok(listed(all));
    };
    return {
      '/ServiceProviderConfig': { GET: async () => ok(serviceProviderConfig(this.baseUrl)) },
      '/ResourceTypes': {
        GET: async (_scope, _connection, asked) => list(resourceTypes(this.baseUrl), asked),
      },
      '/ResourceTypes/:id': {
        GET: async (_scope, _connection, { id }) => one(resourceTypes(this.baseUrl), id),
      },
      '/Schemas': { GET: async (_scope, _connection, asked) => list(schemas(this.baseUrl), asked) },
      '/Schemas/:id': { GET: async (_scope, _connection, { id }) => one(schemas(this.baseUrl), id) },
    };
  }

  private userRoutes(): Record<string, Handlers> {
    return {
      '/Users': {
        GET: (scope, connection, asked) => this.listUsers(scope, connection, asked),
        POST: async (scope, connection, { body, projection }) =>
          created(await this.users.create(scope, connection, body), projection),
      },
      '/Users/.search': {
        POST: (scope, connection, { body }) => this.listUsers(scope, connection, searchIn(body)),
      },
      '/Users/:id': {
        GET: async (scope, connection, asked) => {
          const withGroups = !excludes(asked.projection, 'groups');
          return read(await this.users.get(scope, connection, asked.id, withGroups), asked);
        },
        PUT: this.orDeactivate(async (scope, connection, { id, body, ifMatch, projection }) =>
          tagged(await this.users.replace(scope, connection, id, body, ifMatch), projection),
        ),
        PATCH: this.orDeactivate(async (scope, connection, { id, body, ifMatch, projection }) =>
          tagged(await this.users.patch(scope, connection, id, readOperations(body), ifMatch), projection),
        ),
        DELETE: async (scope, connection, { id, ifMatch }) => {
          await this.users.delete(scope, connection, id, ifMatch);
          return { status: 204 };
        },
      },
    };
  }

  /** A deactivation is carried out even when the rest of the request is refused. */
  private orDeactivate(handle: Handler): Salvaged {
    return {
      handle,
      salvage: (method, { id, body, ifMatch, projection }) =>
        deactivates(method, body)
          ? async (scope, connection, refusal) =>
              partly(
                await this.users.deactivate(scope, connection, id, ifMatch, refusal),
                projection,
                refusal,
              )
          : undefined,
    };
  }

  private groupRoutes(): Record<string, Handlers> {
    return {
      '/Groups': {
        GET: (scope, connection, asked) => this.listGroups(scope, connection, asked),
        POST: async (scope, connection, { body, projection }) =>
          created(await this.groups.create(scope, connection, body), projection),
      },
      '/Groups/.search': {
        POST: (scope, connection, { body }) => this.listGroups(scope, connection, searchIn(body)),
      },
      '/Groups/:id': {
        GET: async (scope, connection, asked) => {
          const withMembers = !excludes(asked.projection, 'members');
          return read(await this.groups.get(scope, connection, asked.id, withMembers), asked);
        },
        PUT: async (scope, connection, { id, body, ifMatch, projection }) =>
          tagged(await this.groups.replace(scope, connection, id, body, ifMatch), projection),
        // Without the group: it may have very many members.
        PATCH: async (scope, connection, { id, body, ifMatch }) => {
          const { etag } = await this.groups.patch(scope, connection, id, readOperations(body), ifMatch);
          return { status: 204, headers: { etag } };
        },
        DELETE: async (scope, connection, { id, ifMatch }) => {
          await this.groups.delete(scope, connection, id, ifMatch);
          return { status: 204 };
        },
      },
    };
  }

  private async listUsers(
    scope: Scope,
    connection: Connection,
    { query, projection }: Pick<ScimParameters, 'query' | 'projection'>,
  ): Promise<ScimAnswer> {
    const withGroups = !excludes(projection, 'groups');
    const list = await this.users.list(scope, connection, readPage(query), withGroups);
    return ok(projectAll(list, projection));
  }

  private async listGroups(
    scope: Scope,
    connection: Connection,
    { query, projection }: Pick<ScimParameters, 'query' | 'projection'>,
  ): Promise<ScimAnswer> {
    const withMembers = !excludes(projection, 'members');
    const list = await this.groups.list(scope, connection, readPage(query), withMembers);
    return ok(projectAll(list, projection));
  }
}

const unknownPath: Handler = () => Promise.reject(notFound('endpoint'));
const notAllowed: Handler = () =>
  Promise.reject(new ScimError(405, 'This endpoint does not support this method.'));

/** RFC 7644 knows them; ServiceProviderConfig says that they are not here. */
const unsupported: Record<string, Handlers> = {
  '/Bulk': { POST: () => Promise.reject(new ScimError(501, 'Bulk requests are not supported.')) },
  '/Me': {
    GET: () => Promise.reject(new ScimError(501, 'A token does not belong to a user: /Me is not supported.')),
  },
};
