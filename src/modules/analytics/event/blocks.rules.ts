/** A batch of more months is stored apart from the others. Each month is a separate part in the analytics store. */
export const BLOCK_MONTHS = 50;

/** What decides with which others a batch can be inserted. */
export interface BlockPart {
  readonly events: number;
  readonly layout: number;
  readonly months: readonly number[];
  /** How often the store has broken off in an insert of this batch alone. */
  readonly attempts: number;
}

export interface BlockBounds {
  readonly events: number;
  /** Each month of a block becomes a separate part in the analytics store, which limits them. */
  readonly months: number;
}

/**
 * Cuts batches into blocks that are inserted at once, in their order. A batch that exceeds the bounds or has failed before
 * is a block by itself, behind the others: whatever it costs, it costs its own project.
 */
export function cutBlocks<Part extends BlockPart>(
  parts: readonly Part[],
  bounds: BlockBounds,
): readonly (readonly Part[])[] {
  const blocks: Part[][] = [];
  const alone: Part[][] = [];
  let open: { parts: Part[]; events: number; months: Set<number>; layout: number } | undefined;
  for (const part of parts) {
    if (part.attempts > 0 || part.months.length > bounds.months) {
      alone.push([part]);
      continue;
    }
    const together = open && new Set([...open.months, ...part.months]);
    if (
      open &&
      together &&
      open.layout === part.layout &&
      together.size <= bounds.months &&
      open.events + part.events <= bounds.events
    ) {
      open.parts.push(part);
      open.events += part.events;
      open.months = together;
      continue;
    }
    open = { parts: [part], events: part.events, months: new Set(part.months), layout: part.layout };
    blocks.push(open.parts);
  }
  return [...blocks, ...alone];
}

/** The two halves of a block that was refused, in order; none of a single batch. */
export function halve<Part>(block: readonly Part[]): readonly (readonly Part[])[] {
  if (block.length < 2) return [];
  const middle = Math.ceil(block.length / 2);
  return [block.slice(0, middle), block.slice(middle)];
}
