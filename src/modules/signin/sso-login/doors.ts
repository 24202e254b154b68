import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { validate as isUuid } from 'uuid';
import {
  type Door,
  type Doorkeeper,
  FORM_BYTES,
  oauthForm,
  originOf,
  PageError,
  pageForm,
  type Visitor,
} from '../../../platform/http/door/index.js';
import { Connections } from '../sso/index.js';
import { messagePage } from './login.page.js';

/** Finds whose the connection in the path is. Browsers and providers come without a credential. */
@Injectable()
export class ConnectionDoor implements Doorkeeper {
  readonly asks = 'after_body';
  /** Signing in works, so that members of a suspended organization can see that it is. */
  readonly answersIn = ['suspended'] as const;

  constructor(private readonly connections: Connections) {}

  async admit(request: FastifyRequest): Promise<Visitor> {
    const { connectionId = '' } = request.params as { connectionId?: string };
    const owner = isUuid(connectionId)
      ? await this.connections.ownerOf(originOf(request), connectionId.toLowerCase())
      : undefined;
    if (!owner) throw unknownConnection();
    const { orgId, organization } = owner;
    return { caller: { kind: 'system', orgId }, organization };
  }

  /** A sender without a credential learns nothing about an organization. */
  turnAway(): PageError {
    return unknownConnection();
  }
}

function unknownConnection(): PageError {
  const text = 'There is no such connection.';
  return new PageError(messagePage(404, 'Unknown connection', text), text);
}

/** Every request asks about a connection, and so counts. */
const door = { counts: 'everything', bodyBytes: FORM_BYTES } as const;

/** For browsers that come from, or go to, a provider. */
export const browserDoor: Door = { ...door, form: pageForm, keeper: ConnectionDoor };
/** A SAML message with its certificates and attributes, in base64 and percent-encoded, is larger than other forms. */
export const samlDoor: Door = { ...browserDoor, bodyBytes: 256 * 1024 };
/** For providers themselves. */
export const providerDoor: Door = { ...browserDoor, form: oauthForm };
/** For a page that says nothing about a connection. */
export const plainDoor: Door = { ...door, form: pageForm };

/** A field of a posted form that was sent once. */
export function fieldOf(body: unknown, name: string): string | undefined {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, name)) return undefined;
  const value: unknown = Reflect.get(body, name);
  return typeof value === 'string' ? value : undefined;
}
