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

export type LogLevel = 'info' | 'warn' | 'error';

export type ToParent =
  | { readonly kind: 'ready'; readonly port: number; readonly version: string }
  | { readonly kind: 'failed'; readonly reason: FailureReason; readonly message: string }
  | {
      readonly kind: 'log';
      readonly level: LogLevel;
      readonly event: string;
      readonly fields: Readonly<Record<string, unknown>>;
    };

/** `unsupported`: there is no engine for this platform. */
export type FailureReason = 'unsupported' | 'other';
