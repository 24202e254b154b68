import { compileMessage, type RenderResult } from './render.rules.js';
import type { RenderWork } from './rendering.js';

/** What a thread of RenderThreads runs. */
export default function render({ source, recipients }: RenderWork): RenderResult[] {
  return recipients.map(compileMessage(source));
}
