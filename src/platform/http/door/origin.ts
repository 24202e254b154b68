import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { ScopeOrigin } from '../../scope/index.js';

/** What the doors have found out about the requests that are under way. */
const origins = new WeakMap<object, PlainOrigin>();

/** On whose behalf a plain request is served; scopes are made of it. */
export type PlainOrigin = ScopeOrigin & { readonly address: string };

export function originOf(request: object): PlainOrigin {
  const origin = origins.get(request);
  if (!origin) throw new Error('The request has not come through a door.');
  return origin;
}

export function setOrigin(request: object, origin: PlainOrigin): void {
  origins.set(request, origin);
}

/** The origin of the request, as an argument of a controller's method. */
export const Origin = createParamDecorator((_: unknown, context: ExecutionContext) =>
  originOf(context.switchToHttp().getRequest<object>()),
);
