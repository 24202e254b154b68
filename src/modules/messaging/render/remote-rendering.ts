import { randomUUID } from 'node:crypto';
import type { OnApplicationShutdown } from '@nestjs/common';
import type { Config } from '../../../platform/config/index.js';
import type { SiblingClient } from '../../../platform/rpc/sibling-client.js';
import { contentClient, renderContents } from './content-client.mapper.js';
import { batchesBySize, lengthOf } from './batches.rules.js';
import type { RenderResult } from './render.rules.js';
import { Rendering, type RenderOrigin, type RenderWork } from './rendering.js';

/** For a thousand recipients of the longest template on a busy machine; who takes longer is not well. */
const TIMEOUT_MS = 30_000;
const PROBE_TIMEOUT_MS = 2_000;

/** Has messages made by the render process. */
export class RemoteRendering extends Rendering implements OnApplicationShutdown {
  private constructor(private readonly client: SiblingClient) {
    super();
  }

  static async connect(url: string, internal: Config['internal']): Promise<RemoteRendering> {
    return new RemoteRendering(await contentClient(url, internal));
  }

  async render({ source, recipients }: RenderWork, origin: RenderOrigin): Promise<RenderResult[]> {
    const results: RenderResult[] = [];
    for (const some of batchesBySize(recipients, lengthOf)) {
      const rendered = await renderContents(
        this.client,
        { source, recipients: some },
        { ...origin, timeoutMs: TIMEOUT_MS },
      );
      results.push(...rendered);
    }
    if (results.length !== recipients.length)
      throw new Error(
        `The render process answered for ${results.length} of ${recipients.length} recipients.`,
      );
    return results;
  }

  /** Throws what a call would: that the process is not there, or does not know us. */
  async probe(): Promise<void> {
    const work = { source: emptySource, recipients: [] };
    await renderContents(this.client, work, { requestId: randomUUID(), timeoutMs: PROBE_TIMEOUT_MS });
  }

  onApplicationShutdown(): void {
    this.client.close();
  }
}

const emptySource: RenderWork['source'] = {
  template: { title: '', body: '', variables: [], sourceLocale: '' },
  translations: [],
  senderName: '',
  actions: [],
  stepVariables: {},
  campaignLocale: '',
  organizationLocale: '',
};
