/** What a chunk may hold. */
export interface ChunkLimits {
  /** UTF-8 bytes of the JSON, after decompression. */
  bytes: number;
  events: number;
  /** DOM nodes in all events. */
  nodes: number;
  /** Levels of the DOM. */
  depth: number;
  /** Characters of a text or of a style sheet; a longer one is left empty. */
  text: number;
  /** Characters of an image that stands in a data: URL; a longer one is left out. */
  image: number;
  /** Milliseconds since 1970, both included. */
  earliestMs: number;
  latestMs: number;
}

/** A page with large style sheets takes 300 to 500 KB; its times are the caller's to add. */
export const CHUNK_LIMITS: Omit<ChunkLimits, 'earliestMs' | 'latestMs'> = {
  bytes: 8 * 1024 * 1024,
  events: 10_000,
  nodes: 50_000,
  depth: 512,
  text: 1024 * 1024,
  image: 64 * 1024,
};
