import { browserOf } from './browser.js';
import type { RecorderOptions } from './options.js';
import { Recorder } from './recorder.js';
import { recordPage } from './rrweb.js';

export type { EndReason, RecorderOptions } from './options.js';

/** `start()` begins, `stop()` ends and sends the rest. */
export function createRecorder(options: RecorderOptions): Recorder {
  // The recorder's program is checked without the types of browsers.
  const window = globalThis as unknown as Parameters<typeof browserOf>[0];
  return new Recorder(options, browserOf(window), (onEvent) =>
    recordPage(options.maskAllText ?? false, onEvent),
  );
}
