/** What the parent and the engine's process say to each other over IPC. */
export interface EngineConfig {
  readonly dataDir: string;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly connections: number;
  readonly maxQueued: number;
  readonly maxServerMemoryBytes: number;
  readonly maxQueryMemoryBytes: number;
  readonly maxExecutionSeconds: number;
  readonly maxStatementBytes: number;
  readonly maxBodyBytes: number;
  readonly maxResultBytes: number;
  readonly maxSpillBytes: number;
  readonly stopGraceMs: number;
}

export type ToChild = { readonly kind: 'start'; readonly config: EngineConfig } | { readonly kind: 'stop' };

export type ToParent =
  | { readonly kind: 'ready'; readonly port: number; readonly version: string }
  | { readonly kind: 'failed'; readonly reason: FailureReason; readonly message: string };

/** `unsupported`: there is no engine for this platform. `port`: another process listens there. */
export type FailureReason = 'unsupported' | 'port' | 'other';
