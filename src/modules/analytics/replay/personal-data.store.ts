import { statement } from '../../../platform/database/index.js';
import { type ExportFile, memberFile } from '../../../platform/personal-data/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { RemovedRecording } from './recording.js';

/** Which sessions were recorded. What they show stays in the recordings, which can also show others. */
export const recordingFiles: readonly ExportFile[] = [
  memberFile('session_recordings', {
    category: 'session_recordings',
    key: 'r.id',
    object: `to_jsonb(r) - '{org_id,user_id,sealed_key,nodes_body,stored_bytes}'::text[] || jsonb_build_object('screens', (
      select coalesce(jsonb_agg(distinct c.screen), '[]') from recording_chunk c
       where c.org_id = r.org_id and c.recording_id = r.id and c.screen <> ''))`,
    from: 'from recording r where r.org_id = $1 and r.user_id = $4',
  }),
];

const erase = statement(
  'recording.erase',
  `delete from recording where org_id = $1 and id = any(array(
     select id from recording where org_id = $1 and user_id = $2 limit $3))
   returning id, stored_bytes as octets`,
);

/** Deletes some recordings of the member. */
export async function eraseSome(scope: Scope, userId: string, most: number): Promise<RemovedRecording[]> {
  const values = [scope.orgId, userId, most];
  return (await scope.tx()).query<RemovedRecording & Record<string, unknown>>(erase, values);
}
