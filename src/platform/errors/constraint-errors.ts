import type { AppError } from './app-error.js';

const meanings = new Map<string, () => AppError>();

/**
 * Declares what broken constraints mean to the caller, by the constraints' names; beside the statements that break them.
 * Insert and let it fail: a look-up before the insert could be outdated when the insert runs.
 */
export function constraintErrors(errors: Readonly<Record<string, () => AppError>>): void {
  for (const [name, error] of Object.entries(errors)) {
    if (meanings.has(name)) throw new Error(`The meaning of the constraint ${name} is declared twice.`);
    meanings.set(name, error);
  }
}

export function constraintMeaning(name: string | undefined): (() => AppError) | undefined {
  return name === undefined ? undefined : meanings.get(name);
}

/** For the spec that compares them with the migrated database. */
export function declaredConstraints(): string[] {
  return [...meanings.keys()];
}
