import { describe, expect, test } from '@jest/globals';
import { type DataImport, type ImportOptions, importSource, importState } from './data-import.js';
import {
  keepsNothing,
  FEWEST_BYTES_OF_PIECE,
  MOST_OPEN,
  refuseCheck,
  refuseImportsOverLimit,
  refuseOptions,
  refusePiece,
  refuseStart,
  refuseUndo,
} from './data-import.rules.js';

const file = {
  state: importState.uploading,
  fileBytes: 1_000_000,
  uploadedBytes: 200_000,
  result: { refused: 1 },
} as DataImport;
const inState = (state: DataImport['state']): DataImport => ({
  ...file,
  state,
  uploadedBytes: file.fileBytes,
});

test('ten imports of a project have not ended, and no more', () => {
  expect(refuseImportsOverLimit(MOST_OPEN - 1)).toBeUndefined();
  expect(refuseImportsOverLimit(MOST_OPEN)?.reason).toBe('TOO_MANY_IMPORTS');
});

describe('a piece', () => {
  test.each<[string, number, number]>([
    ['the next one', 200_000, FEWEST_BYTES_OF_PIECE],
    ['the last one', 999_999, 1],
  ])('may be %s', (_what, offset, bytes) => {
    expect(refusePiece({ ...file, uploadedBytes: offset }, offset, bytes)).toBeUndefined();
  });

  test.each<[string, string, number, number]>([
    ['behind a gap', 'IMPORT_OFFSET', 200_001, FEWEST_BYTES_OF_PIECE],
    ['beyond the end', 'INVALID_ARGUMENT', 200_000, 800_001],
    ['too small before the end', 'INVALID_ARGUMENT', 200_000, FEWEST_BYTES_OF_PIECE - 1],
  ])('is refused %s', (_what, reason, offset, bytes) => {
    expect(refusePiece(file, offset, bytes)?.reason).toBe(reason);
  });

  test('is refused once the file is complete', () => {
    expect(refusePiece(inState(importState.checked), 0, 1)?.reason).toBe('IMPORT_STATE');
  });
});

describe('what can be done in a state', () => {
  test('is a check, once the file is there, and until the start', () => {
    expect(refuseCheck(file)?.reason).toBe('IMPORT_INCOMPLETE');
    for (const state of [importState.uploading, importState.checked])
      expect(refuseCheck(inState(state))).toBeUndefined();
    for (const state of [importState.running, importState.completed, importState.undone])
      expect(refuseCheck(inState(state))?.reason).toBe('IMPORT_STATE');
  });

  test('is a start after a check, in the strict way only without problems', () => {
    expect(refuseStart(inState(importState.checked), false)).toBeUndefined();
    expect(refuseStart(inState(importState.checked), true)?.reason).toBe('IMPORT_HAS_PROBLEMS');
    expect(refuseStart(inState(importState.checking), false)?.reason).toBe('IMPORT_STATE');
    expect(refuseStart({ ...inState(importState.checked), result: null }, false)?.reason).toBe(
      'IMPORT_STATE',
    );
  });

  test('is an undo, once something can be stored', () => {
    for (const state of [
      importState.running,
      importState.completed,
      importState.failed,
      importState.cancelled,
    ])
      expect(refuseUndo(inState(state))).toBeUndefined();
    for (const state of [importState.uploading, importState.checked])
      expect(refuseUndo(inState(state))?.reason).toBe('IMPORT_STATE');
  });
});

describe('options', () => {
  const options: ImportOptions = { source: importSource.segment, zone: 'Europe/Stockholm', dateOrder: 0 };

  test('have a zone of the database, and no offset', () => {
    expect(refuseOptions(options)).toBeUndefined();
    for (const zone of ['Mars/Olympus', '+02:00', ''])
      expect(refuseOptions({ ...options, zone })?.details.violations?.[0]?.field).toBe('options.zone');
  });
});

test('no event is left of an import that was undone, or that is all or nothing and did not come to its end', () => {
  const kept = Object.values(importState).filter((state) => !keepsNothing({ state, strict: false }));
  expect(kept).not.toContain(importState.undoing);
  expect(kept).toContain(importState.failed);
  for (const state of [importState.failed, importState.cancelled, importState.undone])
    expect(keepsNothing({ state, strict: true })).toBe(true);
  for (const state of [importState.running, importState.completed])
    expect(keepsNothing({ state, strict: true })).toBe(false);
});
