import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { Database, statement } from '../database/index.js';
import { Clock } from './clock.js';

const EVERY_MS = 10_000;
/** Each answer narrows what the one before left open. */
const FIRST_LOOKS = 3;
/** Worth telling an operator: certificates and the tokens of others depend on the machine's own clock. */
const WRONG_MS = 5_000;

const tell = statement('clock.tell', 'select clock_timestamp() as now');

/** Keeps the clock at the database's time: what is due is due on every process at once. */
@Injectable()
export class DatabaseClock implements OnModuleInit, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly log: PinoLogger,
  ) {
    log.setContext('clock');
  }

  async onModuleInit(): Promise<void> {
    for (let looks = 0; looks < FIRST_LOOKS; looks += 1) await this.look();
    const aheadMs = Math.round(Date.now() + this.clock.travelled - this.clock.now().getTime());
    if (Math.abs(aheadMs) > WRONG_MS)
      this.log.warn({ aheadMs }, 'machine clock differs from the database clock; using the database clock');
    // Without the database the clock keeps its last offset; other code reports the outage.
    this.timer = setInterval(() => void this.look().catch(() => undefined), EVERY_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private async look(): Promise<void> {
    await this.database.transaction({ readOnly: true }, async (tx) => {
      // Opens the transaction first, so that the measurement covers a single query.
      await tx.queryOne(tell);
      const asked = performance.now();
      const answer = await tx.queryOne<{ now: Date }>(tell);
      if (answer) this.clock.follow(answer.now, performance.now() - asked);
    });
  }
}
