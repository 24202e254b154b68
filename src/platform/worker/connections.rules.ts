import { type Lane, lanes } from '../jobs/index.js';

/**
 * Connections of a worker: one per lane for LISTEN; the others fetch and complete jobs. Those statements are short, so that
 * lanes share them.
 */
export function workerConnections(slots: Readonly<Record<Lane, number>>): number {
  return lanes.length + Math.max(...Object.values(slots));
}
