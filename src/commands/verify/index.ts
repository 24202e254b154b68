import { readTrail } from '../../platform/audit/trail-file/index.js';
import { checkTrail, type Verdict } from './check-trail.js';

const exitCodes = { sound: 0, broken: 1, unreadable: 2 } as const;

const PROGRESS_EVERY = 100_000;

/**
 * `dovecote verify`: what an export says about itself. A chain without a secret proves that its parts belong together; that
 * its owner did not write all of it anew is proved by a head that somebody noted down elsewhere.
 */
export async function verifyCommand(file: string, options: { head?: string }): Promise<number> {
  let verdict: Verdict;
  try {
    verdict = await checkTrail(await readTrail(file), showProgress);
  } catch (error) {
    process.stderr.write(`${file} cannot be read: ${(error as Error).message}\n`);
    return exitCodes.unreadable;
  }
  if (!verdict.sound) {
    process.stdout.write(`BROKEN ${file}, line ${verdict.line}: ${verdict.problem}\n`);
    return exitCodes.broken;
  }
  const { end } = verdict;
  if (options.head && options.head.toLowerCase() !== end.head) {
    process.stdout.write(`BROKEN ${file}: it ends with ${end.head}, and not with the hash you gave.\n`);
    return exitCodes.broken;
  }
  const which = end.events === 0 ? 'no events' : `events ${end.firstSeq} to ${end.lastSeq}`;
  process.stdout.write(
    `OK ${file}: ${which} of organization ${end.orgId}, exported at ${end.exportedAt}, head ${end.head}\n`,
  );
  return exitCodes.sound;
}

function showProgress(events: number): void {
  if (events % PROGRESS_EVERY === 0) process.stderr.write(`${events} events …\n`);
}
