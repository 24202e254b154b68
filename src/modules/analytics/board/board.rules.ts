import { alreadyExists, AppError, invalidArgument, notFound } from '../../../platform/errors/index.js';
import { nameKey } from '../../../platform/text/index.js';
import type { Tile, TileDraft } from './board.js';

/** Boards of one project. */
const BOARDS_LIMIT = 100;
/** Bytes of the JSON of one question: far more than a person puts together. */
const QUESTION_BYTES = 64 * 1024;
/** Bytes of the tiles of one board, and of all boards of a project, which one call lists. */
const BOARD_BYTES = 1024 * 1024;
const PROJECT_BYTES = 8 * 1024 * 1024;

/** How much of a project its boards take, without the one that is about to be written. */
export interface BoardUse {
  readonly boards: number;
  readonly bytes: number;
}

/** A tile as a caller sends it. `id`: empty for a new one. */
export interface SentTile {
  readonly id: string;
  /** The tile as it shall be, given the one that the board has under this id. */
  readonly draft: (stored: Tile | undefined) => TileDraft;
}

/** What the contracts decide differently about the tiles of a save. */
export interface SaveRules {
  /** Whether an id that the board does not have is that of a new tile; otherwise it is refused. */
  readonly takesUnknownIds: boolean;
  readonly repeatedId: (position: number) => AppError;
  readonly uniqueTitles: boolean;
}

export function boardNotFound(): AppError {
  return notFound('dashboard');
}

export function tileNotFound(): AppError {
  return notFound('dashboard tile');
}

/** For one more board of a project. */
export function refuseBoardOverLimit({ boards }: BoardUse): AppError | undefined {
  if (boards < BOARDS_LIMIT) return undefined;
  return exhausted('DASHBOARD_LIMIT', `A project may have ${BOARDS_LIMIT} dashboards; delete one first.`);
}

/** For the tiles of a board, beside those of the project's other boards. */
export function refuseTooLarge(tiles: readonly TileDraft[], { bytes }: BoardUse): AppError | undefined {
  const large = tiles.findIndex(
    ({ content }) => content.type === 'insight' && bytesOf(content.spec) > QUESTION_BYTES,
  );
  if (large !== -1) {
    const description = `must take at most ${QUESTION_BYTES} bytes`;
    return invalidArgument([{ field: `tiles[${large}].insight`, description }]);
  }
  const written = bytesOf(tiles);
  if (written > BOARD_BYTES)
    return exhausted('DASHBOARD_TOO_LARGE', `The tiles of a dashboard may take ${BOARD_BYTES} bytes in all.`);
  if (bytes + written > PROJECT_BYTES) {
    const sentence = `The tiles of all dashboards of a project may take ${PROJECT_BYTES} bytes.`;
    return exhausted('DASHBOARD_TOO_LARGE', sentence);
  }
  return undefined;
}

/** Bytes of a value as it is stored. */
export function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** For a save of the version that the caller has seen; undefined: of any. */
export function refuseStaleVersion(current: number, expected: number | undefined): AppError | undefined {
  if (expected === undefined || expected === current) return undefined;
  return new AppError(
    'aborted',
    'DASHBOARD_CHANGED',
    `The dashboard has been changed since version ${expected}; read it again, and save then.`,
    { metadata: { version: String(current) } },
  );
}

/** For the ids of the tiles of a save. */
export function refuseIds(
  sent: readonly SentTile[],
  stored: readonly Tile[],
  { takesUnknownIds, repeatedId }: SaveRules,
): AppError | undefined {
  const known = new Set(stored.map(({ id }) => id));
  const ids = sent.map(({ id }) => id);
  const repeated = ids.findIndex((id, position) => id !== '' && ids.indexOf(id) < position);
  if (repeated !== -1) return repeatedId(repeated);
  const isUnknown = !takesUnknownIds && ids.some((id) => id !== '' && !known.has(id));
  return isUnknown ? tileNotFound() : undefined;
}

/** For titles that people take for one another. */
export function refuseEqualTitles(tiles: readonly TileDraft[]): AppError | undefined {
  const seen = new Set<string>();
  for (const { title } of tiles) {
    if (title === '') continue;
    const key = nameKey(title);
    if (seen.has(key)) {
      return alreadyExists(
        'DASHBOARD_TILE_NAME_CONFLICT',
        'Two tiles of a dashboard must not have the same name.',
      );
    }
    seen.add(key);
  }
  return undefined;
}

/** The tiles as they shall be, in the order in which they were sent. A tile that stays as it is keeps its time of change. */
export function reconciled(
  sent: readonly SentTile[],
  stored: readonly Tile[],
  { now, newId }: { readonly now: number; readonly newId: () => string },
): Tile[] {
  const byId = new Map(stored.map((tile) => [tile.id, tile]));
  return sent.map(({ id, draft }) => {
    const before = byId.get(id);
    const after = asStored(draft(before));
    if (!before) return { ...after, id: id || newId(), createdAt: now, updatedAt: now };
    const { createdAt, updatedAt } = before;
    const isChanged = !isSame({ ...after, id, createdAt, updatedAt }, before);
    return { ...after, id, createdAt, updatedAt: isChanged ? now : updatedAt };
  });
}

/** Oldest first, as they were stored; new ones in their order. */
export function byAge(tiles: readonly Tile[], stored: readonly Tile[]): Tile[] {
  const places = new Map(stored.map(({ id }, place) => [id, place]));
  const placeOf = ({ id }: Tile) => places.get(id) ?? stored.length;
  return tiles.toSorted((left, right) => placeOf(left) - placeOf(right));
}

/** Whether two values of JSON are the same, in whatever order their members stand. */
function isSame(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null)
    return one === other;
  const [members, others] = [Object.entries(one), new Map(Object.entries(other))];
  return (
    Array.isArray(one) === Array.isArray(other) &&
    members.length === others.size &&
    members.every(([name, member]) => others.has(name) && isSame(member, others.get(name)))
  );
}

/** What is left of it in JSON: members that are undefined are not. */
function asStored(draft: TileDraft): TileDraft {
  return JSON.parse(JSON.stringify(draft)) as TileDraft; // its own JSON
}

function exhausted(reason: string, description: string): AppError {
  return new AppError('resource_exhausted', reason, description, {
    quota: { subject: 'project', description },
  });
}
