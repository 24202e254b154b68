import type { Config } from '../../platform/config/index.js';
import { withDatabase } from '../open-database.js';
import { createCommandLogger } from '../../platform/telemetry/logger.js';
import { examineAnalytics } from './analytics.js';
import { examineBackups } from './backups.js';
import { examineConnections } from './connections.js';
import { examineDatabase } from './database.js';
import { examine, format } from './finding.js';
import { examineMachine } from './machine.js';
import { examineSiblings } from './siblings.js';

/** `dovecote doctor`: prints what is well and what is not; the exit code is 1 if anything must be repaired. */
export async function doctorCommand(config: Config): Promise<number> {
  const log = createCommandLogger({ ...config, log: { ...config.log, level: 'error' } });
  const machine = await examineMachine(config);
  const database = await examine('database', 'See the message, and "dovecote config".', () =>
    withDatabase(config, log, async (open) => {
      const findings = await examineDatabase(open, log);
      const isSound = findings.every(({ level }) => level !== 'fail');
      return isSound
        ? [
            ...findings,
            ...(await examineConnections(open, config, log)),
            ...(await examineBackups(open, config, log)),
          ]
        : findings;
    }),
  );
  const siblings = await examineSiblings(config);
  const analytics = await examineAnalytics(config);
  const findings = [...machine, ...siblings, ...database, ...analytics];
  for (const finding of findings) process.stdout.write(`${format(finding)}\n`);
  const failures = findings.filter(({ level }) => level === 'fail').length;
  process.stdout.write(failures === 0 ? '\nAll checks passed.\n' : `\n${failures} to repair.\n`);
  return failures === 0 ? 0 : 1;
}
