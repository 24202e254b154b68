import { browserOf } from './browser.js';
import type { RecorderOptions, SessionRecorder } from './options.js';
import { Recorder } from './recorder.js';
import { recordPage } from './rrweb.js';

export type { EndReason, RecorderOptions, SessionRecorder } from './options.js';

/** A recorder of the page that it is called in. */
export function createRecorder(options: RecorderOptions): SessionRecorder {
  // The recorder's program is checked without the types of browsers.
  const window = globalThis as unknown as Parameters<typeof browserOf>[0];
  return new Recorder(options, browserOf(window), (onEvent) =>
    recordPage(options.maskAllText ?? false, onEvent),
  );
}
