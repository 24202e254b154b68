import {
  AppError,
  failedPrecondition,
  type FieldViolation,
  invalidArgument,
} from '../../../platform/errors/index.js';
import { resolvedZone } from '../../../platform/text/index.js';
import { type DataImport, type ImportOptions, importSource, importState } from './data-import.js';

/** Imports of a project that have not ended. */
export const MOST_OPEN = 10;
/** Attempts without a chunk that succeeds. */
export const MOST_ATTEMPTS = 20;
/** How long an import waits for its file and its start, and how long the report is kept. */
export const KEPT_MS = 30 * 24 * 60 * 60_000;
/** A smaller piece is allowed at the end of a file only: each is an object. */
export const FEWEST_BYTES_OF_PIECE = 64 * 1024;

export function refuseImportsOverLimit(open: number): AppError | undefined {
  if (open < MOST_OPEN) return undefined;
  return new AppError(
    'resource_exhausted',
    'TOO_MANY_IMPORTS',
    `${MOST_OPEN} imports of the project have not ended; wait for one, or cancel one.`,
  );
}

export function refuseOptions({ source, csv, zone }: ImportOptions): AppError | undefined {
  const violations: FieldViolation[] = [];
  const refuse = (field: string, description: string): void => {
    violations.push({ field: `options.${field}`, description });
  };
  if (source === importSource.csv) {
    if (!csv) refuse('csv', 'value is required for the source CSV');
    else if (!csv.profiles) {
      if (csv.timeColumn === '') refuse('csv.time_column', 'value is required, unless the rows are profiles');
      if ((csv.eventColumn === '') === (csv.eventName === ''))
        refuse('csv.event_column', 'must be given, or event_name, and not both');
    }
  } else if (csv) refuse('csv', 'is for the source CSV only');
  if (resolvedZone(zone) === undefined) refuse('zone', 'is no time zone of the IANA database');
  return violations.length > 0 ? invalidArgument(violations) : undefined;
}

/** @param bytes Of the piece. */
export function refusePiece(
  { fileBytes, uploadedBytes, state }: Pick<DataImport, 'fileBytes' | 'uploadedBytes' | 'state'>,
  offset: number,
  bytes: number,
): AppError | undefined {
  if (state !== importState.uploading) return refuseState('waits for no file');
  if (offset > uploadedBytes)
    return new AppError(
      'failed_precondition',
      'IMPORT_OFFSET',
      `The next piece begins at ${uploadedBytes}.`,
      {
        metadata: { uploaded_bytes: String(uploadedBytes) },
      },
    );
  if (offset + bytes > fileBytes)
    return invalidArgument([{ field: 'data', description: `must end where the file ends, at ${fileBytes}` }]);
  if (bytes < FEWEST_BYTES_OF_PIECE && offset + bytes < fileBytes)
    return invalidArgument([
      {
        field: 'data',
        description: `must have at least ${FEWEST_BYTES_OF_PIECE} bytes before the end of the file`,
      },
    ]);
  return undefined;
}

export function refuseCheck({ state, fileBytes, uploadedBytes }: DataImport): AppError | undefined {
  if (state === importState.uploading && uploadedBytes < fileBytes)
    return new AppError(
      'failed_precondition',
      'IMPORT_INCOMPLETE',
      `The file has ${fileBytes} bytes, of which ${uploadedBytes} have arrived; upload the rest.`,
    );
  if (state === importState.uploading || state === importState.checked) return undefined;
  return refuseState('cannot be checked now');
}

export function refuseStart({ state, result }: DataImport, strict: boolean): AppError | undefined {
  if (state !== importState.checked || !result) return refuseState('must be checked before it is started');
  if (!strict || result.refused === 0) return undefined;
  return failedPrecondition(
    'IMPORT_HAS_PROBLEMS',
    `The check found ${result.refused} lines that cannot be taken; correct the file, or start without strict.`,
  );
}

/** Nothing was stored yet, or it is not known what: then there is nothing to undo. */
export function refuseUndo({ state }: DataImport): AppError | undefined {
  const states: readonly number[] = [
    importState.running,
    importState.completed,
    importState.failed,
    importState.cancelled,
  ];
  return states.includes(state) ? undefined : refuseState('has stored nothing yet');
}

/** Whether none of its events may be left: it was undone, or it is all or nothing and has not come to its end. */
export function keepsNothing({ state, strict }: Pick<DataImport, 'state' | 'strict'>): boolean {
  if (state === importState.undoing || state === importState.undone) return true;
  return strict && (state === importState.failed || state === importState.cancelled);
}

function refuseState(what: string): AppError {
  return failedPrecondition('IMPORT_STATE', `The import ${what}; see its state.`);
}
