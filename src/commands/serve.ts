import type { Config } from '../platform/config/index.js';

/** A terminal and npm may each deliver the same Ctrl-C; within this time they are one. */
const sameKeystrokeMs = 1_000;

/** `dovecote serve`: runs until it is told to stop. */
export async function serveCommand(config: Config): Promise<void> {
  endAtSecondSignal();
  const { serve } = await import('../serve.js');
  await serve(config, { role: config.role });
}

/** The first signal asks the server to finish (it listens itself); one that comes later ends the process at once. */
function endAtSecondSignal(): void {
  let first: number | undefined;
  const onSignal = (): void => {
    first ??= performance.now();
    if (performance.now() - first > sameKeystrokeMs) process.exit(1);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
}
