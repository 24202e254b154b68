import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type BatchCreateRequest,
  type BatchCreateResponseSchema,
  EventsService,
} from '@dovecote/contract/events/v1/events_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { draftsOfDocumented, isTimeless } from './documented-event.mapper.js';
import { Ingest } from './ingest.service.js';

@Controller()
export class DocumentedEventsRpc {
  constructor(private readonly ingest: Ingest) {}

  @Rpc(EventsService.method.batchCreate)
  async batchCreate(
    request: BatchCreateRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof BatchCreateResponseSchema>> {
    const drafts = draftsOfDocumented(request, scope.now());
    const timeless = drafts.filter((_, index) => isTimeless(request.events[index]));
    const { records } = await this.ingest.accept(scope, drafts, 'documented', timeless);
    return { eventsCreated: records.length };
  }
}
