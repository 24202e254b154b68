import { Exception } from '../exception.js';
import { quoted } from '../statement/quote.js';

type Assignments = readonly (readonly [name: string, value: string])[];

const settingName = /^[A-Za-z_]\w*$/;
/** A SET with less than this, escaped, fits into the engine's default `max_query_size` of 256 KiB. */
const SHORT_LENGTH = 100_000;
const DEFAULT_MAX_QUERY_SIZE = '262144';
const LONGEST_SET = '1073741824';

/**
 * The SET statements that give a connection settings and parameters. `readonly` comes last: after it nothing can be set.
 * Throws UNKNOWN_SETTING for what cannot be a name.
 */
export function assignmentsOf(given: { settings: Assignments; parameters: Assignments }): string[] {
  const { settings, parameters } = given;
  const isReadonly = ([name]: readonly [string, string]): boolean => name === 'readonly';
  const bound = parameters.map(([name, value]) => [`param_${name}`, value] as const);
  const others = settings.filter((setting) => !isReadonly(setting));
  const statements = [[...others, ...bound], settings.filter(isReadonly).slice(-1)];
  const length = [...settings, ...bound].reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  if (length > SHORT_LENGTH) {
    const wanted = settings.findLast(([name]) => name === 'max_query_size')?.[1] ?? DEFAULT_MAX_QUERY_SIZE;
    statements.unshift([['max_query_size', LONGEST_SET]]);
    // The parameters may be longer than the statement may be.
    statements[1] = [...statements[1]!, ['max_query_size', wanted]];
  }
  return statements.filter((one) => one.length > 0).map(setStatement);
}

function setStatement(assignments: Assignments): string {
  return `SET ${assignments.map(([name, value]) => `${checked(name)} = ${quoted(value)}`).join(', ')}`;
}

function checked(name: string): string {
  if (settingName.test(name)) return name;
  throw new Exception(115, 'UNKNOWN_SETTING', `Unknown setting '${name}'.`);
}
