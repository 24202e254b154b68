import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import type { FieldViolation } from '../../../platform/errors/index.js';
import { isLongerThan } from '../event/index.js';
import { flatBytes } from './traits.rules.js';

/** Size of the traits of one call, as JSON. */
const MOST_BYTES = 64 * 1024;
/** Size of all traits of a profile, as the analytics store has them: each with its dotted name. */
const MOST_BYTES_OF_PROFILE = 256 * 1024;
/** Objects and lists inside each other. */
const DEEPEST = 8;
/** Names of all levels together. */
const MOST_NAMES = 1_000;
const MOST_CHARACTERS_OF_NAME = 128;

/** Where the contracts differ. */
export interface TraitLimits {
  /** Names at the top. */
  readonly names: number;
  /** Characters that a name at the top has at least. */
  readonly fewestOfName: number;
  /** Characters of a text, at any level. */
  readonly charactersOfText: number;
}

/** The shipped contract names no limits; these are far beyond what an SDK sends. */
export const shippedTraits: TraitLimits = { names: 1_000, fewestOfName: 0, charactersOfText: 8_192 };

/** What is wrong with the traits of a call. The rules hold at every level: a key that may send them is public. */
export function traitViolations(traits: JsonObject, limits: TraitLimits): FieldViolation[] {
  const entries = Object.entries(traits);
  if (entries.length > limits.names)
    return [{ field: 'traits', description: `must contain no more than ${limits.names} entries` }];
  const scan: Scan = { names: entries.length, charactersOfText: limits.charactersOfText };
  const found = entries.flatMap(([name, value]) => {
    const isNameWrong = name.length < limits.fewestOfName || isLongName(name);
    const defect = defectOf(value, 1, scan);
    return [
      ...(isNameWrong ? [{ field: 'traits', description: namesMustBe(limits.fewestOfName) }] : []),
      ...(defect === undefined ? [] : [{ field: fieldOf(name), description: defect }]),
    ];
  });
  if (found.length > 0) return found;
  if (scan.names > MOST_NAMES)
    return [{ field: 'traits', description: `must contain no more than ${MOST_NAMES} names in all` }];
  return Buffer.byteLength(JSON.stringify(traits)) > MOST_BYTES
    ? [{ field: 'traits', description: `must have at most ${MOST_BYTES} bytes as JSON` }]
    : [];
}

/** Why a profile does not take more: what many calls bring together is bounded as well. */
export function refuseProperties(properties: JsonObject): string | undefined {
  if (flatBytes(properties, MOST_BYTES_OF_PROFILE) <= MOST_BYTES_OF_PROFILE) return undefined;
  return `must leave the profile with at most ${MOST_BYTES_OF_PROFILE} bytes of traits, each counted with its dotted name`;
}

interface Scan {
  names: number;
  readonly charactersOfText: number;
}

/** The first thing that is wrong with a value at a level. */
function defectOf(value: JsonValue, level: number, scan: Scan): string | undefined {
  if (typeof value === 'string')
    return isLongerThan(value, scan.charactersOfText)
      ? `must be at most ${scan.charactersOfText} characters`
      : undefined;
  if (value === null || typeof value !== 'object') return undefined;
  if (level >= DEEPEST) return `must not be nested deeper than ${DEEPEST} levels`;
  if (!Array.isArray(value)) {
    const names = Object.keys(value);
    scan.names += names.length;
    if (names.some(isLongName)) return namesMustBe(0);
  }
  for (const inner of Object.values(value)) {
    const defect = defectOf(inner, level + 1, scan);
    if (defect !== undefined) return defect;
  }
  return undefined;
}

function isLongName(name: string): boolean {
  return isLongerThan(name, MOST_CHARACTERS_OF_NAME);
}

function namesMustBe(fewest: number): string {
  return fewest > 0
    ? `names must have ${fewest} to ${MOST_CHARACTERS_OF_NAME} characters`
    : `names must have at most ${MOST_CHARACTERS_OF_NAME} characters`;
}

/** A name that is too long is not repeated in the answer. */
function fieldOf(name: string): string {
  return isLongName(name) ? 'traits' : `traits[${JSON.stringify(name)}]`;
}
