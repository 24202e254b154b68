import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fromJsonString } from '@bufbuild/protobuf';
import {
  type CsvMapping,
  CsvMappingSchema,
  DateOrder,
  type Import,
  ImportSource,
  ImportState,
} from '@dovecote/contract/dovecote/transfer/v1/import_pb';
import { validate } from 'uuid';
import { CommandError } from '../errors.js';
import { type FileFormat, fileFormats, formatOf } from './file-format.rules.js';
import { LocalFile } from './local-file.js';
import { type Options, RemoteImports } from './remote-imports.js';
import { reportOf } from './report.js';

export interface ImportCommandOptions {
  readonly server: string;
  readonly project: string;
  readonly keyFile?: string;
  readonly format?: FileFormat;
  readonly zone: string;
  readonly dateOrder?: 'day-first' | 'month-first';
  readonly mapping?: string;
  readonly name?: string;
  readonly dryRun?: boolean;
  readonly strict?: boolean;
  readonly undo?: string;
}

/** A refusal and a failure are errors, which exit with 1. */
const exitCodes = { complete: 0, linesLeftOut: 2 } as const;

const sources: Readonly<Record<FileFormat, ImportSource>> = {
  amplitude: ImportSource.AMPLITUDE,
  csv: ImportSource.CSV,
  dovecote: ImportSource.DOVECOTE_NDJSON,
  'dovecote-parquet': ImportSource.DOVECOTE_PARQUET,
  ga4: ImportSource.GA4,
  mixpanel: ImportSource.MIXPANEL,
  posthog: ImportSource.POSTHOG,
  segment: ImportSource.SEGMENT,
};
const dateOrders = { 'day-first': DateOrder.DAY_FIRST, 'month-first': DateOrder.MONTH_FIRST } as const;
const { UPLOADING, CHECKING, CHECKED, RUNNING, COMPLETED, UNDOING, UNDONE } = ImportState;

const TELL_EVERY_MS = 5_000;

/** `dovecote import`: brings a file into a project through the API of a server, or undoes that. */
export async function importCommand(
  path: string | undefined,
  options: ImportCommandOptions,
  env: NodeJS.ProcessEnv,
): Promise<number> {
  if (!URL.canParse(options.server)) throw new CommandError('--server must be a URL.');
  if (!validate(options.project)) throw new CommandError('--project must be the id of a project.');
  if ((path === undefined) === (options.undo === undefined))
    throw new CommandError('Name a file to import, or an import with --undo.');
  const key = await keyOf(options, env);
  const imports = new RemoteImports({ url: options.server, key, project: options.project });
  if (options.undo !== undefined) return undo(imports, options.undo);
  const file = await LocalFile.open(path ?? '');
  try {
    return await importFile(imports, file, options);
  } finally {
    await file.close();
  }
}

async function keyOf({ keyFile }: ImportCommandOptions, env: NodeJS.ProcessEnv): Promise<string> {
  if (keyFile === undefined) {
    const key = env['DOVECOTE_API_KEY'] ?? '';
    if (key === '') throw new CommandError('Give an API key by --key-file, or in DOVECOTE_API_KEY.');
    return key;
  }
  return (await textOf(keyFile)).trim();
}

async function undo(imports: RemoteImports, importId: string): Promise<number> {
  if (!validate(importId)) throw new CommandError('--undo must be the id of an import.');
  await imports.undo(importId);
  const { state } = await imports.left(importId, [UNDOING]);
  if (state !== UNDONE) throw new CommandError(`The import is ${ImportState[state].toLowerCase()}.`);
  print(`The events of import ${importId} are deleted; profiles stay.`);
  return exitCodes.complete;
}

async function importFile(
  imports: RemoteImports,
  file: LocalFile,
  options: ImportCommandOptions,
): Promise<number> {
  const reading = await readingOf(file, options);
  const label = options.name ?? basename(file.path);
  // By its content, an interrupted run finds its import, and no other one. A rehearsal is another import.
  const name = `${label.slice(0, 110)} (${file.digest}${options.dryRun ? ', dry run' : ''})`;
  const begun = await imports.findOrCreate(name, file, reading);
  const { id } = begun;
  print(
    `Import ${id} of ${file.path}${begun.uploadedBytes > 0n ? `, from byte ${begun.uploadedBytes} on` : ''}`,
  );
  if (begun.state === UPLOADING) {
    const tell = progress();
    await imports.upload(begun, file, (bytes) =>
      tell(`uploaded ${Math.floor((bytes / file.size) * 100)} % of ${file.size} bytes`),
    );
  }
  const checked = await checkedAs(imports, begun, reading);
  for (const line of reportOf(checked)) print(line);
  const refused = Number(checked.check?.refused ?? 0n);
  if (options.dryRun) {
    await imports.cancel(id);
    print('Nothing is imported: this was a dry run.');
    return refused > 0 ? exitCodes.linesLeftOut : exitCodes.complete;
  }
  if (options.strict && refused > 0 && checked.state === CHECKED) {
    await imports.cancel(id);
    throw new CommandError(`Nothing is imported: ${refused} lines cannot be taken.`);
  }
  if (checked.state === CHECKED) await imports.start(id, options.strict ?? false);
  return ended(imports, id);
}

/** Checks the file, unless it is being stored by now. */
async function checkedAs(imports: RemoteImports, { id }: Import, reading: Options): Promise<Import> {
  const tell = progress();
  const told = ({ linesRead }: Import): void => tell(`checked ${linesRead} lines`);
  const before = await imports.left(id, [CHECKING], told);
  if (before.state === UPLOADING || before.state === CHECKED) await imports.check(id, reading);
  const now = await imports.left(id, [CHECKING], told);
  if (now.state !== CHECKED && now.state !== RUNNING && now.state !== COMPLETED) throw failureOf(now);
  return now;
}

async function ended(imports: RemoteImports, id: string): Promise<number> {
  const tell = progress();
  const done = await imports.left(id, [RUNNING], ({ linesRead, eventsStored, check }) =>
    tell(`read ${linesRead} of ${check?.lines ?? 0n} lines, stored ${eventsStored} events`),
  );
  if (done.state !== COMPLETED) throw failureOf(done);
  const { eventsStored, eventsPresent, eventsErased, profilesKnown, linesRefused } = done;
  print(
    `Stored ${eventsStored} events and ${profilesKnown} profiles. There before: ${eventsPresent}. Of erased persons: ${eventsErased}. Lines left out: ${linesRefused}.`,
  );
  print(`To delete its events: dovecote import --undo ${id}, with the same server, project and key`);
  return linesRefused > 0n ? exitCodes.linesLeftOut : exitCodes.complete;
}

function failureOf({ state, error }: Import): CommandError {
  return new CommandError(error || `The import is ${ImportState[state].toLowerCase()}.`);
}

async function readingOf(file: LocalFile, options: ImportCommandOptions): Promise<Options> {
  const beginning = await file.beginning();
  const format = options.format ?? formatOf(beginning);
  if (!format)
    throw new CommandError(
      `The format of ${file.path} is not recognized; --format is one of ${fileFormats.join(', ')}.`,
    );
  if (format === 'csv' && options.mapping === undefined)
    throw new CommandError('A CSV file needs --mapping: a file that says which column holds what.');
  if (format !== 'csv' && options.mapping !== undefined)
    throw new CommandError(`--mapping is for the format csv, and the file is of ${format}.`);
  print(`Format: ${format}${options.format ? '' : ', as recognized'}`);
  return {
    source: sources[format],
    zone: options.zone,
    dateOrder: options.dateOrder ? dateOrders[options.dateOrder] : DateOrder.UNSPECIFIED,
    csv: options.mapping === undefined ? undefined : await mappingOf(options.mapping),
  };
}

async function mappingOf(path: string): Promise<CsvMapping> {
  try {
    return fromJsonString(CsvMappingSchema, await textOf(path));
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`${path} is no mapping: ${(error as Error).message}.`);
  }
}

function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(`${path} cannot be read: ${error.message}.`);
  });
}

/** Tells on the error output how far something is, now and then. */
function progress(): (text: string) => void {
  let toldAt = -Infinity;
  return (text) => {
    if (performance.now() - toldAt < TELL_EVERY_MS) return;
    toldAt = performance.now();
    process.stderr.write(`${text} …\n`);
  };
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
