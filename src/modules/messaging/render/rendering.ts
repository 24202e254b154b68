import type { MessageSource, Recipient, RenderResult } from './render.rules.js';

/** What to make, and for whom. */
export interface RenderWork {
  source: MessageSource;
  recipients: readonly Recipient[];
}

/** On whose behalf. */
export interface RenderOrigin {
  requestId: string;
  signal?: AbortSignal;
}

/** The one door through which messages are made, in this process or in another; never within a transaction. */
export abstract class Rendering {
  /** One result for each recipient, in their order. Throws `unavailable` when another process does not answer. */
  abstract render(work: RenderWork, origin: RenderOrigin): Promise<RenderResult[]>;
}
