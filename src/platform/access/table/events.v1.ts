import { EventsService } from '@dovecote/contract/events/v1/events_pb';
import { anyProof, countedBy, projectWrite, rowsOf, unaudited, type ServiceRows } from '../access-rule.js';

export const events: readonly ServiceRows[] = [
  rowsOf(EventsService, { batchCreate: countedBy('events', unaudited(projectWrite, anyProof)) }),
];
