import { randomUUID } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface EngineLimits {
  readonly dataDir: string;
  readonly spillDir: string;
  readonly maxServerMemoryBytes: number;
  readonly maxSpillBytes: number;
}

/** Threads that the engine keeps for later; its own default is 1,000. */
const IDLE_THREADS = 32;

/** The arguments of the engine's first connection. What can only be said in a file is written to one. */
export async function engineArguments(limits: EngineLimits): Promise<string[]> {
  const file = join(limits.dataDir, 'engine.xml');
  // In one step: another process that starts may read it at this moment.
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, configuration, { mode: 0o600 });
  await rename(draft, file);
  return [
    `--config-file=${file}`,
    `--max_server_memory_usage=${limits.maxServerMemoryBytes}`,
    `--tmp_path=${limits.spillDir}/`,
    `--max_temporary_data_on_disk_size=${limits.maxSpillBytes}`,
    '--timezone=UTC',
    `--max_thread_pool_free_size=${IDLE_THREADS}`,
  ];
}

/** An acknowledged insert survives a power cut: 2.5 ms more for an insert of 100 rows (7.7 ms without). */
const configuration = `<clickhouse>
  <merge_tree>
    <fsync_after_insert>1</fsync_after_insert>
    <fsync_part_directory>1</fsync_part_directory>
  </merge_tree>
</clickhouse>
`;
