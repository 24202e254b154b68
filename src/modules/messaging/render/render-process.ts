import type { Config } from '../../../platform/config/index.js';
import type { RemoteRendering } from './remote-rendering.js';

type ReachableFrom = Config['internal'];

/** Loaded where it is needed: gRPC's client takes its time. */
export async function connectRenderProcess(url: string, from: ReachableFrom): Promise<RemoteRendering> {
  const { RemoteRendering } = await import('./remote-rendering.js');
  return RemoteRendering.connect(url, from);
}

/** Throws when the render process is not there, or does not know us. */
export async function probeRenderProcess(url: string, from: ReachableFrom): Promise<void> {
  const rendering = await connectRenderProcess(url, from);
  try {
    await rendering.probe();
  } finally {
    rendering.onApplicationShutdown();
  }
}
