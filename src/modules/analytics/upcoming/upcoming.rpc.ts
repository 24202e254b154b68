import type { DescMethodServerStreaming, DescMethodUnary } from '@bufbuild/protobuf';
import { Controller, type Type } from '@nestjs/common';
import { Rpc } from '../../../platform/rpc/index.js';
import { unimplemented } from '../../../platform/errors/index.js';

export type ServedMethod = DescMethodUnary | DescMethodServerStreaming;

/**
 * A controller that answers UNIMPLEMENTED for RPCs of the contract that this release does not have yet. They go
 * through the whole pipeline: a caller who may not make the call learns that first.
 */
export function upcomingRpc(methods: readonly ServedMethod[]): Type {
  @Controller()
  class UpcomingRpc {}
  for (const method of methods) {
    const descriptor = { writable: true, value: () => Promise.reject(notYet(method)) };
    // A refusal has the shape of every response.
    Rpc(method as DescMethodUnary)(UpcomingRpc.prototype, method.localName, descriptor);
    Object.defineProperty(UpcomingRpc.prototype, method.localName, descriptor);
  }
  return UpcomingRpc;
}

function notYet(method: ServedMethod) {
  return unimplemented(
    `${method.parent.name}.${method.name} is part of the contract but not of this release.`,
  );
}
