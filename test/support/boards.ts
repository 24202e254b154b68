import type { DescService } from '@bufbuild/protobuf';
import type { Client } from '@connectrpc/connect';
import type { Actor } from './cast.js';

/** Calls a service as the member, in the project. */
export function inProject<S extends DescService>(
  who: Actor,
  project: { readonly id: string },
  service: S,
): Client<S> {
  return who.client(service, { 'x-project-id': project.id });
}
