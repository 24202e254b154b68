import { parse } from 'node:querystring';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { PinoLogger } from 'nestjs-pino';
import { CONFIG } from '../../config/config.module.js';
import type { Config } from '../../config/index.js';
import { AppError } from '../../errors/index.js';
import { AddressThrottle } from '../../throttle/address-throttle.js';
import { html } from '../html.js';
import { page, sendPage } from '../page.js';
import { bodyLimitOf, isCounted, isRefunded, type PlainRequest } from './door.rules.js';
import { requestAddress } from '../request-address.js';

/** What judges a plain request by its header, before anything of its body is read. */
@Injectable()
export class PlainAdmission {
  private readonly addressOf: ReturnType<typeof requestAddress>;

  constructor(
    private readonly throttle: AddressThrottle,
    private readonly log: PinoLogger,
    @Inject(CONFIG) config: Config,
  ) {
    this.addressOf = requestAddress(config.http.trustedProxies);
    log.setContext('http');
  }

  /** Takes a token from the bucket for a request that counts, or answers 429. */
  async admit(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    if (!isCounted(headOf(request))) return;
    try {
      await this.throttle.take(this.addressOf(request));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const { reason, message, details } = error;
      this.log.info({ requestId: request.id, reason }, message);
      const { retryAfterSeconds = 1 } = details;
      sendPage(reply, page(429, 'Too many requests', html`<p>${message}</p>`), {
        'retry-after': String(retryAfterSeconds),
      });
    }
  }

  async settle(request: FastifyRequest, { statusCode }: FastifyReply): Promise<void> {
    const head = headOf(request);
    if (isCounted(head) && isRefunded(head, statusCode)) {
      await this.throttle.putBack(this.addressOf(request));
    }
  }
}

/**
 * Admission of every plain route; must be installed before the routes. Plain routes accept form bodies only.
 */
export function admitPlainRequests(server: FastifyInstance, admission: PlainAdmission): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, text, done) => done(null, parse(String(text))),
  );
  server.addHook('onRoute', (route) => {
    route.bodyLimit ??= bodyLimitOf(route.url);
  });
  server.addHook('onRequest', (request, reply) => admission.admit(request, reply));
  server.addHook('onResponse', (request, reply) => admission.settle(request, reply));
}

/** By the pattern of the route, of which there is one spelling; without a route by the path. */
function headOf({ method, url, routeOptions }: FastifyRequest): PlainRequest {
  return { method, path: routeOptions.url ?? url.split('?')[0] ?? '' };
}
