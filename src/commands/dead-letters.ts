import { validate as isUuid } from 'uuid';
import { DeadLetters } from '../modules/analytics/event/index.js';
import type { Config } from '../platform/config/index.js';
import { CommandError } from './errors.js';
import { withServingRole } from './open-database.js';

const LISTED = 100;

/** Which dead letters a command is about: one, or all if the operator says so. */
export interface WhichDeadLetters {
  readonly id?: string;
  readonly all?: boolean;
}

/** `dovecote dead-letters list`: the batches of events that the analytics store refused. */
export async function listDeadLettersCommand(config: Config): Promise<string> {
  return withDeadLetters(config, async (deadLetters) => {
    const [letters, count] = [await deadLetters.list(LISTED), await deadLetters.count()];
    if (count === 0) return 'There are no dead letters.';
    const lines = letters.map(
      ({ id, project, events, failedAt, error }) =>
        `${id}  project ${project}, ${events} events, failed ${failedAt.toISOString()}: ${firstLine(error)}`,
    );
    if (count > letters.length) lines.push(`and ${count - letters.length} more`);
    return lines.join('\n');
  });
}

/** `dovecote dead-letters show`: why one was refused, and its events as lines of JSON. */
export async function showDeadLetterCommand(config: Config, id: string): Promise<string> {
  return withDeadLetters(config, async (deadLetters) => {
    const opened = isUuid(id) ? await deadLetters.open(id) : undefined;
    if (!opened) throw new CommandError(`There is no dead letter ${id}; see "dovecote dead-letters list".`);
    const { letter, rows } = opened;
    return [
      `id            ${letter.id}`,
      `organization  ${letter.orgId}`,
      `project       ${letter.project}`,
      `received      ${letter.receivedAt.toISOString()}`,
      `failed        ${letter.failedAt.toISOString()}`,
      `error         ${letter.error}`,
      `events        ${letter.events}`,
      ...(rows
        ? rows.map((row) => JSON.stringify(row))
        : ['The events cannot be read: the batch is damaged.']),
    ].join('\n');
  });
}

/** `dovecote dead-letters replay`: queues them again; a batch that is still refused comes back. */
export async function replayDeadLettersCommand(config: Config, which: WhichDeadLetters): Promise<string> {
  return withDeadLetters(config, async (deadLetters) => {
    const { queued, refused } = await deadLetters.replay(oneOrAll(which));
    if (refused > 0) throw new CommandError(refusedReplay(queued, refused));
    return `${found(queued, which)} queued again; a running worker drains them.`;
  });
}

function refusedReplay(queued: number, refused: number): string {
  const done = queued > 0 ? `${counted(queued)} queued again. ` : '';
  return (
    `${done}${counted(refused)} refused: the project was deleted, and its events are not stored again. ` +
    'Delete what is left with "dovecote dead-letters drop".'
  );
}

/** `dovecote dead-letters drop`: deletes them; their events are lost. */
export async function dropDeadLettersCommand(config: Config, which: WhichDeadLetters): Promise<string> {
  return withDeadLetters(
    config,
    async (deadLetters) => `${found(await deadLetters.drop(oneOrAll(which)), which)} deleted.`,
  );
}

function oneOrAll({ id, all = false }: WhichDeadLetters): string | undefined {
  if ((id === undefined) !== all) throw new CommandError('Name one dead letter, or --all.');
  if (id !== undefined && !isUuid(id)) throw new CommandError(`${id} is not the id of a dead letter.`);
  return id;
}

function found(batches: number, { id }: WhichDeadLetters): string {
  if (id !== undefined && batches === 0)
    throw new CommandError(`There is no dead letter ${id}; see "dovecote dead-letters list".`);
  return counted(batches);
}

function counted(batches: number): string {
  return batches === 1 ? '1 dead letter' : `${batches} dead letters`;
}

function firstLine(text: string): string {
  return text.split('\n')[0]?.slice(0, 200) ?? '';
}

async function withDeadLetters(
  config: Config,
  work: (deadLetters: DeadLetters) => Promise<string>,
): Promise<string> {
  return withServingRole(config, 'dovecote dead-letters', (database) => work(DeadLetters.over(database)));
}
