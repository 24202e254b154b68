/**
 * The engine's process: started by startEmbeddedClickHouse, never by hand. It gets its configuration over IPC, so that no
 * password stands in its arguments or environment, and ends with its parent.
 */
import { EngineProcess } from './engine-process.js';
import type { ToChild, ToParent } from './messages.js';

function send(message: ToParent): void {
  if (process.connected) process.send?.(message);
}

const engineProcess = new EngineProcess(send);

process.on('message', (message: ToChild) => {
  if (message.kind === 'start') void engineProcess.start(message.config);
  else void engineProcess.stop();
});
process.on('disconnect', () => void engineProcess.stop());
process.on('SIGTERM', () => void engineProcess.stop());
process.on('SIGINT', () => void engineProcess.stop());
