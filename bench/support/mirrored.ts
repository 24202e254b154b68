import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';

const POLL_MS = 100;

/** Resolves when the analytics store knows the people of a project. */
export async function untilMirrored(owner: Client, project: number): Promise<void> {
  for (;;) {
    const { rows } = await owner.query<{ waiting: boolean }>(
      `select exists (select from profile where project = $1 and not is_mirrored)
           or exists (select from profile_alias where project = $1 and not is_mirrored) as waiting`,
      [project],
    );
    if (rows[0]?.waiting === false) return;
    await delay(POLL_MS);
  }
}
