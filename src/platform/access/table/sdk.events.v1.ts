import { EventsService } from '@dovecote/contract/sdk/events/v1/events_pb';
import { anyProof, rowsOf, signedIn, unaudited, type ServiceRows } from '../access-rule.js';

export const sdkEvents: readonly ServiceRows[] = [
  rowsOf(EventsService, { batchCreate: unaudited(signedIn, anyProof) }),
];
