import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { IngestThrottle } from '../throttle/ingest-throttle.js';
import { callOf } from './call.js';

/** Lets the handler count the events of a batch once it has found them valid; the call counted as one when it was admitted. */
@Injectable()
export class EventCountGuard implements CanActivate {
  constructor(private readonly throttle: IngestThrottle) {}

  canActivate(context: ExecutionContext): true {
    const call = callOf(context);
    const { access, organization, project, rpc } = call;
    if (access.countedList === undefined || !project) return true;
    call.countEvents = async (events) => {
      if (events > 1) await this.throttle.take(project, organization, rpc.responseHeader, events - 1);
    };
    return true;
  }
}
