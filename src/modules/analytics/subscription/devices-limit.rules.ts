import { type AppError, failedPrecondition } from '../../../platform/errors/index.js';

/** FAILED_PRECONDITION: an SDK does not send it again. */
export function refuseDevicesOverLimit(devices: number, most: number): AppError | undefined {
  if (devices <= most) return undefined;
  return failedPrecondition(
    'DEVICE_LIMIT',
    `A project keeps at most ${most} devices; an operator of the server can allow more (DEVICES_PER_PROJECT).`,
  );
}
