import { DevicesService } from '@dovecote/contract/sdk/devices/v1/devices_pb';
import { anyProof, projectWrite, rowsOf, type ServiceRows, unaudited } from '../access-rule.js';

export const sdkDevices: readonly ServiceRows[] = [
  rowsOf(DevicesService, {
    subscribe: unaudited(projectWrite, anyProof),
    updateStatus: unaudited(projectWrite, anyProof),
    updateToken: unaudited(projectWrite, anyProof),
  }),
];
