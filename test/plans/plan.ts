import { Client } from 'pg';
import type { Sent } from './recorder.js';

export type Kind = 'generic' | 'custom';

/** Asks PostgreSQL, as the role of the server and under row-level security, how it would run statements. */
export class Planner {
  private readonly client: Client;

  private constructor(client: Client) {
    this.client = client;
  }

  static async connect(appUrl: string, orgId: string): Promise<Planner> {
    const client = new Client({ connectionString: appUrl });
    await client.connect();
    await client.query(`select set_config('app.org_id', $1, false)`, [orgId]);
    return new Planner(client);
  }

  end(): Promise<void> {
    return this.client.end();
  }

  /** Custom: for the values at hand. Generic: for any, as a connection plans it after it has been used five times. */
  async plan({ statement, values }: Sent, kind: Kind): Promise<string> {
    const { rows } =
      kind === 'generic'
        ? await this.client.query<Line>(`explain (costs off, generic_plan) ${statement.text}`)
        : await this.client.query<Line>(`explain (costs off) ${statement.text}`, values);
    return rows.map((row) => withoutValues(row['QUERY PLAN'])).join('\n');
  }

  /** The kinds of plan that the server can meet. */
  static kindsOf({ statement }: Sent): Kind[] {
    return statement.plannedEachTime ? ['custom'] : ['generic', 'custom'];
  }
}

interface Line {
  'QUERY PLAN': string;
}

/** Ids and times differ from run to run, and are as long as an audience. */
function withoutValues(line: string): string {
  return line.replaceAll(/'[^']*'::(timestamp with time zone|[a-z]+(\[\])?)/g, `'…'::$1`);
}

/** The tables that the plan reads from end to end. */
export function scannedWhole(plan: string): string[] {
  return [...plan.matchAll(/Seq Scan on (\w+)/g)].map(([, table = '']) => table);
}
