import { alreadyExists, AppError, invalidArgument } from '../../../platform/errors/index.js';
import type { ProjectSettings } from './project.js';

/** Projects of one organization. */
const PROJECTS_LIMIT = 100;
/** Keys of one project that are not revoked. */
const LIVE_KEYS_LIMIT = 50;

/** The zone that an empty name stands for. */
export const defaultZone = 'UTC';

/** What the project is called that the server makes. */
export const builtInName = 'Campaigns';

/** The name, or the next that is free: `Campaigns 2`. */
export function freeName(name: string, isTaken: (name: string) => boolean): string {
  let free = name;
  for (let number = 2; isTaken(free); number += 1) free = `${name} ${number}`;
  return free;
}

export function unknownZone(): AppError {
  return invalidArgument([
    { field: 'zone', description: 'must be the IANA name of a time zone, such as Europe/Stockholm' },
  ]);
}

export function refuseIngestPath(path: string, allowed: readonly string[]): AppError | undefined {
  if (path === '' || allowed.includes(path)) return undefined;
  const description = 'must be one of the paths that the operator has configured (INGEST_PATHS)';
  return invalidArgument([{ field: 'ingest_path', description }]);
}

/** Whether some events would be deleted that are kept now. */
export function keepsShorter(before: number | null, after: number | null): boolean {
  return after !== null && (before === null || after < before);
}

export function refuseConfirmation(given: string, name: string): AppError | undefined {
  if (given === name) return undefined;
  return invalidArgument([
    { field: 'confirmation_name', description: 'must be the name of the project, exactly' },
  ]);
}

export function nameTaken(): AppError {
  return alreadyExists('PROJECT_NAME_TAKEN', 'A project with this name already exists.');
}

export function refuseProjectOverLimit(projects: number): AppError | undefined {
  if (projects < PROJECTS_LIMIT) return undefined;
  const tooMany = `An organization may have ${PROJECTS_LIMIT} projects; delete one first.`;
  return new AppError('resource_exhausted', 'PROJECT_LIMIT', tooMany, {
    quota: { subject: 'organization', description: tooMany },
  });
}

export function refuseKeyOverLimit(liveKeys: number): AppError | undefined {
  if (liveKeys < LIVE_KEYS_LIMIT) return undefined;
  const description = `A project may have ${LIVE_KEYS_LIMIT} keys; revoke one first.`;
  return new AppError('resource_exhausted', 'PROJECT_KEY_LIMIT', description, {
    quota: { subject: 'project', description },
  });
}

/** Names of what differs, with the new values, for the trail. */
export function changesOf(before: ProjectSettings, after: ProjectSettings): Record<string, string> {
  const named: Record<string, keyof ProjectSettings> = {
    name: 'name',
    zone: 'zone',
    retention_days: 'retentionDays',
    merge_identities: 'mergeIdentities',
    events_per_second: 'eventsPerSecond',
    ingest_path: 'ingestPath',
  };
  return Object.fromEntries(
    Object.entries(named).flatMap(([name, key]) =>
      before[key] === after[key] ? [] : [[name, String(after[key] ?? '')]],
    ),
  );
}

/** How long after a change of a project batches may be stored that were accepted before. */
export const LATE_BATCHES_MS = 3_600_000;

/** Whether nothing of the project can come any more after an erasure at this moment. */
export function isErasedForGood(deletedAt: Date, now: Date): boolean {
  return now.getTime() - deletedAt.getTime() >= LATE_BATCHES_MS;
}
