import type { FastifyReply } from 'fastify';
import type { Refusal } from '../../../platform/http/door/index.js';
import { type ScimParameters, mediaType } from './request.js';
import { type ETagged, matches } from './etag.js';
import type { ScimAnswer } from './gateway.js';
import { type Answer, project, type Projection } from './projection.js';
import { errorBody, type ScimError, scimErrorOf } from './scim-error.js';

export function ok(body: Answer): ScimAnswer {
  return { status: 200, body };
}

export function tagged({ body, etag }: ETagged, projection: Projection): ScimAnswer {
  return { status: 200, headers: { etag }, body: project(body, projection) };
}

export function created(resource: ETagged, projection: Projection): ScimAnswer {
  const { meta } = resource.body as { meta?: { location?: string } };
  const { headers, body } = tagged(resource, projection);
  return { status: 201, headers: { ...headers, location: meta?.location ?? '' }, body };
}

export function read(resource: ETagged, { projection, ifNoneMatch }: ScimParameters): ScimAnswer {
  if (ifNoneMatch !== undefined && matches(ifNoneMatch, resource.etag)) {
    return { status: 304, headers: { etag: resource.etag } };
  }
  return tagged(resource, projection);
}

export function projectAll(list: Answer, projection: Projection): Answer {
  const resources = list.Resources as Answer[];
  return { ...list, Resources: resources.map((resource) => project(resource, projection)) };
}

export function send(reply: FastifyReply, { status, headers, body }: ScimAnswer): void {
  void reply
    .code(status)
    .headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', ...headers })
    .type(`${mediaType}; charset=utf-8`)
    .send(body === undefined ? '' : JSON.stringify(body));
}

/** What a door says, as SCIM says it. */
export function scimForm(reply: FastifyReply, refusal: Refusal): void {
  const { status } = refusal;
  const headers = status === 401 ? { 'www-authenticate': 'Bearer realm="scim"' } : undefined;
  send(reply, { status, headers, body: errorBody(scimErrorOf(refusal)) });
}

/** The resource, although something of what was asked was refused: in a header, which directories log. */
export function partly(resource: ETagged, projection: Projection, { message }: ScimError): ScimAnswer {
  const { headers, ...answer } = tagged(resource, projection);
  const text = `The user is deactivated; the rest of the request was refused: ${message}`;
  // RFC 9110, section 5.5: nothing beyond ASCII, and no quotes inside of a quoted string.
  const warning = `299 dovecote "${text.replaceAll(/[^ -~]/g, '?').replaceAll(/["\\]/g, "'")}"`;
  return { ...answer, headers: { ...headers, warning } };
}
