import type { Cors } from './cors.js';
import type { Fields } from './header-fields.js';

/** Any answer to a call may be compressed; a cache must not hand a compressed one to who accepts none. */
const COMPRESSED_BY = 'Accept-Encoding';

/** What every answer to a call from this origin carries. */
export function answerFields(cors: Cors | undefined, origin: string | undefined): Fields {
  const fields = cors?.fields(origin);
  return { ...fields, vary: fields?.vary ? `${String(fields.vary)}, ${COMPRESSED_BY}` : COMPRESSED_BY };
}
