import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { ConfigError, loadConfig } from '../platform/config/index.js';
import { configCommand, configProblems } from './config.js';
import { fileFormats } from './import/file-format.rules.js';
import type { ImportCommandOptions } from './import/index.js';
import { packageFolder } from './package-folder.js';

const { version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as {
  version: string;
};

/** The command line. Each command is loaded when it is called: help and config answer at once. */
export function createProgram(env: NodeJS.ProcessEnv): Command {
  const program = new Command('dovecote')
    .description('Provable internal communications and product analytics, on your own machines.')
    .version(version)
    .showSuggestionAfterError()
    .showHelpAfterError('"dovecote --help" lists the commands.')
    .addHelpText('after', '\nEverything is configured by environment variables: see "dovecote config".');

  program
    .command('serve', { isDefault: true })
    .description('answer calls and run jobs until stopped (the default)')
    .addOption(new Option('--role <role>', 'what this process does').choices(['all', 'api', 'worker']))
    .option('--host <address>', 'address to listen on')
    .option('--port <number>', 'port to listen on')
    .action(async ({ role, host, port }: { role?: string; host?: string; port?: string }) => {
      const { serveCommand } = await import('./serve.js');
      await serveCommand(loadConfig(env, defined({ ROLE: role, HOST: host, PORT: port })));
    });

  program
    .command('render')
    .description('render messages for the other processes, on the internal listener, until stopped')
    .action(async () => {
      const { serveCommand } = await import('./serve.js');
      await serveCommand(loadConfig(env, { ROLE: 'render' }));
    });

  program
    .command('migrate')
    .description('migrate the database schema and exit')
    .action(async () => {
      const { migrateCommand } = await import('./migrate.js');
      await migrateCommand(loadConfig(env));
    });

  program
    .command('doctor')
    .description('check database, roles, keys, port and disk, and say what to do')
    .action(async () => {
      const { doctorCommand } = await import('./doctor/index.js');
      process.exitCode = await doctorCommand(loadConfig(env));
    });

  program
    .command('config')
    .description('list every variable with its value, default and meaning')
    .option('--markdown', 'print a Markdown table for the documentation, without values')
    .action((options: { markdown?: boolean }) => {
      print(configCommand(env, options));
      const problems = options.markdown ? [] : configProblems(env);
      if (problems.length > 0) throw new ConfigError(problems);
    });

  addBackupCommands(program, env);

  program
    .command('create-organization')
    .description('create an organization and its first super admin')
    .requiredOption('--name <name>', 'name of the organization')
    .requiredOption('--admin-email <address>', 'mail address of its super admin')
    .action(async (options: { name: string; adminEmail: string }) => {
      const { createOrganizationCommand } = await import('./create-organization.js');
      print(await createOrganizationCommand(loadConfig(env), options));
    });

  program
    .command('end-enforcement')
    .description('end SSO enforcement in an organization whose identity provider is unavailable')
    .requiredOption('--organization <id or domain>', 'id of the organization, or a domain that it has proven')
    .action(async ({ organization }: { organization: string }) => {
      const { endEnforcementCommand } = await import('./end-enforcement.js');
      print(await endEnforcementCommand(loadConfig(env), organization));
    });

  program
    .command('event-limit')
    .description('show or set how many events an organization may send in a month')
    .requiredOption('--organization <id>', 'id of the organization')
    .option(
      '--events <number>',
      'events of a calendar month, UTC; "none": no limit, "default": as configured',
    )
    .option('--above <action>', 'what happens beyond it: "accept", "refuse", or "default": as configured')
    .action(async (options: { organization: string; events?: string; above?: string }) => {
      const { eventLimitCommand } = await import('./event-limit.js');
      print(await eventLimitCommand(loadConfig(env), options));
    });

  program
    .command('verify')
    .description('verify an exported audit trail offline: detects changed, removed, inserted or moved events')
    .argument('<file>', 'as downloaded: CSV, JSON lines or Parquet')
    .option('--head <hash>', 'expected hash of the last event, as noted when the export was created')
    .option('--after <file>', 'an earlier export that this one must continue without a gap')
    .addHelpText(
      'after',
      '\nExit codes: 0 the trail is intact, 1 it is broken (the first broken line is named), 2 it cannot be read.',
    )
    .action(async (file: string, options: { head?: string; after?: string }) => {
      const { verifyCommand } = await import('./verify/index.js');
      process.exitCode = await verifyCommand(file, options);
    });

  program
    .command('open-export')
    .description('decrypt an export of an organization, without the server')
    .argument('<file>', 'as downloaded')
    .requiredOption('--key <key>', 'decryption_key of the request, as the list of privacy requests shows it')
    .requiredOption('--out <file>', 'where to write the ZIP')
    .action(async (file: string, options: { key: string; out: string }) => {
      const { openExportCommand } = await import('./open-export.js');
      print(await openExportCommand(file, options));
    });

  program
    .command('proto')
    .description('the contract, for clients in other languages')
    .command('export')
    .description('write every proto file and its imports, for any protoc or buf')
    .argument('<folder>', 'an empty folder, or one that does not exist yet')
    .action(async (folder: string) => {
      const { exportProtosCommand } = await import('./export-protos.js');
      print(await exportProtosCommand(folder));
    });

  addDeadLetterCommands(program, env);
  addImportCommand(program, env);

  program
    .command('resync-profiles')
    .description('send all profiles to the analytics store again, after it was replaced or restored')
    .action(async () => {
      const { resyncProfilesCommand } = await import('./resync-profiles.js');
      print(await resyncProfilesCommand(loadConfig(env)));
    });

  program
    .command('rotate-keys')
    .description(
      'seal secrets with a new master key, and sign access tokens with a new key; issued tokens stay valid',
    )
    .addHelpText('after', rotateKeysHelp)
    .action(async () => {
      const { rotateKeysCommand } = await import('./rotate-keys.js');
      await rotateKeysCommand(loadConfig(env), print);
    });

  return program;
}

function addBackupCommands(program: Command, env: NodeJS.ProcessEnv): void {
  program
    .command('backup')
    .description(
      'copy PostgreSQL, the analytics store and the object store as of one instant, while servers run',
    )
    .argument('<place>', 'an empty folder, or one that does not exist yet; or s3://bucket/prefix')
    .option('--with-key', 'put the master key beside what is sealed with it')
    .option('--keep <number>', 'make the backup in a new folder of the place, and keep so many of the latest')
    .addHelpText('after', '\nA backup without manifest.json is incomplete, and is not restored.')
    .action(async (place: string, { withKey, keep }: { withKey?: boolean; keep?: string }) => {
      const { backupCommand } = await import('./backup/index.js');
      const config = loadConfig(env, defined({ BACKUP_TARGET: place, BACKUP_KEEP: keep }));
      const kept = keep === undefined ? undefined : config.backup.keep;
      await backupCommand(config, place, { program: version, withKey, keep: kept }, print);
    });

  program
    .command('restore')
    .description('fill empty stores from a backup, while no server runs')
    .argument('<place>', 'where the backup lies: a folder, or s3://bucket/prefix')
    .option('--check', 'read all of the backup and compare it with its manifest, and write nothing')
    .addHelpText('after', '\nThe same command after an interruption begins over, and leaves nothing twice.')
    .action(async (place: string, { check }: { check?: boolean }) => {
      const { checkCommand, restoreCommand } = await import('./backup/index.js');
      await (check ? checkCommand : restoreCommand)(loadConfig(env, { BACKUP_TARGET: place }), place, print);
    });
}

function addImportCommand(program: Command, env: NodeJS.ProcessEnv): void {
  program
    .command('import')
    .description('import a file of events and people into a project of a server, or undo an import')
    .argument('[file]', 'lines of JSON, a JSON array, CSV or Parquet; gzip is fine')
    .requiredOption('--project <id>', 'id of the project')
    .option('--server <url>', 'where the server answers', 'http://127.0.0.1:8080')
    .option(
      '--key-file <file>',
      'file with an API key that may write analytics; DOVECOTE_API_KEY unless given',
    )
    .addOption(
      new Option('--format <format>', 'what has written the file; recognized unless given').choices(
        fileFormats,
      ),
    )
    .option('--zone <name>', 'IANA name of the zone of times that name none', 'UTC')
    .addOption(
      new Option('--date-order <order>', 'how 3/4/2025 is read').choices(['day-first', 'month-first']),
    )
    .option('--mapping <file>', 'for CSV: JSON of dovecote.transfer.v1.CsvMapping')
    .option('--name <name>', 'shown beside the import; the name of the file unless given')
    .option('--dry-run', 'show what lines become and the first problems, and import nothing')
    .option('--strict', 'import nothing when a line cannot be taken')
    .option('--undo <import>', 'delete the events of an import, in the place of importing')
    .addHelpText(
      'after',
      '\nThe same command after an interruption continues where the first one was.' +
        '\nExit codes: 0 all lines are imported, 2 some were left out, 1 it was refused or failed. A dry run exits alike.',
    )
    .action(async (file: string | undefined, options: ImportCommandOptions) => {
      const { importCommand } = await import('./import/index.js');
      process.exitCode = await importCommand(file, options, env);
    });
}

const rotateKeysHelp = `
To change the master key, while servers run:
  1. Restart every process with the new key in MASTER_KEY_ACCEPTED.
  2. Restart every process with the new key in MASTER_KEY, and the previous one in MASTER_KEY_ACCEPTED.
  3. Run this command with the same variables. A run that was killed is continued by the next one.
  4. Restart every process without MASTER_KEY_ACCEPTED.
Without MASTER_KEY_ACCEPTED the command only signs access tokens with a new key.`;

function addDeadLetterCommands(program: Command, env: NodeJS.ProcessEnv): void {
  const deadLetters = program
    .command('dead-letters')
    .description('inspect the batches of events that the analytics store refused');

  deadLetters
    .command('list')
    .description('list them, the oldest first')
    .action(async () => {
      const { listDeadLettersCommand } = await import('./dead-letters.js');
      print(await listDeadLettersCommand(loadConfig(env)));
    });

  deadLetters
    .command('show')
    .description('print one with its events as lines of JSON')
    .argument('<id>', 'as listed')
    .action(async (id: string) => {
      const { showDeadLetterCommand } = await import('./dead-letters.js');
      print(await showDeadLetterCommand(loadConfig(env), id));
    });

  deadLetters
    .command('replay')
    .description('queue them again')
    .argument('[id]', 'as listed')
    .option('--all', 'all dead letters')
    .action(async (id: string | undefined, { all }: { all?: boolean }) => {
      const { replayDeadLettersCommand } = await import('./dead-letters.js');
      print(await replayDeadLettersCommand(loadConfig(env), { id, all }));
    });

  deadLetters
    .command('drop')
    .description('delete them for good, with their events')
    .argument('[id]', 'as listed')
    .option('--all', 'all dead letters')
    .action(async (id: string | undefined, { all }: { all?: boolean }) => {
      const { dropDeadLettersCommand } = await import('./dead-letters.js');
      print(await dropDeadLettersCommand(loadConfig(env), { id, all }));
    });
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function defined(options: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(options).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
