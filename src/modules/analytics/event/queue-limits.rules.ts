/** What the queue may hold, in bytes. */
export interface QueueLimits {
  readonly total: number;
  readonly project: number;
}

/** Compressed bytes that wait for the analytics store. */
export interface QueueUse {
  readonly total: number;
  readonly project: number;
}

/** Which limit refuses another batch; undefined when there is room. */
export function fullQueue(use: QueueUse, limits: QueueLimits): 'queue' | 'project' | undefined {
  if (use.total >= limits.total) return 'queue';
  return use.project >= limits.project ? 'project' : undefined;
}
