import type { ReplayEvent } from '@dovecote/replay';
import type { Browser } from './browser.js';
import { Chunks } from './chunks.js';
import { encodeAddChunk } from './message.js';
import type { EndReason, RecorderOptions } from './options.js';
import { type Outcome, outcomeOf } from './outcome.js';

const PATH = '/dovecote.replay.v1.RecordingService/AddChunk';
const CHUNK_MS = 5_000;
/** Characters of JSON that do not wait for the time. */
const CHUNK_CHARACTERS = 256 * 1024;
/** The server takes 2 MiB; characters beyond ASCII take up to three bytes. */
const MOST_CHUNK_BYTES = 2 * 1024 * 1024;
const MOST_WAITING = 6 * 1024 * 1024;
const MOST_CHUNKS = 10_000;
/** Browsers let a page that is left send 64 KiB in all. */
const KEEPALIVE_BYTES = 30 * 1024;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;

const none = (): void => undefined;

export type Record = (onEvent: (event: ReplayEvent) => void) => (() => void) | undefined;

/** Records one session. Every failure ends the recording, none reaches the page. */
export class Recorder {
  readonly sessionId: string;
  private readonly chunks = new Chunks(MOST_WAITING);
  private sequence = 0;
  private token = '';
  private state: 'new' | 'recording' | 'ended' = 'new';
  private sending: Promise<void> | undefined;
  private isStopping = false;
  private stopListening = none;
  private stopRecording = none;
  private cancelTick = none;
  private endPause = none;

  constructor(
    private readonly options: RecorderOptions,
    private readonly browser: Browser,
    private readonly record: Record,
  ) {
    this.sessionId = browser.randomId();
  }

  get isRecording(): boolean {
    return this.state === 'recording';
  }

  /** Does nothing the second time. */
  start(): void {
    if (this.state !== 'new') return;
    if (this.browser.random() >= (this.options.sampleRate ?? 1)) return this.end('not-sampled');
    if (!this.isAllowed()) return this.end('no-consent');
    this.state = 'recording';
    this.stopListening = this.browser.onHide(() => this.flushHidden());
    let stop: (() => void) | undefined;
    try {
      stop = this.record((event) => this.take(event));
    } catch {
      return this.end('unsupported');
    }
    if (!stop) return this.end('unsupported');
    this.stopRecording = stop;
    // A page that is too large has ended the recording already.
    if (this.isRecording) this.tick();
    else stop();
  }

  /** Stops recording, and settles when what was recorded is sent or given up. */
  async stop(): Promise<void> {
    if (this.state !== 'recording') return;
    this.isStopping = true;
    this.unhook();
    this.chunks.close();
    await this.send();
    this.end('stopped');
  }

  /** A page that cannot say whether it may is not recorded. */
  private isAllowed(): boolean {
    try {
      return !this.browser.isTrackingRefused && this.options.mayRecord?.() !== false;
    } catch {
      return false;
    }
  }

  private take(event: ReplayEvent): void {
    if (this.state !== 'recording') return;
    this.chunks.add(JSON.stringify(event));
    if (this.chunks.isFull) return this.end('too-much');
    if (this.chunks.isLarge(CHUNK_CHARACTERS)) this.flush();
  }

  private tick(): void {
    if (this.state !== 'recording') return;
    this.flush();
    this.cancelTick = this.browser.wait(CHUNK_MS, () => this.tick());
  }

  private flush(): void {
    this.chunks.close();
    void this.send();
  }

  /** One chunk after the other: the server masks by what it knows from the chunks before. */
  private send(): Promise<void> {
    if (this.sending === undefined && this.chunks.waiting === 0) return Promise.resolve();
    this.sending ??= this.sendAll();
    return this.sending;
  }

  private async sendAll(): Promise<void> {
    try {
      await this.sendEach();
    } catch {
      this.end('unsupported');
    } finally {
      // In the same step as the last look for chunks: one that is made now begins the next run.
      this.sending = undefined;
    }
  }

  private async sendEach(): Promise<void> {
    for (let json = this.chunks.first(); json !== undefined; json = this.chunks.first()) {
      if (!this.isAllowed()) return this.end('no-consent');
      if (this.sequence >= MOST_CHUNKS) return this.end('not-kept');
      if (new TextEncoder().encode(json).length > MOST_CHUNK_BYTES) return this.end('too-much');
      const sequence = this.sequence++;
      const outcome = await this.deliver(sequence, await this.browser.gzip(json));
      if (this.state === 'ended') return;
      if (outcome.kind === 'end') return this.end(outcome.reason);
      this.chunks.shift();
    }
  }

  /** Until the server has said something that lasts. */
  private async deliver(sequence: number, events: Uint8Array): Promise<Outcome> {
    let refusedTokens = 0;
    for (let attempt = 0; ; attempt++) {
      const outcome = outcomeOf(await this.post(sequence, events, events.length <= KEEPALIVE_BYTES));
      if (outcome.kind !== 'again' || this.state === 'ended') return outcome;
      if (this.isStopping) return { kind: 'end', reason: 'stopped' };
      if (outcome.isTokenRefused) {
        if (++refusedTokens > 1) return { kind: 'end', reason: 'refused' };
        continue;
      }
      await this.pause(outcome.isSlow ? LONGEST_WAIT_MS : FIRST_WAIT_MS * 2 ** attempt);
    }
  }

  private async post(sequence: number, events: Uint8Array, keepalive: boolean) {
    try {
      this.token = await this.options.token();
      return await this.request(sequence, events, keepalive);
    } catch {
      return undefined;
    }
  }

  private async request(sequence: number, events: Uint8Array, keepalive: boolean) {
    const { server, organizationId, campaignId = '', screen } = this.options;
    const headers = {
      ...(organizationId !== undefined && { 'x-org-id': organizationId }),
      'content-type': 'application/proto',
      'connect-protocol-version': '1',
      authorization: `Bearer ${this.token}`,
    };
    const chunk = { sessionId: this.sessionId, sequence, events, campaignId, screen: screen?.() ?? '' };
    return this.browser.post(new URL(PATH, server).href, headers, encodeAddChunk(chunk), keepalive);
  }

  /** With some chance, so that many pages do not come back in the same second. */
  private pause(ms: number): Promise<void> {
    const wait = Math.min(ms, LONGEST_WAIT_MS) * (0.5 + this.browser.random() / 2);
    return new Promise((resolve) => {
      const cancel = this.browser.wait(wait, resolve);
      this.endPause = () => {
        cancel();
        resolve();
      };
    });
  }

  /**
   * A page that is left waits for nothing: what fits is sent as it is, with the token of the chunk before. Chunks that
   * wait for the server come first in the session; behind them this one would be out of order.
   */
  private flushHidden(): void {
    if (this.state !== 'recording' || this.token === '' || !this.isAllowed()) return;
    if (this.chunks.waiting > (this.sending ? 1 : 0)) return;
    const json = this.chunks.takeOpen(KEEPALIVE_BYTES / 3);
    if (json === undefined) return;
    const events = new TextEncoder().encode(json);
    this.request(this.sequence++, events, true).catch(() => undefined);
  }

  private unhook(): void {
    this.stopListening();
    this.stopRecording();
    this.cancelTick();
    this.endPause();
  }

  private end(reason: EndReason): void {
    if (this.state === 'ended') return;
    this.state = 'ended';
    this.unhook();
    this.chunks.clear();
    try {
      this.options.onEnd?.(reason);
    } catch (error) {
      console.error(error);
    }
  }
}
