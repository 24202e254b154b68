import { ContentService } from '@dovecote/contract/dovecote/render/v1/content_pb';
import type { Config } from '../../../platform/config/index.js';
import { type SiblingCall, SiblingClient } from '../../../platform/rpc/sibling-client.js';
import { toContentsRequest, toRenderResult } from './content.mapper.js';
import type { RenderResult } from './render.rules.js';
import type { RenderWork } from './rendering.js';

export function contentClient(url: string, internal: Config['internal']): Promise<SiblingClient> {
  return SiblingClient.create(ContentService, url, internal);
}

/** The call of ContentRpc, from the other side. */
export async function renderContents(
  client: SiblingClient,
  work: RenderWork,
  call: SiblingCall,
): Promise<RenderResult[]> {
  const { method } = ContentService;
  const responses = await client.collect(method.renderContents, toContentsRequest(work), call);
  return responses.flatMap(({ results }) => results.map((result) => toRenderResult(result, work.source)));
}
