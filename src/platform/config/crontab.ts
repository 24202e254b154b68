import { parseCronItem } from 'graphile-worker';

/** Whether the worker can run something at these times: a crontab of five fields. */
export function isCrontab(text: string): boolean {
  try {
    parseCronItem({ task: 'any', match: text });
    return true;
  } catch {
    return false;
  }
}
