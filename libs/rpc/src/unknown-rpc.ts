import { createConnectRouter } from '@connectrpc/connect';
import { Health } from '@dovecote/contract/grpc/health/v1/health_pb';
import { readContentType } from './content-type.js';
import { refusingGate } from './gate.js';
import { pathOf, type NodeRequest } from './node-http.js';
import { connectOptions, neverReached, route, type Route, type RouteSetup } from './routes.js';

const RPC_CONTENT_TYPE = /^application\/(grpc|connect\+)/;
/** `/package.Service/Method`: no plain HTTP route has this form. */
const RPC_PATH = /^\/[A-Za-z_]\w*(\.[A-Za-z_]\w*)+\/[A-Za-z_]\w*$/;

export function isRpcPath(path: string): boolean {
  return RPC_PATH.test(path);
}

/** Answers calls of methods that do not exist, each in its own protocol; other requests are not RPCs. */
export function unknownRpc(setup: RouteSetup): (request: NodeRequest) => Route | undefined {
  const requestGate = refusingGate(setup, (name) => `unknown method ${name}`);
  // Two methods lend their shape, one for each kind of content type; the gate answers before either runs.
  const router = createConnectRouter({ ...connectOptions(setup), requestGate })
    .rpc(Health.method.check, neverReached)
    .rpc(Health.method.watch, neverReached);
  const [unary, stream] = router.handlers.map((handler) => route(handler, handler.method, setup.limits));
  return (request) => {
    if (request.method !== 'POST') return undefined;
    const { essence = '' } = readContentType(request.headers['content-type']) ?? {};
    const found = [unary, stream].find((route) => route?.callable.contentTypes.includes(essence));
    // On any path these are RPCs; the others may be for a plain route.
    return RPC_CONTENT_TYPE.test(essence) || isRpcPath(pathOf(request.url ?? '')) ? found : undefined;
  };
}
