import type { Type } from '@nestjs/common';
import { PATH_METADATA } from '@nestjs/common/constants.js';
import { RouteConfig } from '@nestjs/platform-fastify';
import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants.js';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../../caller/caller.js';
import type { ClosedState } from '../../caller/organization-entry.rules.js';
import type { OrganizationState } from '../../caller/organization-state.js';
import type { AppError } from '../../errors/index.js';
import type { Counting } from './door.rules.js';
import type { Refusal } from './refusal.js';

/** How a plain route takes requests. Every route declares one; without it the server does not start. */
export interface Door {
  /** Writes a refusal, or that something failed, in the form that the route speaks. */
  readonly form: (reply: FastifyReply, refusal: Refusal) => void;
  /** Which requests take a token of their address. */
  readonly counts: Counting;
  /** The largest body that is read. */
  readonly bodyBytes: number;
  /** Finds out who sends the request; without it the sender is anonymous. */
  readonly keeper?: Type<Doorkeeper>;
}

/** The sender of a request, as far as the door knows. */
export interface Visitor {
  readonly caller: Caller;
  /** The state of the organization that the request concerns; the door refuses the request if it is closed. */
  readonly organization?: OrganizationState;
}

/** What a door asks about the sender of a request. */
export interface Doorkeeper {
  /** Before the body, unless its answer costs a look-up that garbage is not worth. */
  readonly asks: 'before_body' | 'after_body';
  /** States of a closed organization in which the routes work. */
  readonly answersIn: readonly ClosedState[];
  /** What `admit` would answer without a look into the database. */
  recall?(request: FastifyRequest): Visitor | undefined;
  /** Throws the refusal. */
  admit(request: FastifyRequest): Visitor | Promise<Visitor>;
  /** The refusal of a request about an organization that does not answer. */
  turnAway(refusal: AppError): Error;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    door?: Door;
  }
}

const KiB = 1024;
/** Forms of pages hold some lines of text. */
export const FORM_BYTES = 64 * KiB;

/** Declares the door of a controller's routes; on a method, that of one route. */
export function UseDoor(door: Door): ClassDecorator & MethodDecorator {
  const declare = RouteConfig({ door });
  return (target: object, key?: string | symbol, method?: PropertyDescriptor) => {
    if (key !== undefined && method) return void declare(target, key, method);
    if (typeof target !== 'function')
      throw new Error('A door belongs to a controller, or to one of its methods.');
    const methods = Object.entries(Object.getOwnPropertyDescriptors(target.prototype as object));
    for (const [name, route] of methods) {
      // Decorators of methods come first: what a method declares stays.
      if (isRoute(route.value) && !declaresDoor(route.value)) declare(target, name, route);
    }
  };
}

function isRoute(value: unknown): value is object {
  return typeof value === 'function' && Reflect.hasMetadata(PATH_METADATA, value);
}

function declaresDoor(route: object): boolean {
  return Reflect.hasMetadata(FASTIFY_ROUTE_CONFIG_METADATA, route);
}
