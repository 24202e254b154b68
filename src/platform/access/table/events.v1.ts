import { EventsService } from '@dovecote/contract/events/v1/events_pb';
import { anyProof, rowsOf, signedIn, unaudited, type ServiceRows } from '../access-rule.js';

export const events: readonly ServiceRows[] = [
  rowsOf(EventsService, { batchCreate: unaudited(signedIn, anyProof) }),
];
