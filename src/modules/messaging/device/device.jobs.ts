import { Injectable } from '@nestjs/common';
import { HandlesJob, type JobContext, type JobHandler } from '../../../platform/worker/index.js';
import { Devices, retireSilentTask } from './device.service.js';

/** Deactivates devices that have been unused for so long that their push tokens are probably invalid. */
@Injectable()
@HandlesJob({ task: retireSilentTask })
export class RetireSilentDevices implements JobHandler {
  constructor(private readonly devices: Devices) {}

  async handle(_payload: Record<string, unknown>, { run, signal }: JobContext): Promise<void> {
    // What is left when the worker stops is found by the next campaign.
    while (!signal.aborted && !(await run((scope) => this.devices.retireSilent(scope))));
  }
}
