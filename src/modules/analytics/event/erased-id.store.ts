import { Injectable } from '@nestjs/common';
import {
  readStatement,
  setStatement,
  statement,
  type Transaction,
} from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { ErasedId } from './erased-id.rules.js';
import { hashOfText } from './text-hash.js';

interface ProjectPlace {
  readonly orgId: string;
  /** The project's number in the analytics store. */
  readonly project: number;
}

// For good stays for good. Two erasures lock the rows of their ids in one order.
const add = setStatement(
  'erased_id.add',
  `insert into erased_id as known (org_id, project, id_hash, returns_after, erased_at)
   select $1, $2, hash, $4, $5 from unnest($3::uuid[]) hash order by hash
   on conflict (org_id, project, id_hash) do update set erased_at = excluded.erased_at, returns_after =
     case when known.returns_after is null then null else excluded.returns_after end`,
);

const readmit = statement(
  'erased_id.readmit',
  `update erased_id set returns_after = $4
    where org_id = $1 and project = $2 and id_hash = $3 and returns_after is null`,
);

const known = readStatement(
  'erased_id.known',
  `select id_hash as hash, returns_after as "returnsAfter" from erased_id
    where org_id = $1 and project = $2 and id_hash = any ($3::uuid[])`,
);

const projects = setStatement(
  'erased_id.projects',
  `select p.org_id as "orgId", p.project from unnest($1::uuid[], $2::integer[]) p (org_id, project)
    where exists (select from erased_id e where e.org_id = p.org_id and e.project = p.project)`,
);

const find = setStatement(
  'erased_id.find',
  `select e.project, e.id_hash as hash, e.returns_after as "returnsAfter"
     from unnest($1::uuid[], $2::integer[], $3::uuid[]) i (org_id, project, hash)
     join erased_id e on e.org_id = i.org_id and e.project = i.project and e.id_hash = i.hash`,
);

/** Ids of erased persons, as hashes: who has only the table can test a guess, and read no id. */
@Injectable()
export class ErasedIdStore {
  /** `returnsAfter`: as in ErasedId. */
  async add(scope: Scope, ids: readonly string[], returnsAfter: Date | null): Promise<void> {
    if (ids.length === 0) return;
    const hashes = [...new Set(ids.map((id) => hashOfId(scope.project.number, id)))];
    const values = [scope.orgId, scope.project.number, hashes, returnsAfter, scope.now()];
    await (await scope.tx()).execute(add, values);
  }

  async readmit(scope: Scope, id: string): Promise<void> {
    const { number } = scope.project;
    const values = [scope.orgId, number, hashOfId(number, id), scope.now()];
    await (await scope.tx()).execute(readmit, values);
  }

  /** What is known of ids of the scope's project, by id. */
  async known(scope: Scope, ids: readonly string[]): Promise<ReadonlyMap<string, ErasedId>> {
    if (ids.length === 0) return new Map();
    const { number } = scope.project;
    const hashes = ids.map((id) => hashOfId(number, id));
    const rows = await (
      await scope.tx()
    ).query<ErasedId & { hash: string }>(known, [scope.orgId, number, hashes]);
    const byHash = new Map(rows.map((row) => [row.hash, row]));
    return new Map(
      ids.flatMap((id) => {
        const erased = byHash.get(hashOfId(number, id));
        return erased ? [[id, erased]] : [];
      }),
    );
  }

  /** Those of the projects that have erased ids. In a transaction with `drainSettings`; so is the next one. */
  async projects(tx: Transaction, places: readonly ProjectPlace[]): Promise<ProjectPlace[]> {
    return tx.query<{ orgId: string; project: number }>(projects, [
      places.map(({ orgId }) => orgId),
      places.map(({ project }) => project),
    ]);
  }

  /** What is known of the ids, by `keyOf`. */
  async find(
    tx: Transaction,
    ids: readonly (ProjectPlace & { readonly id: string })[],
  ): Promise<ReadonlyMap<string, ErasedId>> {
    const rows = await tx.query<ErasedId & { project: number; hash: string }>(find, [
      ids.map(({ orgId }) => orgId),
      ids.map(({ project }) => project),
      ids.map(({ project, id }) => hashOfId(project, id)),
    ]);
    const byHash = new Map(rows.map((row) => [`${row.project}/${row.hash}`, row]));
    return new Map(
      ids.flatMap(({ project, id }) => {
        const known = byHash.get(`${project}/${hashOfId(project, id)}`);
        return known ? [[keyOf(project, id), known]] : [];
      }),
    );
  }
}

export function keyOf(project: number, id: string): string {
  return `${project}/${id}`;
}

/** One id has another hash in each project. */
function hashOfId(project: number, id: string): string {
  return hashOfText(keyOf(project, id));
}
