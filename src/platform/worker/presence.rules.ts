import type { Lane } from '../jobs/index.js';

/** The workers of one lane. An empty lane is a worker of an earlier release, which runs the jobs of all. */
export interface SeenLane {
  readonly lane: Lane | '';
  readonly isAlive: boolean;
  readonly seenAt: Date;
}

/** A lane whose jobs no worker runs. Undefined: none was seen lately, or ever. */
export interface DeadLane {
  readonly lane: Lane;
  readonly lastSeenAt?: Date;
}

/** The lanes that no worker runs, of these. */
export function deadLanes(lanes: readonly Lane[], seen: readonly SeenLane[]): DeadLane[] {
  return lanes.flatMap((lane) => {
    const workers = seen.filter((each) => each.lane === lane || each.lane === '');
    if (workers.some(({ isAlive }) => isAlive)) return [];
    const times = workers.map(({ seenAt }) => seenAt.getTime());
    return [times.length > 0 ? { lane, lastSeenAt: new Date(Math.max(...times)) } : { lane }];
  });
}

/** In words, for operators. */
export function describeLanes(lanes: readonly Lane[], dead: readonly DeadLane[]): string {
  if (dead.length === 0) return 'ok';
  if (dead.length < lanes.length)
    return dead
      .map(({ lane, lastSeenAt }) => `no worker for ${lane} jobs${lastSeenAt ? since(lastSeenAt) : ''}`)
      .join('; ');
  const times = dead.flatMap(({ lastSeenAt }) => (lastSeenAt ? [lastSeenAt.getTime()] : []));
  return times.length > 0 ? `none seen${since(new Date(Math.max(...times)))}` : 'none seen yet';
}

function since(time: Date): string {
  return ` since ${time.toISOString()}`;
}
