import { isObject } from './resource.js';
import { userSchema } from './schema.js';

/**
 * Whether a request, whatever else is in it and however wrong that is, says of a user that they are not active: a
 * resource that replaces them, or the last operation of a patch that says anything about it.
 */
export function deactivates(method: string, body: unknown): boolean {
  if (!isObject(body)) return false;
  if (method === 'PUT') return said(body) === false;
  const operations = memberNamed(body, 'operations');
  if (!Array.isArray(operations)) return false;
  return (operations as unknown[]).map(saidByOperation).findLast((active) => active !== undefined) === false;
}

function saidByOperation(operation: unknown): boolean | undefined {
  if (!isObject(operation)) return undefined;
  const [op, path, value] = ['op', 'path', 'value'].map((name) => memberNamed(operation, name));
  const word = typeof op === 'string' ? op.trim().toLowerCase() : '';
  if (word !== 'add' && word !== 'replace') return undefined;
  if (typeof path === 'string' && path.trim() !== '') return isActive(path) ? truth(value) : undefined;
  return isObject(value) ? said(value) : undefined;
}

/** Reads `active` at the top level or under the URN of the schema. */
function said(resource: object): boolean | undefined {
  for (const [name, value] of Object.entries(resource) as [string, unknown][]) {
    if (isActive(name)) return truth(value);
    if (name.toLowerCase() === userSchema.id.toLowerCase() && isObject(value)) return said(value);
  }
  return undefined;
}

function isActive(path: string): boolean {
  const name = path.trim().toLowerCase();
  return name === 'active' || name === `${userSchema.id.toLowerCase()}:active`;
}

/** Entra writes "False", and some wrap a value in an object or in a list of one. */
function truth(value: unknown): boolean | undefined {
  if (Array.isArray(value)) return value.length === 1 ? truth((value as unknown[])[0]) : undefined;
  if (isObject(value)) return truth(memberNamed(value, 'value') ?? memberNamed(value, 'active'));
  const word = typeof value === 'string' ? value.trim().toLowerCase() : value;
  if (word === false || word === 'false') return false;
  return word === true || word === 'true' ? true : undefined;
}

/** Names of members are not case-sensitive. */
function memberNamed(given: object, name: string): unknown {
  return Object.entries(given).find(([key]) => key.toLowerCase() === name)?.[1];
}
