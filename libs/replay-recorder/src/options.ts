export interface RecorderOptions {
  /** Where the API is: `https://dovecote.example`. */
  server: string;
  /** The member's token. Asked for before each chunk, so that it may change. */
  token: () => string | Promise<string>;
  /** The organization, for members of several. */
  organizationId?: string;
  /** Whether the person agrees. Asked at the start and before each chunk; without it, the caller has asked before. */
  mayRecord?: () => boolean;
  /** The share of sessions that are recorded, 0 to 1; 1 by default. */
  sampleRate?: number;
  /** Masks all text and every picture, not only what is marked. */
  maskAllText?: boolean;
  /** The campaign whose message is on screen; a session has at most one. */
  campaignId?: string;
  /** Route of the screen, without personal data. */
  screen?: () => string;
  /** Told once, when nothing is recorded any more. */
  onEnd?: (reason: EndReason) => void;
}

export interface SessionRecorder {
  /** Does nothing the second time. */
  start(): void;
  /** Stops recording, and settles when what was recorded is sent or given up. */
  stop(): Promise<void>;
}

export type EndReason =
  /** `stop()` was called. */
  | 'stopped'
  /** This session is not one of the sample. */
  | 'not-sampled'
  /** The browser says "do not track" or "Global Privacy Control", or `mayRecord` says no. */
  | 'no-consent'
  /** The server keeps nothing of this member or organization, or the session is full. */
  | 'not-kept'
  /** The token is refused, or the server does not know such calls. */
  | 'refused'
  /** More waits to be sent than the recorder keeps, or one snapshot is larger than the server takes. */
  | 'too-much'
  /** The page cannot be recorded. */
  | 'unsupported';
