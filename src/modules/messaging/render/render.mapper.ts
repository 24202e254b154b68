import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { RenderBatchResponseSchema } from '@dovecote/contract/pidgr/v1/render_pb';
import type { BatchResult } from './render.service.js';

/** Without what only a campaign knows. */
export function toBatchResponse(
  { userId, result }: BatchResult,
  renderedAt: Date,
): MessageInitShape<typeof RenderBatchResponseSchema> {
  if (!result.ok) return { userId, error: result.error };
  const { contentId, title, body, summary, preview } = result.content;
  return {
    userId,
    message: { contentId, title, body, summary, preview, createdAt: timestampFromDate(renderedAt) },
  };
}
