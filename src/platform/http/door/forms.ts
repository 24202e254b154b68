import { HttpException } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { html } from '../html.js';
import { page, sendPage } from '../page.js';
import { PageError, type Refusal } from './refusal.js';

/** For programs. */
export function jsonForm(reply: FastifyReply, { status, message, error }: Refusal): void {
  const body = error instanceof HttpException ? error.getResponse() : undefined;
  void reply
    .code(status)
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(typeof body === 'object' ? body : { statusCode: status, message }));
}

const titles: Readonly<Record<number, string>> = {
  404: 'Not found',
  429: 'Too many requests',
  500: 'Something went wrong',
};

/** For browsers. */
export function pageForm(reply: FastifyReply, { status, message, requestId, error }: Refusal): void {
  if (error instanceof PageError) return sendPage(reply, error.page);
  const cause =
    status >= 500 && html`<p>The operator finds the cause by this request id: <code>${requestId}</code>.</p>`;
  sendPage(reply, page(status, titles[status] ?? 'Request failed', html`<p>${message}</p>`, cause));
}

/** For identity providers that call the server itself (RFC 6749, section 5.2). */
export function oauthForm(reply: FastifyReply, { status }: Refusal): void {
  void reply
    .code(status)
    .headers({ 'content-type': 'application/json', 'cache-control': 'no-store' })
    .send(JSON.stringify({ error: status < 500 ? 'invalid_request' : 'server_error' }));
}
