import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { compileMessage, type RenderResult } from './render.rules.js';
import { RenderThreads } from './render-threads.js';
import { Rendering, type RenderOrigin, type RenderWork } from './rendering.js';
import { EventLoopYield } from '@dovecote/rpc';

/**
 * Characters of template to go through, for all recipients together, from which a thread is asked: about the ten
 * milliseconds of a turn. Handing over costs the calling thread a twentieth of the work or less.
 */
const WORTH_A_THREAD = 50_000;

/** What a message costs besides the length of its body. */
const OVERHEAD = 300;

/** Recipients that one thread gets at a time: others that wait for a thread are not kept waiting long. */
const SLICE = 250;

/** Makes messages in this process: few of them at once and here, many in threads, so that calls are answered. */
@Injectable()
export class LocalRendering extends Rendering implements OnApplicationShutdown {
  private readonly threads: RenderThreads | undefined;

  constructor(@Inject(CONFIG) { render }: Config) {
    super();
    this.threads = render.threads > 0 ? new RenderThreads(render.threads) : undefined;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.threads?.close();
  }

  async render(work: RenderWork, { signal }: RenderOrigin): Promise<RenderResult[]> {
    const { threads } = this;
    if (!threads || weightOf(work) < WORTH_A_THREAD) return renderHere(work, signal);
    const results = await Promise.all(slicesOf(work).map((slice) => threads.render(slice)));
    signal?.throwIfAborted();
    return results.flat();
  }
}

function weightOf({ source, recipients }: RenderWork): number {
  return recipients.length * (source.template.body.length + OVERHEAD);
}

function slicesOf({ source, recipients }: RenderWork): RenderWork[] {
  const slices = [];
  for (let start = 0; start < recipients.length; start += SLICE)
    slices.push({ source, recipients: recipients.slice(start, start + SLICE) });
  return slices;
}

async function renderHere({ source, recipients }: RenderWork, signal?: AbortSignal): Promise<RenderResult[]> {
  const render = compileMessage(source);
  const pause = new EventLoopYield();
  const results: RenderResult[] = [];
  for (const recipient of recipients) {
    results.push(render(recipient));
    if (await pause.whenDue()) signal?.throwIfAborted();
  }
  return results;
}
