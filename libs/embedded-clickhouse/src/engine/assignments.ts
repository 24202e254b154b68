import { Exception } from '../exception.js';
import { quoted } from '../statement/quote.js';

type Assignments = readonly (readonly [name: string, value: string])[];

const settingName = /^[A-Za-z_]\w*$/;
/** The engine's own default, which holds for the statement; its parameters may be longer. */
const DEFAULT_MAX_QUERY_SIZE = '262144';
const LONGEST_SET = '1073741824';

/**
 * The SET statements that give a connection settings and parameters. `readonly` comes last: after it nothing can be set.
 * Throws UNKNOWN_SETTING for what cannot be a name.
 */
export function assignmentsOf(given: { settings: Assignments; parameters: Assignments }): string[] {
  const { settings, parameters } = given;
  const isReadonly = ([name]: readonly [string, string]): boolean => name === 'readonly';
  const querySize = settings.findLast(([name]) => name === 'max_query_size')?.[1] ?? DEFAULT_MAX_QUERY_SIZE;
  const bound = parameters.map(([name, value]) => [`param_${name}`, value] as const);
  const statements = [
    ...(bound.length > 0 ? [[['max_query_size', LONGEST_SET] as const]] : []),
    [
      ...settings.filter((setting) => !isReadonly(setting)),
      ...bound,
      ...(bound.length > 0 ? [['max_query_size', querySize] as const] : []),
    ],
    settings.filter(isReadonly).slice(-1),
  ];
  return statements.filter((one) => one.length > 0).map(setStatement);
}

function setStatement(assignments: Assignments): string {
  return `SET ${assignments.map(([name, value]) => `${checked(name)} = ${quoted(value)}`).join(', ')}`;
}

function checked(name: string): string {
  if (settingName.test(name)) return name;
  throw new Exception(115, 'UNKNOWN_SETTING', `Unknown setting '${name}'.`);
}
