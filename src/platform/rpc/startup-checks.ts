import type { DescMethod } from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt';
import type { AccessRow } from '../access/access-rule.js';
import { accessTable, methodName, services } from '../access/index.js';
import { contractOf } from '../access/contract.rules.js';

/**
 * Deny by default: each RPC has one row and one handler, and no handler serves what the contract does not have.
 * Sentences for the operator, empty when all is well.
 */
export function accessDefects(handled: readonly string[]): string[] {
  const methods = services.flatMap((service) =>
    service.methods.map((method) => ({ method, name: methodName(method) })),
  );
  const names = new Set(methods.map(({ name }) => name));
  return [
    ...methods
      .filter(({ name }) => !accessTable.has(name))
      .map(({ name }) => `${name} has no row in the access table.`),
    ...[...accessTable.keys()]
      .filter((name) => !names.has(name))
      .map((name) => `The access table names ${name}, which no service has.`),
    ...methods.filter(({ name }) => !handled.includes(name)).map(({ name }) => `${name} has no handler.`),
    ...handled
      .filter((name) => !names.has(name))
      .map((name) => `A handler serves ${name}, which no service has.`),
    ...methods
      .filter(({ method, name }) => disagrees(method, accessTable.get(name)))
      .map(({ name }) => `${name}: contract and access table disagree on whether it changes something.`),
    ...methods
      .filter(({ method, name }) => !namesOrganization(method, accessTable.get(name)))
      .map(
        ({ name }) => `${name}: its request lacks the field by which its access row finds the organization.`,
      ),
  ];
}

/** The public contracts mark no read, so that it is called by POST only. */
function disagrees(method: DescMethod, row: AccessRow | undefined): boolean {
  if (isFreeOfSideEffects(method)) return !isRead(row);
  return isRead(row) && contractOf(method.parent.typeName) === 'own';
}

function namesOrganization({ input }: DescMethod, row: AccessRow | undefined): boolean {
  if (row?.organization === undefined) return true;
  const needed = row.organization === 'of_project' ? 'id' : 'org_id';
  return input.fields.some(({ name }) => name === needed);
}

/** A change names its audit events, were it an empty list; a read has none to name. */
function isRead(row: AccessRow | undefined): boolean {
  return row?.audit === undefined;
}

function isFreeOfSideEffects(method: DescMethod): boolean {
  return method.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS;
}
