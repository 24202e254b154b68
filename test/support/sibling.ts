import type { DescService } from '@bufbuild/protobuf';
import { type Client, createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { freePort } from './free-port.js';
import type { TestServer } from './test-server.js';

const secret = 'a-secret-that-only-sibling-services-share';

/** Variables of a server that answers sibling services. */
export async function internalListener(): Promise<Record<string, string>> {
  return { INTERNAL_PORT: String(await freePort()), INTERNAL_SECRET: secret };
}

/** A sibling service; for the organization, if it names one. */
export function siblingOf<S extends DescService>(server: TestServer, service: S, orgId?: string): Client<S> {
  const headers = { authorization: `Bearer ${secret}`, ...(orgId && { 'x-org-id': orgId }) };
  return createClient(
    service,
    createGrpcTransport({
      baseUrl: `http://127.0.0.1:${server.server.internalAddress?.port}`,
      interceptors: [
        (next) => (request) => {
          for (const [name, value] of Object.entries(headers)) request.header.set(name, value);
          return next(request);
        },
      ],
    }),
  );
}
