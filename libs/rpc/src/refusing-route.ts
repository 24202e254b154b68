import { Code, ConnectError } from '@connectrpc/connect';
import type { UniversalHandlerFn } from '@connectrpc/connect/protocol';
import { codeToHttpStatus, errorToJsonBytes } from '@connectrpc/connect/protocol-connect';
import { peerKey } from './call.js';
import { hideError } from './failure.js';
import { HeaderFields } from './header-fields.js';
import type { Route, RouteSetup } from './routes.js';
import type { TransportRefusal } from './transport-refusal.js';

/** Answers what is no call of any protocol, in the form that Connect has for errors. It is not free either. */
export function refusingRoute(refusal: TransportRefusal, setup: RouteSetup): Route {
  return {
    handler: refusing(refusal, setup),
    maxBytes: setup.limits.requestBytes,
    streamsRequests: false,
    callable: { verbs: [], contentTypes: [] },
  };
}

function refusing(
  { kind, status, message, header: fields = {} }: TransportRefusal,
  { describeError, admission }: RouteSetup,
): UniversalHandlerFn {
  return async ({ method, url, header, contextValues }) => {
    const responseHeader = new Headers();
    const name = new URL(url).pathname;
    const peer = contextValues?.get(peerKey) ?? peerKey.defaultValue;
    const call = { name, header, responseHeader, protocol: 'connect' as const, ...peer };
    const answer = (error: ConnectError, as: number) => {
      const body = errorToJsonBytes(error, undefined);
      responseHeader.set('content-type', 'application/json');
      responseHeader.set('content-length', String(body.length));
      return { status: as, header: responseHeader, body: method === 'HEAD' ? none() : once(body) };
    };
    try {
      await admission?.turnAway(call);
    } catch (error) {
      const refused =
        error instanceof ConnectError
          ? error
          : describeError(hideError(error), { ...call, kind: 'internal' });
      for (const [key, value] of refused.metadata) responseHeader.set(key, value);
      return answer(refused, codeToHttpStatus(refused.code));
    }
    for (const [key, value] of new HeaderFields(fields)) responseHeader.set(key, value);
    return answer(describeError(new ConnectError(message, codeOf(status)), { ...call, kind }), status);
  };
}

/**
 * The codes that Connect clients derive from these statuses, which they have no code for themselves (431).
 */
function codeOf(status: number): Code {
  if (status === 404) return Code.Unimplemented;
  return status === 431 ? Code.ResourceExhausted : Code.Unknown;
}

async function* once(body: Uint8Array): AsyncIterable<Uint8Array> {
  yield body;
}

async function* none(): AsyncIterable<Uint8Array> {}
