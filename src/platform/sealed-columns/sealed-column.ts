/** A column that holds sealed values. */
export interface SealedColumn {
  readonly table: string;
  readonly column: string;
  /** The columns that say which row it is: the arguments of `context`, as text. */
  readonly places: readonly string[];
  readonly context: (...places: string[]) => string;
}

/** Jobs whose payload holds a sealed value in base64, as `sealed`, beside an `id`. */
export interface SealedJob {
  readonly task: string;
  readonly context: (id: string) => string;
}

const columns: SealedColumn[] = [];
const jobs: SealedJob[] = [];

/**
 * Declares a column that holds sealed values, and returns what a value of a row is bound to, which is needed to seal and to
 * open it. Whatever is declared is sealed again when the master key changes: `dovecote rotate-keys`.
 */
export function sealedColumn<const Places extends readonly string[]>(
  { table, column, places }: { readonly table: string; readonly column: string; readonly places: Places },
  context: (...places: { readonly [Place in keyof Places]: string }) => string,
): (...places: { readonly [Place in keyof Places]: string }) => string {
  // Called with as many texts as there are places.
  columns.push({ table, column, places, context: context as SealedColumn['context'] });
  return context;
}

/** The same for the payload of jobs. */
export function sealedJob(task: string, context: (id: string) => string): (id: string) => string {
  jobs.push({ task, context });
  return context;
}

/** Those of the modules that are loaded. */
export function sealedColumns(): readonly SealedColumn[] {
  return columns;
}

export function sealedJobs(): readonly SealedJob[] {
  return jobs;
}
