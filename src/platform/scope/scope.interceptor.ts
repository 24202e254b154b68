import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { lastValueFrom, type Observable, from } from 'rxjs';
import { callOf } from '../rpc/call.js';
import type { Scope } from './scope.js';
import { Scopes } from './scopes.js';

/** Opens the scope of a call, commits it before the response leaves, rolls it back when the call fails. */
@Injectable()
export class ScopeInterceptor implements NestInterceptor {
  constructor(private readonly scopes: Scopes) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const call = callOf(context);
    const scope = this.scopes.open({
      caller: call.caller,
      requestId: call.requestId,
      address: call.rpc.address,
      signal: call.rpc.signal,
    });
    call.scope = scope;
    return from(settle(scope, () => lastValueFrom(next.handle())));
  }
}

async function settle(scope: Scope, handle: () => Promise<unknown>): Promise<unknown> {
  try {
    const result = await handle();
    if (isAsyncIterable(result)) return settleStream(scope, result);
    await scope.commit();
    return result;
  } catch (error) {
    await scope.rollback().catch(() => undefined);
    throw error;
  }
}

/** A stream's scope lives until the client has read it all, or gone. */
async function* settleStream(scope: Scope, messages: AsyncIterable<unknown>): AsyncIterable<unknown> {
  try {
    yield* messages;
    await scope.commit();
  } finally {
    await scope.rollback().catch(() => undefined);
  }
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
