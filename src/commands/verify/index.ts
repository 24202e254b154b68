import { readTrail, type TrailEnd } from '../../platform/audit/trail-file/index.js';
import { checkTrail, type Verdict } from './check-trail.js';

const exitCodes = { sound: 0, broken: 1, unreadable: 2 } as const;

const PROGRESS_EVERY = 100_000;

/** An export that was looked at, or the code to exit with. */
type Outcome = { end: TrailEnd } | { exitCode: number };

/**
 * `dovecote verify`: checks an export against itself. A hash chain without a secret proves that its parts
 * belong together. To prove that it was not rewritten as a whole, compare it with a hash noted elsewhere, or
 * with an earlier export.
 */
export async function verifyCommand(
  file: string,
  options: { head?: string; after?: string },
): Promise<number> {
  const earlier = options.after === undefined ? undefined : await examine(options.after);
  if (earlier && 'exitCode' in earlier) return earlier.exitCode;
  const outcome = await examine(file, earlier?.end);
  if ('exitCode' in outcome) return outcome.exitCode;
  const { end } = outcome;
  if (options.head && options.head.toLowerCase() !== end.head) {
    process.stdout.write(`BROKEN ${file}: its last hash is ${end.head}, not the expected one.\n`);
    return exitCodes.broken;
  }
  const which = end.events === 0 ? 'no events' : `events ${end.firstSeq} to ${end.lastSeq}`;
  const following = earlier ? `, without a gap after event ${earlier.end.lastSeq} of ${options.after}` : '';
  process.stdout.write(
    `OK ${file}: ${which} of organization ${end.orgId}, exported at ${end.exportedAt}, head ${end.head}${following}\n`,
  );
  return exitCodes.sound;
}

async function examine(file: string, after?: TrailEnd): Promise<Outcome> {
  let verdict: Verdict;
  try {
    verdict = await checkTrail(await readTrail(file), { after, progress: showProgress });
  } catch (error) {
    process.stderr.write(`${file} cannot be read: ${(error as Error).message}\n`);
    return { exitCode: exitCodes.unreadable };
  }
  if (verdict.sound) return { end: verdict.end };
  process.stdout.write(`BROKEN ${file}, line ${verdict.line}: ${verdict.problem}\n`);
  return { exitCode: exitCodes.broken };
}

function showProgress(events: number): void {
  if (events % PROGRESS_EVERY === 0) process.stderr.write(`${events} events …\n`);
}
