import { AppError, invalidArgument, notFound } from '../../../platform/errors/index.js';

interface Dated {
  readonly id: string;
  readonly createdAt: Date;
}

/** By the time of creation, then by id. */
export function oldestFirst<T extends Dated>(items: readonly T[]): T[] {
  return items.toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime() || (a.id < b.id ? -1 : 1));
}

/** The shipped contract accepts a field that is present and empty; a project without a name could not be told apart. */
export function refuseNameless(name: string): AppError | undefined {
  if (name !== '') return undefined;
  return invalidArgument([{ field: 'display_name', description: 'value is required' }]);
}

/** `field`: how the contract calls it. */
export function refuseZone(zone: string, known: string | undefined, field: string): AppError | undefined {
  if (known !== undefined) return undefined;
  return new AppError('invalid_argument', 'INVALID_TIMEZONE', `invalid timezone "${zone}"`, {
    violations: [{ field, description: 'must be the IANA name of a time zone, such as Europe/Stockholm' }],
  });
}

export function keyNotFound(): AppError {
  return notFound('API key');
}
