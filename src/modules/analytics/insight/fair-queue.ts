import { cancelledCall, type Load, nextTurn, refuseLongWait, type TurnLimits } from './turns.rules.js';

class OrganizationLoad implements Load {
  running = 0;
  readonly starts: (() => void)[] = [];

  get waiting(): number {
    return this.starts.length;
  }
}

/** Lets questions of organizations run in turn, so many at once. */
export class FairQueue {
  /** In the order of their last turn; without those that have no question. */
  private readonly loads = new Map<string, OrganizationLoad>();

  constructor(private readonly limits: TurnLimits) {}

  /**
   * The answer of `work`, which starts when its turn comes. Throws RESOURCE_EXHAUSTED when too many wait, and CANCELLED
   * when `signal` ends the wait; `work` itself has to watch the signal.
   */
  async run<T>(orgId: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const load = await this.turn(orgId, signal);
    try {
      return await work();
    } finally {
      load.running -= 1;
      this.dropIdle(orgId, load);
      this.dispatch();
    }
  }

  private turn(orgId: string, signal: AbortSignal): Promise<OrganizationLoad> {
    const load = this.loads.get(orgId) ?? new OrganizationLoad();
    this.loads.set(orgId, load);
    return new Promise((resolve, reject) => {
      const start = () => {
        signal.removeEventListener('abort', leave);
        resolve(load);
      };
      const giveUp = (reason: Error) => {
        load.starts.splice(load.starts.indexOf(start), 1);
        this.dropIdle(orgId, load);
        reject(reason);
      };
      const leave = () => giveUp(cancelledCall());
      signal.addEventListener('abort', leave, { once: true });
      load.starts.push(start);
      this.dispatch();
      const refusal = load.starts.includes(start) && refuseLongWait(load.waiting, this.waiting, this.limits);
      if (!refusal) return;
      signal.removeEventListener('abort', leave);
      giveUp(refusal);
    });
  }

  private get waiting(): number {
    return [...this.loads.values()].reduce((sum, { waiting }) => sum + waiting, 0);
  }

  private dispatch(): void {
    for (;;) {
      const orgId = nextTurn(this.loads, this.limits);
      const load = orgId === undefined ? undefined : this.loads.get(orgId);
      const start = load?.starts.shift();
      if (orgId === undefined || !load || !start) return;
      load.running += 1;
      this.loads.delete(orgId);
      this.loads.set(orgId, load);
      start();
    }
  }

  private dropIdle(orgId: string, load: OrganizationLoad): void {
    if (load.running === 0 && load.waiting === 0) this.loads.delete(orgId);
  }
}
