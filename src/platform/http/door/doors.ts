import { parse } from 'node:querystring';
import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { refuseEntry } from '../../caller/organization-entry.rules.js';
import { Clock } from '../../clock/clock.js';
import { CONFIG } from '../../config/config.module.js';
import type { Config } from '../../config/index.js';
import { requestContext } from '../../telemetry/request-context.js';
import { AddressThrottle } from '../../throttle/address-throttle.js';
import { OrganizationThrottle } from '../../throttle/organization-throttle.js';
import { requestAddress } from '../request-address.js';
import { requestIdHeader } from '../../telemetry/request-id.js';
import { type Door, type Doorkeeper, FORM_BYTES, type Visitor } from './door.js';
import { type DeclaredRoute, doorDefects, isCounted, isRefunded } from './door.rules.js';
import { jsonForm } from './forms.js';
import { originOf, setOrigin } from './origin.js';

/** The door of a path without a route. */
const nowhere: Door = { form: jsonForm, counts: 'forms', bodyBytes: FORM_BYTES };

/**
 * The way of every plain request, in this order: each line may refuse it, the handler runs last, and errors leave
 * through DoorExit. Calls have their own pipeline (platform/pipeline/pipeline.ts), with the same order and rules.
 */
@Injectable()
export class Doors {
  /** Every plain route of the server. */
  readonly routes: DeclaredRoute[] = [];
  private readonly addressOf: ReturnType<typeof requestAddress>;

  constructor(
    private readonly modules: ModuleRef,
    private readonly addresses: AddressThrottle,
    private readonly organizations: OrganizationThrottle,
    private readonly clock: Clock,
    @Inject(CONFIG) config: Config,
  ) {
    this.addressOf = requestAddress(config.http.trustedProxies);
  }

  /** Before there are routes: what is registered earlier has no door. */
  install(server: FastifyInstance): void {
    readOnlyForms(server);
    server.addHook('onRoute', (route) => {
      const door = route.config?.door;
      route.bodyLimit ??= door?.bodyBytes ?? FORM_BYTES;
      for (const method of [route.method].flat()) {
        this.routes.push({ method, url: route.url, hasDoor: door !== undefined });
      }
    });
    server.addHook('onRequest', (request, reply) => this.beforeBody(request, reply));
    // Not earlier: reading the body loses the context.
    server.addHook('preValidation', (request, _reply, done) =>
      requestContext.run({ requestId: request.id }, done),
    );
    server.addHook('preHandler', (request, reply) => this.ask(request, reply, 'after_body'));
    server.addHook('onResponse', (request, reply) => this.settle(request, reply));
  }

  /** Sentences for the operator; empty when the server may start. */
  defects(): string[] {
    return doorDefects(this.routes);
  }

  private async beforeBody(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { id: requestId, method } = request;
    reply.header(requestIdHeader, requestId);
    const address = this.addressOf(request);
    setOrigin(request, { caller: { kind: 'anonymous' }, requestId, address });
    if (isCounted(doorOf(request).counts, method)) await this.addresses.take(address);
    await this.ask(request, reply, 'before_body');
  }

  private async ask(request: FastifyRequest, reply: FastifyReply, moment: Doorkeeper['asks']): Promise<void> {
    const keeper = this.keeperOf(doorOf(request));
    if (keeper?.asks !== moment) return;
    const visitor = keeper.recall?.(request) ?? (await this.admit(request, keeper));
    const { caller, organization } = visitor;
    if (organization) {
      const refusal = refuseEntry(organization, this.clock.now(), keeper.answersIn);
      if (refusal) throw keeper.turnAway(refusal);
    }
    await this.takeOfOrganization(visitor, reply);
    setOrigin(request, { ...originOf(request), caller });
  }

  /** Guessing is limited by address: a guess takes its token first, and gets it back when it holds. */
  private async admit(request: FastifyRequest, keeper: Doorkeeper): Promise<Visitor> {
    const { address } = originOf(request);
    const mayBeGuess = doorOf(request).counts === 'guesses';
    if (mayBeGuess) await this.addresses.take(address);
    const visitor = await keeper.admit(request);
    if (mayBeGuess) await this.addresses.putBack(address);
    return visitor;
  }

  /** Only a proven organization pays: a limit keyed by what a sender merely claims could be spent by others. */
  private async takeOfOrganization({ caller, organization }: Visitor, reply: FastifyReply): Promise<void> {
    if (caller.kind !== 'member' && caller.kind !== 'api_key') return;
    const left = new Headers();
    try {
      await this.organizations.take(caller.orgId, organization, left);
    } finally {
      reply.headers(Object.fromEntries(left));
    }
  }

  private async settle(request: FastifyRequest, { statusCode }: FastifyReply): Promise<void> {
    if (!isRefunded(doorOf(request).counts, request.method, statusCode)) return;
    await this.addresses.putBack(this.addressOf(request));
  }

  private keeperOf({ keeper }: Door): Doorkeeper | undefined {
    return keeper && this.modules.get<Doorkeeper>(keeper, { strict: false });
  }
}

function doorOf({ routeOptions }: FastifyRequest): Door {
  return routeOptions.config?.door ?? nowhere;
}

/** Plain routes read only forms, unless they register a parser. */
function readOnlyForms(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, text, done) => done(null, parse(String(text))),
  );
}
