import { Controller, Get, HttpCode, ServiceUnavailableException } from '@nestjs/common';
import { Database, statement } from '../database/index.js';
import { Readiness } from './readiness.js';

const ping = statement('health.ping', 'select 1');

/** For load balancers and operators: `live` says the process runs, `ready` that it can serve. */
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
      await this.database.transaction({ readOnly: true }, (tx) => tx.execute(ping));
    } catch {
      throw new ServiceUnavailableException({ status: 'database unavailable' });
    }
    // Told, but no reason to send nobody here: calls are answered, and campaigns wait.
    return { status: 'ok', ...(await this.readiness.ofOthers()) };
  }
}
