import { parentPort } from 'node:worker_threads';
import { compileMessage } from './render.rules.js';
import type { RenderWork } from './rendering.js';

/** What runs in a thread of RenderThreads: work in, results or the error out. */
parentPort?.on('message', ({ source, recipients }: RenderWork) => {
  try {
    parentPort?.postMessage({ results: recipients.map(compileMessage(source)) });
  } catch (error) {
    parentPort?.postMessage({ error });
  }
});
