import { EventsService } from '@dovecote/contract/sdk/events/v1/events_pb';
import { anyProof, countedBy, projectWrite, rowsOf, unaudited, type ServiceRows } from '../access-rule.js';

export const sdkEvents: readonly ServiceRows[] = [
  rowsOf(EventsService, { batchCreate: countedBy('events', unaudited(projectWrite, anyProof)) }),
];
