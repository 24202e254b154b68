/** What the queue may hold, in bytes. */
export interface QueueLimits {
  readonly total: number;
  readonly organization: number;
  readonly project: number;
}

/** Compressed bytes that wait for the analytics store: of all, of an organization, and of one of its projects. */
export type QueueUse = QueueLimits;

/** Which limit refuses another batch; undefined when there is room. */
export function fullQueue(
  use: QueueUse,
  limits: QueueLimits,
): 'queue' | 'organization' | 'project' | undefined {
  if (use.total >= limits.total) return 'queue';
  if (use.organization >= limits.organization) return 'organization';
  return use.project >= limits.project ? 'project' : undefined;
}
