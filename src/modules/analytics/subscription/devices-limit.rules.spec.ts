import { expect, test } from '@jest/globals';
import { refuseDevicesOverLimit } from './devices-limit.rules.js';

test('devices of a project are refused beyond the limit', () => {
  expect(refuseDevicesOverLimit(3, 3)).toBeUndefined();
  expect(refuseDevicesOverLimit(4, 3)).toMatchObject({ kind: 'failed_precondition', reason: 'DEVICE_LIMIT' });
});
