import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { IngestThrottle } from '../throttle/ingest-throttle.js';
import { callOf } from './call.js';

/** Counts the events of a batch once the message is read; the call itself counted as one when it was admitted. */
@Injectable()
export class EventCountGuard implements CanActivate {
  constructor(private readonly throttle: IngestThrottle) {}

  canActivate(context: ExecutionContext): true | Promise<true> {
    const { access, organization, project, rpc } = callOf(context);
    if (access.countedList === undefined || !project) return true;
    // The row of the access table names a list of this request.
    const { length } = context.getArgByIndex<Record<string, readonly unknown[]>>(0)[access.countedList] ?? [];
    if (length <= 1) return true;
    return this.throttle.take(project, organization, rpc.responseHeader, length - 1).then(() => true);
  }
}
