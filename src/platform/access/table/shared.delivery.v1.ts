import { DeliveryService } from '@dovecote/contract/shared/delivery/v1/delivery_pb';
import { anyProof, projectRead, rowsOf, type ServiceRows, unaudited } from '../access-rule.js';

export const sharedDelivery: readonly ServiceRows[] = [
  rowsOf(DeliveryService, { recordEvent: unaudited(projectRead, anyProof) }),
];
