import type { UncheckedDefinition, UncheckedStep } from './types.js';

export interface Cycle {
  /** The transition that closes the cycle. */
  stepIndex: number;
  label: string;
  /** Ids along the cycle, the first repeated at the end. */
  path: string[];
}

interface Visit {
  step: UncheckedStep;
  open: [label: string, target: string][];
}

/** One cycle for each back edge of a depth-first walk, unreachable steps included. Ids are unique here. */
export function findCycles({ steps }: UncheckedDefinition): Cycle[] {
  const indexById = new Map(steps.map((step, index) => [step.id, index]));
  const cycles: Cycle[] = [];
  const visited = new Set<string>();

  for (const root of steps) {
    if (visited.has(root.id)) continue;
    visited.add(root.id);
    const path: Visit[] = [visit(root)];
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const edge = top.open.pop();
      if (!edge) {
        path.pop();
        continue;
      }
      const [label, target] = edge;
      const targetIndex = indexById.get(target);
      if (targetIndex === undefined) continue;
      const start = path.findIndex(({ step }) => step.id === target);
      if (start >= 0) {
        const ids = path.slice(start).map(({ step }) => step.id);
        cycles.push({ stepIndex: indexById.get(top.step.id) ?? 0, label, path: [...ids, target] });
      } else if (!visited.has(target)) {
        visited.add(target);
        path.push(visit(steps[targetIndex]!)); // the index comes from this very list
      }
    }
  }
  return cycles;
}

function visit(step: UncheckedStep): Visit {
  return { step, open: Object.entries(step.transitions) };
}
