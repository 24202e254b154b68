import { randomUUID } from 'node:crypto';
import type { Client } from 'pg';
import { generateProjectKey } from '@dovecote/secret';

/** A project of the demo organization, with a key of each family. */
export interface BenchProject {
  readonly id: string;
  readonly orgId: string;
  /** As the analytics store knows it. */
  readonly number: number;
  /** Headers that authenticate a call. */
  readonly sdk: Readonly<Record<string, string>>;
  readonly public: Readonly<Record<string, string>>;
  readonly private: Readonly<Record<string, string>>;
}

export async function createProject(owner: Client, name: string): Promise<BenchProject> {
  const id = randomUUID();
  const { rows } = await owner.query<{ number: number; orgId: string }>(
    `insert into project (org_id, id, name, name_key)
     select id, $1, $2, lower($2) from organization where name = 'Acme Demo' returning number, org_id as "orgId"`,
    [id, name],
  );
  const { number, orgId } = rows[0]!;
  const key = async (family: 'sdk' | 'public' | 'private'): Promise<string> => {
    const { secret, hash, lastFour } = generateProjectKey(family);
    await owner.query(
      `insert into project_key (org_id, project_id, id, family, key_hash, last_four) values ($1, $2, $3, $4, $5, $6)`,
      [orgId, id, randomUUID(), family, hash, lastFour],
    );
    return secret;
  };
  return {
    id,
    orgId,
    number,
    sdk: { authorization: `Bearer ${await key('sdk')}`, 'x-project-id': id },
    public: { 'x-api-key': await key('public') },
    private: { 'x-api-key': await key('private') },
  };
}
