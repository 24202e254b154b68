import type { DescService } from '@bufbuild/protobuf';
import type { Client } from '@connectrpc/connect';
import type { Actor } from './cast.js';
import type { TestServer } from './test-server.js';

/** Calls a service as the member, in the project. */
export function inProject<S extends DescService>(
  server: TestServer,
  who: Actor,
  project: { readonly id: string },
  service: S,
): Client<S> {
  // The member's token, renewed when it ends, is in the headers that its clients send.
  return server.client(service, { ...who.headers, 'x-project-id': project.id });
}
