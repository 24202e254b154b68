/** Numbers of dovecote.transfer.v1.ImportState. */
export const importState = {
  uploading: 1,
  checking: 2,
  checked: 3,
  running: 4,
  completed: 5,
  failed: 6,
  cancelled: 7,
  undoing: 8,
  undone: 9,
} as const;
type ImportState = (typeof importState)[keyof typeof importState];

/** Numbers of dovecote.transfer.v1.ImportSource. */
export const importSource = {
  dovecoteNdjson: 1,
  dovecoteParquet: 2,
  csv: 3,
  mixpanel: 4,
  amplitude: 5,
  posthog: 6,
  ga4: 7,
  segment: 8,
} as const;
export type ImportSource = (typeof importSource)[keyof typeof importSource];

/** Numbers of dovecote.transfer.v1.CsvType. */
export const csvType = { unspecified: 0, number: 1, boolean: 2, timestamp: 3, json: 4 } as const;

export interface CsvMapping {
  readonly eventColumn: string;
  readonly eventName: string;
  readonly timeColumn: string;
  readonly distinctIdColumn: string;
  readonly sessionIdColumn: string;
  readonly eventIdColumn: string;
  readonly properties: readonly {
    readonly column: string;
    readonly property: string;
    readonly type: number;
  }[];
  readonly delimiter: string;
  readonly profiles: boolean;
}

/** How a file is read. */
export interface ImportOptions {
  readonly source: ImportSource;
  /** IANA name. */
  readonly zone: string;
  /** 0: dates that can be read in two ways are refused; 1: day first; 2: month first. */
  readonly dateOrder: number;
  readonly csv?: CsvMapping;
}

export interface Problem {
  readonly line: number;
  readonly field: string;
  readonly description: string;
  readonly isWarning: boolean;
}

export interface SampleEvent {
  readonly line: number;
  readonly eventId: string;
  readonly kind: string;
  readonly occurTime: number;
  readonly distinctId: string;
  readonly sessionId: string;
  readonly properties: Readonly<Record<string, string>>;
}

export interface CheckResult {
  readonly lines: number;
  readonly events: number;
  readonly profiles: number;
  readonly aliases: number;
  readonly skipped: number;
  readonly refused: number;
  readonly warnings: number;
  /** Milliseconds of the epoch; null without events. */
  readonly firstTime: number | null;
  readonly lastTime: number | null;
  readonly months: number;
  readonly problems: readonly Problem[];
  readonly samples: readonly SampleEvent[];
  readonly kinds: readonly (readonly [kind: string, events: number])[];
}

export interface DataImport {
  readonly id: string;
  /** The project's number in the analytics store. */
  readonly project: number;
  readonly projectId: string;
  readonly name: string;
  readonly state: ImportState;
  readonly fileBytes: number;
  readonly uploadedBytes: number;
  readonly options: ImportOptions;
  /** Null until a check has ended, and in lists. */
  readonly result: CheckResult | null;
  readonly strict: boolean;
  readonly linesRead: number;
  readonly eventsStored: number;
  readonly eventsPresent: number;
  readonly eventsErased: number;
  readonly linesRefused: number;
  readonly profilesKnown: number;
  readonly error: string;
  readonly attempts: number;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
}
