import { Injectable } from '@nestjs/common';

/** Whether this process wants traffic: not before it is ready, not once it is stopping. */
@Injectable()
export class Readiness {
  serving = false;
  private readonly others = new Map<string, () => Promise<void>>();

  /** Something that this process can live without for a while, and how to ask whether it is there. */
  watch(name: string, probe: () => Promise<void>): void {
    this.others.set(name, probe);
  }

  /** By name: `ok`, or `unavailable`. */
  async ofOthers(): Promise<Record<string, string>> {
    const states = [...this.others].map(async ([name, probe]) => {
      const state = await probe().then(
        () => 'ok',
        () => 'unavailable',
      );
      return [name, state] as const;
    });
    return Object.fromEntries(await Promise.all(states));
  }
}
