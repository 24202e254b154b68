import { Controller, Get, HttpCode, ServiceUnavailableException } from '@nestjs/common';
import { Database } from '../database/index.js';
import { describeDeadLanes, findDeadLanes } from '../worker/presence.js';
import { Readiness } from './readiness.js';
import { jsonDoor, UseDoor } from './door/index.js';

/** For load balancers and operators: `live` says the process runs, `ready` that it can serve. */
@UseDoor(jsonDoor)
@Controller('health')
export class HealthController {
  constructor(
    private readonly database: Database,
    private readonly readiness: Readiness,
  ) {}

  @Get('live')
  @HttpCode(200)
  live(): { status: string } {
    return { status: 'ok' };
  }

  @Get(['', 'ready'])
  async ready(): Promise<{ status: string; [other: string]: string }> {
    if (!this.readiness.serving) throw new ServiceUnavailableException({ status: 'stopping' });
    try {
      const dead = await findDeadLanes(this.database);
      const others = await this.readiness.ofOthers();
      // Reported, but the process stays ready: calls are answered while campaigns or analytics wait.
      const isDegraded = dead.length > 0 || Object.values(others).includes('unavailable');
      return { status: isDegraded ? 'degraded' : 'ok', workers: describeDeadLanes(dead), ...others };
    } catch {
      throw new ServiceUnavailableException({ status: 'database unavailable' });
    }
  }
}
