// The analytics engine of a test run: started by the first spec that needs one, in a separate process, because Jest
// replaces its workers. Ends with the run. Arguments: data folder, process that runs Jest.
import { setInterval } from 'node:timers';
import { startEmbeddedClickHouse } from '../../libs/embedded-clickhouse/dist/index.js';

const [dataDir, runner] = process.argv.slice(2);
const engine = await startEmbeddedClickHouse({
  dataDir,
  maxServerMemoryBytes: 2 * 1024 ** 3,
  stopGraceMs: 0,
});
process.on('SIGTERM', stop);
setInterval(() => {
  try {
    process.kill(Number(runner), 0);
  } catch {
    void stop();
  }
}, 1_000);

async function stop() {
  await engine.stop();
  process.exit();
}
